import Testing

@testable import KeepAlive
@testable import Report

@Suite("Verification in text and records")
struct VerificationTextTests {
    /// The verification of two probes on the wire, both answered, when the kernel counts `counted`.
    private static func verified(counted: Int, othersProbe: Bool) -> ProbeVerification {
        var (prober, peer) = (ConnectionSide(), ConnectionSide())
        (prober.probes, prober.answered) = (2, 2)
        prober.periodGaps.add(60_100_000_000)
        peer.lastSpoke = 1
        let verification = Verification(
            of: prober, peer: peer, expecting: Verification.Expectation(idle: 60, interval: 15, count: 4), ending: nil,
            kernelProbes: counted, othersProbe: othersProbe)
        return ProbeVerification(prober: nil, peer: nil, verification: verification)
    }

    private func text(_ write: (inout TextBuffer) -> Void) -> String {
        var buffer = TextBuffer()
        write(&buffer)
        return buffer.string
    }

    @Test("An undecided check neither passes nor fails, and has a reason in every format")
    func notJudged() {
        let verified = Self.verified(counted: 7, othersProbe: true)
        let reason = "other connections of this network namespace probe too"
        let lines = text { $0.append(linesOf: verified.verification) }
        #expect(
            lines.hasSuffix(
                "\n----  probes by the kernel's count  expected 7, actual 2 on the wire; not judged: \(reason)\n"),
            "\(lines)")
        #expect(text { $0.append(conclusionOf: verified.verification) }.hasPrefix("Verified:"))
        let record = text { $0.appendRecord(verified) }
        #expect(record.contains("\"outcome\":\"pass\""))
        #expect(record.hasSuffix("\"actual\":\"2 on the wire\",\"reason\":\"\(reason)\"}]}"), "\(record)")
        let xml = text { $0.append(junit: [verified]) }
        #expect(xml.contains("tests=\"4\" failures=\"0\" errors=\"0\" skipped=\"1\""), "\(xml)")
        #expect(
            xml.contains("count\"><skipped message=\"expected 7, actual 2 on the wire: \(reason)\"/></testcase>"),
            "\(xml)")
    }

    @Test("The reason of a failure is a sentence below the lines, and a member of the record")
    func failed() {
        let verified = Self.verified(counted: 7, othersProbe: false)
        let clause = "he kernel counted 7 probes, only 2 of which were seen on the wire: the others never left the host"
        let lines = text { $0.append(linesOf: verified.verification) }
        #expect(lines.contains("\nFAIL  probes by the kernel's count  expected 7, actual 2 on the wire\nT\(clause)"))
        #expect(text { $0.append(conclusionOf: verified.verification) } == "Not verified: 1 of 4 differ.")
        #expect(text { $0.appendRecord(verified) }.contains("\"passes\":false,\"reason\":\"t\(clause)"))
        let failure = "<failure message=\"expected 7, actual 2 on the wire: t\(clause)"
        #expect(text { $0.append(junit: [verified]) }.contains(failure))
    }

    @Test(
        "The kernel's count is compared with what was captured, in the right number",
        arguments: [
            (4, 0, "the kernel counted 4 probes, none of which was seen on the wire: they never left the host"),
            (1, 0, "the kernel counted 1 probe, which was not seen on the wire: it never left the host"),
            (2, 1, "the kernel counted 2 probes, only 1 of which was seen on the wire: the other never left the host"),
            (4, 1, "the kernel counted 4 probes, only 1 of which was seen on the wire: the others never left the host"),
            (
                4, 2,
                "the kernel counted 4 probes, only 2 of which were seen on the wire: the others never left the host"
            ),
        ] as [(UInt64, UInt64, String)])
    func neverSent(counted: UInt64, captured: UInt64, text: String) {
        #expect(Verification.Reason.probesNeverSent(counted: counted, captured: captured).text.hasPrefix(text))
    }

    @Test(
        "Each obstacle is a clause",
        arguments: [
            (.zeroWindow(probes: 3), "the peer's window was zero, so no keep-alive was due; 3 window probes were sent"),
            (.zeroWindow(probes: 1), "the peer's window was zero, so no keep-alive was due; 1 window probe was sent"),
            (.dataInFlight, "data was in flight and unacknowledged, so no keep-alive was due"),
            (.closeInFlight, "a FIN was in flight and unacknowledged, so no keep-alive was due"),
            (.notYetDue(idle: 5), "no probe was due yet: it takes 5 s of idleness"),
            (.packetsDropped(1), "1 packet was dropped by the kernel"),
            (.packetsDropped(2), "2 packets were dropped by the kernel"),
            (.undecided(.mayBeInterval), "it may be the interval, which is not given"),
            (
                .nothingToCompare(Verification.Expectation(idle: 1, count: 1)),
                "nothing was captured that depends on idle or count"
            ),
            (
                .noProbes(idle: 30_000_000_000),
                "no keep-alive probe was seen, and no connection is known to have been idle for more than 30.0 s"
            ),
        ] as [(Verification.Obstacle, String)])
    func obstacles(obstacle: Verification.Obstacle, text: String) {
        #expect(obstacle.text == text)
        let verified = ProbeVerification(prober: nil, peer: nil, verification: Verification(obstacle: obstacle))
        #expect(self.text { $0.appendRecord(verified) }.contains("\"outcome\":\"not_judged\",\"reason\":\"\(text)\""))
    }

    @Test(
        "Values are written with their units",
        arguments: [
            (.firstProbe, .durations(shortest: 1_000_400_000, longest: 1_000_300_000), "1.000 s"),
            (.firstProbe, .durations(shortest: 1_000_000_000, longest: 2_500_000_000), "1.000 s to 2.500 s"),
            (.firstProbe, .noProbe(idle: 65_190_000_000), "no probe in 65.1 s of idleness"),
            (.errorTime, .duration(-1_500_000_000), "-1.500 s"), (.resetAfterLastProbe, .nothing, "none"),
            (.probeLength, .probesWithByte(0, of: 3), "0 bytes"),
            (.probeLength, .probesWithByte(2, of: 3), "1 byte in 2 of 3"),
            (.answers, .answered(2, of: 3, pending: 1), "2 of 3 answered, the last 1 not yet"),
            (.error, .error(nil), "none"), (.error, .error(.timedOut), "ETIMEDOUT"),
            (.kernelProbes, .count(2), "2 on the wire"),
        ] as [(Verification.Quantity, Verification.Value, String)])
    func values(quantity: Verification.Quantity, value: Verification.Value, text: String) {
        let check = Verification.Check(quantity: quantity, expected: .nothing, actual: value, outcome: .passes)
        #expect(check.actualText == text)
    }
}
