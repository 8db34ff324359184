import Seeded
import Testing
import Wire

@testable import KeepAlive

@Suite("Memory budget")
struct MemoryBudgetTests {
    @Test("A part may use its share and what is guaranteed to none, and the sum stays below the limit")
    func shared() {
        var numbers = SeededNumbers(4)
        for _ in 0..<100 {
            var budget = MemoryBudget(limit: 64_000)
            var used = [Int](repeating: 0, count: MemoryBudget.Part.allCases.count)
            let first = MemoryBudget.Part.allCases.randomElement(using: &numbers) ?? .ranges
            for _ in 0..<2_000 {
                let part =
                    Bool.random(using: &numbers) ? first : MemoryBudget.Part.allCases.randomElement(using: &numbers)
                guard let part, budget.has(100, for: part) else { continue }
                used[part.rawValue] += 100
                budget.set(part, used[part.rawValue])
                #expect(budget.used == used.reduce(0, +) && budget.used <= budget.limit)
            }
            #expect(budget.used > 60_000)
            #expect(used.allSatisfy { $0 >= 900 })
        }
    }

    @Test("One part alone gets all that is not guaranteed to others")
    func alone() {
        var budget = MemoryBudget(limit: 64_000)
        let free = budget.free
        #expect(free > 32_000 && budget.has(free + 4_000, for: .version4) && !budget.has(free + 4_001, for: .version4))
        // A table leaves an eighth, and attempts a quarter.
        let most = free - free / 8 + 4_000
        #expect(budget.hasForTable(most, .version4) && !budget.hasForTable(most + 1, .version4))
        budget.set(.version4, 4_000 + free / 4 * 3)
        #expect(!budget.isReserved)
        budget.set(.version4, 4_001 + free / 4 * 3)
        #expect(budget.isReserved)
        budget.set(.version4, free + 4_000)
        #expect(budget.free == 0 && !budget.has(1, for: .version4))
        #expect(budget.has(1_000, for: .repeats) && !budget.has(1_001, for: .repeats))
    }

    @Test("A connection with an event is kept longer than attempts, even if it is not established")
    func keepsEvents() {
        var tracker = ConnectionTracker(seed: 3, memoryLimit: 1 << 18)
        var events: [SegmentEvent] = []
        // A SYN/ACK with one byte and number 0, into a closed window: Wireshark marks a zero-window probe.
        let handshake = SegmentScript(["BA S 4999 0 win=0", "AB AS 0 5000 len=1"])
        tracker.track(SegmentBatch(handshake.segments), events: &events)
        #expect(events.map(\.kind) == [.zeroWindowProbe])
        var flood = SegmentBatch()
        for number in 0..<2_000 as Range<UInt32> {
            var segment = Segment(
                time: 4_000_000_000, source: Endpoint(IPAddress(v4: 0x0B00_0000 + number), 40000),
                destination: Endpoint(IPAddress(v4: 0x0C00_0000), 443))
            segment.flags = .syn
            flood.append(segment)
        }
        tracker.track(flood, events: &events)
        #expect(tracker.tally.evicted > 1_000)
        #expect(tracker.connections(all: false).map(\.fromResponder.zeroWindowProbes) == [1])
    }
}
