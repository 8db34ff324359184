import Testing
import Wire

@testable import KeepAlive
@testable import Report

@Suite("Descriptions of events")
struct EventDescriptionTests {
    private static func words(
        _ kind: SegmentKind, _ marks: Marks = [], _ change: (inout SegmentEvent) -> Void = { _ in }
    ) -> String {
        var segment = Segment(time: 0, source: Samples.client, destination: Samples.server)
        segment.timeToLive = 62
        var event = SegmentEvent(segment: segment, marks: marks, kind: kind, connection: 0)
        change(&event)
        return Samples.text { EventDescription().append(event, to: &$0) }
    }

    @Test("A probe has its number, what it waited for, and how many are unanswered")
    func probes() {
        let first = Self.words(.probe, .keepAlive) {
            ($0.trainNumber, $0.wait) = (1, Wait(since: .segment, gap: 60_329_000_000))
        }
        #expect(first == "keep-alive 1 after 60.329 s idle")
        let second = Self.words(.probe, .keepAlive) {
            ($0.trainNumber, $0.unanswered, $0.wait) = (2, 1, Wait(since: .unansweredProbe, gap: 15_104_000_000))
        }
        #expect(second == "keep-alive 2, +15.104 s, 1 unanswered")
        let unmarked = Self.words(.probe) {
            ($0.trainNumber, $0.wait) = (2, Wait(since: .answeredProbe, gap: 60_000_000_000))
        }
        #expect(unmarked == "keep-alive 2 (not marked), +60.000 s")
        #expect(Self.words(.probe, .keepAlive) { ($0.trainNumber, $0.isCopy) = (2, true) } == "keep-alive, duplicate")
        #expect(Self.words(.probe, .keepAlive) { $0.trainNumber = 1 } == "keep-alive 1")
    }

    @Test("The actual kind is in brackets if the mark differs")
    func actually() {
        let window = Self.words(.zeroWindowProbe, .keepAlive) {
            ($0.trainNumber, $0.wait) = (4, Wait(since: .unansweredProbe, gap: 1_728_000_000))
        }
        #expect(window == "keep-alive (actually zero-window probe 4), +1.728 s")
        let marked = Self.words(.zeroWindowProbe, .zeroWindowProbe) { $0.trainNumber = 1 }
        #expect(marked == "zero-window probe 1")
        let unmarked = Self.words(.zeroWindowProbe) { $0.trainNumber = 1 }
        #expect(unmarked == "zero-window probe 1 (not marked)")
        #expect(Self.words(.retransmission, .keepAlive) == "keep-alive (actually a retransmission of one byte)")
        #expect(Self.words(.acknowledgment, .keepAliveAck) == "keep-alive ACK (actually an unrelated ACK)")
    }

    @Test("An answer has its latency")
    func answers() {
        #expect(Self.words(.answer, .keepAliveAck) { $0.reply = 31_000 } == "keep-alive ACK after 0.031 ms")
        #expect(Self.words(.answer) { $0.reply = 1_204_000_000 } == "keep-alive ACK (not marked) after 1.204 s")
        #expect(Self.words(.zeroWindowAnswer) == "zero-window ACK (not marked)")
        #expect(Self.words(.answer, .keepAliveAck) { $0.isCopy = true } == "keep-alive ACK, duplicate")
    }

    @Test("A RST has its sender, and counts are in the right number")
    func resets() {
        let gaveUp = { (count: UInt32) in
            Self.words(.abortReset) {
                ($0.unanswered, $0.wait) = (count, Wait(since: .unansweredProbe, gap: 3_072_000_000))
            }
        }
        #expect(gaveUp(4) == "gave up: 4 probes unanswered, last +3.072 s")
        #expect(gaveUp(1) == "gave up: 1 probe unanswered, last +3.072 s")
        #expect(Self.words(.peerReset) { $0.reply = 200_000 } == "reset by the peer, 0.200 ms after the probe")
        #expect(Self.words(.pathReset) == "reset by the path, TTL 62 is not the peer's")
        let middlebox = Self.words(.middleboxProbe, .keepAlive) { $0.trainNumber = 1 }
        #expect(middlebox == "keep-alive 1, TTL 62 is not the sender's")
    }
}
