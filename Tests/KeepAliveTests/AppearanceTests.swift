import Testing
import Wire

@testable import KeepAlive

/// The connections that are new since the last look.
@Suite("New connections")
struct AppearanceTests {
    private static let server = Endpoint(IPAddress(v4: 1), 443)

    private static func segment(
        _ client: UInt32, fromServer: Bool = false, _ flags: TCPFlags, _ sequence: UInt32, _ acknowledgment: UInt32 = 0
    ) -> Segment {
        let end = Endpoint(IPAddress(v4: 0x0A00_0000 + client), 40000)
        var segment = Segment(time: 1, source: fromServer ? server : end, destination: fromServer ? end : server)
        segment.flags = flags
        segment.sequence = SequenceNumber(sequence)
        segment.acknowledgment = SequenceNumber(acknowledgment)
        segment.window = 500
        return segment
    }

    private static func attempt(_ client: UInt32) -> [Segment] {
        [segment(client, .syn, 99), segment(client, fromServer: true, [.syn, .ack], 499, 100)]
    }

    private static func end(_ client: UInt32) -> Segment { segment(client, .ack, 100, 500) }

    /// Tracks `segments`, and returns the numbers of the connections that are new.
    private static func look(
        _ segments: [Segment], _ tracker: inout ConnectionTracker, _ cursor: inout AppearanceCursor, limit: Int = 1000
    ) -> [UInt64] {
        var events: [SegmentEvent] = []
        tracker.track(SegmentBatch(segments), events: &events)
        var found: [UInt64] = []
        tracker.forEachNew(since: &cursor, limit: limit) { number, first, second in
            #expect([first, second].contains(server))
            found.append(number)
        }
        return found
    }

    @Test("Each connection is found once, when it is established")
    func once() {
        var tracker = ConnectionTracker(seed: 1)
        var cursor = AppearanceCursor()
        #expect(Self.look(Self.attempt(0) + [Self.end(0)] + Self.attempt(1), &tracker, &cursor) == [0])
        #expect(Self.look([], &tracker, &cursor) == [])
        #expect(Self.look([Self.end(1)] + Self.attempt(2) + [Self.end(2)], &tracker, &cursor) == [1, 2])
        #expect(Self.look([Self.end(0), Self.end(1)], &tracker, &cursor) == [])
    }

    @Test("A flood of SYNs finds nothing, takes bounded memory, and does not hide what comes after it")
    func flood() {
        var tracker = ConnectionTracker(seed: 1)
        var cursor = AppearanceCursor()
        for start in stride(from: 0 as UInt32, to: 20_000, by: 1000) {
            #expect(Self.look((start..<start + 1000).flatMap(Self.attempt), &tracker, &cursor) == [])
        }
        #expect(Self.look(Self.attempt(20_000) + [Self.end(20_000)], &tracker, &cursor) == [20_000])
        // After ten looks an attempt is given up.
        for _ in 0..<10 { _ = Self.look([], &tracker, &cursor) }
        #expect(Self.look([Self.end(0)], &tracker, &cursor) == [])
    }

    @Test("Of more connections than the limit the oldest are skipped")
    func limit() {
        var tracker = ConnectionTracker(seed: 1)
        var cursor = AppearanceCursor()
        let segments = (0..<50 as Range<UInt32>).flatMap { Self.attempt($0) + [Self.end($0)] }
        #expect(Self.look(segments, &tracker, &cursor, limit: 10) == Array(40..<50))
    }
}
