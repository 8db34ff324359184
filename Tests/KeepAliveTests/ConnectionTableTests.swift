import Seeded
import Testing
import Wire

@testable import KeepAlive

/// A key with a bad hash: whole groups of keys have the same hash, or the same position in the index.
private struct Collider: ConnectionKey, Hashable {
    static var impossible: Collider { Collider(.max, spread: 1) }

    var number: UInt32
    /// Numbers with the same remainder by this divisor have the same hash; 0: all have.
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
        // The last positions of the index are home to most keys, so that runs wrap around.
        spread == 0 ? UInt32.max : UInt32.max &- number % spread
    }

    var hash: UInt32 { hash(seed: HashSeed(0)) }
    var first: Endpoint { Endpoint(IPAddress(v4: number), 1) }
    var second: Endpoint { Endpoint(IPAddress(v4: number), 2) }
}

@Suite("Connection table")
struct ConnectionTableTests {
    @Test(
        "The table agrees with a dictionary when hashes collide, while it grows and while it evicts",
        arguments: [UInt32(0), 1, 7, 300, 100_000], [0, 200_000, 1 << 30])
    private func model(spread: UInt32, limit: Int) {
        var numbers = SeededNumbers(UInt64(spread) &+ UInt64(limit))
        var table = ConnectionTable<Collider>(seed: 0)
        var budget = MemoryBudget(limit: limit)
        var model: [Collider: UInt64] = [:]
        // If all hashes collide, each lookup visits all entries.
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
            let index = table.insert(key, hash: key.hash, at: 0, &budget) { slot, _ in evicted = slot.key }
            if let evicted { #expect(model.removeValue(forKey: evicted) != nil, "step \(step)") }
            table[record: index] = ConnectionRecord(number: UInt64(step), time: 0)
            model[key] = UInt64(step)
            // Established connections are evicted last, and some indices become vacant.
            if step % 3 == 0 {
                table.withConnection(at: index, sender: 0, isSelf: false) {
                    $0.sender.activity.formUnion(.established)
                    ($0.sender.spokeTime, $0.peer.spokeTime) = (0, 0)
                }
            } else if step % 17 == 1 {
                table.vacate(at: index, 0) { slot, _ in #expect(slot.key == key) }
                model[key] = nil
            }
        }
        let vacant = (0..<table.count).count { table.isVacant($0) }
        #expect(table.count - vacant == model.count)
        let evictions = table.evictions.indices.reduce(0) { $0 + table.evictions[$1] }
        if limit == 0 { #expect(evictions > 300) }
        for (key, number) in model {
            let index = table.index(of: key, hash: key.hash)
            #expect(index.map { table[record: $0].number } == number)
            // The first entry with this hash may belong to another key; `holds` compares the keys.
            let found = table.find(key.hash)
            #expect(found != Lookup.notFound)
            #expect(!table.holds(key, at: found) || index == Int(found))
        }
        var seen: Set<Collider> = []
        for index in 0..<table.count where !table.isVacant(index) { seen.insert(table.slot(at: index).key) }
        #expect(seen == Set(model.keys))
    }

    @Test("Released details are reused, and are blank then")
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

    @Test("The state for a packet, and that for a probe, fit whole cache lines")
    func sizes() {
        #expect(MemoryLayout<ConnectionSlot<IPv4Key>>.stride == 64)
        #expect(MemoryLayout<ProbeHistory>.stride == 128)
        #expect(MemoryLayout<ProbeDetails>.stride <= 192)
        #expect(MemoryLayout<Lookup>.stride <= 12)
    }

    /// The most consecutive entries in use of an index with as many entries as `table` has, for keys of `segments`.
    private static func longestRun<Key: ConnectionKey>(_: Key.Type, _ segments: [Segment], seed: UInt64) -> Int {
        let size = 1 << 14
        var entries = [Bool](repeating: false, count: size)
        for segment in segments {
            var position = Int(Key(segment, sender: Key.sender(of: segment)).hash(seed: HashSeed(seed))) & (size - 1)
            while entries[position] { position = (position + 1) & (size - 1) }
            entries[position] = true
        }
        var (longest, run) = (0, 0)
        for isUsed in entries + entries {
            run = isUsed ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }

    @Test("Keys chosen to collide with one seed do not with another", arguments: [false, true])
    func collisions(isVersion6: Bool) {
        let count = 8_192
        func segment(_ number: UInt32, _ port: UInt16) -> Segment {
            let (client, server) =
                isVersion6
                ? (IPAddress(v6: UInt64(number) << 32, 5), IPAddress(v6: 1, 1))
                : (IPAddress(v4: number), IPAddress(v4: 1))
            return Segment(time: 0, source: Endpoint(client, port), destination: Endpoint(server, 80))
        }
        func hash(_ segment: Segment, _ seed: UInt64) -> UInt32 {
            isVersion6
                ? IPv6Key(segment, sender: IPv6Key.sender(of: segment)).hash(seed: HashSeed(seed))
                : IPv4Key(segment, sender: IPv4Key.sender(of: segment)).hash(seed: HashSeed(seed))
        }
        func run(_ segments: [Segment], _ seed: UInt64) -> Int {
            isVersion6
                ? Self.longestRun(IPv6Key.self, segments, seed: seed)
                : Self.longestRun(IPv4Key.self, segments, seed: seed)
        }
        // What a sender who knows the seed 1 would choose, and numbers with a pattern that needs no seed.
        var chosen: [Segment] = []
        var number = 0 as UInt32
        while chosen.count < count {
            let candidate = segment(0x0A00_0000 + number, UInt16(truncatingIfNeeded: number &* 77))
            if hash(candidate, 1) & 0x3FFF < 0x200 { chosen.append(candidate) }
            number += 1
        }
        let consecutive = (0..<UInt32(count)).map { segment(0x0A00_0000 + $0, 40000) }
        let ports = (0..<count).map { segment(0x0A00_0001, UInt16($0 + 1024)) }
        let strided = (0..<UInt32(count)).map { segment($0 << 16, UInt16(truncatingIfNeeded: $0)) }
        #expect(run(chosen, 1) > 4_000)
        var numbers = SeededNumbers(3)
        let random = (0..<count).map { _ in segment(UInt32.random(in: 1 << 24 ... .max, using: &numbers), 7) }
        for seed in 2..<8 as Range<UInt64> {
            // Half of the entries are in use: runs of random keys have 50 to 90.
            for keys in [random, chosen, consecutive, ports, strided] { #expect(run(keys, seed) < 200) }
        }
    }
}
