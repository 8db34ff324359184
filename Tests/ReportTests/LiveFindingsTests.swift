import Testing
import Wire

@testable import KeepAlive
@testable import Report

@Suite("Findings during a live capture")
struct LiveFindingsTests {
    private static let second: Int64 = 1_000_000_000

    /// A connection with data until 1 s, changed by `change`, after `seconds` of capture.
    private static func diagnosis(
        _ number: UInt64 = 0, after seconds: Double, _ change: (inout Connection) -> Void = { _ in }
    ) -> Diagnosis {
        var connection = Samples.diagnosis(number).connection
        connection.lastActivity = second
        for side in [\Connection.fromOriginator, \.fromResponder] {
            connection[keyPath: side].lastSpoke = second
            connection[keyPath: side].hasSentData = true
            connection[keyPath: side].hasSentPureAcknowledgment = true
            connection[keyPath: side].isEstablished = true
        }
        change(&connection)
        var context = CaptureContext()
        context.end = Int64(seconds * Double(second))
        return Diagnosis(of: connection, in: context)
    }

    /// Adds `diagnosis`, the only connection, to `findings` after `seconds`; returns the findings that are ready.
    private static func look(_ findings: inout LiveFindings, _ diagnosis: Diagnosis, after seconds: Double) -> [Verdict]
    {
        defer { findings.endRound() }
        return findings.take(diagnosis, at: Int64(seconds * Double(second))).map(\.verdict)
    }

    @Test("An idle connection is reported once, one second after a minute without a segment")
    func idle() {
        var findings = LiveFindings()
        var ready: [(Double, [Verdict])] = []
        for seconds in stride(from: 55, through: 80, by: 0.5) {
            let verdicts = Self.look(&findings, Self.diagnosis(after: seconds), after: seconds)
            if !verdicts.isEmpty { ready.append((seconds, verdicts)) }
        }
        // Data until 1 s: due at 61 s.
        #expect(ready.count == 1 && ready.first?.0 == 62 && ready.first?.1 == [.noKeepalive], "\(ready)")
    }

    @Test("A finding that disappears in the next round is not reported, and waits again if it returns")
    func refuted() {
        var findings = LiveFindings()
        let idle = Self.diagnosis(after: 70)
        #expect(Self.look(&findings, idle, after: 70).isEmpty)
        let used = Self.diagnosis(after: 71) { $0.lastActivity = 71 * Self.second }
        #expect(Self.look(&findings, used, after: 71).isEmpty)
        #expect(Self.look(&findings, Self.diagnosis(after: 140), after: 140).isEmpty)
        #expect(Self.look(&findings, Self.diagnosis(after: 140.9), after: 140.9).isEmpty)
        #expect(Self.look(&findings, Self.diagnosis(after: 141), after: 141) == [.noKeepalive])
    }

    @Test("A round may have several connections, each with its own findings")
    func rounds() {
        var findings = LiveFindings()
        let first = Self.diagnosis(0, after: 70)
        let second = Self.diagnosis(1, after: 70)
        #expect(findings.take(first, at: 70 * Self.second).isEmpty)
        #expect(findings.take(second, at: 75 * Self.second).isEmpty)
        findings.endRound()
        #expect(findings.take(first, at: 80 * Self.second).map(\.verdict) == [.noKeepalive])
        #expect(!findings.hasPrinted(second.primary, in: second) && findings.hasPrinted(first.primary, in: first))
        #expect(findings.take(second, at: 85 * Self.second).map(\.verdict) == [.noKeepalive])
        findings.endRound()
    }

    @Test("A healthy connection is reported only if it has ended and had probes")
    func well() {
        var findings = LiveFindings()
        let probed = { (connection: inout Connection) in
            (connection.fromOriginator.probes, connection.fromOriginator.answered) = (3, 3)
            connection.hasEvents = true
        }
        let open = Self.diagnosis(after: 5, probed)
        #expect(open.verdict == .healthy)
        for seconds in [5.0, 6, 7] { #expect(Self.look(&findings, open, after: seconds).isEmpty) }
        let half = Self.diagnosis(after: 8) {
            probed(&$0)
            $0.ending = .closedByOriginator
        }
        for seconds in [8.0, 9, 10] { #expect(Self.look(&findings, half, after: seconds).isEmpty) }
        let closed = Self.diagnosis(after: 11) {
            probed(&$0)
            $0.ending = .closed
        }
        #expect(Self.look(&findings, closed, after: 11).isEmpty)
        #expect(Self.look(&findings, closed, after: 12) == [.healthy])
        let quiet = Self.diagnosis(1, after: 13) { $0.ending = .closed }
        for seconds in [13.0, 14, 15] { #expect(Self.look(&findings, quiet, after: seconds).isEmpty) }
    }

    @Test("The final report omits printed findings from text, and has all of them in JSON")
    func end() throws {
        let diagnoses = [Self.diagnosis(0, after: 70), Self.diagnosis(1, after: 70)]
        for (format, count) in [(ReportFormat.text, 1), (.jsonl, 2)] {
            var reporter = Reporter(format: format, to: Output(to: nil))
            var findings = LiveFindings()
            _ = findings.take(diagnoses[0], at: 70 * Self.second)
            for finding in findings.take(diagnoses[0], at: 71 * Self.second) {
                try reporter.finding(finding, in: diagnoses[0], at: 71 * Self.second)
            }
            let live = reporter.pendingText
            try reporter.finish(diagnoses, Summary(version: .newest), printed: findings)
            let words = "Neither end probes"
            #expect(live.contains(words) && reporter.pendingText.hasPrefix(live))
            // A connection's record has its verdict twice: as such and among its findings.
            let rest = reporter.pendingText.dropFirst(live.count)
            #expect(rest.ranges(of: words).count == (format == .text ? count : 2 * count), "\(rest)")
        }
    }
}
