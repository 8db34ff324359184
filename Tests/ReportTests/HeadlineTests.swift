import KeepAlive
import Testing

@testable import Report

@Suite("Headline")
struct HeadlineTests {
    /// The sentences about connections with `verdicts`, numbered from 0, the first `linked` of which are links.
    private static func text(
        _ verdicts: [(Severity, Verdict)], of total: UInt64, linked: Int = 100
    ) throws -> String {
        let cases = verdicts.enumerated().map {
            Headline.Case(number: UInt64($0.offset), severity: $0.element.0, verdict: $0.element.1)
        }
        let template = try Template(
            "{{#s}}[{{severity}}] {{words}}{{#verdicts}}{{#comma}}, {{/comma}}{{verdict}}{{#number}}#{{number}}{{/number}}"
                + "{{#times}} ({{times}}){{/times}}{{/verdicts}}. {{/s}}")
        return TextBuffer.string {
            template.append(["s": .items(Headline(cases, of: total, linked: linked).values)], to: &$0)
        }
    }

    @Test("A page without problems says so")
    func ok() throws {
        #expect(try Self.text([], of: 0) == "[ok] No TCP connection was captured. ")
        #expect(try Self.text([], of: 1) == "[ok] No problem was found in the only connection. ")
        #expect(try Self.text([(.ok, .healthy)], of: 1) == "[ok] No problem was found in the only connection. ")
        #expect(
            try Self.text([(.ok, .healthy)], of: 1200)
                == "[ok] None of 1,200 connections died. [ok] No problem was found. ")
    }

    @Test(
        "The verdicts of each severity follow their number, the most frequent first, with a link to the first connection"
    )
    func severities() throws {
        let verdicts: [(Severity, Verdict)] = [
            (.failure, .silentDrop), (.failure, .peerDead), (.failure, .peerDead), (.warning, .unresponsive),
            (.notice, .tooManyProbes), (.notice, .tooManyProbes), (.ok, .healthy),
        ]
        #expect(
            try Self.text(verdicts, of: 9)
                == "[failure] 3 of 9 connections died: peer_dead#1 (2), silent_drop#0. "
                + "[warning] 1 has a warning: unresponsive#3. [notice] 2 have a notice: too_many_probes#4 (2). "
                + "[ok] No problem was found in the other 3. ")
        #expect(
            try Self.text(Array(verdicts.prefix(2)), of: 3)
                == "[failure] 2 of 3 connections died: silent_drop#0, peer_dead#1. [ok] No problem was found in the other one. "
        )
    }

    @Test("The only connection has one sentence")
    func one() throws {
        #expect(try Self.text([(.failure, .peerDead)], of: 1) == "[failure] The connection died: peer_dead#0. ")
        #expect(
            try Self.text([(.warning, .unresponsive)], of: 1)
                == "[warning] The connection has a warning: unresponsive#0. ")
    }

    @Test("A connection that is not in the page has no link, and connections that were not counted are")
    func unlisted() throws {
        #expect(
            try Self.text([(.failure, .blocked), (.failure, .peerDead)], of: 0, linked: 1)
                == "[failure] All 2 connections died: blocked#0, peer_dead. ")
    }
}
