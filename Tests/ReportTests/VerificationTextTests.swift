import KeepAlive
import Testing

@testable import Report

@Suite("Words of a judgement")
struct VerificationTextTests {
    /// Two probes on the wire, both answered, and as many by the kernel's count as `counted`.
    private static func judged(counted: Int, othersProbe: Bool) -> JudgedProbes {
        var (prober, peer) = (ConnectionSide(), ConnectionSide())
        (prober.probes, prober.answered) = (2, 2)
        prober.periodGaps.add(60_100_000_000)
        peer.lastSpoke = 1
        let verification = Verification(
            of: prober, peer: peer, expecting: Verification.Expectation(idle: 60, interval: 15, count: 4), ending: nil,
            kernelProbes: counted, othersProbe: othersProbe)
        return JudgedProbes(prober: nil, peer: nil, verification: verification)
    }

    private func text(_ write: (inout TextBuffer) -> Void) -> String {
        var buffer = TextBuffer()
        write(&buffer)
        return buffer.string
    }

    @Test("A line that is not judged is neither passed nor failed, and says why, in every format")
    func notJudged() {
        let judged = Self.judged(counted: 7, othersProbe: true)
        let reason = "other connections of this network namespace probe too"
        let lines = text { $0.append(linesOf: judged.verification) }
        #expect(
            lines.hasSuffix(
                "\n----  probes by the kernel's count  expected 7, actual 2 on the wire; not judged: \(reason)\n"),
            "\(lines)")
        #expect(text { $0.append(conclusionOf: judged.verification) }.hasPrefix("Verified:"))
        let record = text { $0.appendRecord(judged) }
        #expect(record.contains("\"outcome\":\"pass\""))
        #expect(record.hasSuffix("\"actual\":\"2 on the wire\",\"reason\":\"\(reason)\"}]}"), "\(record)")
        let xml = text { $0.append(junit: [judged]) }
        #expect(xml.contains("tests=\"4\" failures=\"0\" errors=\"0\" skipped=\"1\""), "\(xml)")
        #expect(
            xml.contains("count\"><skipped message=\"expected 7, actual 2 on the wire: \(reason)\"/></testcase>"),
            "\(xml)")
    }

    @Test("What a failure means is a sentence of its own, and part of the records")
    func failed() {
        let judged = Self.judged(counted: 7, othersProbe: false)
        let clause = "he kernel counted 7 probes, only 2 of which were seen on the wire: the others never left the host"
        let lines = text { $0.append(linesOf: judged.verification) }
        #expect(lines.contains("\nFAIL  probes by the kernel's count  expected 7, actual 2 on the wire\nT\(clause)"))
        #expect(text { $0.append(conclusionOf: judged.verification) } == "Not verified: 1 of 4 differ.")
        #expect(text { $0.appendRecord(judged) }.contains("\"passes\":false,\"reason\":\"t\(clause)"))
        let failure = "<failure message=\"expected 7, actual 2 on the wire: t\(clause)"
        #expect(text { $0.append(junit: [judged]) }.contains(failure))
    }
}
