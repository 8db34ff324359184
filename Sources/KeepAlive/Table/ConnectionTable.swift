import CTCPAlive
import Wire

/// The connections of one IP version, by key.
///
/// Slots and records are stored densely in order of appearance. A hash index finds them: open addressing with linear
/// probing, a power of two of entries, at most three quarters full. The low bits of an entry hold the index of the slot
/// plus 1. The high bits hold part of the hash, so that slots of other connections are rarely read.
///
/// All of it is raw memory, so that a packet costs one cache miss and no reference counting. This is safe while every
/// index is less than `count`, as the results of `find` and `index(of:)` are. An index stays valid for the life of the
/// table, but an eviction or a restart may replace its connection.
/// `@unchecked Sendable`, because only the table owns its memory, and it is not copyable.
@safe struct ConnectionTable<Key: ConnectionKey>: ~Copyable, @unchecked Sendable {
    /// The number of connections; their indices begin at 0.
    private(set) var count = 0
    /// The number of connections that were evicted.
    private(set) var evictions: UInt64 = 0

    /// The hot state of each connection.
    private(set) var slots: UnsafeMutablePointer<ConnectionSlot<Key>>
    /// The cold state of each connection.
    private(set) var records: UnsafeMutablePointer<ConnectionRecord>
    /// The number of connections for which memory is allocated.
    private var capacity: Int
    /// The hash index. Bits of an entry within `mask`: index + 1; others: the same bits of the hash. 0: a free entry.
    private(set) var entries: UnsafeMutablePointer<UInt32>
    private(set) var mask: Int
    let seed: HashSeed
    /// The index at which the search for a victim continues.
    private var hand = 0

    private static var smallestCapacity: Int { 256 }
    /// Tables double up to this capacity and then grow by an eighth, which copies almost nothing (`tcpalive_resize`).
    private static var smallCapacity: Int { 16384 }
    /// The most connections that one search for a victim inspects.
    private static var sweepLimit: Int { 4096 }

    /// An empty table.
    init(seed: UInt64) {
        self.seed = HashSeed(seed)
        capacity = Self.smallestCapacity
        unsafe slots = Arena.resized(nil, 0, capacity)
        unsafe records = Arena.resized(nil, 0, capacity)
        mask = capacity * 2 - 1
        unsafe entries = Self.freeEntries(mask + 1)
    }

    deinit {
        unsafe tcpalive_resize(slots, capacity * MemoryLayout<ConnectionSlot<Key>>.stride, 0)
        unsafe tcpalive_resize(records, capacity * MemoryLayout<ConnectionRecord>.stride, 0)
        unsafe entries.deallocate()
    }

    // MARK: Finding

    /// The probable index of the connection with `hash`, whose slot is prefetched; `Lookup.notFound`: it is not in the
    /// table.
    @inline(__always)
    func find(_ hash: UInt32) -> UInt32 {
        let mask = UInt32(truncatingIfNeeded: mask)
        var position = hash & mask
        // Nine out of ten are in the first two entries. Both are read at once, without an unpredictable branch.
        let pair = unsafe UnsafeRawPointer(entries + Int(position)).loadUnaligned(as: UInt64.self)
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
                position = (position &+ 1) & mask
                entry = unsafe entries[Int(position)]
            }
            if entry == 0 { return Lookup.notFound }
        }
        let index = entry & mask &- 1
        unsafe prefetch(slots + Int(index))
        return index
    }

    @inline(__always)
    private func prefetch(_ slot: UnsafeMutablePointer<ConnectionSlot<Key>>) {
        unsafe tcpalive_prefetch(slot)
        if MemoryLayout<ConnectionSlot<Key>>.stride > 64 {
            unsafe tcpalive_prefetch(UnsafeRawPointer(slot) + 64)
        }
    }

    /// Whether the connection of `key` is at `index`, a result of `find`.
    @inline(__always)
    func holds(_ key: Key, at index: UInt32) -> Bool {
        unsafe index != Lookup.notFound && slots[Int(index)].key == key
    }

    /// The index of the connection of `key`, which is probably at `lookup.index`; nil: not in the table.
    @inline(__always)
    func index(of key: Key, _ lookup: Lookup) -> Int? {
        holds(key, at: lookup.index) ? Int(lookup.index) : index(of: key, hash: lookup.hash)
    }

    /// The index of the connection of `key`; nil: not in the table.
    func index(of key: Key, hash: UInt32) -> Int? {
        var position = Int(hash) & mask
        while true {
            let entry = unsafe entries[position]
            if entry == 0 { return nil }
            let index = index(in: entry)
            let isAlike = (entry ^ hash) & ~UInt32(truncatingIfNeeded: mask) == 0
            if unsafe isAlike && slots[index].key == key { return index }
            position = (position &+ 1) & mask
        }
    }

    private func index(in entry: UInt32) -> Int {
        Int(truncatingIfNeeded: entry) & mask - 1
    }

    private func hash(at index: Int) -> UInt32 {
        unsafe slots[index].key.hash(seed: seed)
    }

    // MARK: Content

    /// Calls `body` with the connection at `index`, as the end `side` sees it. With `isSelf`, both ends are the same.
    @inline(__always)
    mutating func withConnection<Result>(
        at index: Int, sender side: Int, isSelf: Bool, _ body: (borrowing ConnectionAccess) -> Result
    ) -> Result {
        let slot = unsafe slots + index
        let sides = unsafe Self.sides(of: slot)
        let lists = unsafe (UnsafeMutableRawPointer(slot) + Self.listsOffset).assumingMemoryBound(to: UInt32.self)
        var blank = EndState()
        return unsafe withUnsafeMutablePointer(to: &blank) { blank in
            body(
                unsafe ConnectionAccess(
                    sender: sides + side, peer: isSelf ? blank : sides + (side ^ 1), lists: lists,
                    record: records + index, side: side, isSelf: isSelf))
        }
    }

    private static var listsOffset: Int {
        unsafe MemoryLayout<ConnectionSlot<Key>>.offset(of: \.lists).unsafelyUnwrapped
    }

    /// The two ends of the connection in `slot`, selected by index and not by a branch: the order of directions is
    /// unpredictable.
    @inline(__always)
    static func sides(of slot: UnsafeMutablePointer<ConnectionSlot<Key>>) -> UnsafeMutablePointer<EndState> {
        let offset = unsafe MemoryLayout<ConnectionSlot<Key>>.offset(of: \.sides).unsafelyUnwrapped
        return unsafe (UnsafeMutableRawPointer(slot) + offset).assumingMemoryBound(to: EndState.self)
    }

    /// The slot at `index`.
    func slot(at index: Int) -> ConnectionSlot<Key> {
        unsafe slots[index]
    }

    /// Resets the slot at `index`, except for its key, for a new connection between the same ends.
    mutating func restart(at index: Int) {
        unsafe slots[index] = ConnectionSlot(slots[index].key)
    }

    /// The record of the connection at `index`.
    @inline(__always)
    subscript(record index: Int) -> ConnectionRecord {
        get { unsafe records[index] }
        set { unsafe records[index] = newValue }
    }

    /// Prefetches the slot and the record at `index`.
    func prefetch(at index: Int) {
        unsafe prefetch(slots + index)
        unsafe tcpalive_prefetch(records + index)
    }

    // MARK: Growth and eviction

    /// Bytes of one connection, without its index entry.
    private static var bytesPerConnection: Int {
        MemoryLayout<ConnectionSlot<Key>>.stride + MemoryLayout<ConnectionRecord>.stride
    }

    /// Adds a connection of `key`, which must not be in the table, and returns its index. Its slot is blank. The caller
    /// must set its record.
    ///
    /// When `budget` is exhausted, it replaces a connection that was never established, after passing that to
    /// `evicted`. If the search finds no such connection, memory grows beyond the budget.
    mutating func insert(
        _ key: Key, hash: UInt32, _ budget: inout MemoryBudget,
        evicting evicted: (ConnectionSlot<Key>, ConnectionRecord) -> Void
    ) -> Int {
        if count == capacity {
            let more = capacity < Self.smallCapacity ? capacity : capacity / 8
            let needed = more * (Self.bytesPerConnection + 2 * MemoryLayout<UInt32>.stride)
            if !budget.has(needed), let victim = victim() {
                unsafe evicted(slots[victim], records[victim])
                evictions &+= 1
                removeEntry(of: victim)
                addEntry(of: victim, hash)
                unsafe slots[victim] = ConnectionSlot(key)
                return victim
            }
            budget.take(needed)
            reserve(capacity + more)
        }
        let index = count
        count += 1
        if count * 4 > (mask + 1) * 3 { rehash() }
        addEntry(of: index, hash)
        unsafe (slots + index).initialize(to: ConnectionSlot(key))
        return index
    }

    /// The index of the next connection that was never established and has no events; nil: a limited search found none.
    private mutating func victim() -> Int? {
        for _ in 0..<min(count, Self.sweepLimit) {
            let index = hand
            hand = hand + 1 < count ? hand + 1 : 0
            let slot = unsafe slots + index
            let activity = unsafe slot.pointee.sides.0.activity.union(slot.pointee.sides.1.activity)
            if unsafe !activity.contains(.established) && !records[index].hasEvents { return index }
        }
        return nil
    }

    private mutating func reserve(_ newCapacity: Int) {
        unsafe slots = Arena.resized(slots, capacity, newCapacity)
        unsafe records = Arena.resized(records, capacity, newCapacity)
        capacity = newCapacity
    }

    /// Doubles the hash index.
    private mutating func rehash() {
        let old = unsafe entries
        mask = (mask + 1) * 2 - 1
        unsafe entries = Self.freeEntries(mask + 1)
        // The caller adds the last connection.
        for index in 0..<count - 1 { addEntry(of: index, hash(at: index)) }
        unsafe old.deallocate()
    }

    private mutating func addEntry(of index: Int, _ hash: UInt32) {
        var position = Int(hash) & mask
        while unsafe entries[position] != 0 { position = (position &+ 1) & mask }
        let bits = UInt32(truncatingIfNeeded: mask)
        unsafe entries[position] = hash & ~bits | UInt32(truncatingIfNeeded: index + 1)
    }

    /// Frees the entry of the connection at `removed` and closes the gap: later entries of the run move up, unless that
    /// would move them before their home position.
    private mutating func removeEntry(of removed: Int) {
        var gap = Int(hash(at: removed)) & mask
        while unsafe index(in: entries[gap]) != removed { gap = (gap &+ 1) & mask }
        var position = gap
        while true {
            position = (position &+ 1) & mask
            let entry = unsafe entries[position]
            if entry == 0 { break }
            let home = Int(hash(at: index(in: entry))) & mask
            if (position &- home) & mask >= (position &- gap) & mask {
                unsafe entries[gap] = entry
                gap = position
            }
        }
        unsafe entries[gap] = 0
    }

    /// `count` free entries, and one more that stays free because `find` reads two at once.
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
