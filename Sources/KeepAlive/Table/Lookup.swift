import CTCPAlive
import Wire

/// Where the connection of one segment is to be looked for, worked out ahead.
struct Lookup: BitwiseCopyable {
    /// The hash of its key.
    var hash: UInt32
    /// Where it probably is; `nowhere`: it is not there yet.
    var place: UInt32

    /// The place of a connection that was not found.
    static var nowhere: UInt32 { .max }
}

/// The lookups that are ahead of the segment that is followed, and the places of connections that may need more than their
/// slots.
@safe struct Lookups: ~Copyable {
    private let lookups: UnsafeMutablePointer<Lookup>
    /// The places that hints came upon: those whose histories were asked for, and behind them the new ones.
    private let hints: UnsafeMutablePointer<UInt32>
    private var (takenCount, hintCount) = (0, 0)

    /// Segments that follow each other and have lookups at the same time, at most: a power of two.
    static var capacity: Int { 128 }

    init() {
        unsafe lookups = .allocate(capacity: Self.capacity)
        unsafe lookups.initialize(repeating: Lookup(hash: 0, place: Lookup.nowhere), count: Self.capacity)
        unsafe hints = .allocate(capacity: Self.capacity)
        unsafe hints.initialize(repeating: 0, count: Self.capacity)
    }

    deinit {
        unsafe lookups.deallocate()
        unsafe hints.deallocate()
    }

    /// The lookup of the segment at `place`, whatever that is: it takes the room of the one `capacity` before.
    subscript(place: Int) -> Lookup {
        @inline(__always) get { unsafe lookups[place & (Self.capacity &- 1)] }
    }

    /// Lets `body` change the lookups of the segments at `places`.
    @inline(__always)
    func update(_ places: Range<Int>, _ body: (_ place: Int, _ lookup: inout Lookup) -> Void) {
        let lookups = unsafe lookups
        for place in places { unsafe body(place, &lookups[place & (Self.capacity &- 1)]) }
    }

    /// Notes that what is kept beside the slot at `place` will probably be needed; half of `capacity` times between two
    /// `takeHints` at most, as those taken last are kept for one more.
    @inline(__always)
    mutating func hint(_ place: UInt32) {
        unsafe hints[hintCount & (Self.capacity &- 1)] = place
        hintCount &+= 1
    }

    /// Calls `again` with the places that `body` was called with when this was last done, and `body` with those noted since.
    @inline(__always)
    mutating func takeHints(_ body: (Int) -> Void, again: (Int) -> Void) {
        for number in 0..<takenCount { unsafe again(Int(hints[number])) }
        let new = takenCount..<min(hintCount, Self.capacity)
        for number in new { unsafe body(Int(hints[number])) }
        for number in new { unsafe hints[number &- new.lowerBound] = hints[number] }
        (takenCount, hintCount) = (new.count, new.count)
    }
}
