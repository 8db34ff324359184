import Wire

/// One range of sequence numbers that was sent and not yet acknowledged: [start, end).
struct UnacknowledgedRange: BitwiseCopyable {
    var start: SequenceNumber
    var end: SequenceNumber
}

/// The unacknowledged ranges of every connection, both ends, in one arena.
///
/// Wireshark keeps at most 10,000 ranges an end, and that limit is visible in its marks (wireshark-rules 4.3 b), so
/// they are kept here one by one too. A list is a run of the arena whose room is a power of two; room that a list has
/// outgrown waits in a free list for the next one of its size. Nothing is allocated for a segment once the arena is
/// warm.
struct UnacknowledgedRanges: ~Copyable {
    /// Ranges of one end that Wireshark remembers at most.
    static let limit = 10_000

    /// One end's list: `count` ranges from `offset` in the arena, oldest first, in a room of `1 << roomBits`.
    private struct List: BitwiseCopyable {
        var offset: UInt32 = 0
        var count: UInt16 = 0
        var roomBits: UInt8 = 0
        var hasRoom = false
    }

    private static let smallestRoomBits: UInt8 = 2

    private var arena = Arena<UnacknowledgedRange>()
    /// Lists by handle: the two ends of connection handle h are at 2h and 2h + 1. Handle 0 is "no lists".
    private var lists = Arena<List>()
    private var freeHandles: [UInt32] = []
    /// Offsets of free rooms, by `roomBits`.
    private var freeRooms = [[UInt32]](repeating: [], count: 16)

    /// No lists but those of handle 0, which are empty for ever.
    init() {
        lists.append(List())
        lists.append(List())
    }

    /// Octets taken so far; room that lists gave back is used again.
    var octets: Int {
        arena.count * MemoryLayout<UnacknowledgedRange>.stride + lists.count * MemoryLayout<List>.stride
    }

    /// A handle for the two empty lists of one connection; never 0.
    @inline(never)
    mutating func makeLists() -> UInt32 {
        if let handle = freeHandles.popLast() { return handle }
        lists.append(List())
        lists.append(List())
        return UInt32(truncatingIfNeeded: lists.count / 2 - 1)
    }

    /// Gives the lists of `handle` back; 0 is ignored.
    mutating func release(_ handle: UInt32) {
        guard handle != 0 else { return }
        for side in 0...1 {
            let list = lists[Int(handle) * 2 + side]
            if list.hasRoom { freeRooms[Int(list.roomBits)].append(list.offset) }
            lists[Int(handle) * 2 + side] = List()
        }
        freeHandles.append(handle)
    }

    /// How many ranges `side` of `handle` has.
    @inline(__always)
    func count(_ handle: UInt32, _ side: Int) -> Int {
        Int(lists[Int(handle) * 2 + side].count)
    }

    /// Adds `range` to `side` of `handle` as its newest. The caller keeps to `limit`.
    @inline(__always)
    mutating func append(_ range: UnacknowledgedRange, to handle: UInt32, _ side: Int) {
        let index = Int(handle) * 2 + side
        var list = lists[index]
        if !list.hasRoom || list.count == 1 << list.roomBits {
            grow(index)
            list = lists[index]
        }
        arena[Int(list.offset) + Int(list.count)] = range
        lists[index].count = list.count + 1
    }

    /// Applies `acknowledgment` to `side` of `handle` (wireshark-rules 4.3 f); false when no range is left.
    mutating func acknowledge(_ acknowledgment: SequenceNumber, _ handle: UInt32, _ side: Int) -> Bool {
        let index = Int(handle) * 2 + side
        let list = lists[index]
        let first = Int(list.offset)
        var kept = first
        for place in first..<(first + Int(list.count)) {
            var range = arena[place]
            if acknowledgment == range.end { continue }
            if acknowledgment.isNewer(than: range.start) && !acknowledgment.isNewer(than: range.end) {
                range.start = acknowledgment
            } else if !range.end.isNewer(than: acknowledgment) {
                continue
            }
            arena[kept] = range
            kept += 1
        }
        lists[index].count = UInt16(truncatingIfNeeded: kept - first)
        return kept > first
    }

    /// Whether all that is left of `side` of `handle` is one octet, however often it was sent.
    func holdsOneOctet(_ handle: UInt32, _ side: Int) -> Bool {
        let list = lists[Int(handle) * 2 + side]
        guard list.count > 0 else { return false }
        let start = arena[Int(list.offset)].start
        for place in Int(list.offset)..<(Int(list.offset) + Int(list.count)) {
            guard arena[place].start == start, arena[place].end == start + 1 else { return false }
        }
        return true
    }

    /// The end of the tail of ranges that begins at `acknowledgment`, newest first (wireshark-rules 6.1, 3).
    func contiguousEnd(from acknowledgment: SequenceNumber, _ handle: UInt32, _ side: Int) -> SequenceNumber {
        let list = lists[Int(handle) * 2 + side]
        guard list.count > 0 else { return acknowledgment }
        let first = Int(list.offset)
        var tail = arena[first + Int(list.count) - 1]
        for place in (first..<(first + Int(list.count))).reversed() {
            let range = arena[place]
            guard range.start == acknowledgment || range.start.isNewer(than: acknowledgment) else { continue }
            if range.end == tail.start { tail.start = range.start } else { tail = range }
        }
        return tail.start == acknowledgment && tail.end.isNewer(than: acknowledgment) ? tail.end : acknowledgment
    }

    private mutating func room(bits: UInt8) -> UInt32 {
        if let offset = freeRooms[Int(bits)].popLast() { return offset }
        let offset = UInt32(truncatingIfNeeded: arena.count)
        let empty = UnacknowledgedRange(start: SequenceNumber(0), end: SequenceNumber(0))
        for _ in 0..<1 << bits { arena.append(empty) }
        return offset
    }

    @inline(never)
    private mutating func grow(_ index: Int) {
        let old = lists[index]
        guard old.hasRoom else {
            lists[index].offset = room(bits: Self.smallestRoomBits)
            lists[index].roomBits = Self.smallestRoomBits
            lists[index].hasRoom = true
            return
        }
        let offset = room(bits: old.roomBits + 1)
        for place in 0..<Int(old.count) {
            arena[Int(offset) + place] = arena[Int(old.offset) + place]
        }
        freeRooms[Int(old.roomBits)].append(old.offset)
        lists[index].offset = offset
        lists[index].roomBits = old.roomBits + 1
    }
}
