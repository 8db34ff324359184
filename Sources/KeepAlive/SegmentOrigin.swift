/// The connection of a segment, and the end that sent it.
package struct SegmentOrigin: Sendable, Equatable, BitwiseCopyable {
    /// The number of the connection, from 0 in order of appearance.
    package var connection: UInt64
    /// The end that sent it: 0 is the smaller endpoint, 1 the greater one.
    package var side: Int

    /// The end at `side`, 0 or 1, of the connection with number `connection`.
    package init(connection: UInt64, side: Int) {
        self.connection = connection
        self.side = side
    }
}
