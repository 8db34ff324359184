public import Wire

/// A segment that carries at least one mark: what the tracker reports as it happens.
public struct MarkedSegment: Sendable, BitwiseCopyable {
    /// The segment.
    public var segment: Segment
    /// Its marks, never empty.
    public var marks: Marks
    /// Its connection, numbered from 0 in order of appearance: Wireshark's `tcp.stream`.
    public var connection: UInt64

    /// `segment` of `connection` with `marks`.
    public init(segment: Segment, marks: Marks, connection: UInt64) {
        self.segment = segment
        self.marks = marks
        self.connection = connection
    }
}
