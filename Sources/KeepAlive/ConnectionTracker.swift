public import Wire

/// Tracks every connection of a capture, marks segments as Wireshark does, and records evidence for verdicts.
///
/// Segments must come in the order of the capture. The tracker has no clock: it uses the times of the segments.
public struct ConnectionTracker: ~Copyable, Sendable {
    private(set) var pipeline: SegmentPipeline
    private(set) var version4: ConnectionTable<IPv4Key>
    private(set) var version6: ConnectionTable<IPv6Key>

    /// The default memory limit for connections: 256 MiB.
    public static let defaultMemoryLimit = 256 << 20

    /// A tracker without connections.
    ///
    /// - Parameters:
    ///   - version: The version of Wireshark whose marks the tracker computes.
    ///   - seed: The seed of the table's hash. A random seed prevents senders from constructing collisions. Results do
    ///     not depend on it.
    ///   - keepsAll: Whether `connections(all: true)` includes connections without events whose ports were reused.
    ///   - shard: The connections to report and count; nil: all. Connection numbers do not depend on it.
    ///   - memoryLimit: Bytes for connections and what is known about them. Beyond it, connections are evicted in the
    ///     order of `EvictionClass`, first those that were never established, for example in a flood of SYNs.
    ///   - isLight: Whether the capture lacks segments with more than one byte. Then acknowledged bytes count as sent,
    ///     and verdicts that depend on data have low confidence.
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

    /// The latest time of a segment so far (ns since 1970); `Int64.min` before the first.
    public private(set) var lastTime = Int64.min

    /// The counts so far, for connections in the shard.
    public var tally: ConnectionTally {
        var tally = pipeline.store.tally
        for index in tally.evictedByClass.indices {
            tally.evictedByClass[index] = version4.evictions[index] &+ version6.evictions[index]
        }
        // The connection that another one replaced on its ports has ended.
        tally.evictedByClass[Int(EvictionClass.closed.rawValue)] &+= pipeline.store.replacedEvictions
        tally.evicted = tally.evictedByClass.reduce(0, &+)
        return tally
    }

    /// Bytes that connections take.
    package var memoryUse: Int { pipeline.budget.used }

    /// When the first connection was evicted that may go on (ns since 1970); nil: none was.
    package var firstLoss: Int64? { pipeline.store.firstLoss }

    /// Tracks `segments` and appends an event for each that Wireshark marks or that concerns keep-alives.
    public mutating func track(_ segments: borrowing SegmentBatch, events: inout [SegmentEvent]) {
        if let last = segments.segments.last { lastTime = max(lastTime, last.time) }
        pipeline.track(segments.segments.span, in: &version4, &version6, &events)
    }

    /// Tracks `segments` on the full path only. Tests compare the fast path (`WiresharkAnalysis.tryFastPath`) with it.
    mutating func trackFull(_ segments: borrowing SegmentBatch, events: inout [SegmentEvent]) {
        if let last = segments.segments.last { lastTime = max(lastTime, last.time) }
        for segment in segments.segments {
            pipeline.trackFull(segment, in: &version4, &version6, &events)
        }
    }

    /// Tracks `segments` and sets `origins` to the connection and the end that sent each; nil: no connection.
    package mutating func track(
        _ segments: borrowing SegmentBatch, events: inout [SegmentEvent], origins: inout [SegmentOrigin?]
    ) {
        origins.removeAll(keepingCapacity: true)
        // One by one, because the next segment may open another connection between the same ends.
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
