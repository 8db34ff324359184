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
        var numbers = SeededNumbers(state: UInt64(most))
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
                ranges.append(
                    UnacknowledgedRange(start: SequenceNumber(start), end: SequenceNumber(end)), to: model.handle, side)
            }
            models[number] = model
            #expect(ranges.count(model.handle, side) == model.sides[side].count, "step \(step)")
            let from = model.sides[side].randomElement(using: &numbers)?.lowerBound ?? 1_000
            #expect(
                ranges.contiguousEnd(from: SequenceNumber(from), model.handle, side).rawValue
                    == model.contiguousEnd(from: from, side), "step \(step)")
        }
        // Released room is reused: the memory is at most twice what all lists need together, because it grows by doubling.
        #expect(ranges.bytes <= 9 * 64 + 64 + 2 * 18 * 8 * max(8, 2 * most))
    }
}
