import KeepAlive
import Testing
import Wire

@testable import Report

@Suite("Sentences of verdicts")
struct DiagnosisTextTests {
    private static let client = Endpoint(IPAddress(v4: 0x0A00_0001), 40000)
    private static let server = Endpoint(IPAddress(v4: 0x0A00_0002), 5001)

    /// A segment of the client, or of the server, as its second, numbers, flags and octets of payload tell.
    private static func segment(
        _ second: Int64, _ sequence: UInt32, _ acknowledgment: UInt32, _ flags: TCPFlags, _ length: UInt32 = 0,
        fromServer: Bool = false
    ) -> Segment {
        var segment = Segment(
            time: second * 1_000_000_000, source: fromServer ? server : client,
            destination: fromServer ? client : server)
        (segment.sequence, segment.acknowledgment) = (SequenceNumber(sequence), SequenceNumber(acknowledgment))
        (segment.flags, segment.payloadLength, segment.window) = (flags, length, 1000)
        return segment
    }

    /// The sentence on a connection in which the client sends `segments`, and the server nothing any more.
    private static func sentence(_ segments: [Segment]) -> String? {
        var tracker = ConnectionTracker(seed: 1)
        var batch = SegmentBatch()
        var events: [SegmentEvent] = []
        batch.append(segment(0, 999, 0, .syn))
        batch.append(segment(0, 4999, 1000, [.syn, .ack], fromServer: true))
        for segment in [segment(0, 1000, 5000, .ack)] + segments { batch.append(segment) }
        tracker.track(batch, events: &events)
        guard let diagnosis = tracker.diagnoses(all: true).first else { return nil }
        var text = TextBuffer()
        text.append(sentenceOf: diagnosis)
        return text.string
    }

    private static let closes =
        "10.0.0.1:40000 closed (FIN), and 10.0.0.2:5001 does not acknowledge that, "
        + "5.000 s after it had last heard its peer."
    private static let sends =
        "10.0.0.1:40000 sent data that 10.0.0.2:5001 does not acknowledge, 5.000 s after it had last heard its peer."

    @Test(
        "Who closed and is not heard has not sent data; who did, has",
        arguments: [
            ([segment(1, 1000, 5000, [.fin, .ack]), segment(5, 1000, 5000, [.fin, .ack])], closes),
            ([segment(1, 1000, 5000, [.psh, .ack], 1), segment(5, 1000, 5000, [.psh, .ack], 1)], sends),
            ([segment(1, 1000, 5000, [.psh, .ack], 1), segment(5, 1001, 5000, [.fin, .ack])], sends),
            ([segment(1, 1000, 5000, [.fin, .psh, .ack], 9), segment(5, 1000, 5000, [.fin, .psh, .ack], 9)], sends),
            // The data of that segment was acknowledged, and what is left is the FIN.
            (
                [
                    segment(0, 1000, 5000, [.fin, .psh, .ack], 9), segment(0, 5000, 1009, .ack, fromServer: true),
                    segment(5, 1009, 5000, [.fin, .ack]),
                ], closes
            ),
        ])
    func closing(segments: [Segment], sentence: String) {
        #expect(Self.sentence(segments) == sentence)
    }
}
