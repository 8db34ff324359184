import Testing

@testable import Capture

@Suite("Counters that wrap")
struct WrappingCounterTests {
    @Test("More than 2^32 packets are counted, with any start value", arguments: [UInt32(0), 17, .max])
    func wraps(start: UInt32) {
        var counter = WrappingCounter(from: start)
        counter.read(start)
        #expect(counter.total == 0)
        for step in 1...5 as ClosedRange<UInt64> {
            counter.read(start &+ UInt32(truncatingIfNeeded: step * 3_000_000_000))
            #expect(counter.total == step * 3_000_000_000)
        }
    }
}
