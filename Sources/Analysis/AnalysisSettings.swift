public import KeepAlive
public import Wire

/// What an analysis reads and keeps.
public struct AnalysisSettings: Sendable {
    /// The version of Wireshark whose marks are wanted.
    public var version = WiresharkVersion.newest
    /// Packets after which reading ends; nil: none.
    public var packetLimit: UInt64?
    /// Whether connections without events are kept when their ports are reused, and get findings too.
    public var keepsAll = false
    /// Whether to record which end of which connection sent each segment (`PacketPipeline.origins`).
    package var tracksOrigins = false
    /// The part of the connections that is reported; nil: all.
    public var shard: Shard?
    /// Whether connections are tracked on another thread than packets are read. The results are the same. No effect on live
    /// captures.
    public var usesTwoThreads = false
    /// Whether segments with more than one byte of data are left out of what is read.
    public var isLight = false

    /// Bytes for connections, fragments and what reports keep. If they are not enough, connections are evicted in the order
    /// of `EvictionClass`, and the oldest fragments.
    public var memoryLimit = ConnectionTracker.defaultMemoryLimit
    /// Whether a report keeps the events of each connection.
    package var keepsEvents = false
    /// The parts of `memoryLimit`.
    package var memoryShares: MemoryShares { MemoryShares(limit: memoryLimit, keepsEvents: keepsEvents) }

    /// The defaults: everything that Wireshark's newest supported version would mark, in one thread.
    public init() {}
}
