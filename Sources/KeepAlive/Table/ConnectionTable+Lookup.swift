import CTCPAlive
import Wire

// Connections are looked up some steps ahead of the segment that is followed: `lookUp` asks for the index, `find` for the
// slots, `hint` for what is kept beside those, `takeHints` for where that points to. Between two steps others are followed,
// so that memory is waited for as little as can be. A table takes the glances of its version.
//
// Each is a loop of its own, with few variables and not inlined. What it needs of the table it reads before, as the
// compiler would read that anew after each prefetch.
extension ConnectionTable {
    /// Begins to look up the connections of the glances at `places`.
    @inline(never)
    func lookUp(_ glances: borrowing GlanceBatch, _ places: Range<Int>) {
        let (entries, mask, seed) = unsafe (self.entries, UInt32(truncatingIfNeeded: self.mask), self.seed)
        let all = glances.glances.span
        lookups.update(places) { place, lookup in
            guard all[place].isVersion6 == Key.isVersion6 else { return }
            lookup.hash = Key(all[place], glances).hash(seed: seed)
            unsafe tcpalive_prefetch(entries + Int(lookup.hash & mask))
        }
    }

    /// Finds the places of the connections of the glances at `places`, which were looked up.
    @inline(never)
    func find(_ glances: borrowing GlanceBatch, _ places: Range<Int>) {
        let (entries, mask, slots) = unsafe (self.entries, UInt32(truncatingIfNeeded: self.mask), self.slots)
        let all = glances.glances.span
        lookups.update(places) { place, lookup in
            guard all[place].isVersion6 == Key.isVersion6 else { return }
            lookup.place = unsafe Self.find(lookup.hash, entries, mask, slots)
        }
    }

    /// Asks for the lists of the connections of the glances at `places`, which were found, and for what is kept beside the
    /// slot where a segment may concern keep-alives, or is the first of its end.
    ///
    /// A hint: segments before theirs may change what it goes by.
    @inline(never)
    mutating func hint(
        _ glances: borrowing GlanceBatch, _ places: Range<Int>, _ ranges: borrowing UnacknowledgedRanges
    ) {
        let (slots, births) = unsafe (self.slots, self.births)
        let all = glances.glances.span
        for place in places where all[place].isVersion6 == Key.isVersion6 {
            let found = lookups[place].place
            guard found != Lookup.nowhere else { continue }
            let slot = unsafe slots + Int(found)
            let lists = unsafe slot.pointee.lists
            if lists != 0 { ranges.prefetch(lists) }
            let side = all[place].side
            let sides = unsafe Self.sides(of: slot)
            let (next, facts) = unsafe (sides[side].next, sides[side].facts)
            let peer = unsafe sides[side ^ 1].facts
            if all[place].sequence + 1 == next || !facts.contains(.established)
                || !facts.union(peer).isDisjoint(with: [.needsAttention, .wasKeepAlive])
            {
                lookups.hint(found)
                // It lies in two cache lines.
                let birth = unsafe UnsafeRawPointer(births + Int(found))
                unsafe tcpalive_prefetch(birth)
                unsafe tcpalive_prefetch(birth + MemoryLayout<ConnectionBirth>.stride - 1)
            }
        }
    }

    /// Asks for the histories of each connection that `hint` came upon since this was last done, and for the details of
    /// those whose histories were asked for then.
    @inline(__always)
    mutating func takeHints(_ ledger: borrowing ConnectionLedger) {
        let births = unsafe births
        lookups.takeHints {
            unsafe ledger.prefetch(births[$0].histories)
        } again: {
            unsafe ledger.prefetchDetails(births[$0].histories)
        }
    }

    /// Lets the connection of the glance at `place`, which was found, take its segment where that is quiet
    /// (`WiresharkAnalysis.takesQuietly`); false: it is not.
    @inline(__always)
    mutating func takesQuietly(
        _ glances: borrowing GlanceBatch, _ place: Int, _ analysis: inout WiresharkAnalysis
    ) -> Bool {
        let all = glances.glances.span
        let found = lookups[place].place
        guard holds(Key(all[place], glances), at: found) else { return false }
        let slot = unsafe slots + Int(found)
        let sides = unsafe Self.sides(of: slot)
        let side = all[place].side
        return unsafe analysis.takesQuietly(all[place], &sides[side], &sides[side ^ 1], &slot.pointee.lists)
    }

    /// The number of the connection that `segment` belongs to, and the place of its sender there; nil: there is none.
    func number(of segment: Segment) -> (number: UInt64, side: Int)? {
        let glances = GlanceBatch(at: [segment])
        let key = Key(glances.glances[0], glances)
        return place(of: key, hash: key.hash(seed: seed)).map { (self[birth: $0].number, glances.glances[0].side) }
    }
}
