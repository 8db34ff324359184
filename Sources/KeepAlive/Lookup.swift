import CTCPAlive
import Wire

/// Where the connection of one segment is to be looked for, worked out a group ahead.
struct Lookup<Key: ConnectionKey>: BitwiseCopyable {
    var key: Key
    /// The hash of the key.
    var hash: UInt32
    /// Where its connection probably is; `ConnectionTable.nowhere`: it is not there yet.
    var place: UInt32
    /// The sender's place in its connection: 0 when it is the smaller endpoint, 1 when it is the greater.
    var side: UInt8

    /// The lookup of a segment, whose place is not known yet.
    @inline(__always)
    init(_ segments: Span<Segment>, _ place: Int, seed: UInt64) {
        (key, side) = Key.oriented(segments, place)
        hash = Self.hash(key, seed: seed)
        self.place = .max
    }

    /// The part of the hash of `key` that tables go by.
    @inline(__always)
    static func hash(_ key: Key, seed: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: key.hash(seed: seed) >> 32)
    }
}

extension ConnectionTable {
    /// Looks up the connections of the segments at `places`, at most `groupSize`, for `lookup` to tell.
    ///
    /// In two steps, so that the cache misses of a group come at the same time and not one after the other: the index,
    /// then the slots.
    @inline(__always)
    mutating func lookUp(_ segments: Span<Segment>, _ places: Range<Int>) {
        let count = min(places.count, Self.groupSize)
        for number in 0..<count {
            let lookup = Lookup<Key>(segments, places.lowerBound &+ number, seed: seed)
            prefetch(lookup.hash)
            unsafe lookups[number] = lookup
        }
        for number in 0..<count {
            unsafe lookups[number].place = find(lookups[number].hash)
        }
    }

    /// Which segments of the group that `lookUp` was given may concern keep-alives, or are the first of their end, a bit
    /// for each; what is kept of the connections of those is asked for. A hint: what comes before them in the group may change it.
    @inline(__always)
    func hintsOfEvents(_ segments: Span<Segment>, _ places: Range<Int>) -> UInt32 {
        var hints: UInt32 = 0
        for number in 0..<min(places.count, Self.groupSize) {
            let lookup = unsafe lookups + number
            let place = unsafe lookup.pointee.place
            guard place != Self.nowhere else { continue }
            let slot = unsafe slots + Int(place)
            let isSecond = unsafe lookup.pointee.side != 0
            let next = unsafe isSecond ? slot.pointee.sides.1.next : slot.pointee.sides.0.next
            let sender = unsafe isSecond ? slot.pointee.sides.1.facts : slot.pointee.sides.0.facts
            let peer = unsafe isSecond ? slot.pointee.sides.0.facts : slot.pointee.sides.1.facts
            if segments[places.lowerBound &+ number].sequence + 1 == next || !sender.contains(.hasSpoken)
                || !peer.isDisjoint(with: [.awaitsAnswer, .wasKeepAlive])
            {
                hints |= 1 << UInt32(truncatingIfNeeded: number)
                unsafe tcpalive_prefetch(births + Int(place))
            }
        }
        return hints
    }

    /// The places of the histories of the connection that segment `number` of the group probably belongs to.
    @inline(__always)
    func histories(_ number: Int) -> (UInt32, UInt32) {
        unsafe births[Int(lookups[number].place)].histories
    }

    /// What `lookUp` found for segment `number` of its group.
    @inline(__always)
    func lookup(_ number: Int) -> Lookup<Key> {
        unsafe lookups[number]
    }

    /// Lets the connection of segment `place`, which is `number` of its group, take it where it is quiet
    /// (`WiresharkAnalysis.takesQuietly`); false: it is not.
    @inline(__always)
    mutating func takesQuietly(
        _ segments: Span<Segment>, _ place: Int, _ number: Int, _ analysis: inout WiresharkAnalysis
    ) -> Bool {
        let lookup = unsafe lookups + number
        guard unsafe holds(lookup.pointee.key, at: lookup.pointee.place) else { return false }
        let side = unsafe Int(lookup.pointee.side)
        return unsafe withSides(at: Int(lookup.pointee.place), sender: side) { sender, peer, lists in
            analysis.takesQuietly(segments, place, &sender, &peer, &lists, side)
        }
    }

    /// The number of the connection that `segment` belongs to, and the place of its sender there; nil: there is none.
    func number(of segment: Segment) -> (number: UInt64, side: Int)? {
        var single = SegmentBatch()
        single.append(segment)
        let lookup = Lookup<Key>(single.segments.span, 0, seed: seed)
        return place(of: lookup.key, hash: lookup.hash).map { (self[birth: $0].number, Int(lookup.side)) }
    }
}
