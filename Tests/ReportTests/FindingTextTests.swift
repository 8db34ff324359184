import KeepAlive
import Testing
import Wire

@testable import KeepAlive
@testable import Report

@Suite("Sentences of findings")
struct FindingTextTests {
    private static let client = Endpoint(IPAddress(v4: 0x0A00_0001), 40000)
    private static let server = Endpoint(IPAddress(v4: 0x0A00_0002), 5001)
    private static let router = IPAddress(v4: 0xC000_0201)

    /// A segment of the client, or of the server, as its second, numbers, flags and bytes of payload say.
    private static func segment(
        _ second: Int64, _ sequence: UInt32, _ acknowledgment: UInt32, _ flags: TCPFlags, _ length: UInt32 = 0,
        fromServer: Bool = false
    ) -> Segment {
        var segment = Segment(
            time: second * 1_000_000_000, source: fromServer ? server : client,
            destination: fromServer ? client : server)
        (segment.sequence, segment.acknowledgment) = (SequenceNumber(sequence), SequenceNumber(acknowledgment))
        (segment.flags, segment.payloadLength, segment.window) = (flags, length, 1000)
        segment.identification = UInt16(truncatingIfNeeded: second + 1)
        return segment
    }

    /// The name and sentence of the most severe finding on a connection in which the client sends `segments`.
    private static func primary(_ segments: [Segment]) throws -> (Verdict, String) {
        var tracker = ConnectionTracker(seed: 1)
        var batch = SegmentBatch()
        var events: [SegmentEvent] = []
        batch.append(segment(0, 999, 0, .syn))
        batch.append(segment(0, 4999, 1000, [.syn, .ack], fromServer: true))
        for segment in [segment(0, 1000, 5000, .ack)] + segments { batch.append(segment) }
        tracker.track(batch, events: &events)
        let diagnosis = try #require(tracker.diagnoses(all: true).first)
        return (diagnosis.verdict, diagnosis.primary.sentence(in: diagnosis))
    }

    /// The same segment at `seconds`, as a sender without an answer sends it.
    private static func again(
        _ seconds: [Int64], _ sequence: UInt32, _ flags: TCPFlags, _ length: UInt32 = 0
    ) -> [Segment] {
        seconds.map { segment($0, sequence, 5000, flags, length) }
    }

    private static let closes = "Closed by 10.0.0.1:40000 (FIN)."
    private static let sends = "10.0.0.1:40000 sent data that 10.0.0.2:5001 does not acknowledge"

    @Test(
        "A lost FIN is not lost data, but data that is lost with a FIN is",
        arguments: [
            (again([1, 2, 4, 8], 1000, [.fin, .ack]), Verdict.closed, closes),
            (again([1, 2, 4, 8], 1000, [.psh, .ack], 9), .dataInFlight, sends),
            (again([1, 2, 4, 8], 1000, [.fin, .psh, .ack], 9), .dataInFlight, sends),
            // The data of that segment was acknowledged; only the FIN is missing.
            (
                [segment(0, 1000, 5000, [.fin, .psh, .ack], 9), segment(0, 5000, 1009, .ack, fromServer: true)]
                    + again([1, 2, 4, 8], 1009, [.fin, .ack]), .closed, closes
            ),
        ])
    func closing(segments: [Segment], verdict: Verdict, sentence: String) throws {
        let (found, text) = try Self.primary(segments)
        #expect(found == verdict && text.hasPrefix(sentence), "\(found): \(text)")
    }

    @Test(
        "The sender of the ICMP error decides the sentence and the advice",
        arguments: [
            (
                client.address,
                "The host of 10.0.0.1:40000 itself could not deliver 2 segments: host unreachable (ICMP).",
                "whether its next hop answers ARP"
            ),
            (
                router, "192.0.2.1 answered 2 segments of 10.0.0.1:40000 with ICMP: host unreachable.",
                "its last router cannot reach it"
            ),
            (
                server.address, "The peer's host answered 2 segments of 10.0.0.1:40000 with ICMP: host unreachable.",
                "powered on"
            ),
        ])
    func unreachable(reporter: IPAddress, sentence: String, advice: String) {
        var connection = Samples.diagnosis(from: Self.client, to: Self.server).connection
        for time in [Int64(1), 2] {
            connection.evidence.errors.add(
                ICMPError(router: reporter, type: 3, code: 1), at: time, frame: .none, side: 0)
        }
        let diagnosis = Diagnosis(of: connection)
        let finding = Finding(.peerUnreachable, .high, .originator)
        #expect(finding.sentence(in: diagnosis) == sentence)
        #expect(finding.advice(in: diagnosis).contains(advice), "\(finding.advice(in: diagnosis))")
    }

    @Test("A finding is reported if its severity is above ok or there is advice", arguments: Verdict.allCases)
    func reported(verdict: Verdict) {
        for (probes, closedIdle) in [(UInt64(0), Int64?.none), (3, nil), (3, 75_000_000_000)] {
            var connection = Samples.diagnosis().connection
            connection.fromOriginator.probes = probes
            connection.fromOriginator.closedIdle = closedIdle
            let diagnosis = Diagnosis(of: connection)
            let finding = Finding(verdict, .medium, .originator)
            let isExpected = finding.severity > .ok || !finding.advice(in: diagnosis).isEmpty
            #expect(finding.isReported(in: diagnosis) == isExpected)
        }
    }

    @Test("Advice about a path has the idle time that was too long")
    func pathAdvice() {
        var finding = Finding(.tooLateForPath, .medium, .originator)
        finding.details.idle = 340_063_000_000
        #expect(
            finding.advice(in: Samples.diagnosis())
                == "Set TCP_KEEPIDLE on either end so that probes come before 340 s of idleness: that was too long.")
        finding.details.idle = nil
        #expect(
            finding.advice(in: Samples.diagnosis())
                == "Set TCP_KEEPIDLE below the idle timeout of the path on either end.")
    }

    @Test(
        "Counts in sentences are in the right number, with separators",
        arguments: [
            (.unresponsive, 1, "The last probe of 10.0.0.1:40000 has no answer"),
            (.unresponsive, 1234, "The last 1,234 probes of 10.0.0.1:40000 have no answer"),
            (.tooManyProbes, 1_000_000, "10.0.0.1:40000 sent 1,000,000 probes"),
            (.peerDead, 1, "10.0.0.1:40000 gave up after 1 unanswered probe: "),
            (
                .dataInFlight, 1,
                "10.0.0.1:40000 sent data that 10.0.0.2:5001 does not acknowledge: it was retransmitted 1 time over"
            ),
        ] as [(Verdict, UInt64, String)])
    func counts(verdict: Verdict, count: UInt64, sentence: String) {
        var finding = Finding(verdict, .high, .originator)
        finding.details.count = count
        let text = finding.sentence(in: Samples.diagnosis(from: Self.client, to: Self.server))
        #expect(text.hasPrefix(sentence), "\(text)")
    }
}
