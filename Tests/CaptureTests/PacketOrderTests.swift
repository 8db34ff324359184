import Testing

@testable import Capture

/// Interfaces with scripted packets, and a clock that the test sets.
@Suite("Packets of several interfaces")
struct PacketOrderTests {
    /// An interface: the times of its packets, and when each can be read.
    private final class Interface: PacketQueue {
        var packets: [(time: Int64, readable: Int64)]
        let clock: Clock

        init(_ packets: [(Int64, Int64)], _ clock: Clock) {
            self.packets = packets.map { (time: $0.0, readable: $0.1) }
            self.clock = clock
        }

        func peek() -> Int64? {
            packets.first.flatMap { $0.readable <= clock.now ? $0.time : nil }
        }
    }

    private final class Clock {
        var now: Int64 = 0
    }

    /// The time of each packet, and when it was taken. A round lasts one unit of time.
    private static func read(
        _ interfaces: [[(Int64, Int64)]], delay: Int64, until end: Int64
    ) throws -> [[Int64]] {
        let clock = Clock()
        let queues = interfaces.map { Interface($0, clock) }
        var order = PacketOrder(of: queues.count, delay: delay)
        var taken: [[Int64]] = []
        while clock.now <= end {
            order.begin()
            while let index = try order.next(of: queues, now: { clock.now }) {
                taken.append([queues[index].packets.removeFirst().time, clock.now])
            }
            clock.now += 1
        }
        return taken
    }

    @Test("A packet that one interface delivers late is still in order")
    func late() throws {
        let taken = try Self.read([[(1, 1), (4, 4)], [(2, 11), (3, 11)]], delay: 10, until: 30)
        #expect(taken == [[1, 11], [2, 11], [3, 11], [4, 14]])
    }

    @Test("No packet waits longer than the kernel delays packets")
    func patience() throws {
        #expect(try Self.read([[(1, 1), (5, 5)], []], delay: 10, until: 30) == [[1, 11], [5, 15]])
    }

    @Test("Of packets that are ready at the same time, the next of the same interface may be the earliest")
    func sameInterface() throws {
        let taken = try Self.read([[(1, 20), (2, 20)], [(3, 20)]], delay: 10, until: 30)
        #expect(taken == [[1, 20], [2, 20], [3, 20]])
    }

    @Test("If the kernel delivers packets immediately, none waits")
    func immediate() throws {
        #expect(try Self.read([[(1, 1), (3, 3)], [(2, 2)]], delay: 0, until: 5) == [[1, 1], [2, 2], [3, 3]])
    }

    @Test("A clock that is set back delays nothing")
    func clockSetBack() throws {
        #expect(try Self.read([[(1000, 3)], []], delay: 10, until: 5) == [[1000, 3]])
    }

    @Test("The remaining time of the next packet")
    func wait() throws {
        let clock = Clock()
        clock.now = 3
        let queues = [Interface([(1, 1)], clock), Interface([], clock)]
        var order = PacketOrder(of: 2, delay: 10)
        #expect(order.wait(at: 3) == nil)
        #expect(try order.next(of: queues, now: { clock.now }) == nil)
        #expect(order.hasPacket(0) && !order.hasPacket(1))
        #expect(order.wait(at: 3) == 8 && order.wait(at: 20) == 0)
    }
}
