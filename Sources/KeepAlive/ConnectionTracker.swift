public import Wire

/// Follows every connection of a capture and marks its segments.
///
/// Segments must come in the order of the capture. Time is theirs; the tracker has no clock.
public struct ConnectionTracker: ~Copyable, Sendable {
    private(set) var pipeline: SegmentPipeline
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
        pipeline = SegmentPipeline(
            analysis: WiresharkAnalysis(version: version), store: EvidenceStore(keepsAll: keepsAll, shard: shard),
            budget: MemoryBudget(limit: memoryLimit), isLight: isLight)
        version4 = ConnectionTable(seed: seed)
        version6 = ConnectionTable(seed: seed)
    }

    /// Time of the last segment so far (ns since 1970); `Int64.min` before the first.
    public private(set) var lastTime = Int64.min

    /// What was counted so far, of the connections in the shard.
    public var tally: ConnectionTally {
        var tally = pipeline.store.tally
        tally.evicted = version4.evictions &+ version6.evictions
        return tally
    }

    /// Tracks `segments`, in the order of the capture, and appends what concerns keep-alives to `events`.
    public mutating func track(_ segments: borrowing SegmentBatch, events: inout [SegmentEvent]) {
        if let last = segments.segments.last { lastTime = max(lastTime, last.time) }
        pipeline.track(segments.segments.span, in: &version4, &version6, &events)
    }

    /// Tracks `segments` on the full path alone: tests compare the fast path with it (`WiresharkAnalysis.tryFastPath`).
    mutating func trackFull(_ segments: borrowing SegmentBatch, events: inout [SegmentEvent]) {
        if let last = segments.segments.last { lastTime = max(lastTime, last.time) }
        for segment in segments.segments {
            if segment.isVersion6 {
                pipeline.trackFull(segment, in: &version6, &events)
            } else {
                pipeline.trackFull(segment, in: &version4, &events)
            }
        }
    }

    /// Tracks `segments` and sets `origins` to which end of which connection sent each; nil: it was not looked up.
    public mutating func track(
        _ segments: borrowing SegmentBatch, events: inout [SegmentEvent], origins: inout [SegmentOrigin?]
    ) {
        origins.removeAll(keepingCapacity: true)
        // One by one, as the next segment may begin another connection between the same ends.
        var single = SegmentBatch()
        for segment in segments.segments {
            single.removeAll()
            single.append(segment)
            track(single, events: &events)
            let origin = segment.isVersion6 ? version6.number(of: segment) : version4.number(of: segment)
            origins.append(origin.map { SegmentOrigin(connection: $0.number, side: $0.side) })
        }
    }
}
