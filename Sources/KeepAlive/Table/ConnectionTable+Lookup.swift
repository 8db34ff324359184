import CTCPAlive
import Wire

// The steps of `LookupGroup` within one table.
extension ConnectionTable {
    /// Prefetches the index entry of a connection with `hash`.
    @inline(__always)
    func prefetchEntry(of hash: UInt32) {
        unsafe tcpalive_prefetch(entries + (Int(hash) & mask))
    }

    /// Prefetches the ranges of the connection that `lookup` found and, where `segment` may concern keep-alives or is the
    /// first of its end, the connection's record; returns whether it may.
    ///
    /// A hint only: earlier segments of the group may still change the connection.
    @inline(__always)
    func prefetchForTracking(
        _ segment: Segment, _ lookup: Lookup, _ ranges: borrowing UnacknowledgedRanges
    ) -> Bool {
        let slot = unsafe slots + Int(lookup.index)
        let lists = unsafe slot.pointee.lists
        if lists != 0 { ranges.prefetch(lists) }
        let sides = unsafe Self.sides(of: slot)
        let sender = Int(lookup.sender)
        let (own, peer) = unsafe (sides[sender], sides[sender ^ 1])
        guard
            segment.sequence + 1 == own.next || !own.activity.contains(.established)
                || own.activity.union(peer.activity).contains(.needsAttention)
                || own.markState.union(peer.markState).contains(.wasKeepAlive)
        else { return false }
        // A record lies in two cache lines.
        let start = unsafe UnsafeRawPointer(records + Int(lookup.index))
        unsafe tcpalive_prefetch(start)
        unsafe tcpalive_prefetch(start + MemoryLayout<ConnectionRecord>.stride - 1)
        return true
    }

    /// Prefetches the probe histories of both ends of the connection at `index`.
    @inline(__always)
    func prefetchHistories(of index: Int, _ store: borrowing EvidenceStore) {
        unsafe store.prefetch(records[index].histories)
    }

    /// Prefetches the details of these histories.
    @inline(__always)
    func prefetchDetails(of index: Int, _ store: borrowing EvidenceStore) {
        unsafe store.prefetchDetails(records[index].histories)
    }

    /// Tracks `segment` on the fast path (`WiresharkAnalysis.tryFastPath`) if its connection is where `lookup` says;
    /// false: nothing has changed, and the full path must track it.
    @inline(__always)
    mutating func tryFastPath(
        _ segment: Segment, _ lookup: Lookup, _ analysis: inout WiresharkAnalysis
    ) -> Bool {
        let sender = Int(lookup.sender)
        guard holds(Key(segment, sender: sender), at: lookup.index) else { return false }
        let slot = unsafe slots + Int(lookup.index)
        let sides = unsafe Self.sides(of: slot)
        return unsafe analysis.tryFastPath(segment, sender, &sides[sender], &sides[sender ^ 1], &slot.pointee.lists)
    }

    /// The number of the connection of `segment`, and which end sent it; nil: there is no such connection.
    func number(of segment: Segment) -> (number: UInt64, side: Int)? {
        let sender = Key.sender(of: segment)
        let key = Key(segment, sender: sender)
        return index(of: key, hash: key.hash(seed: seed)).map { (self[record: $0].number, sender) }
    }
}

extension Segment {
    /// Whether it came over IPv6.
    @inline(__always)
    var isVersion6: Bool { source.address.version == .v6 }
}
