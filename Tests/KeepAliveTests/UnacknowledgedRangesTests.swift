import Seeded
import Testing
import Wire

@testable import KeepAlive

@Suite("Unacknowledged ranges")
struct UnacknowledgedRangesTests {
    /// Both ends of one connection in plain arrays: a literal implementation of wireshark-rules 4.3 f and 6.1, 3.
    private struct Model {
        var handle: UInt32 = 0
        var sides: [[Range<UInt32>]] = [[], []]

        mutating func acknowledge(_ number: UInt32, _ side: Int) {
            sides[side] = sides[side].compactMap { range in
                if number >= range.upperBound { return nil }
                return number > range.lowerBound ? number..<range.upperBound : range
            }
        }

        func contiguousEnd(from number: UInt32, _ side: Int) -> UInt32 {
            guard var tail = sides[side].last else { return number }
            for range in sides[side].reversed() where range.lowerBound >= number {
                tail = range.upperBound == tail.lowerBound ? range.lowerBound..<tail.upperBound : range
            }
            return tail.lowerBound == number && tail.upperBound > number ? tail.upperBound : number
        }
    }

    @Test(
        "Lists hold the same as arrays: short ones, ones that move to a larger room and back, ones that are reused",
        arguments: [3, 6, 40, 300])
    func model(most: Int) {
        var numbers = SeededNumbers(UInt64(most))
        var ranges = UnacknowledgedRanges()
        var models = [Model](repeating: Model(), count: 9)
        for step in 0..<4_000 {
            let number = Int.random(in: 0..<models.count, using: &numbers)
            let side = Int.random(in: 0...1, using: &numbers)
            var model = models[number]
            if model.handle == 0 { model.handle = ranges.makeLists() }
            let reach = UInt32(most) * 10
            switch Int.random(in: 0..<8, using: &numbers) {
            case 0:
                let acknowledgment = UInt32.random(in: 1_000...1_000 + reach, using: &numbers)
                model.acknowledge(acknowledgment, side)
                let isLeft = ranges.acknowledge(SequenceNumber(acknowledgment), model.handle, side)
                #expect(isLeft == !model.sides[side].isEmpty, "step \(step)")
            case 1 where number == 0:
                ranges.release(model.handle)
                model = Model()
            default:
                guard model.sides[side].count < most else { continue }
                let start = UInt32.random(in: 1_000..<1_000 + reach, using: &numbers)
                let end = start + UInt32.random(in: 1...10, using: &numbers)
                model.sides[side].append(start..<end)
                let isStored = ranges.append(
                    UnacknowledgedRange(start: SequenceNumber(start), end: SequenceNumber(end)), to: model.handle, side)
                #expect(isStored)
            }
            models[number] = model
            #expect(ranges.count(model.handle, side) == model.sides[side].count, "step \(step)")
            let from = model.sides[side].randomElement(using: &numbers)?.lowerBound ?? 1_000
            #expect(
                ranges.contiguousEnd(from: SequenceNumber(from), model.handle, side).rawValue
                    == model.contiguousEnd(from: from, side), "step \(step)")
        }
        // Released chunks are reused, and two neighbours of a list are together more than half full.
        #expect(ranges.chunks.count <= 2 * 9 * (2 * most / RangeChunks.capacity + 2))
    }

    /// A literal implementation of the rules for numbers that wrap around.
    private struct CircularModel {
        var ranges: [UnacknowledgedRange] = []

        mutating func acknowledge(_ number: SequenceNumber) { ranges = ranges.compactMap { $0.left(by: number) } }

        func contiguousEnd(from number: SequenceNumber) -> SequenceNumber {
            guard var tail = ranges.last else { return number }
            for range in ranges.reversed() where range.start == number || range.start.isNewer(than: number) {
                if range.end == tail.start { tail.start = range.start } else { tail = range }
            }
            return tail.start == number && tail.end.isNewer(than: number) ? tail.end : number
        }

        var oldest: SequenceNumber? {
            ranges.prefix(64).map(\.start).reduce(nil) { $0?.isNewer(than: $1) ?? true ? $1 : $0 }
        }

        var holdsOneByte: Bool {
            guard let first = ranges.first else { return false }
            return ranges.allSatisfy { $0.start == first.start && $0.end == first.start + 1 }
        }
    }

    @Test(
        "Long lists follow the rules to the letter, also for overlapping ranges and acknowledgments out of order",
        arguments: 0..<8 as Range<UInt64>)
    func circular(seed: UInt64) {
        var numbers = SeededNumbers(seed)
        var ranges = UnacknowledgedRanges()
        let handle = ranges.makeLists()
        var model = CircularModel()
        // Near the point where numbers wrap around.
        var base = UInt32.max - 20_000
        let most = [100, 300, 900, 2_500][Int(seed % 4)]
        let isSteady = seed % 3 == 0
        for step in 0..<2_500 {
            let isFull = model.ranges.count >= most
            if !isFull, Int.random(in: 0..<10, using: &numbers) < (isSteady ? 9 : 8) {
                let offset: UInt32 =
                    switch Int.random(in: 0..<20, using: &numbers) {
                    case 0: UInt32.random(in: 0 ... .max, using: &numbers)
                    case 1: 1 << 31
                    case 2: 0 &- UInt32.random(in: 0..<3_000, using: &numbers)
                    default: UInt32.random(in: 0..<8_000, using: &numbers)
                    }
                let length: UInt32 = [1, 1, 10, 1460, 60_000].randomElement(using: &numbers) ?? 1
                let start = model.ranges.last.map { Bool.random(using: &numbers) ? $0.end : nil } ?? nil
                let first = start ?? SequenceNumber(base &+ offset)
                let range = UnacknowledgedRange(start: first, end: first + length)
                model.ranges.append(range)
                let isStored = ranges.append(range, to: handle, 1)
                #expect(isStored)
            } else {
                let acknowledgment: SequenceNumber =
                    switch Int.random(in: 0..<60, using: &numbers) {
                    case 0: SequenceNumber(UInt32.random(in: 0 ... .max, using: &numbers))
                    case 1: SequenceNumber(base &+ 1 << 31 &+ UInt32.random(in: 0..<20, using: &numbers))
                    case 2...5: SequenceNumber(base &- UInt32.random(in: 0..<2_000, using: &numbers))
                    case 6...9: model.ranges.randomElement(using: &numbers)?.end ?? SequenceNumber(base)
                    default: SequenceNumber(base &+ UInt32.random(in: 0..<3, using: &numbers))
                    }
                let before = (
                    ranges.contiguousEnd(from: acknowledgment, handle, 1), model.contiguousEnd(from: acknowledgment)
                )
                #expect(before.0 == before.1, "step \(step)")
                model.acknowledge(acknowledgment)
                let isLeft = ranges.acknowledge(acknowledgment, handle, 1)
                #expect(isLeft == !model.ranges.isEmpty, "step \(step)")
                if acknowledgment.isNewer(than: SequenceNumber(base)) { base = acknowledgment.rawValue }
            }
            guard ranges.count(handle, 1) == model.ranges.count else {
                Issue.record("\(ranges.count(handle, 1)) ranges, not \(model.ranges.count), after step \(step)")
                return
            }
            guard let oldest = model.oldest, step % 7 == 0 else { continue }
            #expect(ranges.oldest(handle, 1) == oldest, "step \(step)")
            #expect(ranges.holdsOneByte(handle, 1) == model.holdsOneByte, "step \(step)")
            let from = model.ranges.randomElement(using: &numbers)?.start ?? oldest
            #expect(ranges.contiguousEnd(from: from, handle, 1) == model.contiguousEnd(from: from), "step \(step)")
        }
        ranges.release(handle)
        let hasChunks = ranges.hasChunks(handle)
        #expect(!hasChunks)
    }

    @Test("A list takes as many ranges as Wireshark stores, and as many as there is memory for")
    func full() {
        var ranges = UnacknowledgedRanges()
        let handle = ranges.makeLists()
        func append(_ number: Int, _ ranges: inout UnacknowledgedRanges, _ side: Int) -> Bool {
            let start = SequenceNumber(UInt32(number) * 10)
            return ranges.append(UnacknowledgedRange(start: start, end: start + 10), to: handle, side)
        }
        for number in 0..<10_000 {
            let isStored = append(number, &ranges, 0)
            #expect(isStored)
        }
        let isStored = append(10_000, &ranges, 0)
        #expect(!isStored && ranges.count(handle, 0) == 10_000)
        ranges.chunks.limit = ranges.chunks.count + 1
        var stored = 0
        for number in 0..<200 where append(number, &ranges, 1) { stored += 1 }
        let hasRoom = ranges.chunks.hasRoom
        #expect(stored == RangeChunks.capacity && !hasRoom)
        // The chunks of the other list can be used.
        _ = ranges.acknowledge(SequenceNumber(90_000), handle, 0)
        let isStoredNow = append(200, &ranges, 1)
        #expect(isStoredNow && ranges.count(handle, 1) == RangeChunks.capacity + 1)
    }
}
