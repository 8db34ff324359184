import Testing
import Wire

@testable import KeepAlive

/// A key whose hash is as bad as its number has it: whole groups of keys have equal hashes, or equal places.
private struct Collider: ConnectionKey, Hashable {
    var number: UInt32
    /// Keys with the same remainder share their hash; 0: all do.
    var spread: UInt32 = 7

    init(_ number: UInt32, spread: UInt32) {
        self.number = number
        self.spread = spread
    }

    static var isVersion6: Bool { false }

    static func sender(of segment: Segment) -> Int { 0 }

    init(_ segment: Segment, sender: Int) {
        number = UInt32(segment.source.port)
    }

    func hash(seed: HashSeed) -> UInt32 {
        // The last places of any index are home to most, so that runs wrap around.
        spread == 0 ? UInt32.max : UInt32.max &- number % spread
    }

    var hash: UInt32 { hash(seed: HashSeed(0)) }
    var first: Endpoint { Endpoint(IPAddress(v4: number), 1) }
    var second: Endpoint { Endpoint(IPAddress(v4: number), 2) }
}

@Suite("Connection table")
struct ConnectionTableTests {
    @Test(
        "Whatever hashes collide, the table knows what a dictionary knows, as it grows and as connections make room",
        arguments: [UInt32(0), 1, 7, 300, 100_000], [0, 200_000, 1 << 30])
    private func model(spread: UInt32, limit: Int) {
        var numbers = SeededNumbers(state: UInt64(spread) &+ UInt64(limit))
        var table = ConnectionTable<Collider>(seed: 0)
        var budget = MemoryBudget(limit: limit)
        var model: [Collider: UInt64] = [:]
        // Where all collide, each look-up walks over all.
        let count = spread < 300 ? 1_000 : 6_000
        for step in 0..<count {
            let key = Collider(UInt32.random(in: 0..<UInt32(count), using: &numbers), spread: spread)
            let found = table.index(of: key, hash: key.hash)
            #expect((found == nil) == (model[key] == nil), "spread \(spread), limit \(limit), step \(step)")
            if let found {
                #expect(table[record: found].number == model[key] && table.slot(at: found).key == key)
                continue
            }
            var evicted: Collider?
            let index = table.insert(key, hash: key.hash, &budget) { slot, _ in evicted = slot.key }
            if let evicted { #expect(model.removeValue(forKey: evicted) != nil, "step \(step)") }
            table[record: index] = ConnectionRecord(number: UInt64(step), time: 0)
            model[key] = UInt64(step)
            // Some come to be, and stay.
            if step % 3 == 0 {
                table.withConnection(at: index, sender: 0, isSelf: false) {
                    $0.sender.activity.formUnion(.established)
                }
            }
        }
        #expect(table.count == model.count)
        if limit != 200_000 { #expect((table.evictions > 0) == (limit == 0)) }
        for (key, number) in model {
            let index = table.index(of: key, hash: key.hash)
            #expect(index.map { table[record: $0].number } == number)
            // The first entry of this hash may be another's; whether it is, `holds` says.
            let found = table.find(key.hash)
            #expect(found != Lookup.notFound)
            #expect(!table.holds(key, at: found) || index == Int(found))
        }
        var seen: Set<Collider> = []
        for index in 0..<table.count { seen.insert(table.slot(at: index).key) }
        #expect(seen == Set(model.keys))
    }

    @Test("Details that were given back are blank when they are used again, and no others are made")
    func details() {
        var store = ProbeDetailsStore()
        var (first, second) = (0 as UInt32, 0 as UInt32)
        store.change(&first) { $0.retransmissions = 7 }
        store.change(&second) { $0.reset = 9 }
        #expect(store[first].retransmissions == 7 && store[second].reset == 9 && first != second)
        store.change(&first) { $0.middleboxProbes = 1 }
        #expect(store[first].retransmissions == 7 && store[first].middleboxProbes == 1)
        store.release(first)
        store.release(0)
        var third = 0 as UInt32
        store.change(&third) { $0.zeroWindowProbes = 2 }
        #expect(third == first && store[third].retransmissions == 0 && store[third].zeroWindowProbes == 2)
        #expect(store[0].retransmissions == 0 && store[0].reset == nil)
    }

    @Test("What a packet and what a probe touch fits whole cache lines")
    func sizes() {
        #expect(MemoryLayout<ConnectionSlot<IPv4Key>>.stride == 64)
        #expect(MemoryLayout<ProbeHistory>.stride == 128)
        #expect(MemoryLayout<ProbeDetails>.stride <= 192)
        #expect(MemoryLayout<Lookup>.stride <= 12)
    }

    @Test("A flood of SYNs stays within the limit, and takes no established connection away", arguments: [false, true])
    func flood(isVersion6: Bool) {
        let limit = 2 << 20
        var tracker = ConnectionTracker(seed: 5, memoryLimit: limit)
        var events: [SegmentEvent] = []
        func end(_ number: UInt32, _ port: UInt16) -> Endpoint {
            Endpoint(isVersion6 ? IPAddress(v6: 5, UInt64(number)) : IPAddress(v4: number), port)
        }
        let server = end(1, 443)
        func segment(
            _ from: Endpoint, _ to: Endpoint, _ flags: TCPFlags, _ sequence: UInt32, _ ack: UInt32, at time: Int64
        )
            -> Segment
        {
            var segment = Segment(time: time, source: from, destination: to)
            segment.flags = flags
            segment.sequence = SequenceNumber(sequence)
            segment.acknowledgment = SequenceNumber(ack)
            segment.window = 500
            return segment
        }
        let established = 1000 as UInt32
        var batch = SegmentBatch()
        for number in 0..<established {
            let client = end(2 + number, 40000)
            batch.append(segment(client, server, .syn, 99, 0, at: 0))
            batch.append(segment(server, client, [.syn, .ack], 499, 100, at: 0))
            batch.append(segment(client, server, .ack, 100, 500, at: 0))
        }
        tracker.track(batch, events: &events)
        let flood = 60_000 as UInt32
        for start in stride(from: 0, to: flood, by: 1000) {
            batch.removeAll()
            for number in start..<start + 1000 {
                batch.append(
                    segment(end(0x0A00_0000 + number, UInt16(1024 + number % 60_000)), server, .syn, number, 0, at: 1))
            }
            tracker.track(batch, events: &events)
        }
        #expect(events.isEmpty)
        batch.removeAll()
        for number in 0..<established {
            batch.append(segment(end(2 + number, 40000), server, .ack, 99, 500, at: 60_000_000_000))
        }
        tracker.track(batch, events: &events)
        #expect(events.map(\.connection) == (0..<UInt64(established)).map(\.self))
        #expect(events.allSatisfy { $0.kind == .probe && $0.marks == .keepAlive })
        let tally = tracker.tally
        #expect(tally.connections == UInt64(established + flood))
        let kept = tracker.connections(all: true).count
        #expect(tally.evicted == tally.connections - UInt64(kept))
        let bytes =
            isVersion6 ? MemoryLayout<ConnectionSlot<IPv6Key>>.stride : MemoryLayout<ConnectionSlot<IPv4Key>>.stride
        #expect(kept * (bytes + MemoryLayout<ConnectionRecord>.stride) <= limit, "\(kept) connections")
        #expect(kept > Int(established))
    }
}
