import Seeded
import Testing
import Wire

@testable import KeepAlive

/// Two ends that send data and acknowledge it as TCP does, and probe when they are idle.
private struct Conversation {
    private var numbers: SeededNumbers
    private(set) var segments: [Segment] = []
    private var time: Int64 = 0
    /// The next number of each end, and the number that it has acknowledged.
    private var next: [UInt32]
    private var acknowledged: [UInt32]
    private static let ends = [Endpoint(IPAddress(v4: 1), 40000), Endpoint(IPAddress(v4: 2), 443)]

    init(seed: UInt64) {
        numbers = SeededNumbers(seed)
        let start: UInt32 = [1000, 0xFFFF_FF00, 0x7FFF_FF00, 1].randomElement(using: &numbers) ?? 0
        next = [start, start &+ 77]
        acknowledged = [next[1], next[0]]
        if Bool.random(using: &numbers) { open() }
        for _ in 0..<Int.random(in: 2...5, using: &numbers) {
            for _ in 0..<Int.random(in: 0...12, using: &numbers) { exchange() }
            settle()
            if Int.random(in: 0...3, using: &numbers) > 0 { probe() } else { time += 70_000_000_000 }
            if segments.last?.flags.contains(.rst) ?? false { return }
        }
        if Bool.random(using: &numbers) { close() }
    }

    private mutating func send(_ side: Int, _ length: UInt32 = 0, _ flags: TCPFlags = .ack, back: UInt32 = 0) {
        time += Int64.random(in: 10_000...30_000_000, using: &numbers)
        var segment = Segment(time: time, source: Self.ends[side], destination: Self.ends[1 - side])
        segment.record = UInt32(segments.count)
        segment.flags = flags
        segment.sequence = SequenceNumber(next[side] &- back)
        acknowledged[side] = flags.contains(.ack) ? next[1 - side] : acknowledged[side]
        segment.acknowledgment = SequenceNumber(flags.contains(.ack) ? next[1 - side] : 0)
        segment.payloadLength = length
        segment.window = 500
        segment.timeToLive = 64
        if flags.isDisjoint(with: [.syn, .fin]) { next[side] &+= length } else { next[side] &+= length + 1 }
        segments.append(segment)
    }

    private mutating func open() {
        send(0, 0, .syn)
        send(1, 0, [.syn, .ack])
        send(0)
    }

    /// Data of one end, which the other acknowledges immediately, with data, or later.
    private mutating func exchange() {
        let side = Int.random(in: 0...1, using: &numbers)
        for _ in 0..<Int.random(in: 1...3, using: &numbers) {
            send(side, [1, 2, 10, 1448].randomElement(using: &numbers) ?? 2, [.ack, .psh])
        }
        switch Int.random(in: 0...2, using: &numbers) {
        case 0: send(1 - side)
        case 1: send(1 - side, [1, 5, 1448].randomElement(using: &numbers) ?? 5)
        default: break
        }
    }

    /// Acknowledges the rest.
    private mutating func settle() {
        for side in 0...1 where acknowledged[side] != next[1 - side] { send(side) }
    }

    private mutating func probe() {
        let side = Int.random(in: 0...1, using: &numbers)
        time += 20_000_000_000 * Int64.random(in: 1...4, using: &numbers)
        for _ in 0..<Int.random(in: 1...4, using: &numbers) {
            send(side, [0, 0, 0, 1].randomElement(using: &numbers) ?? 0, .ack, back: 1)
            // The byte of a probe does not belong to the stream.
            next[side] = (segments.last?.sequence.rawValue ?? 0) &+ 1
            if Int.random(in: 0...4, using: &numbers) > 0 { send(1 - side) }
            time += 15_000_000_000
        }
        if Int.random(in: 0...5, using: &numbers) == 0 { send(side, 0, [.rst, .ack]) }
    }

    private mutating func close() {
        let side = Int.random(in: 0...1, using: &numbers)
        if Bool.random(using: &numbers) { send(side, 300, [.ack, .psh]) }
        send(side, 0, [.fin, .ack])
        send(1 - side, 0, [.fin, .ack])
        send(side)
    }
}

@Suite("Light captures")
struct LightTests {
    private static func track(_ segments: [Segment], isLight: Bool) -> (events: [SegmentEvent], diagnoses: [Diagnosis])
    {
        var tracker = ConnectionTracker(seed: 1, keepsAll: true, isLight: isLight)
        var events: [SegmentEvent] = []
        let seen =
            isLight
            ? segments.filter { $0.payloadLength <= 1 || !$0.flags.isDisjoint(with: [.syn, .fin, .rst]) } : segments
        tracker.track(SegmentBatch(seen), events: &events)
        return (events, tracker.diagnoses(all: true))
    }

    private static func isOfProbes(_ event: SegmentEvent) -> Bool {
        switch event.kind {
        case .probe, .answer, .abortReset, .peerReset: true
        default: false
        }
    }

    @Test("Probes and answers are the same as in the complete capture, for random exchanges of data")
    func sameAsComplete() {
        var (probes, waits, unknown) = (0, 0, 0)
        for seed in 0..<400 as Range<UInt64> {
            let segments = Conversation(seed: seed).segments
            let (complete, light) = (Self.track(segments, isLight: false), Self.track(segments, isLight: true))
            let found = light.events.filter(Self.isOfProbes)
            var expected = complete.events.filter(Self.isOfProbes)
            // Midway, a repeated acknowledgment is a first probe only if no data came before it.
            if segments.first?.flags.contains(.syn) == false, expected.count > found.count {
                expected.removeFirst(expected.count - found.count)
            }
            guard expected.map(\.segment.record) == found.map(\.segment.record),
                expected.map(\.kind) == found.map(\.kind)
            else {
                Issue.record(
                    "seed \(seed): \(expected.map { "\($0.segment.record) \($0.kind)" }), light \(found.map { "\($0.segment.record) \($0.kind)" })"
                )
                return
            }
            for (event, seen) in zip(expected, found) where event.kind == .probe {
                probes += 1
                // The wait is the same or not known.
                if let wait = seen.wait {
                    waits += 1
                    #expect(wait == event.wait, "seed \(seed), record \(event.segment.record)")
                } else if event.wait != nil {
                    unknown += 1
                }
                #expect(seen.unanswered == event.unanswered, "seed \(seed), record \(event.segment.record)")
            }
            for (expected, found) in zip(complete.diagnoses, light.diagnoses) {
                // Verdicts that need data are missing, and the next verdict takes over.
                let isOfData = [.silentDrop, .dataInFlight, .applicationSilent, .incompleteCapture].contains(
                    expected.verdict)
                #expect(
                    expected.verdict == found.verdict || found.confidence == .low || isOfData,
                    "seed \(seed): \(expected.verdict), light \(found.verdict)")
                #expect(found.verdict != .silentDrop && found.verdict != .dataInFlight)
                #expect(found.connection.idleness.longest <= expected.connection.idleness.longest, "seed \(seed)")
                #expect(
                    found.connection.idleness.longestSurvived <= expected.connection.idleness.longest, "seed \(seed)")
                #expect(
                    found.connection.idleness.shortestFailed == 0 || expected.connection.idleness.shortestFailed > 0,
                    "seed \(seed)")
                #expect(found.connection.closedIdle ?? 0 <= expected.connection.closedIdle ?? 0, "seed \(seed)")
            }
        }
        #expect(probes > 1300 && waits > 2 * unknown, "\(probes) probes, \(waits) waits, \(unknown) not known")
    }

    /// The events of a light capture of scripts with data that it lacks: record, kind and mark (K, a).
    @Test(
        "The known limits of light captures",
        arguments: [
            // Acknowledged by pure ACKs: the same as in the complete capture.
            (
                ["AB AP 1100 5000 len=100", "BA A 5000 1200", "AB A 1199 5000", "BA A 5000 1200"],
                "8 probe K, 9 answer a"
            ),
            // The acknowledgment shows the response, but not its window: the first answer has no mark.
            (
                [
                    "AB AP 1100 5000 len=100", "BA AP 5000 1200 len=50", "AB A 1200 5050", "AB A 1199 5050",
                    "BA A 5050 1200", "AB A 1199 5050", "BA A 5050 1200",
                ],
                "9 probe K, 10 answer, 11 probe K, 12 answer a"
            ),
            // Data closed the window: a zero-window probe looks like a keep-alive until its answer.
            (
                [
                    "AB AP 1100 5000 len=100", "BA AP 5000 1200 len=50 win=0", "AB A 1200 5050", "AB A 1199 5050",
                    "BA A 5050 1200 win=0", "AB A 1199 5050",
                ],
                "9 probe K, 10 answer, 11 zeroWindowProbe K"
            ),
            // Data between two probes is a sign of life, although only its acknowledgment was captured.
            (
                ["AB A 1099 5000", "BA AP 5000 1100 len=50", "AB A 1100 5050", "AB A 1099 5050"],
                "6 probe K, 9 probe K"
            ),
        ])
    func limits(lines: [String], expected: String) {
        let events = Self.track(SegmentScript(SegmentScript.opened + lines).segments, isLight: true).events
        let words = events.map {
            "\($0.segment.record + 1) \($0.kind)"
                + ($0.marks == .keepAlive ? " K" : $0.marks == .keepAliveAck ? " a" : "")
        }
        #expect(words.joined(separator: ", ") == expected)
        #expect(events.last { $0.kind == .probe }?.unanswered ?? 0 <= 1)
    }
}
