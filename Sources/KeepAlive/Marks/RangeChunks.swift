import Wire

/// The ranges of long lists, in chained chunks of 64.
///
/// A list may have 10,000 ranges, and each acknowledgment applies to all of them. A chunk has a summary that shows whether an
/// acknowledgment removes any of its ranges; if not, the acknowledgment is only recorded, as the number before which
/// nothing is left (`floor`). So the worst packet visits 160 summaries and the ranges of a few chunks. All chunks have one
/// size, so that any list can reuse any chunk.
struct RangeChunks: ~Copyable {
    /// The number of ranges in a chunk.
    static var capacity: Int { 64 }

    /// What all ranges of a chunk have in common.
    private struct Summary: BitwiseCopyable {
        /// The next chunk of the list, or the next released one; 0: none.
        var next: UInt32 = 0
        /// All ends are between this number and `extent` bytes later. If `extent` is 2^31 or more, nothing is known.
        var lowestEnd: UInt32 = 0
        var extent: UInt32 = 0
        /// No range begins after this number. Meaningless if nothing is known about the ends.
        var highestStart: UInt32 = 0
        /// If `hasFloor`: ranges that begin before this number begin at it now. It is before all ends.
        var floor: UInt32 = 0
        var count: UInt8 = 0
        var hasFloor = false
    }

    /// Bytes of a chunk.
    static var bytesPerChunk: Int { MemoryLayout<Summary>.stride + capacity * MemoryLayout<UnacknowledgedRange>.stride }

    private var summaries = Arena<Summary>()
    private var ranges = Arena<UnacknowledgedRange>()
    private var firstReleased: UInt32 = 0
    /// The number of chunks that may exist.
    var limit = Int.max

    /// No chunks. The first one stays unused, because 0 means "none".
    init() {
        summaries.append(Summary())
        ranges.appendUnset(Self.capacity)
    }

    /// The number of chunks, including released ones.
    var count: Int { summaries.count - 1 }

    /// Whether a chunk can be made.
    @inline(__always)
    var hasRoom: Bool { firstReleased != 0 || count < limit }

    /// The number of a new, empty chunk; nil: there is no memory for one.
    mutating func make() -> UInt32? {
        if firstReleased != 0 {
            let chunk = firstReleased
            firstReleased = summaries[Int(chunk)].next
            summaries[Int(chunk)] = Summary()
            return chunk
        }
        guard count < limit else { return nil }
        summaries.append(Summary())
        ranges.appendUnset(Self.capacity)
        return UInt32(truncatingIfNeeded: summaries.count - 1)
    }

    /// Releases the chunk `first` and all that follow it.
    mutating func release(from first: UInt32) {
        var chunk = first
        while chunk != 0 {
            let next = summaries[Int(chunk)].next
            release(chunk)
            chunk = next
        }
    }

    private mutating func release(_ chunk: UInt32) {
        summaries[Int(chunk)].next = firstReleased
        firstReleased = chunk
    }

    /// Whether `chunk` has no room for a range.
    func isFull(_ chunk: UInt32) -> Bool { Int(summaries[Int(chunk)].count) == Self.capacity }

    /// Lets `next` follow `chunk`.
    mutating func link(_ chunk: UInt32, to next: UInt32) { summaries[Int(chunk)].next = next }

    /// Adds `range` to `chunk`, which must not be full.
    mutating func append(_ range: UnacknowledgedRange, to chunk: UInt32) {
        let number = Int(chunk)
        // A range that begins before the floor was sent after the acknowledgment.
        if summaries[number].hasFloor, range.start.rawValue &- summaries[number].floor >= 1 << 30 { applyFloor(number) }
        let count = Int(summaries[number].count)
        ranges[number * Self.capacity + count] = range
        summaries[number].count = UInt8(truncatingIfNeeded: count + 1)
        include(range, in: number, isFirst: count == 0)
    }

    /// Updates the summary of chunk `number` by `range`, its new range.
    private mutating func include(_ range: UnacknowledgedRange, in number: Int, isFirst: Bool) {
        var summary = summaries[number]
        let (start, end) = (range.start.rawValue, range.end.rawValue)
        if isFirst {
            (summary.lowestEnd, summary.extent, summary.highestStart) = (end, 0, start)
        } else if summary.extent < 1 << 31 {
            let after = end &- summary.lowestEnd
            if after < 1 << 31 {
                summary.extent = max(summary.extent, after)
            } else {
                summary.extent = UInt32(clamping: UInt64(summary.extent) + UInt64(0 &- after))
                summary.lowestEnd = end
            }
            if Int32(bitPattern: start &- summary.highestStart) > 0 { summary.highestStart = start }
        }
        summaries[number] = summary
    }

    /// Lets the ranges of chunk `number` that begin before its floor begin there.
    private mutating func applyFloor(_ number: Int) {
        for position in 0..<Int(summaries[number].count) {
            ranges[number * Self.capacity + position] = range(position, of: number)
        }
        let floor = summaries[number].floor
        if Int32(bitPattern: floor &- summaries[number].highestStart) > 0 { summaries[number].highestStart = floor }
        summaries[number].hasFloor = false
    }

    /// The range at `position` of chunk `number`, with the floor applied.
    @inline(__always)
    private func range(_ position: Int, of number: Int) -> UnacknowledgedRange {
        var range = ranges[number * Self.capacity + position]
        let summary = summaries[number]
        if summary.hasFloor, SequenceNumber(summary.floor).isNewer(than: range.start) {
            range.start = SequenceNumber(summary.floor)
        }
        return range
    }

    /// The newest range of `chunk`, which must not be empty.
    func newest(of chunk: UInt32) -> UnacknowledgedRange {
        range(Int(summaries[Int(chunk)].count) - 1, of: Int(chunk))
    }

    /// Calls `body` with the ranges of the list that begins with `first`, oldest first, until it returns false.
    func forEach(from first: UInt32, _ body: (UnacknowledgedRange) -> Bool) {
        var number = Int(first)
        while number != 0 {
            for position in 0..<Int(summaries[number].count) where !body(range(position, of: number)) { return }
            number = Int(summaries[number].next)
        }
    }

    /// Calls `body` with those of these ranges that do not begin before `bound`.
    func forEach(from first: UInt32, notBefore bound: SequenceNumber, _ body: (UnacknowledgedRange) -> Bool) {
        var number = Int(first)
        while number != 0 {
            if !isAllBefore(bound, number) {
                for position in 0..<Int(summaries[number].count) {
                    let range = range(position, of: number)
                    if !range.isBefore(bound), !body(range) { return }
                }
            }
            number = Int(summaries[number].next)
        }
    }

    /// Whether the summary of chunk `number` shows that all its ranges begin before `bound`.
    private func isAllBefore(_ bound: SequenceNumber, _ number: Int) -> Bool {
        let summary = summaries[number]
        let distance = bound.rawValue &- summary.highestStart
        let isFloorBefore = !summary.hasFloor || (1..<1 << 30).contains(bound.rawValue &- summary.floor)
        // The lowest start is less than 2^30 before the highest one, so all are less than 2^31 before `bound`.
        return summary.extent < 1 << 29 && (1..<1 << 30).contains(distance) && isFloorBefore
    }

    /// Applies `acknowledgment` to the list that begins with `first`; returns the first and the last chunk then, and the
    /// number of ranges.
    mutating func acknowledge(
        _ acknowledgment: SequenceNumber, from first: UInt32
    ) -> (first: UInt32, last: UInt32, count: Int) {
        var result = (first: 0 as UInt32, last: 0 as UInt32, count: 0)
        var chunk = first
        while chunk != 0 {
            let number = Int(chunk)
            let next = summaries[number].next
            if removesNone(acknowledgment, number) {
                raiseFloor(to: acknowledgment, number)
            } else {
                filter(by: acknowledgment, number)
            }
            let count = Int(summaries[number].count)
            result.count += count
            if count == 0 {
                release(chunk)
            } else if result.last != 0, Int(summaries[Int(result.last)].count) + count <= Self.capacity {
                move(from: number, to: result.last)
                release(chunk)
            } else {
                if result.last == 0 { result.first = chunk } else { link(result.last, to: chunk) }
                result.last = chunk
            }
            chunk = next
        }
        if result.last != 0 { link(result.last, to: 0) }
        return result
    }

    /// Whether the summary of chunk `number` shows that all its ranges end after `acknowledgment`.
    @inline(__always)
    private func removesNone(_ acknowledgment: SequenceNumber, _ number: Int) -> Bool {
        let ahead = summaries[number].lowestEnd &- acknowledgment.rawValue
        return ahead != 0 && UInt64(ahead) + UInt64(summaries[number].extent) < 1 << 31
    }

    @inline(__always)
    private mutating func raiseFloor(to acknowledgment: SequenceNumber, _ number: Int) {
        // No range ends before either number, and none is long, so the newer one is the floor.
        let isRaised =
            !summaries[number].hasFloor || acknowledgment.isNewer(than: SequenceNumber(summaries[number].floor))
        guard isRaised else { return }
        summaries[number].floor = acknowledgment.rawValue
        summaries[number].hasFloor = true
    }

    private mutating func filter(by acknowledgment: SequenceNumber, _ number: Int) {
        let count = Int(summaries[number].count)
        var kept = 0
        var summary = summaries[number]
        for position in 0..<count {
            guard let left = range(position, of: number).left(by: acknowledgment) else { continue }
            ranges[number * Self.capacity + kept] = left
            kept += 1
        }
        summary.count = UInt8(truncatingIfNeeded: kept)
        summary.hasFloor = false
        summaries[number] = summary
        for position in 0..<kept {
            include(ranges[number * Self.capacity + position], in: number, isFirst: position == 0)
        }
    }

    private mutating func move(from number: Int, to chunk: UInt32) {
        for position in 0..<Int(summaries[number].count) { append(range(position, of: number), to: chunk) }
    }
}
