import Wire

/// The hot state of a connection, which each of its segments uses: one cache line with an IPv4 key.
struct ConnectionSlot<Key: ConnectionKey>: BitwiseCopyable {
    var key: Key
    /// The handle of its unacknowledged ranges in `UnacknowledgedRanges`; 0: none.
    var lists: UInt32
    /// The state of the first and of the second end of the key.
    var sides: (EndState, EndState)

    /// The blank state of a new connection.
    init(_ key: Key) {
        self.key = key
        lists = 0
        sides = (EndState(), EndState())
    }
}
