/// What the kernel counted.
public struct LiveCounters: Sendable, Equatable {
    /// Packets that matched the filter, those dropped included.
    public var received: UInt64 = 0
    /// Packets for which the ring had no room.
    public var droppedByKernel: UInt64 = 0
    /// Packets that the interface or its driver dropped, where it tells.
    public var droppedByInterface: UInt64 = 0

    /// Nothing.
    public init() {}
}
