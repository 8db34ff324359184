public import Wire

/// Follows every connection of a capture and marks its segments.
///
/// Segments must come in the order of the capture. Time is theirs; the tracker has no clock.
public struct ConnectionTracker: ~Copyable {
    private(set) var follower: Follower
    private(set) var version4: ConnectionTable<IPv4Key>
    private(set) var version6: ConnectionTable<IPv6Key>

    /// Bytes that connections take before those that never came to be make room: 256 MiB.
    public static let defaultMemoryLimit = 256 << 20

    /// A tracker that marks as Wireshark `version` does.
    ///
    /// `seed` makes the table's hash unpredictable to whoever writes the packets; results never depend on it.
    /// With `keepsAll`, `connections(all: true)` includes connections without events whose ports were reused.
    /// With `shard`, events are told and counted of the connections in it alone; their numbers are those of all.
    /// From `memoryLimit` bytes on, connections that never came to be make room for others, as in a flood of SYNs.
    /// With `isLight`, segments with more than one byte are missing: what is acknowledged counts as sent, and verdicts
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

    /// Time of the last segment so far (ns since 1970); `Int64.min` before the first.
    public private(set) var lastTime = Int64.min

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
        track(GlanceBatch(at: segments.segments), at: PacketBatch(), events: &events)
    }

    /// Follows the segments of `glances` likewise. `packets` must be what they were taken at, unchanged.
    public mutating func track(
        _ glances: borrowing GlanceBatch, at packets: borrowing PacketBatch, events: inout [SegmentEvent]
    ) {
        if let last = glances.glances.last { lastTime = max(lastTime, last.time) }
        follower.follow(glances, of: packets, in: &version4, &version6, &events)
    }

    /// Follows `segments` likewise, each the whole way: tests hold the quiet way against it (`WiresharkAnalysis.takesQuietly`).
    mutating func trackWhole(_ segments: borrowing SegmentBatch, events: inout [SegmentEvent]) {
        if let last = segments.segments.last { lastTime = max(lastTime, last.time) }
        for segment in segments.segments {
            if segment.source.address.version == .v4 {
                follower.followWhole(segment, in: &version4, &events)
            } else {
                follower.followWhole(segment, in: &version6, &events)
            }
        }
    }

    /// Follows `segments` likewise, and tells in `places` to which connection each belongs; nil: it was not looked up.
    public mutating func track(
        _ segments: borrowing SegmentBatch, events: inout [SegmentEvent], places: inout [SegmentOrigin?]
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
            places.append(place.map { SegmentOrigin(connection: $0.number, side: $0.side) })
        }
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
}
