import CTCPAlive
import Wire

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

/// The lookups of up to 64 consecutive segments.
///
/// A connection takes up to five dependent cache misses: index entry, slot, record and ranges, probe history, its details.
/// Each loop below makes one of these steps for the whole group and prefetches what the next one reads, so that the misses
/// of 64 segments overlap. Without it, tracking takes 1.2 to 2.1 times as long (many connections; probes).
struct LookupGroup {
    /// Segments in a group, at most: enough to hide a cache miss, and few enough that nothing leaves the nearest cache.
    static var size: Int { 64 }

    /// One lookup for each segment.
    private(set) var lookups = InlineArray<64, Lookup>(repeating: Lookup())
    /// Connections that may need more than their slot, by their index.
    private var candidates = InlineArray<64, UInt32>(repeating: 0)
    private var candidateCount = 0

    /// Looks up the segments of the table's IP version in `segments`, at most `size`; returns how many these are.
    @inline(__always)
    mutating func find<Key: ConnectionKey>(
        _ segments: Span<Segment>, in table: borrowing ConnectionTable<Key>, _ ranges: borrowing UnacknowledgedRanges,
        _ store: borrowing EvidenceStore
    ) -> Int {
        let count = hash(segments, in: table)
        guard count > 0 else { return 0 }
        findSlots(segments, in: table)
        findCandidates(segments, in: table, ranges)
        for number in 0..<candidateCount { table.prefetchHistories(of: Int(candidates[number]), store) }
        for number in 0..<candidateCount { table.prefetchDetails(of: Int(candidates[number]), store) }
        return count
    }

    // Each loop is a function of its own, not inlined, with few variables: together they would not fit the registers.

    @inline(never)
    private mutating func hash<Key: ConnectionKey>(
        _ segments: Span<Segment>, in table: borrowing ConnectionTable<Key>
    ) -> Int {
        let seed = table.seed
        var count = 0
        for index in segments.indices where segments[index].isVersion6 == Key.isVersion6 {
            let sender = Key.sender(of: segments[index])
            let hash = Key(segments[index], sender: sender).hash(seed: seed)
            lookups[index] = Lookup(hash: hash, sender: UInt8(truncatingIfNeeded: sender))
            table.prefetchEntry(of: hash)
            count &+= 1
        }
        return count
    }

    @inline(never)
    private mutating func findSlots<Key: ConnectionKey>(
        _ segments: Span<Segment>, in table: borrowing ConnectionTable<Key>
    ) {
        for index in segments.indices where segments[index].isVersion6 == Key.isVersion6 {
            lookups[index].index = table.find(lookups[index].hash)
        }
    }

    /// Prefetches ranges, and the records of connections whose segment may concern keep-alives or is the first of its end.
    @inline(never)
    private mutating func findCandidates<Key: ConnectionKey>(
        _ segments: Span<Segment>, in table: borrowing ConnectionTable<Key>, _ ranges: borrowing UnacknowledgedRanges
    ) {
        candidateCount = 0
        for index in segments.indices where segments[index].isVersion6 == Key.isVersion6 {
            let lookup = lookups[index]
            guard lookup.index != Lookup.notFound,
                table.prefetchForTracking(segments[index], lookup, ranges)
            else { continue }
            candidates[candidateCount] = lookup.index
            candidateCount &+= 1
        }
    }
}
