import CTCPAlive
import Wire

/// Where the connection of one segment is to be looked for, worked out ahead.
struct Lookup<Key: ConnectionKey>: BitwiseCopyable {
    var key: Key
    /// The hash of the key.
    var hash: UInt32
    /// Where its connection probably is; `ConnectionTable.nowhere`: it is not there yet.
    var place: UInt32
    /// SEG.SEQ.
    var sequence: SequenceNumber
    /// The sender's place in its connection: 0 when it is the smaller endpoint, 1 when it is the greater.
    var side: Int

    /// The lookup of a segment, whose place is not known yet.
    @inline(__always)
    init(_ segments: Span<Segment>, _ place: Int, seed: HashSeed) {
        (key, side) = Key.oriented(segments, place)
        hash = Self.hash(key, seed: seed)
        sequence = segments[place].sequence
        self.place = .max
    }

    /// The part of the hash of `key` that tables go by.
    @inline(__always)
    static func hash(_ key: Key, seed: HashSeed) -> UInt32 {
        UInt32(truncatingIfNeeded: key.hash(seed: seed) >> 32)
    }
}

extension ConnectionTable {
    // The connections of a group of segments are looked up some steps ahead of the segment that is followed: `lookUp` asks
    // for the index, `find` for the slots, `hint` for what is kept beside those, `takeHints` for where that points to.
    // Between two steps others are followed, so that memory is waited for as little as can be.

    /// Forgets the segments of the group before.
    @inline(__always)
    mutating func beginGroup() {
        (lookedUp, found, examined, hinted) = (0, 0, 0, 0)
    }

    /// Looks up the connection of the segment at `place`, one more of the group, of at most `groupSize`.
    @inline(__always)
    mutating func lookUp(_ segments: Span<Segment>, _ place: Int) {
        let lookup = Lookup<Key>(segments, place, seed: seed)
        prefetch(hash: lookup.hash)
        unsafe lookups[lookedUp] = lookup
        lookedUp &+= 1
    }

    /// Finds the places of the connections that were looked up since this was last done.
    @inline(__always)
    mutating func find() {
        for number in found..<lookedUp {
            unsafe lookups[number].place = find(lookups[number].hash)
        }
        found = lookedUp
    }

    /// Asks for what is kept beside the slots of connections found since this was last done, where segments may concern
    /// keep-alives, or are the first of their end, and for the lists of those that have any.
    ///
    /// A hint: what comes before them in the group may change it.
    @inline(__always)
    mutating func hint(_ ranges: borrowing UnacknowledgedRanges) {
        for number in examined..<found {
            let lookup = unsafe lookups + number
            let place = unsafe lookup.pointee.place
            guard place != Self.nowhere else { continue }
            let slot = unsafe slots + Int(place)
            let lists = unsafe slot.pointee.lists
            if lists != 0 { ranges.prefetch(lists) }
            let isSecond = unsafe lookup.pointee.side != 0
            let next = unsafe isSecond ? slot.pointee.sides.1.next : slot.pointee.sides.0.next
            let sender = unsafe isSecond ? slot.pointee.sides.1.facts : slot.pointee.sides.0.facts
            let peer = unsafe isSecond ? slot.pointee.sides.0.facts : slot.pointee.sides.1.facts
            if unsafe lookup.pointee.sequence + 1 == next || !sender.contains(.hasSpoken)
                || !peer.isDisjoint(with: [.awaitsAnswer, .wasKeepAlive])
            {
                unsafe hints[hinted] = place
                hinted &+= 1
                unsafe tcpalive_prefetch(births + Int(place))
            }
        }
        examined = found
    }

    /// Calls `body` with the places of the histories of each connection that `hint` came upon since this was last done.
    @inline(__always)
    mutating func takeHints(_ body: ((UInt32, UInt32)) -> Void) {
        for number in 0..<hinted { unsafe body(births[Int(hints[number])].histories) }
        hinted = 0
    }

    /// What was looked up for segment `number` of the group.
    @inline(__always)
    func lookup(_ number: Int) -> Lookup<Key> {
        unsafe lookups[number]
    }

    /// Lets the connection of the segment at `place`, which is `number` of the group, take it where it is quiet
    /// (`WiresharkAnalysis.takesQuietly`); false: it is not.
    @inline(__always)
    mutating func takesQuietly(
        _ segments: Span<Segment>, _ place: Int, _ number: Int, _ analysis: inout WiresharkAnalysis
    ) -> Bool {
        let lookup = unsafe lookups + number
        guard unsafe holds(lookup.pointee.key, at: lookup.pointee.place) else { return false }
        let side = unsafe lookup.pointee.side
        return unsafe withSides(at: Int(lookup.pointee.place), sender: side) { sender, peer, lists in
            analysis.takesQuietly(segments, place, &sender, &peer, &lists, side)
        }
    }

    /// The number of the connection that `segment` belongs to, and the place of its sender there; nil: there is none.
    func number(of segment: Segment) -> (number: UInt64, side: Int)? {
        var single = SegmentBatch()
        single.append(segment)
        let lookup = Lookup<Key>(single.segments.span, 0, seed: seed)
        return place(of: lookup.key, hash: lookup.hash).map { (self[birth: $0].number, lookup.side) }
    }
}
