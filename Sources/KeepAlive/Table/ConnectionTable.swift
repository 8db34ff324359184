import CTCPAlive
import Wire

/// Connections by key.
///
/// Slots and births lie densely, in the order of appearance, so that memory is that of the connections there are. An
/// index finds their places: open addressing with linear probing, a power of two of entries, at most three quarters
/// full. An entry holds the place below and, above, as many bits of the hash as there is room for, so that a slot is
/// looked at where it is the right one, and hardly ever in vain.
///
/// All is raw memory, because a packet must cost one cache miss and no reference count. The rule that keeps that safe: a
/// place is below `count`, as those are that `find` and `place(of:)` give, and holds a connection for as long as the
/// table lives, if not the same one.
@safe struct ConnectionTable<Key: ConnectionKey>: ~Copyable {
    /// Connections in the table: they are at the places from 0 on.
    private(set) var count = 0
    /// Connections that made room for others.
    private(set) var evictions: UInt64 = 0

    private(set) var slots: UnsafeMutablePointer<ConnectionSlot<Key>>
    private(set) var births: UnsafeMutablePointer<ConnectionBirth>
    /// Places that there is room for.
    private var capacity: Int
    /// Bits of the hash above `mask`, the place + 1 below; 0 is free.
    private(set) var entries: UnsafeMutablePointer<UInt32>
    private(set) var mask: Int
    let seed: HashSeed
    /// What is known ahead of the segment that is followed.
    var lookups = Lookups()
    /// Where the next connection is looked for that can make room.
    private var hand = 0

    private static var smallestCapacity: Int { 256 }
    /// Tables double until they have so many places, and then grow by eighths: nobody knows how many more connections will
    /// come, and to grow copies next to nothing (`tcpalive_resize`).
    private static var smallCapacity: Int { 16384 }
    /// Connections that are looked at, at the most, for one that can make room.
    private static var sweepLimit: Int { 4096 }

    /// An empty table.
    init(seed: UInt64) {
        self.seed = HashSeed(seed)
        capacity = Self.smallestCapacity
        unsafe slots = Arena.resized(nil, 0, capacity)
        unsafe births = Arena.resized(nil, 0, capacity)
        mask = capacity * 2 - 1
        unsafe entries = Self.freeEntries(mask + 1)
    }

    deinit {
        unsafe tcpalive_resize(slots, capacity * MemoryLayout<ConnectionSlot<Key>>.stride, 0)
        unsafe tcpalive_resize(births, capacity * MemoryLayout<ConnectionBirth>.stride, 0)
        unsafe entries.deallocate()
    }

    // MARK: Finding

    /// The place where a connection with `hash` is, probably the right one, whose cache lines are asked for;
    /// `Lookup.nowhere` where there is none.
    @inline(__always)
    static func find(
        _ hash: UInt32, _ entries: UnsafeMutablePointer<UInt32>, _ mask: UInt32,
        _ slots: UnsafeMutablePointer<ConnectionSlot<Key>>
    ) -> UInt32 {
        var index = hash & mask
        // Nine of ten are in one of two entries, which are read as one: no branch asks in which, as it would be foretold
        // wrong too often.
        let pair = unsafe UnsafeRawPointer(entries + Int(index)).loadUnaligned(as: UInt64.self)
        #if _endian(little)
            let (firstShift, secondShift) = (0 as UInt64, 32 as UInt64)
        #else
            let (firstShift, secondShift) = (32 as UInt64, 0 as UInt64)
        #endif
        let first = UInt32(truncatingIfNeeded: pair &>> firstShift)
        var entry = UInt32(truncatingIfNeeded: pair &>> ((first ^ hash) & ~mask == 0 ? firstShift : secondShift))
        if entry == 0 || (entry ^ hash) & ~mask != 0 {
            entry = first
            while entry != 0, (entry ^ hash) & ~mask != 0 {
                index = (index &+ 1) & mask
                entry = unsafe entries[Int(index)]
            }
            if entry == 0 { return Lookup.nowhere }
        }
        let place = entry & mask &- 1
        unsafe prefetch(slots + Int(place))
        return place
    }

    @inline(__always)
    private static func prefetch(_ slot: UnsafeMutablePointer<ConnectionSlot<Key>>) {
        unsafe tcpalive_prefetch(slot)
        if MemoryLayout<ConnectionSlot<Key>>.stride > 64 {
            unsafe tcpalive_prefetch(UnsafeRawPointer(slot) + 64)
        }
    }

    /// Whether the connection of `key` is at `place`, as `find` gave it.
    @inline(__always)
    func holds(_ key: Key, at place: UInt32) -> Bool {
        unsafe place != Lookup.nowhere && slots[Int(place)].key == key
    }

    /// The place of the connection of `key`, which is probably at `lookup.place`; nil where there is none.
    @inline(__always)
    func place(of key: Key, _ lookup: Lookup) -> Int? {
        holds(key, at: lookup.place) ? Int(lookup.place) : place(of: key, hash: lookup.hash)
    }

    /// The place of the connection of `key`; nil where there is none.
    func place(of key: Key, hash: UInt32) -> Int? {
        var index = Int(hash) & mask
        while true {
            let entry = unsafe entries[index]
            if entry == 0 { return nil }
            let place = place(entry)
            let isAlike = (entry ^ hash) & ~UInt32(truncatingIfNeeded: mask) == 0
            if unsafe isAlike && slots[place].key == key { return place }
            index = (index &+ 1) & mask
        }
    }

    private func place(_ entry: UInt32) -> Int {
        Int(truncatingIfNeeded: entry) & mask - 1
    }

    private func hash(at place: Int) -> UInt32 {
        unsafe slots[place].key.hash(seed: seed)
    }

    // MARK: What is kept

    /// Calls `body` with the slot at `place`, the sender's side and the peer's, whose places `side` tells.
    @inline(__always)
    mutating func withSides<Result>(
        at place: Int, sender side: Int,
        _ body: (
            _ sender: inout WiresharkSide, _ peer: inout WiresharkSide, _ lists: inout UInt32
        ) -> Result
    ) -> Result {
        let slot = unsafe slots + place
        let sides = unsafe Self.sides(of: slot)
        return unsafe body(&sides[side], &sides[side ^ 1], &slot.pointee.lists)
    }

    /// The two sides of the connection in `slot`, chosen by index and not by branch: directions come in random order.
    @inline(__always)
    static func sides(of slot: UnsafeMutablePointer<ConnectionSlot<Key>>) -> UnsafeMutablePointer<WiresharkSide> {
        let offset = unsafe MemoryLayout<ConnectionSlot<Key>>.offset(of: \.sides).unsafelyUnwrapped
        return unsafe (UnsafeMutableRawPointer(slot) + offset).assumingMemoryBound(to: WiresharkSide.self)
    }

    /// The slot at `place`.
    func slot(at place: Int) -> ConnectionSlot<Key> {
        unsafe slots[place]
    }

    /// Blanks all but the key of the slot at `place`: a new connection in the place of an old one.
    mutating func restart(at place: Int) {
        unsafe slots[place] = ConnectionSlot(slots[place].key)
    }

    /// When and as which number the connection at `place` appeared.
    @inline(__always)
    subscript(birth place: Int) -> ConnectionBirth {
        get { unsafe births[place] }
        set { unsafe births[place] = newValue }
    }

    /// Asks for the cache lines of what is kept of the connection at `place`.
    func prefetch(at place: Int) {
        unsafe Self.prefetch(slots + place)
        unsafe tcpalive_prefetch(births + place)
    }

    // MARK: Growing

    /// Bytes that one connection takes.
    private static var bytesPerConnection: Int {
        MemoryLayout<ConnectionSlot<Key>>.stride + MemoryLayout<ConnectionBirth>.stride
    }

    /// A place for a connection of `key`, which is in none yet: its slot is blank, its birth is the caller's to set.
    ///
    /// Where `budget` has nothing left, it may be that of a connection that never came to be, and `evicted` is told of
    /// it first; where there is none of those, memory grows all the same.
    mutating func make(
        _ key: Key, hash: UInt32, _ budget: inout MemoryBudget,
        evicting evicted: (ConnectionSlot<Key>, ConnectionBirth) -> Void
    ) -> Int {
        if count == capacity {
            let more = capacity < Self.smallCapacity ? capacity : capacity / 8
            let needed = more * (Self.bytesPerConnection + 2 * MemoryLayout<UInt32>.stride)
            if !budget.has(needed), let victim = victim() {
                unsafe evicted(slots[victim], births[victim])
                evictions &+= 1
                remove(entryOf: victim)
                add(entryOf: victim, hash)
                unsafe slots[victim] = ConnectionSlot(key)
                return victim
            }
            budget.take(needed)
            reserve(capacity + more)
        }
        let place = count
        count += 1
        if count * 4 > (mask + 1) * 3 { rehash() }
        add(entryOf: place, hash)
        unsafe (slots + place).initialize(to: ConnectionSlot(key))
        return place
    }

    /// A connection that never came to be, the next of them in the order of appearance; nil: none was found soon.
    private mutating func victim() -> Int? {
        for _ in 0..<min(count, Self.sweepLimit) {
            let place = hand
            hand = hand + 1 < count ? hand + 1 : 0
            let slot = unsafe slots + place
            let facts = unsafe slot.pointee.sides.0.facts.union(slot.pointee.sides.1.facts)
            if unsafe !facts.contains(.established) && !births[place].hasEvents { return place }
        }
        return nil
    }

    private mutating func reserve(_ newCapacity: Int) {
        unsafe slots = Arena.resized(slots, capacity, newCapacity)
        unsafe births = Arena.resized(births, capacity, newCapacity)
        capacity = newCapacity
    }

    /// Doubles the index.
    private mutating func rehash() {
        let old = unsafe entries
        mask = (mask + 1) * 2 - 1
        unsafe entries = Self.freeEntries(mask + 1)
        // The last one is not in yet.
        for place in 0..<count - 1 { add(entryOf: place, hash(at: place)) }
        unsafe old.deallocate()
    }

    private mutating func add(entryOf place: Int, _ hash: UInt32) {
        var index = Int(hash) & mask
        while unsafe entries[index] != 0 { index = (index &+ 1) & mask }
        let bits = UInt32(truncatingIfNeeded: mask)
        unsafe entries[index] = hash & ~bits | UInt32(truncatingIfNeeded: place + 1)
    }

    /// Frees the entry of the connection at `place`, and closes the gap: whatever follows moves up, unless it would then
    /// lie before the place where it is looked for first.
    private mutating func remove(entryOf removed: Int) {
        var gap = Int(hash(at: removed)) & mask
        while unsafe place(entries[gap]) != removed { gap = (gap &+ 1) & mask }
        var index = gap
        while true {
            index = (index &+ 1) & mask
            let entry = unsafe entries[index]
            if entry == 0 { break }
            let home = Int(hash(at: place(entry))) & mask
            if (index &- home) & mask >= (index &- gap) & mask {
                unsafe entries[gap] = entry
                gap = index
            }
        }
        unsafe entries[gap] = 0
    }

    /// `count` free entries, and one more that stays free, as `find` reads two.
    private static func freeEntries(_ count: Int) -> UnsafeMutablePointer<UInt32> {
        let bytes = (count + 1) * MemoryLayout<UInt32>.stride
        let largePage = 2 << 20
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: bytes, alignment: bytes >= largePage ? largePage : 64)
        if bytes >= largePage { unsafe tcpalive_prefer_large_pages(raw, bytes) }
        unsafe raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        return unsafe raw.bindMemory(to: UInt32.self, capacity: count + 1)
    }
}
