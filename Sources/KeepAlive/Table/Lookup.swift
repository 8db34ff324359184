/// The result of looking up the connection of one segment ahead of tracking it.
struct Lookup: BitwiseCopyable {
    /// The hash of the segment's key.
    var hash: UInt32 = 0
    /// The probable index of the connection: an earlier segment of the group may still add or replace it; `notFound`:
    /// not in the table.
    var index: UInt32 = notFound
    /// The end that sent the segment: 0 is the first of the key, 1 the second.
    var sender: UInt8 = 0

    /// The index of a connection that is not in the table.
    static var notFound: UInt32 { .max }
}
