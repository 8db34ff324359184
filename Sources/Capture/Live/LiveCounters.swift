/// The kernel's counters of a live capture.
public struct LiveCounters: Sendable, Equatable {
    /// Packets that matched the filter, including those dropped by the kernel.
    public var received: UInt64 = 0
    /// Packets for which the ring had no room.
    public var droppedByKernel: UInt64 = 0
    /// Packets that the interface or its driver dropped, if it reports them.
    public var droppedByInterface: UInt64 = 0

    /// All zero.
    public init() {}
}
