public import Wire

/// Follows every connection of a capture and marks its segments.
///
/// Segments must come in the order of the capture. Time is theirs; the tracker has no clock.
public struct ConnectionTracker: ~Copyable {
    private var follower: Follower
    private(set) var version4: ConnectionTable<IPv4Key>
    private var version6: ConnectionTable<IPv6Key>

    /// Octets that connections take before those that never came to be make room: 256 MiB.
    public static let defaultMemoryLimit = 256 << 20

    /// A tracker that marks as Wireshark `version` does.
    ///
    /// `seed` makes the table's hash unpredictable to whoever writes the packets; results never depend on it.
    /// With `keepsAll`, `connections(all: true)` includes connections without events whose ports were reused.
    /// With `shard`, events are told and counted of the connections in it alone; their numbers are those of all.
    /// From `memoryLimit` octets on, connections that never came to be make room for others, as in a flood of SYNs.
    /// With `isLight`, segments with more than one octet are missing: what is acknowledged counts as sent, and verdicts
    /// that rest on data are not sure.
    public init(
        version: WiresharkVersion = .newest, seed: UInt64, keepsAll: Bool = false, shard: Shard? = nil,
        memoryLimit: Int = defaultMemoryLimit, isLight: Bool = false
    ) {
        follower = Follower(
            analysis: WiresharkAnalysis(version: version), ledger: ConnectionLedger(keepsAll: keepsAll, shard: shard),
            budget: MemoryBudget(limit: memoryLimit), isLight: isLight)
        version4 = ConnectionTable(seed: seed)
        version6 = ConnectionTable(seed: seed)
    }

    /// What was counted so far, of the connections in the shard.
    public var tally: ConnectionTally {
        var tally = follower.ledger.tally
        tally.evicted = version4.evictions &+ version6.evictions
        return tally
    }

    /// Which keep-alive probe of any connection can be expected next after `time` (ns since 1970), going by those before.
    ///
    /// Where none can, whose probes wait for an answer; nil where nobody's do.
    public func nextProbe(after time: Int64) -> ExpectedProbe? {
        var next: ExpectedProbe?
        for connection in connections(all: false) where connection.ending == .open {
            let ends = [
                (connection.fromOriginator, connection.originator), (connection.fromResponder, connection.responder),
            ]
            for (side, prober) in ends {
                guard let expected = ExpectedProbe(of: prober, side, after: time) else { continue }
                if expected.isSooner(than: next) { next = expected }
            }
        }
        return next
    }

    /// Follows `segments` and appends what they tell of keep-alives to `events`, in order.
    public mutating func track(_ segments: borrowing SegmentBatch, events: inout [SegmentEvent]) {
        let all = segments.segments.span
        var start = 0
        while start < all.count {
            let end = min(start &+ ConnectionTable<IPv4Key>.groupSize, all.count)
            follower.follow(all, start..<end, in: &version4, &version6, &events)
            start = end
        }
    }

    /// Follows `segments` likewise, each the whole way: tests hold the quiet way against it (`WiresharkAnalysis.takesQuietly`).
    mutating func trackWhole(_ segments: borrowing SegmentBatch, events: inout [SegmentEvent]) {
        let all = segments.segments.span
        for place in all.indices {
            if all[place].source.address.version == .v4 {
                follower.followWhole(all, place, in: &version4, &events)
            } else {
                follower.followWhole(all, place, in: &version6, &events)
            }
        }
    }

    /// Follows `segments` likewise, and tells in `places` to which connection each belongs; nil: it was not looked up.
    public mutating func track(
        _ segments: borrowing SegmentBatch, events: inout [SegmentEvent], places: inout [SegmentPlace?]
    ) {
        places.removeAll(keepingCapacity: true)
        // One by one, as the next segment may begin another connection in the place of this one. Whoever wants no
        // places pays nothing for that.
        var single = SegmentBatch()
        for segment in segments.segments {
            single.removeAll()
            single.append(segment)
            track(single, events: &events)
            let place: (number: UInt64, side: Int)? =
                segment.source.address.version == .v4 ? version4.number(of: segment) : version6.number(of: segment)
            places.append(place.map { SegmentPlace(connection: $0.number, side: $0.side) })
        }
    }

    /// The connections in order of appearance: those of which there is something to be said, or all.
    public func connections(all: Bool) -> [Connection] {
        let places = places(all: all)
        var connections: [Connection] = []
        connections.reserveCapacity(places.count + follower.ledger.replaced.count)
        forEachConnection(at: places) { connections.append($0) }
        return connections
    }

    /// Where a connection is: light, while connections are large.
    private struct Place: BitwiseCopyable {
        var number: UInt64
        var index: UInt32
        var isVersion4: Bool
    }

    /// The places of connections in order of appearance: of those of which there is something to be said, or of all.
    private func places(all: Bool) -> [Place] {
        var places: [Place] = []
        version4.forEach { index, birth in
            if all || follower.ledger.isNotable(version4.slot(at: index), birth) {
                places.append(Place(number: birth.number, index: UInt32(truncatingIfNeeded: index), isVersion4: true))
            }
        }
        let count = places.count
        version6.forEach { index, birth in
            if all || follower.ledger.isNotable(version6.slot(at: index), birth) {
                places.append(Place(number: birth.number, index: UInt32(truncatingIfNeeded: index), isVersion4: false))
            }
        }
        // Each table has its own in order, but for ports that were used again.
        if count < places.count || !zip(places, places.dropFirst()).allSatisfy({ $0.number < $1.number }) {
            places.sort { $0.number < $1.number }
        }
        return places
    }

    /// Calls `body` with each connection at `places`, and those whose ports were used again, in order of appearance.
    private func forEachConnection(at places: [Place], _ body: (Connection) -> Void) {
        var replaced = follower.ledger.replaced.sorted { $0.number < $1.number }[...]
        for place in places {
            while let first = replaced.first, first.number < place.number {
                body(first)
                replaced.removeFirst()
            }
            body(connection(at: place))
        }
        for connection in replaced { body(connection) }
    }

    private func connection(at place: Place) -> Connection {
        let index = Int(place.index)
        return place.isVersion4
            ? follower.ledger.connection(version4.slot(at: index), version4[birth: index], follower.analysis.ranges)
            : follower.ledger.connection(version6.slot(at: index), version6[birth: index], follower.analysis.ranges)
    }

    /// The verdicts on the connections: on those of which there is something to be said, or on all.
    public func diagnoses(all: Bool) -> [Diagnosis] {
        let places = places(all: all)
        var heard = awaitedHosts(places)
        noteHeard(&heard)
        return diagnoses(places, heard: heard)
    }

    private func awaitedHosts(_ places: [Place]) -> [IPAddress: Int64] {
        var hosts: [IPAddress: Int64] = [:]
        for place in places {
            let index = Int(place.index)
            if place.isVersion4 {
                awaited(version4.slot(at: index), version4[birth: index], &hosts)
            } else {
                awaited(version6.slot(at: index), version6[birth: index], &hosts)
            }
        }
        for connection in follower.ledger.replaced {
            if connection.fromOriginator.isWaiting { hosts[connection.responder.address] = .min }
            if connection.fromResponder.isWaiting { hosts[connection.originator.address] = .min }
        }
        return hosts
    }

    private func awaited<Key: ConnectionKey>(
        _ slot: ConnectionSlot<Key>, _ birth: ConnectionBirth, _ hosts: inout [IPAddress: Int64]
    ) {
        if follower.ledger.isWaiting(slot, birth, side: 0) { hosts[slot.key.second.address] = .min }
        if follower.ledger.isWaiting(slot, birth, side: 1) { hosts[slot.key.first.address] = .min }
    }

    private func diagnoses(_ places: [Place], heard: [IPAddress: Int64]) -> [Diagnosis] {
        var diagnoses: [Diagnosis] = []
        diagnoses.reserveCapacity(places.count + follower.ledger.replaced.count)
        forEachConnection(at: places) { diagnoses.append(Diagnosis(of: $0, heard: heard, isLight: follower.isLight)) }
        return diagnoses
    }

    // MARK: Where several trackers share the connections

    /// Notes from now on which segments begin connections, for `takeOpenings`.
    public mutating func noteOpenings() {
        follower.ledger.notesOpenings = true
    }

    /// The `record` of each segment that began a connection since this was last called, in order.
    public mutating func takeOpenings() -> [UInt32] {
        defer { follower.ledger.openings = [] }
        return follower.ledger.openings
    }

    /// Hosts that fell silent in a connection, and may be heard in another; the times are for `noteHeard` to fill in.
    public func awaitedHosts(all: Bool) -> [IPAddress: Int64] {
        awaitedHosts(places(all: all))
    }

    /// Notes in `hosts` when each of them last spoke in any connection, if later than what is there (ns since 1970).
    public func noteHeard(_ hosts: inout [IPAddress: Int64]) {
        guard !hosts.isEmpty else { return }
        note(version4, in: &hosts)
        note(version6, in: &hosts)
    }

    /// The verdicts on the connections, where `heard` tells when hosts were last heard in any connection.
    public func diagnoses(all: Bool, heard: [IPAddress: Int64]) -> [Diagnosis] {
        diagnoses(places(all: all), heard: heard)
    }

    /// Notes when those hosts in `heard` last spoke that have a connection in `table`.
    private func note<Key: ConnectionKey>(_ table: borrowing ConnectionTable<Key>, in heard: inout [IPAddress: Int64]) {
        table.forEach { index, _ in
            let slot = table.slot(at: index)
            for (address, side) in [(slot.key.first.address, slot.sides.0), (slot.key.second.address, slot.sides.1)] {
                guard let spoke = side.spoke, let last = heard[address], last < spoke else { continue }
                heard[address] = spoke
            }
        }
    }
}
