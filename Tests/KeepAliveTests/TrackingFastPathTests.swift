import Seeded
import Testing
import Wire

@testable import KeepAlive

/// Random segments of few connections, with numbers that are near each other or far apart.
struct RandomScript {
    var numbers: SeededNumbers
    private var time: Int64 = 1_000_000_000
    /// The sequence number that each end of each connection would send next, if it were a regular stack.
    private var next: [[UInt32]]
    /// Whether most segments are those of a regular stack.
    private let isRegular: Bool

    init(seed: UInt64) {
        numbers = SeededNumbers(seed)
        let starts: [UInt32] = [0, 1, 2, 0x7FFF_FFFE, 0x8000_0000, 0xFFFF_FFF0, 0xFFFF_FFFE, 0xFFFF_FFFF, 1000]
        var generator = numbers
        next = (0..<Self.connections.count).map { _ in
            (0..<2).map { _ in starts[Int.random(in: 0..<starts.count, using: &generator)] }
        }
        isRegular = seed % 4 != 0
        numbers = generator
    }

    private static let connections: [(Endpoint, Endpoint)] = [
        (Endpoint(IPAddress(v4: 1), 10), Endpoint(IPAddress(v4: 2), 20)),
        (Endpoint(IPAddress(v4: 1), 11), Endpoint(IPAddress(v4: 1), 9)),
        (Endpoint(IPAddress(v6: 5, 1), 10), Endpoint(IPAddress(v6: 5, 2), 20)),
        // Same address and port at both ends.
        (Endpoint(IPAddress(v4: 7), 7), Endpoint(IPAddress(v4: 7), 7)),
    ]

    /// One of `values`.
    private mutating func one<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: 0..<values.count, using: &numbers)]
    }

    /// The next segment: usually what TCP would send, sometimes almost that, sometimes nonsense.
    mutating func segment(_ record: Int) -> Segment {
        time &+= one([
            0, 1_000_000, 50_000_000, 900_000_000, 2_000_000_000, 31_000_000_000, 61_000_000_000, -40_000_000,
        ])
        // Most segments belong to the first connection, so that its state becomes varied.
        let connection = one([0, 0, 0, 0, 0, 2, 2, 1, 3])
        let side = Int.random(in: 0...1, using: &numbers)
        let ends = Self.connections[connection]
        var segment = Segment(
            time: time, source: side == 0 ? ends.0 : ends.1, destination: side == 0 ? ends.1 : ends.0)
        segment.record = UInt32(record)
        if isRegular, one([true, true, true, true, true, true, true, false]) {
            let length: UInt32 = one([0, 0, 0, 0, 0, 0, 0, 1, 100])
            segment.sequence = SequenceNumber(next[connection][side] &- (length == 0 ? one([0, 0, 0, 0, 1]) : 0))
            segment.acknowledgment = SequenceNumber(next[connection][1 - side])
            segment.flags = .ack
            segment.window = 500
            segment.timeToLive = 64
            segment.payloadLength = length
            next[connection][side] &+= length
            return segment
        }
        let near: [UInt32] = [0, 0, 0, 0, 0, 0, 0, 0, 0, .max, .max, .max, 1, .max - 1, 100, 0x7FFF_FFFF, 0x8000_0000]
        segment.sequence = SequenceNumber(next[connection][side] &+ one(near))
        segment.acknowledgment = SequenceNumber(next[connection][1 - side] &+ one(near))
        segment.flags = one([
            .ack, .ack, .ack, .ack, .ack, .ack, .ack, .ack, [.ack, .psh], [.ack, .ece], [], .syn, [.syn, .ack],
            [.fin, .ack], .rst, [.rst, .ack], [.ack, .urg],
        ])
        segment.payloadLength = one([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 1448, 65_000])
        segment.window = one([500, 500, 500, 500, 500, 0, 0, 501])
        segment.timeToLive = one([64, 64, 64, 64, 64, 64, 61, 0, 255])
        segment.identification = one([0, 7, UInt16(truncatingIfNeeded: record)])
        segment.hasTimestamps = one([false, true])
        segment.firstPayloadByte = one([0, 65])
        segment.isShown = one([true, true, true, true, true, true, true, false])
        segment.role = one([
            .whole, .whole, .whole, .whole, .whole, .whole, .whole, .whole, .short, .fragment, .quoted, .headerCut,
        ])
        if one([true, true, true, false]), segment.role == .whole {
            let counted =
                segment.flags.isDisjoint(with: [.syn, .fin]) ? segment.payloadLength : segment.payloadLength + 1
            next[connection][side] &+= counted
        }
        return segment
    }
}

extension ConnectionTracker {
    /// All results at the end of the capture.
    fileprivate var results: (ConnectionTally, [Diagnosis]) { (tally, diagnoses(all: true)) }
}

extension SegmentEvent {
    /// All facts about its segment, which the record number identifies.
    fileprivate var facts: [UInt64] {
        [
            UInt64(segment.record), UInt64(marks.rawValue), UInt64(kind.rawValue), connection, UInt64(trainNumber),
            UInt64(unanswered), isCopy ? 1 : 0, UInt64(wait?.since.rawValue ?? 9),
            UInt64(bitPattern: wait?.gap ?? -1), UInt64(bitPattern: reply ?? -1),
        ]
    }
}

extension ConnectionTable {
    /// The slot of the connection of `key`; nil: not in the table.
    fileprivate func slot(of key: Key) -> ConnectionSlot<Key>? {
        index(of: key, hash: key.hash(seed: seed)).map { slot(at: $0) }
    }
}

@Suite("Fast path of tracking")
struct TrackingFastPathTests {
    @Test(
        "The fast path and the full path have the same results",
        arguments: WiresharkVersion.allCases, [false, true])
    func sameAsFull(version: WiresharkVersion, isLight: Bool) {
        for seed in 0..<350 as Range<UInt64> {
            var script = RandomScript(seed: seed)
            // Usually one group of lookups, sometimes many groups.
            let segments = (0..<(seed % 50 == 49 ? 900 : 64)).map { script.segment($0) }
            var fast = ConnectionTracker(version: version, seed: seed, keepsAll: true, isLight: isLight)
            var full = ConnectionTracker(version: version, seed: seed &+ 1, keepsAll: true, isLight: isLight)
            var (fastEvents, fullEvents): ([SegmentEvent], [SegmentEvent]) = ([], [])
            fast.track(SegmentBatch(segments), events: &fastEvents)
            full.trackFull(SegmentBatch(segments), events: &fullEvents)
            let different = zip(fastEvents, fullEvents).first { $0.facts != $1.facts }
            guard fastEvents.count == fullEvents.count, different == nil, fast.results == full.results
            else {
                Issue.record(
                    "seed \(seed): \(fastEvents.count) events, full path \(fullEvents.count); \(String(describing: different))"
                )
                return
            }
        }
    }

    @Test("Random scripts often take the fast path and often have probes")
    func isTaken() {
        var (fast, probes) = (0, 0)
        for seed in 0..<80 as Range<UInt64> {
            var script = RandomScript(seed: seed)
            var tracker = ConnectionTracker(seed: seed)
            var events: [SegmentEvent] = []
            for index in 0..<64 {
                let segment = script.segment(index)
                let sender = IPv4Key.sender(of: segment)
                if !segment.isVersion6, let slot = tracker.version4.slot(of: IPv4Key(segment, sender: sender)) {
                    let (own, peer) = sender == 0 ? slot.sides : (slot.sides.1, slot.sides.0)
                    if own.canTakeFastPath(segment, to: peer) { fast += 1 }
                }
                tracker.track(SegmentBatch([segment]), events: &events)
            }
            probes += events.filter { $0.kind == .probe }.count
        }
        #expect(fast > 100 && probes > 100, "\(fast) of \(80 * 64) segments took the fast path, \(probes) probes")
    }
}
