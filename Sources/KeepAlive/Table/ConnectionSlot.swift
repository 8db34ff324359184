import Wire

/// What is kept of one connection and touched by each of its segments: with an IPv4 key, one cache line.
struct ConnectionSlot<Key: ConnectionKey>: BitwiseCopyable {
    var key: Key
    /// The handle of its unacknowledged ranges; 0 is none.
    var lists: UInt32
    /// The end that is first in the key, and the other one.
    var sides: (EndState, EndState)

    /// A connection of which nothing is known yet.
    init(_ key: Key) {
        self.key = key
        lists = 0
        sides = (EndState(), EndState())
    }
}
