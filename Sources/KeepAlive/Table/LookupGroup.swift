import CTCPAlive
import Wire

/// The lookups of up to 64 consecutive segments.
///
/// A connection takes up to five dependent cache misses: index entry, slot, record and ranges, probe history, its
/// details. Each loop below takes one of these steps for the whole group and prefetches what the next step reads, so
/// that the misses of 64 segments overlap. Without it, tracking takes 1.2 to 2.1 times as long (many connections;
/// probes).
struct LookupGroup {
    /// The most segments in a group: enough to hide cache misses, few enough that prefetched lines stay in the L1
    /// cache.
    static var size: Int { 64 }

    /// One lookup for each segment.
    private(set) var lookups = InlineArray<64, Lookup>(repeating: Lookup())
    /// Indices of connections whose segment may need more than the slot.
    private var candidates = InlineArray<64, UInt32>(repeating: 0)
    private var candidateCount = 0

    /// Looks up the segments of the table's IP version among `segments`, at most `size`; returns their number.
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

    // Each loop is a separate function that is not inlined: in one function, the variables would not fit the registers.

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

    /// Prefetches ranges, and the records of connections whose segment may concern keep-alives or is the first of its
    /// end.
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
