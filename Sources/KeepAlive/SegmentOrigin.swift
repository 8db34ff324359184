/// Where a segment belongs.
public struct SegmentOrigin: Sendable, Equatable, BitwiseCopyable {
    /// Its connection, numbered from 0 in order of appearance.
    public var connection: UInt64
    /// The end that sent it: 0 is the smaller endpoint, 1 the greater one.
    public var side: Int

    /// The place of what end `side` of `connection` sent.
    public init(connection: UInt64, side: Int) {
        self.connection = connection
        self.side = side
    }
}
