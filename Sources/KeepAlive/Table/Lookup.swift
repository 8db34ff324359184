/// Where the connection of one segment is, found ahead of tracking.
struct Lookup: BitwiseCopyable {
    /// The hash of the segment's key.
    var hash: UInt32 = 0
    /// The index of the connection in its table, unless an earlier segment of the group moves it; `notFound`: none yet.
    var index: UInt32 = notFound
    /// Which end sent the segment: 0 is the first of the key, 1 the second.
    var sender: UInt8 = 0

    /// The index of a connection that is not in the table.
    static var notFound: UInt32 { .max }
}
