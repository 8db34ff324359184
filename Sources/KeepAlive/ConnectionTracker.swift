public import Wire

/// Follows every connection of a capture and marks its segments.
///
/// Segments must come in the order of the capture. Time is theirs; the tracker has no clock.
public struct ConnectionTracker: ~Copyable {
    /// Segments by mark so far, in the order of `Marks.named`.
    public private(set) var markCounts: [UInt64] = [0, 0, 0]

    /// Connections seen so far.
    public private(set) var connectionCount: UInt64 = 0

    /// A tracker that marks as Wireshark `version` does.
    ///
    /// `seed` makes the table's hash unpredictable to whoever writes the packets; results never depend on it.
    public init(version: WiresharkVersion = .newest, seed: UInt64) {
    }

    /// Follows `segments` and appends those with a mark to `marked`, in order.
    public mutating func track(_ segments: borrowing SegmentBatch, marked: inout [MarkedSegment]) {
    }

    /// The connections in order of appearance: those with a mark, or all.
    public func connections(all: Bool) -> [Connection] {
        []
    }
}
