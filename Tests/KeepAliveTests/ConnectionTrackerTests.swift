@testable import KeepAlive
import Testing
import Wire

@Suite("Connections")
struct ConnectionTrackerTests {
    private static func track(_ lines: [String], keepsAll: Bool = true) -> [Connection] {
        SegmentScript(lines).connections(keepsAll: keepsAll)
    }

    @Test(
        "A SYN or a SYN/ACK shows the originator; otherwise it is the smaller endpoint",
        arguments: [
            (["AB S 1 0"], "A", true), (["BA S 1 0"], "B", true), (["BA AS 1 1"], "A", true),
            (["AB AS 1 1"], "B", true), (["BA A 1 1"], "A", false), (["AB A 1 1"], "A", false),
            (["AB S 1 0", "BA AS 5 2"], "A", true), (["ba S 1 0", "ab AS 5 2"], "b", true),
        ])
    func originator(lines: [String], letter: Character, seen: Bool) {
        let connections = Self.track(lines)
        #expect(connections.count == 1)
        #expect(connections.first?.originator == SegmentScript.endpoints[letter])
        #expect(connections.first?.handshakeSeen == seen)
    }

    @Test(
        "How a connection ended",
        arguments: [
            ([], Connection.Ending.open), (["AB AF 1100 5000"], .closedByOriginator),
            (["BA AF 5000 1100"], .closedByResponder), (["AB AF 1100 5000", "BA AF 5000 1101"], .closed),
            (["AB AR 1100 5000"], .resetByOriginator), (["BA AR 5000 1100"], .resetByResponder),
            (["BA AR 5000 1100", "AB AR 1100 5000"], .resetByResponder),
        ])
    func ending(lines: [String], expected: Connection.Ending) {
        #expect(Self.track(SegmentScript.opened + lines).first?.ending == expected)
    }

    @Test("Probes, answered probes and answers are counted for each end")
    func counts() {
        let connections = Self.track(
            SegmentScript.opened + [
                "AB A 1099 5000", "BA A 5000 1100", "BA A 5000 1100", "AB A 1099 5000", "AB A 1099 5000",
                "BA A 4999 1100", "AB A 1100 5000",
            ])
        let originator = connections.first?.fromOriginator
        #expect(originator?.probes == 3)
        #expect(originator?.answered == 1)
        #expect(originator?.answers == 1)
        #expect(originator?.firstProbe == 5_000_000_000)
        #expect(originator?.lastProbe == 9_000_000_000)
        #expect(connections.first?.fromResponder.probes == 1)
        #expect(connections.first?.fromResponder.answered == 1)
        // The second of two equal answers is a copy of the first.
        #expect(connections.first?.fromResponder.answers == 1)
    }

    @Test("A reused port pair is a new connection, and the old one is kept")
    func reusedPorts() {
        let lines =
            SegmentScript.opened + ["AB A 1099 5000", "AB S 90000 0", "BA AS 1 90001", "AB A 90001 2", "CB S 5 0"]
        let connections = Self.track(lines)
        #expect(connections.map(\.number) == [0, 1, 2])
        #expect(connections.map(\.fromOriginator.probes) == [1, 0, 0])
        #expect(connections.map(\.firstTime) == [0, 6_000_000_000, 9_000_000_000])
        #expect(Self.track(lines, keepsAll: false).map(\.number) == [0])
    }

    /// Endpoints of one server's clients whose connections have the hash of another one's, for `seed`.
    private static func collidingClients(seed: UInt64) -> [Endpoint] {
        var clients: [UInt32: Endpoint] = [:]
        var colliding: [Endpoint] = []
        for number in 0..<300_000 as Range<UInt32> {
            let client = Endpoint(IPAddress(v4: 0x0A00_0000 + number / 50_000), UInt16(number % 50_000))
            let segment = Segment(time: 0, source: client, destination: server)
            let hash = IPv4Key(segment, sender: IPv4Key.sender(of: segment)).hash(seed: HashSeed(seed))
            if let other = clients.updateValue(client, forKey: hash) { colliding += [other, client] }
        }
        return colliding
    }

    private static let server = Endpoint(IPAddress(v4: 0x0B00_0000), 443)

    @Test("Connections whose hashes are equal stay apart, among many others")
    func collisions() {
        let colliding = Self.collidingClients(seed: 11)
        // The birthday paradox: of 300,000 keys, about ten pairs have equal hashes of 32 bits.
        #expect(colliding.count >= 8)
        let others = (0..<20_000 as Range<UInt16>).map { Endpoint(IPAddress(v4: 0x0A80_0000), $0) }
        let clients = colliding + others
        var tracker = ConnectionTracker(seed: 11)
        var events: [SegmentEvent] = []
        for round in 0..<3 {
            var batch = SegmentBatch()
            for (index, client) in clients.enumerated() {
                var segment = Segment(
                    time: Int64(round) * 1_000_000_000, source: client, destination: Self.server)
                segment.flags = .ack
                segment.window = 500
                segment.sequence = SequenceNumber(UInt32(index) * 7 + (round == 0 ? 1000 : 999))
                batch.append(segment)
            }
            tracker.track(batch, events: &events)
        }
        let numbers = (0..<UInt64(clients.count)).map(\.self)
        #expect(tracker.tally.connections == UInt64(clients.count))
        #expect(tracker.tally.marks == [2 * UInt64(clients.count), 0, 0])
        #expect(events.map(\.connection) == numbers + numbers)
        #expect(events.map(\.segment.source) == clients + clients)
    }

    /// A dead peer is probed after 60 s and then every 15 s; the next probe is due and does not come.
    @Test(
        "The previous gaps show when the next probe is due; the unanswered probes are counted",
        arguments: [
            (Int64(30), nil, nil), (61, nil, nil), (63, nil, 1), (76, 91, 1), (78, 91, 2), (91, 106, 2), (92, 106, 3),
            (200, nil, 3),
        ] as [(Int64, Int64?, UInt64?)])
    func nextProbe(now: Int64, time: Int64?, unanswered: UInt64?) {
        var tracker = ConnectionTracker(seed: 3)
        var events: [SegmentEvent] = []
        let lines: [(Double, String)] = [
            (0, "AB S 999 0"), (0, "BA AS 4999 1000"), (0, "AB A 1000 5000"), (61, "AB A 999 5000"),
            (76, "AB A 999 5000"), (91, "AB A 999 5000"),
        ]
        let script = SegmentScript(timed: lines.filter { $0.0 <= Double(now) })
        tracker.track(SegmentBatch(script.segments), events: &events)
        let next = tracker.nextProbe(after: now * 1_000_000_000)
        #expect(
            next?.time == time.map { $0 * 1_000_000_000 } && next?.unanswered == unanswered,
            "\(String(describing: next))")
    }

    @Test("Connections of both IP versions are listed in order of appearance, even if ports are reused")
    func order() throws {
        // The third replaces the first, and the fifth the third.
        let again = ["AB AR 1100 5000", "AB S 70000 0"]
        let lines =
            SegmentScript.opened + ["ab S 1 0"] + again + ["CB S 5 0"]
            + ["AB AR 70001 0", "AB S 170000 0", "DB S 7 0", "ba AR 0 2", "ab S 90000 0"]
        var tracker = ConnectionTracker(seed: 3, keepsAll: true)
        var batch = SegmentBatch()
        var events: [SegmentEvent] = []
        for segment in SegmentScript(lines).segments { batch.append(segment) }
        tracker.track(batch, events: &events)
        let connections = tracker.connections(all: true)
        #expect(connections.map(\.number) == Array(0..<7))
        let openers: [Character] = ["A", "a", "A", "C", "A", "D", "a"]
        #expect(connections.map(\.originator) == openers.compactMap { SegmentScript.endpoints[$0] })
        var listing = tracker.listing(all: true, until: nil)
        var numbers: [UInt64] = []
        while let entry = tracker.next(in: &listing) {
            #expect(tracker.connection(at: entry).number == entry.number)
            numbers.append(entry.number)
        }
        #expect(numbers == connections.map(\.number))
        #expect(tracker.diagnoses(all: true).map(\.connection.number) == connections.map(\.number))
    }

    @Test("A host counts as heard only while another connection waits for it")
    func hostActivity() {
        let (one, other) = (IPAddress(v4: 0x0A00_0001), IPAddress(v4: 0x0A00_0002))
        var activity = HostActivity()
        activity.watch(one)
        for (host, time) in [(one, 50), (other, 15), (one, 10), (one, 30)] as [(IPAddress, Int64)] {
            activity.record(host, at: time, since: 0, longestPause: nil)
        }
        activity.sort()
        #expect(activity.wasHeard(one, after: 20, until: 40))
        #expect(!activity.wasHeard(one, after: 30, until: 49) && !activity.wasHeard(one, after: 50, until: 90))
        // The other one was not watched when it was heard.
        #expect(!activity.wasHeard(other, after: 0, until: 90))
        // A connection that lasts all the time counts, unless its pauses are as long as the time in question.
        activity.record(one, at: 1000, since: 0, longestPause: 100)
        activity.sort()
        #expect(activity.wasHeard(one, after: 300, until: 600) && !activity.wasHeard(one, after: 300, until: 400))
    }
}
