import Testing
import Wire

@testable import KeepAlive

@Suite("Memory budget")
struct MemoryBudgetTests {
    @Test("Connections and lists of ranges share the limit")
    func shared() {
        var budget = MemoryBudget(limit: 1000)
        #expect(budget.has(1000) && !budget.has(1001))
        budget.take(400)
        #expect(budget.has(600) && !budget.has(601))
        budget.usedByRanges = 500
        #expect(budget.has(100) && !budget.has(101))
        budget.usedByRanges = 0
        #expect(budget.has(600))
    }

    @Test("A connection with an event is never evicted, even if it is not established")
    func keepsEvents() {
        var tracker = ConnectionTracker(seed: 3, memoryLimit: 0)
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
