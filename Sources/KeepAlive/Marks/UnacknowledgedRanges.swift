import Wire

/// The unacknowledged ranges of every connection, both ends.
///
/// Wireshark keeps at most 10,000 ranges per end, and that limit is visible in its marks (wireshark-rules 4.3 b).
/// Therefore they are stored one by one here, too. Up to three ranges of each end are stored in the list itself, and
/// both lists of a connection share a cache line. A longer list is a chain of chunks (`RangeChunks`).
struct UnacknowledgedRanges: ~Copyable {
    /// The most ranges of one end that Wireshark stores.
    static let limit = 10_000
    /// Longer ranges (bytes) are not stored, so that the numbers of a range never wrap around. No link has such segments.
    static let longestRange: UInt32 = 1 << 24

    /// The `count` ranges of one end, oldest first.
    private struct List: BitwiseCopyable {
        /// Up to three ranges. If there are more, the first of these holds the first and the last chunk.
        var few = InlineArray<3, UnacknowledgedRange>(repeating: UnacknowledgedRange())
        var count: UInt32 = 0
        /// The next released handle, in the first list of a released handle.
        var nextReleased: UInt32 = 0

        var first: UInt32 {
            get { few[0].start.rawValue }
            set { few[0].start = SequenceNumber(newValue) }
        }

        var last: UInt32 {
            get { few[0].end.rawValue }
            set { few[0].end = SequenceNumber(newValue) }
        }
    }

    /// Bytes of the lists of one connection.
    static var bytesPerConnection: Int { 2 * MemoryLayout<List>.stride }
    private static var fewest: Int { 3 }

    /// The lists of both ends of handle h have the indices 2h and 2h + 1. Handle 0 means "no lists".
    private var lists = Arena<List>()
    private var firstReleased: UInt32 = 0
    /// The ranges of longer lists.
    var chunks = RangeChunks()

    /// No lists except those of handle 0, which stay empty.
    init() {
        lists.append(List())
        lists.append(List())
    }

    /// The handle, never 0, of two empty lists for one connection.
    @inline(never)
    mutating func makeLists() -> UInt32 {
        if firstReleased != 0 {
            let handle = firstReleased
            firstReleased = lists[Int(handle) * 2].nextReleased
            return handle
        }
        lists.append(List())
        lists.append(List())
        return UInt32(truncatingIfNeeded: lists.count / 2 - 1)
    }

    /// Makes the lists of `handle` available for reuse; does nothing if it is 0.
    mutating func release(_ handle: UInt32) {
        guard handle != 0 else { return }
        for index in Int(handle) * 2...Int(handle) * 2 + 1 {
            if isLong(index) { chunks.release(from: lists[index].first) }
            lists[index].count = 0
        }
        lists[Int(handle) * 2].nextReleased = firstReleased
        firstReleased = handle
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

    /// Whether either end of `handle` has chunks.
    func hasChunks(_ handle: UInt32) -> Bool { isLong(Int(handle) * 2) || isLong(Int(handle) * 2 + 1) }

    private func isLong(_ index: Int) -> Bool { Int(lists[index].count) > Self.fewest }

    /// Adds `range` to `side` of `handle`, which must not be 0, as its newest; false: the list is full, because of `limit`
    /// or for lack of memory.
    @inline(__always)
    mutating func append(_ range: UnacknowledgedRange, to handle: UInt32, _ side: Int) -> Bool {
        let index = Int(handle) * 2 + side
        let count = Int(lists[index].count)
        guard count < Self.fewest else { return appendToChunk(range, index) }
        lists[index].few[count] = range
        lists[index].count = UInt32(truncatingIfNeeded: count + 1)
        return true
    }

    @inline(never)
    private mutating func appendToChunk(_ range: UnacknowledgedRange, _ index: Int) -> Bool {
        let count = Int(lists[index].count)
        guard count < Self.limit else { return false }
        if count == Self.fewest {
            guard let chunk = chunks.make() else { return false }
            for position in 0..<count { chunks.append(lists[index].few[position], to: chunk) }
            (lists[index].first, lists[index].last) = (chunk, chunk)
        } else if chunks.isFull(lists[index].last) {
            guard let chunk = chunks.make() else { return false }
            chunks.link(lists[index].last, to: chunk)
            lists[index].last = chunk
        }
        chunks.append(range, to: lists[index].last)
        lists[index].count += 1
        return true
    }

    /// Applies `acknowledgment` to `side` of `handle` (wireshark-rules 4.3 f); false when no range is left.
    @inline(__always)
    mutating func acknowledge(_ acknowledgment: SequenceNumber, _ handle: UInt32, _ side: Int) -> Bool {
        let index = Int(handle) * 2 + side
        guard Int(lists[index].count) <= Self.fewest else { return acknowledgeInChunks(acknowledgment, index) }
        var kept = 0
        for position in 0..<min(Int(lists[index].count), Self.fewest) {
            guard let left = lists[index].few[position].left(by: acknowledgment) else { continue }
            lists[index].few[kept] = left
            kept += 1
        }
        lists[index].count = UInt32(truncatingIfNeeded: kept)
        return kept > 0
    }

    @inline(never)
    private mutating func acknowledgeInChunks(_ acknowledgment: SequenceNumber, _ index: Int) -> Bool {
        let result = chunks.acknowledge(acknowledgment, from: lists[index].first)
        lists[index].count = UInt32(truncatingIfNeeded: result.count)
        if result.count > Self.fewest {
            (lists[index].first, lists[index].last) = (result.first, result.last)
        } else if result.count > 0 {
            var few = InlineArray<3, UnacknowledgedRange>(repeating: UnacknowledgedRange())
            var position = 0
            chunks.forEach(from: result.first) { range in
                few[position] = range
                position += 1
                return position < result.count
            }
            chunks.release(from: result.first)
            lists[index].few = few
        }
        return result.count > 0
    }

    /// Calls `body` with the ranges of the list at `index`, oldest first, until it returns false.
    private func forEach(_ index: Int, _ body: (UnacknowledgedRange) -> Bool) {
        if isLong(index) { return chunks.forEach(from: lists[index].first, body) }
        for position in 0..<Int(lists[index].count) where !body(lists[index].few[position]) { return }
    }

    /// The lowest sequence number in the ranges of `side` of `handle`, which must not be empty.
    func oldest(_ handle: UInt32, _ side: Int) -> SequenceNumber {
        var oldest: SequenceNumber?
        // Ranges are in order of arrival, so the first 64 of a long list are enough.
        var left = 64
        forEach(Int(handle) * 2 + side) { range in
            if oldest?.isNewer(than: range.start) ?? true { oldest = range.start }
            left -= 1
            return left > 0
        }
        return oldest ?? SequenceNumber(0)
    }

    /// Whether all ranges of `side` of `handle` are the same single byte.
    func holdsOneByte(_ handle: UInt32, _ side: Int) -> Bool {
        var start: SequenceNumber?
        var isOne = false
        forEach(Int(handle) * 2 + side) { range in
            isOne = range.start == start ?? range.start && range.end == range.start + 1
            start = range.start
            return isOne
        }
        return isOne
    }

    /// The end of the tail of ranges that begins at `acknowledgment`, newest first (wireshark-rules 6.1, 3).
    ///
    /// The rule takes the newest range as the tail. Then, from the newest to the oldest range that does not begin before
    /// `acknowledgment`, each one either extends the tail at its start or replaces it. So the tail that is left begins with
    /// the oldest such range, and extends to later ones as long as each begins where the one before ends.
    func contiguousEnd(from acknowledgment: SequenceNumber, _ handle: UInt32, _ side: Int) -> SequenceNumber {
        let index = Int(handle) * 2 + side
        var end: SequenceNumber?
        var isBroken = false
        var newest: UnacknowledgedRange?
        func extend(_ range: UnacknowledgedRange) -> Bool {
            if let known = end {
                isBroken = known != range.start
                if !isBroken { end = range.end }
            } else if range.start == acknowledgment {
                end = range.end
            } else {
                isBroken = true
            }
            return !isBroken
        }
        if isLong(index) {
            chunks.forEach(from: lists[index].first, notBefore: acknowledgment, extend)
            newest = chunks.newest(of: lists[index].last)
        } else {
            forEach(index) { range in
                newest = range
                return range.isBefore(acknowledgment) || extend(range)
            }
        }
        guard var end else { return acknowledgment }
        if !isBroken, let newest, newest.isBefore(acknowledgment), newest.start == end { end = newest.end }
        return end.isNewer(than: acknowledgment) ? end : acknowledgment
    }
}
