/// The segments of one packet batch, in order: what crosses from the decoder to the analysis. Reused.
public struct SegmentBatch: ~Copyable, Sendable {
    /// The segments. A record may give none, one, or several.
    public private(set) var segments: [Segment]

    /// An empty batch.
    public init() {
        segments = []
        segments.reserveCapacity(1024)
    }

    /// A batch of `segments`.
    public init(_ segments: [Segment]) {
        self.segments = segments
    }

    /// Forgets the segments and keeps the room.
    @inline(__always)
    public mutating func removeAll() {
        segments.removeAll(keepingCapacity: true)
    }

    /// Adds `segment` at the end.
    @inline(__always)
    public mutating func append(_ segment: Segment) {
        segments.append(segment)
    }

    /// Adds what `body` writes, at most `count` segments, at the end.
    @inline(__always)
    mutating func append(addingCapacity count: Int, _ body: (inout OutputSpan<Segment>) -> Void) {
        segments.append(addingCapacity: count, initializingWith: body)
    }
}
