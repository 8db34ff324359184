import Seeded
import Testing
import Wire

@testable import KeepAlive

/// Segments of many connections, each between a client with its number and one server.
private struct Traffic {
    static let second: Int64 = 1_000_000_000
    let isVersion6: Bool
    private var segments: [Segment] = []

    init(isVersion6: Bool = false) {
        self.isVersion6 = isVersion6
    }

    private func end(_ number: UInt32, _ port: UInt16) -> Endpoint {
        Endpoint(isVersion6 ? IPAddress(v6: 7, UInt64(number)) : IPAddress(v4: number), port)
    }

    func client(_ number: UInt32) -> Endpoint { end(0x0A00_0000 + number, 40000) }

    /// Adds a segment of client `number`, or of the server to it, at `time` seconds.
    mutating func add(
        _ number: UInt32, fromServer: Bool = false, _ flags: TCPFlags, _ sequence: UInt32, _ acknowledgment: UInt32 = 0,
        length: UInt32 = 0, at time: Double
    ) {
        let (client, server) = (client(number), end(1, 443))
        var segment = Segment(
            time: Int64(time * Double(Self.second)), source: fromServer ? server : client,
            destination: fromServer ? client : server)
        segment.flags = flags
        segment.sequence = SequenceNumber(sequence)
        segment.acknowledgment = SequenceNumber(acknowledgment)
        segment.payloadLength = length
        segment.window = 500
        segments.append(segment)
    }

    mutating func open(_ number: UInt32, at time: Double) {
        add(number, .syn, 99, at: time)
        add(number, fromServer: true, [.syn, .ack], 499, 100, at: time)
        add(number, .ack, 100, 500, at: time)
    }

    mutating func close(_ number: UInt32, at time: Double) {
        add(number, [.fin, .ack], 100, 500, at: time)
        add(number, fromServer: true, [.fin, .ack], 500, 101, at: time)
        add(number, .ack, 101, 501, at: time)
    }

    /// Adds a keep-alive of client `number` and its answer.
    mutating func probe(_ number: UInt32, at time: Double) {
        add(number, .ack, 99, 500, at: time)
        add(number, fromServer: true, .ack, 500, 100, at: time)
    }

    /// Lets `tracker` track the segments so far, `size` at a time.
    mutating func track(_ tracker: inout ConnectionTracker, inBatchesOf size: Int = 1000) {
        var events: [SegmentEvent] = []
        for start in stride(from: 0, to: segments.count, by: size) {
            tracker.track(SegmentBatch(Array(segments[start..<min(start + size, segments.count)])), events: &events)
        }
        segments.removeAll()
    }
}

extension ConnectionTracker {
    /// The clients of the connections that are still there.
    fileprivate var clients: Set<Endpoint> {
        Set(connections(all: true).flatMap { [$0.originator, $0.responder] }.filter { $0.port != 443 })
    }

    fileprivate func count(of evicted: EvictionClass) -> UInt64 { tally.evictedByClass[Int(evicted.rawValue)] }
}

@Suite("Eviction")
struct EvictionTests {
    /// Which connections a flood consists of.
    enum Flood: CaseIterable {
        case syn, acknowledgment, refused, established

        fileprivate func add(_ number: UInt32, to traffic: inout Traffic, at time: Double) {
            switch self {
            case .syn: traffic.add(number, .syn, number, at: time)
            case .acknowledgment: traffic.add(number, .ack, number, number, at: time)
            case .refused:
                traffic.add(number, .syn, number, at: time)
                traffic.add(number, fromServer: true, [.rst, .ack], 0, number + 1, at: time)
            case .established: traffic.open(number, at: time)
            }
        }
    }

    private static let limit = 1 << 20

    @Test(
        "A flood stays within the limit and evicts no connection that was idle or has keep-alives, whatever came before",
        arguments: Flood.allCases, [false, true])
    func flood(_ flood: Flood, isVersion6: Bool) {
        var tracker = ConnectionTracker(seed: 5, memoryLimit: Self.limit)
        var traffic = Traffic(isVersion6: isVersion6)
        let kept = 0..<400 as Range<UInt32>
        for number in kept { traffic.open(number, at: 0) }
        for number in kept where number % 2 == 0 { traffic.probe(number, at: 60) }
        for number in kept where number % 2 == 1 {
            traffic.add(number, [.ack, .psh], 100, 500, length: 10, at: 60)
            traffic.add(number, fromServer: true, .ack, 500, 110, at: 60)
        }
        traffic.track(&tracker)
        for number in 0..<6_000 as Range<UInt32> { flood.add(10_000 + number, to: &traffic, at: 61) }
        traffic.track(&tracker)
        #expect(tracker.tally.evicted > 3_000)
        #expect(tracker.memoryUse <= Self.limit, "\(tracker.memoryUse)")
        let clients = tracker.clients
        #expect(kept.allSatisfy { clients.contains(traffic.client($0)) })
        #expect(tracker.count(of: .idle) == 0 && tracker.count(of: .probed) == 0)
        #expect(tracker.tally.evicted == tracker.tally.connections - UInt64(clients.count))
        // Attempts make room for each other, and established connections only if there is nothing else.
        #expect((tracker.count(of: .active) == 0) == (flood != .established))
        #expect((tracker.firstLoss == nil) == (flood == .syn || flood == .refused))
    }

    @Test("Attempts are evicted first, then closed and silent connections, while others are left")
    func orderOfFlood() {
        var tracker = ConnectionTracker(seed: 5, memoryLimit: 1 << 20)
        var traffic = Traffic()
        let size = 150 as UInt32
        func members(of evicted: EvictionClass) -> Range<UInt32> {
            let first = UInt32(evicted.rawValue) * size
            return first..<first + size
        }
        let now = 20_000.0
        // They come in another order than that of eviction.
        for number in members(of: .probed) {
            traffic.open(number, at: now - 1000)
            traffic.probe(number, at: now - 900)
        }
        for number in members(of: .silent) { traffic.open(number, at: now - 9000) }
        for number in members(of: .idle) { traffic.open(number, at: now - 8000) }
        for number in members(of: .attempt) { traffic.add(number, .ack, 5, 5, at: now - 1) }
        for number in members(of: .closed) {
            traffic.open(number, at: now - 1)
            traffic.close(number, at: now - 1)
        }
        traffic.track(&tracker)
        #expect(tracker.tally.evicted == 0)
        var present: [EvictionClass] = [.attempt, .closed, .silent, .idle, .probed]
        for step in 0..<26 as Range<UInt32> {
            for number in 0..<150 as Range<UInt32> { traffic.open(100_000 + step * 150 + number, at: now) }
            traffic.track(&tracker)
            let clients = tracker.clients
            let left = present.filter { members(of: $0).contains { clients.contains(traffic.client($0)) } }
            for evicted in left.dropFirst() {
                #expect(
                    members(of: evicted).allSatisfy { clients.contains(traffic.client($0)) },
                    "\(evicted) before \(left[0])")
            }
            #expect(left == Array(present.suffix(left.count)))
            present = left
        }
        // From here on, the flood evicts its own connections.
        #expect(present == [.idle, .probed] && tracker.count(of: .active) > 100)
    }

    /// The ends and the record of a connection of class `evicted` at the time `now`.
    private static func set(_ connection: borrowing ConnectionAccess, _ evicted: EvictionClass, now: Int64) {
        if evicted == .attempt { return }
        connection.sender.activity.formUnion(.established)
        (connection.sender.spokeTime, connection.peer.spokeTime) = (now, now)
        switch evicted {
        case .attempt, .active: break
        case .closed: connection.record.facts = (.sentFIN, .sentFIN)
        case .silent: (connection.sender.spokeTime, connection.peer.spokeTime) = (now - EvictionClass.patience, 0)
        case .idle: connection.record.evidence = 1
        case .probed: connection.record[history: 1] = 1
        }
    }

    @Test("Of all classes, the lowest is evicted first, and of one class the connections in order of appearance")
    func order() {
        let now = 10_000 * Traffic.second
        var table = ConnectionTable<IPv4Key>(seed: 1)
        var budget = MemoryBudget(limit: 0)
        var evicted: [UInt64] = []
        func insert(_ number: UInt32, _ kind: EvictionClass, into table: inout ConnectionTable<IPv4Key>) {
            let segment = Segment(
                time: 0, source: Endpoint(IPAddress(v4: number), 1), destination: Endpoint(IPAddress(v4: 9), 2))
            let key = IPv4Key(segment, sender: IPv4Key.sender(of: segment))
            let index = table.insert(key, hash: key.hash(seed: table.seed), at: now, &budget) {
                evicted.append($1.number)
            }
            table[record: index] = ConnectionRecord(number: UInt64(number), time: 0)
            table.withConnection(at: index, sender: 0, isSelf: false) { Self.set($0, kind, now: now) }
        }
        // As many as a table has without regard to the limit.
        var order: [EvictionClass: [UInt64]] = [:]
        var numbers = SeededNumbers(2)
        for number in 0..<256 as Range<UInt32> {
            let kind = EvictionClass.allCases.randomElement(using: &numbers) ?? .attempt
            order[kind, default: []].append(UInt64(number))
            insert(number, kind, into: &table)
        }
        #expect(evicted.isEmpty)
        for number in 1000..<1256 as Range<UInt32> { insert(number, .probed, into: &table) }
        var expected = EvictionClass.allCases.flatMap { order[$0] ?? [] }
        // While others are evicted, idle connections are looked at in turn, so that their order changes.
        let idle = order[.idle]?.count ?? 0
        let start = evicted.count - idle - (order[.probed]?.count ?? 0)
        evicted[start..<start + idle].sort()
        expected[start..<start + idle].sort()
        #expect(evicted == expected)
        let counts = EvictionClass.allCases.map { table.evictions[Int($0.rawValue)] }
        #expect(counts == EvictionClass.allCases.map { UInt64(order[$0]?.count ?? 0) })
    }

    @Test("An idle connection is kept for 8,400 s before one that was never idle, and evicted before it afterwards")
    func patience() {
        for (quiet, isKept) in [(8_399.0, true), (8_401.0, false)] {
            var tracker = ConnectionTracker(seed: 5, memoryLimit: 1 << 20)
            var traffic = Traffic()
            traffic.open(0, at: 0)
            traffic.track(&tracker)
            for number in 1..<4_000 as Range<UInt32> { traffic.open(number, at: quiet) }
            traffic.track(&tracker)
            #expect(tracker.tally.evicted > 100)
            #expect(tracker.clients.contains(traffic.client(0)) == isKept, "\(quiet) s")
        }
    }

    @Test("A connection that closes after it was found to be established is evicted before those that did not close")
    func closedLater() {
        var tracker = ConnectionTracker(seed: 5, memoryLimit: 1 << 20)
        var traffic = Traffic()
        for number in 0..<4_000 as Range<UInt32> { traffic.open(number, at: 0) }
        traffic.track(&tracker)
        let before = tracker.clients
        #expect(tracker.count(of: .active) > 0)
        let closing = (0..<4_000).filter { before.contains(traffic.client($0)) }.suffix(200)
        for number in closing { traffic.close(number, at: 1) }
        traffic.track(&tracker)
        for number in 0..<200 as Range<UInt32> { traffic.open(5_000 + number, at: 2) }
        traffic.track(&tracker)
        #expect(tracker.count(of: .closed) == 200)
        #expect(closing.allSatisfy { !tracker.clients.contains(traffic.client($0)) })
    }

    @Test("Which connections are evicted depends neither on the seed nor on how many segments come at a time")
    func deterministic() {
        var results: [[Connection]] = []
        for (seed, size) in [(1 as UInt64, 1000), (2, 1000), (1, 1), (3, 97)] {
            var tracker = ConnectionTracker(seed: seed, memoryLimit: 1 << 18)
            var traffic = Traffic()
            for number in 0..<1_000 as Range<UInt32> {
                traffic.open(number, at: Double(number))
                if number % 3 == 0 { traffic.probe(number, at: Double(number) + 70) }
                if number % 5 == 0 { traffic.close(number, at: Double(number) + 71) }
                traffic.add(number + 50_000, .syn, 9, at: Double(number))
                for step in 0..<UInt32(number % 40) {
                    traffic.add(number, [.ack, .psh], 100 + step * 20, 500, length: 10, at: Double(number) + 72)
                }
            }
            traffic.track(&tracker, inBatchesOf: size)
            #expect(tracker.tally.evicted > 500)
            results.append(tracker.connections(all: true))
        }
        for result in results.dropFirst() { #expect(result == results[0]) }
    }

    @Test("Histories, evidence and ranges make room for each other within the limit", arguments: [false, true])
    func pools(isVersion6: Bool) {
        let limit = 2 << 20
        var tracker = ConnectionTracker(seed: 5, memoryLimit: limit)
        var traffic = Traffic(isVersion6: isVersion6)
        // First as many connections as fit, then all of them probe, are idle, and have many segments without acknowledgment.
        for number in 0..<5_000 as Range<UInt32> { traffic.open(number, at: 0) }
        traffic.track(&tracker)
        for number in 0..<5_000 as Range<UInt32> { traffic.probe(number, at: 60) }
        traffic.track(&tracker)
        for number in 0..<5_000 as Range<UInt32> {
            traffic.add(number, [.ack, .psh], 100, 500, length: 10, at: 120)
            traffic.add(number, fromServer: true, .ack, 500, 110, at: 120)
        }
        traffic.track(&tracker)
        for number in 0..<5_000 as Range<UInt32> {
            for step in 1..<9 as Range<UInt32> {
                traffic.add(number, [.ack, .psh], 100 + step * 10, 500, length: 10, at: 121)
            }
        }
        traffic.track(&tracker)
        // A search that finds no victim at once lets a pool grow a little.
        #expect(tracker.memoryUse <= limit + limit / 16, "\(tracker.memoryUse)")
        #expect(tracker.tally.evicted > 0 && tracker.count(of: .probed) > 0)
        #expect(tracker.tally.evicted == tracker.tally.connections - UInt64(tracker.connections(all: true).count))
    }

    @Test("Connections whose ports are reused stay within the limit, the oldest are evicted")
    func replaced() {
        let limit = 2 << 20
        var tracker = ConnectionTracker(seed: 5, keepsAll: true, memoryLimit: limit)
        var traffic = Traffic()
        for round in 0..<4_000 as Range<UInt32> { traffic.add(0, .syn, 1000 + round * 1000, at: Double(round)) }
        traffic.track(&tracker)
        let connections = tracker.connections(all: true)
        #expect(tracker.memoryUse <= limit)
        #expect(tracker.tally.connections == 4_000 && tracker.tally.evicted == 4_000 - UInt64(connections.count))
        #expect(connections.map(\.number) == Array(4_000 - UInt64(connections.count)..<4_000))
        #expect(connections.count > 20)
    }

    @Test("Findings about what may be the rest of an evicted connection are of low confidence and say why")
    func rest() {
        var tracker = ConnectionTracker(seed: 5, memoryLimit: 1 << 20)
        var traffic = Traffic()
        for number in 0..<6_000 as Range<UInt32> { traffic.open(number, at: 0) }
        traffic.track(&tracker)
        // The first one was evicted and goes on; another one begins with a handshake.
        #expect(!tracker.clients.contains(traffic.client(0)))
        for number in [0, 90_000] as [UInt32] {
            if number != 0 { traffic.open(number, at: 1) } else { traffic.add(number, .ack, 100, 500, at: 1) }
            traffic.add(number, fromServer: true, .ack, 500, 100, at: 1)
            for time in [62.0, 122, 182] { traffic.probe(number, at: time) }
        }
        traffic.track(&tracker)
        let diagnoses = tracker.diagnoses(all: false).filter { $0.connection.hasEvents }
        #expect(diagnoses.map { $0.connection.handshakeSeen } == [false, true])
        #expect(diagnoses.map { $0.primary.confidence == .low } == [true, false])
        #expect(diagnoses.map { $0.primary.details.alternative == .evicted } == [true, false])
    }

    @Test("A vacant index is used again, and holds no connection until then")
    func vacant() {
        var table = ConnectionTable<IPv4Key>(seed: 1)
        var budget = MemoryBudget(limit: 1 << 20)
        var numbers: [UInt64] = []
        func insert(_ number: UInt32, into table: inout ConnectionTable<IPv4Key>) -> Int {
            let segment = Segment(
                time: 0, source: Endpoint(IPAddress(v4: number), 1), destination: Endpoint(IPAddress(v4: 9), 2))
            let key = IPv4Key(segment, sender: IPv4Key.sender(of: segment))
            let index = table.insert(key, hash: key.hash(seed: table.seed), at: 0, &budget) { _, _ in }
            table[record: index] = ConnectionRecord(number: UInt64(number), time: 0)
            return index
        }
        for number in 0..<10 as Range<UInt32> {
            let index = insert(number, into: &table)
            #expect(index == Int(number))
        }
        for index in [3, 7, 3] { table.vacate(at: index, 0) { numbers.append($1.number) } }
        let vacant = (0..<10).filter { table.isVacant($0) }
        #expect(numbers == [3, 7] && vacant == [3, 7])
        // The endpoints of a vacant index are those of no segment.
        let zero = Segment(
            time: 0, source: Endpoint(IPAddress(v4: 0), 0), destination: Endpoint(IPAddress(v4: 0), 0))
        for index in 0..<10 as Range<UInt32> {
            let isHeld = table.holds(IPv4Key(zero, sender: 0), at: index)
            #expect(!isHeld)
        }
        let indices = [insert(20, into: &table), insert(21, into: &table), insert(22, into: &table)]
        let isVacant = table.isVacant(3) || table.isVacant(7)
        #expect(indices == [3, 7, 10] && !isVacant)
    }
}
