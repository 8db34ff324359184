import Wire

/// A range of sequence numbers that was sent and is not acknowledged: [start, end).
struct UnacknowledgedRange: BitwiseCopyable {
    var start = SequenceNumber(0)
    var end = SequenceNumber(0)
}

/// The unacknowledged ranges of every connection, both ends.
///
/// Wireshark keeps at most 10,000 ranges per end, and that limit is visible in its marks (wireshark-rules 4.3 b).
/// Therefore they are stored one by one here, too. Up to three ranges of each end are stored in the list itself, and
/// both lists of a connection share a cache line. A longer list uses a block of the arena whose size is a power of two.
/// Blocks are reused, so that in steady state no segment needs an allocation.
struct UnacknowledgedRanges: ~Copyable {
    /// The most ranges of one end that Wireshark stores.
    static let limit = 10_000

    /// The `count` ranges of one end, oldest first.
    private struct List: BitwiseCopyable {
        /// The ranges, if `blockBits` is 0.
        var few = InlineArray<3, UnacknowledgedRange>(repeating: UnacknowledgedRange())
        /// The index of the first range in the arena otherwise, in a block of `1 << blockBits` ranges.
        var offset: UInt32 = 0
        var count: UInt16 = 0
        var blockBits: UInt8 = 0
    }

    private static let smallestBlockBits: UInt8 = 3

    private var arena = Arena<UnacknowledgedRange>()
    /// The lists of both ends of handle h have the indices 2h and 2h + 1. Handle 0 means "no lists".
    private var lists = Arena<List>()
    private var freeHandles: [UInt32] = []
    /// Offsets of free blocks, by `blockBits`.
    private var freeBlocks = [[UInt32]](repeating: [], count: 16)

    /// No lists except those of handle 0, which stay empty.
    init() {
        lists.append(List())
        lists.append(List())
    }

    /// Bytes allocated, including those of released lists.
    var bytes: Int {
        arena.count * MemoryLayout<UnacknowledgedRange>.stride + lists.count * MemoryLayout<List>.stride
    }

    /// The handle, never 0, of two empty lists for one connection.
    @inline(never)
    mutating func makeLists() -> UInt32 {
        if let handle = freeHandles.popLast() { return handle }
        lists.append(List())
        lists.append(List())
        return UInt32(truncatingIfNeeded: lists.count / 2 - 1)
    }

    /// Makes the lists of `handle` available for reuse; does nothing if it is 0.
    mutating func release(_ handle: UInt32) {
        guard handle != 0 else { return }
        for index in Int(handle) * 2...Int(handle) * 2 + 1 {
            if lists[index].blockBits != 0 {
                freeBlocks[Int(lists[index].blockBits)].append(lists[index].offset)
                lists[index].blockBits = 0
            }
            lists[index].count = 0
        }
        freeHandles.append(handle)
    }

    /// Prefetches the lists of `handle`.
    @inline(__always)
    func prefetch(_ handle: UInt32) {
        lists.prefetch(Int(handle) * 2)
    }

    /// The number of ranges of `side` of `handle`.
    @inline(__always)
    func count(_ handle: UInt32, _ side: Int) -> Int {
        Int(lists[Int(handle) * 2 + side].count)
    }

    /// Adds `range` to `side` of `handle` as its newest. The caller checks `limit`.
    @inline(__always)
    mutating func append(_ range: UnacknowledgedRange, to handle: UInt32, _ side: Int) {
        let index = Int(handle) * 2 + side
        let count = Int(lists[index].count)
        if lists[index].blockBits == 0, count < lists[index].few.count {
            lists[index].few[count] = range
            lists[index].count = UInt16(truncatingIfNeeded: count + 1)
        } else {
            appendToBlock(range, index)
        }
    }

    @inline(never)
    private mutating func appendToBlock(_ range: UnacknowledgedRange, _ index: Int) {
        if lists[index].blockBits == 0 || Int(lists[index].count) == 1 << lists[index].blockBits { grow(index) }
        arena[Int(lists[index].offset) + Int(lists[index].count)] = range
        lists[index].count += 1
    }

    /// Applies `acknowledgment` to `side` of `handle` (wireshark-rules 4.3 f); false when no range is left.
    @inline(__always)
    mutating func acknowledge(_ acknowledgment: SequenceNumber, _ handle: UInt32, _ side: Int) -> Bool {
        let index = Int(handle) * 2 + side
        guard lists[index].blockBits == 0 else { return acknowledgeInBlock(acknowledgment, index) }
        var kept = 0
        for position in 0..<min(Int(lists[index].count), lists[index].few.count) {
            guard let left = lists[index].few[position].left(by: acknowledgment) else { continue }
            lists[index].few[kept] = left
            kept += 1
        }
        lists[index].count = UInt16(truncatingIfNeeded: kept)
        return kept > 0
    }

    @inline(never)
    private mutating func acknowledgeInBlock(_ acknowledgment: SequenceNumber, _ index: Int) -> Bool {
        let first = Int(lists[index].offset)
        var kept = first
        for position in first..<(first + Int(lists[index].count)) {
            guard let left = arena[position].left(by: acknowledgment) else { continue }
            arena[kept] = left
            kept += 1
        }
        let count = kept - first
        lists[index].count = UInt16(truncatingIfNeeded: count)
        if count <= lists[index].few.count { moveFromBlock(index) }
        return count > 0
    }

    /// Moves the few ranges of the list at `index` from the arena into the list.
    private mutating func moveFromBlock(_ index: Int) {
        let offset = lists[index].offset
        for position in 0..<Int(lists[index].count) { lists[index].few[position] = arena[Int(offset) + position] }
        freeBlocks[Int(lists[index].blockBits)].append(offset)
        lists[index].blockBits = 0
    }

    /// The range at `position` in the list at `index`.
    private func range(_ position: Int, of index: Int) -> UnacknowledgedRange {
        lists[index].blockBits == 0 ? lists[index].few[position] : arena[Int(lists[index].offset) + position]
    }

    /// The lowest sequence number in the ranges of `side` of `handle`, which must not be empty.
    func oldest(_ handle: UInt32, _ side: Int) -> SequenceNumber {
        let index = Int(handle) * 2 + side
        var oldest = range(0, of: index).start
        // Ranges are in order of arrival, so the first 64 of a long list are enough.
        for position in 1..<max(1, min(count(handle, side), 64)) {
            let start = range(position, of: index).start
            if oldest.isNewer(than: start) { oldest = start }
        }
        return oldest
    }

    /// Whether all ranges of `side` of `handle` are the same single byte.
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
        for position in (0..<count).reversed() {
            let range = range(position, of: index)
            guard range.start == acknowledgment || range.start.isNewer(than: acknowledgment) else { continue }
            if range.end == tail.start { tail.start = range.start } else { tail = range }
        }
        return tail.start == acknowledgment && tail.end.isNewer(than: acknowledgment) ? tail.end : acknowledgment
    }

    private mutating func block(bits: UInt8) -> UInt32 {
        if let offset = freeBlocks[Int(bits)].popLast() { return offset }
        let offset = UInt32(truncatingIfNeeded: arena.count)
        for _ in 0..<1 << bits { arena.append(UnacknowledgedRange()) }
        return offset
    }

    /// Moves the full list at `index` to a block of twice the size.
    private mutating func grow(_ index: Int) {
        let (oldBits, oldOffset) = (lists[index].blockBits, lists[index].offset)
        let bits = oldBits == 0 ? Self.smallestBlockBits : oldBits + 1
        let offset = block(bits: bits)
        for position in 0..<Int(lists[index].count) { arena[Int(offset) + position] = range(position, of: index) }
        if oldBits != 0 { freeBlocks[Int(oldBits)].append(oldOffset) }
        (lists[index].blockBits, lists[index].offset) = (bits, offset)
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
