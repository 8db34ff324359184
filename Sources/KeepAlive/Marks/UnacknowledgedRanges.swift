import Wire

/// One range of sequence numbers that was sent and not yet acknowledged: [start, end).
struct UnacknowledgedRange: BitwiseCopyable {
    var start = SequenceNumber(0)
    var end = SequenceNumber(0)
}

/// The unacknowledged ranges of every connection, both ends.
///
/// Wireshark keeps at most 10,000 ranges an end, and that limit is visible in its marks (wireshark-rules 4.3 b), so
/// they are kept here one by one too. The first few of both ends share one cache line. A longer list moves to a run of an
/// arena whose room is a power of two; room that a list has outgrown waits for the next one of its size. Nothing is
/// allocated for a segment once all is warm.
struct UnacknowledgedRanges: ~Copyable {
    /// Ranges of one end that Wireshark remembers at most.
    static let limit = 10_000

    /// One end's list: `count` ranges, oldest first.
    private struct List: BitwiseCopyable {
        /// The ranges, while there are few.
        var few = InlineArray<3, UnacknowledgedRange>(repeating: UnacknowledgedRange())
        /// Where they are in the arena otherwise, in a room of `1 << roomBits`.
        var offset: UInt32 = 0
        var count: UInt16 = 0
        /// 0: they are in `few`.
        var roomBits: UInt8 = 0
    }

    private static let smallestRoomBits: UInt8 = 3

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

    /// Bytes taken so far; room that lists gave back is used again.
    var bytes: Int {
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
        for index in Int(handle) * 2...Int(handle) * 2 + 1 {
            if lists[index].roomBits != 0 {
                freeRooms[Int(lists[index].roomBits)].append(lists[index].offset)
                lists[index].roomBits = 0
            }
            lists[index].count = 0
        }
        freeHandles.append(handle)
    }

    /// Asks for the cache line of the lists of `handle`.
    @inline(__always)
    func prefetch(_ handle: UInt32) {
        lists.prefetch(Int(handle) * 2)
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
        let count = Int(lists[index].count)
        if lists[index].roomBits == 0, count < lists[index].few.count {
            lists[index].few[count] = range
            lists[index].count = UInt16(truncatingIfNeeded: count + 1)
        } else {
            appendToRoom(range, index)
        }
    }

    @inline(never)
    private mutating func appendToRoom(_ range: UnacknowledgedRange, _ index: Int) {
        if lists[index].roomBits == 0 || Int(lists[index].count) == 1 << lists[index].roomBits { grow(index) }
        arena[Int(lists[index].offset) + Int(lists[index].count)] = range
        lists[index].count += 1
    }

    /// Applies `acknowledgment` to `side` of `handle` (wireshark-rules 4.3 f); false when no range is left.
    @inline(__always)
    mutating func acknowledge(_ acknowledgment: SequenceNumber, _ handle: UInt32, _ side: Int) -> Bool {
        let index = Int(handle) * 2 + side
        guard lists[index].roomBits == 0 else { return acknowledgeInRoom(acknowledgment, index) }
        var kept = 0
        for place in 0..<min(Int(lists[index].count), lists[index].few.count) {
            guard let left = lists[index].few[place].left(by: acknowledgment) else { continue }
            lists[index].few[kept] = left
            kept += 1
        }
        lists[index].count = UInt16(truncatingIfNeeded: kept)
        return kept > 0
    }

    @inline(never)
    private mutating func acknowledgeInRoom(_ acknowledgment: SequenceNumber, _ index: Int) -> Bool {
        let first = Int(lists[index].offset)
        var kept = first
        for place in first..<(first + Int(lists[index].count)) {
            guard let left = arena[place].left(by: acknowledgment) else { continue }
            arena[kept] = left
            kept += 1
        }
        let count = kept - first
        lists[index].count = UInt16(truncatingIfNeeded: count)
        if count <= lists[index].few.count { leaveRoom(index) }
        return count > 0
    }

    /// Brings the few ranges of the list at `index` back to it.
    private mutating func leaveRoom(_ index: Int) {
        let offset = lists[index].offset
        for place in 0..<Int(lists[index].count) { lists[index].few[place] = arena[Int(offset) + place] }
        freeRooms[Int(lists[index].roomBits)].append(offset)
        lists[index].roomBits = 0
    }

    /// Range `place` of the list at `index`.
    private func range(_ place: Int, of index: Int) -> UnacknowledgedRange {
        lists[index].roomBits == 0 ? lists[index].few[place] : arena[Int(lists[index].offset) + place]
    }

    /// Where the first of the ranges of `side` of `handle` begins, by sequence number; they must not be empty.
    func oldest(_ handle: UInt32, _ side: Int) -> SequenceNumber {
        let index = Int(handle) * 2 + side
        var oldest = range(0, of: index).start
        // Ranges are appended as they come: of a long list, the beginning is enough.
        for place in 1..<max(1, min(count(handle, side), 64)) {
            let start = range(place, of: index).start
            if oldest.isNewer(than: start) { oldest = start }
        }
        return oldest
    }

    /// Whether all that is left of `side` of `handle` is one byte, however often it was sent.
    func holdsOneByte(_ handle: UInt32, _ side: Int) -> Bool {
        let index = Int(handle) * 2 + side
        let count = count(handle, side)
        guard count > 0 else { return false }
        let start = range(0, of: index).start
        return (0..<count).allSatisfy {
            let range = range($0, of: index)
            return range.start == start && range.end == start + 1
        }
    }

    /// The end of the tail of ranges that begins at `acknowledgment`, newest first (wireshark-rules 6.1, 3).
    func contiguousEnd(from acknowledgment: SequenceNumber, _ handle: UInt32, _ side: Int) -> SequenceNumber {
        let index = Int(handle) * 2 + side
        let count = count(handle, side)
        guard count > 0 else { return acknowledgment }
        var tail = range(count - 1, of: index)
        for place in (0..<count).reversed() {
            let range = range(place, of: index)
            guard range.start == acknowledgment || range.start.isNewer(than: acknowledgment) else { continue }
            if range.end == tail.start { tail.start = range.start } else { tail = range }
        }
        return tail.start == acknowledgment && tail.end.isNewer(than: acknowledgment) ? tail.end : acknowledgment
    }

    private mutating func room(bits: UInt8) -> UInt32 {
        if let offset = freeRooms[Int(bits)].popLast() { return offset }
        let offset = UInt32(truncatingIfNeeded: arena.count)
        for _ in 0..<1 << bits { arena.append(UnacknowledgedRange()) }
        return offset
    }

    /// Gives the full list at `index` twice the room.
    private mutating func grow(_ index: Int) {
        let (oldBits, oldOffset) = (lists[index].roomBits, lists[index].offset)
        let bits = oldBits == 0 ? Self.smallestRoomBits : oldBits + 1
        let offset = room(bits: bits)
        for place in 0..<Int(lists[index].count) { arena[Int(offset) + place] = range(place, of: index) }
        if oldBits != 0 { freeRooms[Int(oldBits)].append(oldOffset) }
        (lists[index].roomBits, lists[index].offset) = (bits, offset)
    }
}

extension UnacknowledgedRange {
    /// What `acknowledgment` leaves of the range; nil: nothing.
    @inline(__always)
    fileprivate func left(by acknowledgment: SequenceNumber) -> UnacknowledgedRange? {
        if acknowledgment == end { return nil }
        if acknowledgment.isNewer(than: start) && !acknowledgment.isNewer(than: end) {
            return UnacknowledgedRange(start: acknowledgment, end: end)
        }
        return end.isNewer(than: acknowledgment) ? self : nil
    }
}
