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
/// table, but an eviction or a restart may replace its connection, or leave it vacant.
// `@unchecked Sendable`: the pointers are private and never leave the table, which cannot be copied. So the memory has one owner, and
// passing the table to another thread passes the memory as well.
@safe struct ConnectionTable<Key: ConnectionKey>: ~Copyable, @unchecked Sendable {
    /// The number of indices, which begin at 0.
    private(set) var count = 0
    /// The number of connections that were evicted, by `EvictionClass`.
    private(set) var evictions = InlineArray<6, UInt64>(repeating: 0)

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
    /// Which connections are evicted first.
    private var queues = EvictionQueues()

    /// The table has this many connections without regard to the memory limit.
    private static var smallestCapacity: Int { 256 }
    /// Tables double up to this capacity and then grow by an eighth, which copies almost nothing (`tcpalive_resize`).
    private static var smallCapacity: Int { 16384 }
    /// The most connections: an entry must have bits of the hash, and `Owner` must hold an index.
    private static var largestCount: Int { 1 << 29 }

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
        queues.move(index, to: .attempt)
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

    /// Bytes of one connection, without its index entry, but with the lists of ranges that it may need at any time.
    static var bytesPerConnection: Int {
        MemoryLayout<ConnectionSlot<Key>>.stride + MemoryLayout<ConnectionRecord>.stride
            + EvictionQueues.bytesPerConnection + UnacknowledgedRanges.bytesPerConnection
    }

    /// The part of the budget that the table uses.
    private static var part: MemoryBudget.Part { Key.isVersion6 ? .version6 : .version4 }

    /// Adds a connection of `key`, which must not be in the table, and returns its index. Its slot is blank. The caller
    /// must set its record.
    ///
    /// When `budget` is exhausted, it replaces another connection at `time` (ns since 1970), after passing that to
    /// `evicted`.
    mutating func insert(
        _ key: Key, hash: UInt32, at time: Int64, _ budget: inout MemoryBudget,
        evicting evicted: (ConnectionSlot<Key>, ConnectionRecord) -> Void
    ) -> Int {
        let index = newIndex(at: time, &budget, evicting: evicted)
        addEntry(of: index, hash)
        unsafe (slots + index).initialize(to: ConnectionSlot(key))
        return index
    }

    private mutating func newIndex(
        at time: Int64, _ budget: inout MemoryBudget,
        evicting evicted: (ConnectionSlot<Key>, ConnectionRecord) -> Void
    ) -> Int {
        if let vacant = queues.takeVacant() { return vacant }
        let isFull = (count + 1) * 4 > (mask + 1) * 3
        // While the index doubles, both are in memory.
        let needed = Self.bytesPerConnection + (isFull ? 2 * (mask + 1) * MemoryLayout<UInt32>.stride : 0)
        let isAtLimit = count >= Self.largestCount || !budget.hasForTable(needed, Self.part)
        if count >= Self.smallestCapacity, isAtLimit || budget.isReserved,
            let victim = isAtLimit ? victim(at: time) : victim(of: .attempt, at: time)
        {
            evict(victim, at: time, evicted)
            queues.move(victim, to: .attempt)
            return victim
        }
        if count == capacity { reserve(capacity < Self.smallCapacity ? capacity * 2 : capacity + capacity / 8) }
        if isFull { rehash() }
        defer { count += 1 }
        queues.add(count)
        budget.set(Self.part, (count + 1) * Self.bytesPerConnection + (mask + 1) * MemoryLayout<UInt32>.stride)
        return count
    }

    /// The class of the connection at `index` at `time` (ns since 1970).
    func evictionClass(at index: Int, _ time: Int64) -> EvictionClass {
        unsafe EvictionClass(slots[index].sides, records[index], at: time)
    }

    /// The first connection in the queue of `queue`, after those whose class at `time` (ns since 1970) is a higher one have
    /// moved to its queue; nil: none is left.
    private mutating func victim(of queue: EvictionClass, at time: Int64) -> Int? {
        while let index = queues.first(of: queue) {
            let present = evictionClass(at: index, time)
            if present <= queue { return index }
            queues.move(index, to: present)
        }
        return nil
    }

    /// The connection to evict at `time` (ns since 1970): the first one of the lowest class; nil: the table is empty.
    private mutating func victim(at time: Int64) -> Int? {
        for queue in EvictionClass.allCases {
            // Idle connections get into this class as time passes: one of them is looked at, each in turn.
            if queue == .silent, let index = queues.first(of: .idle) {
                let present = evictionClass(at: index, time)
                if present <= .silent { return index }
                queues.move(index, to: present)
            }
            if let index = victim(of: queue, at: time) { return index }
        }
        return nil
    }

    /// Puts the connection at `index` into the queue of its class at `time` (ns since 1970), because it was closed.
    mutating func recordClose(at index: Int, _ time: Int64) {
        // In the first queue, its class is determined when it is its turn.
        if queues.queue(of: index) ?? .attempt == .attempt { return }
        queues.move(index, to: evictionClass(at: index, time))
    }

    /// Evicts the connection at `index` at `time` (ns since 1970), after passing it to `evicted`. Another one will use its
    /// memory. Does nothing if there is none.
    mutating func vacate(
        at index: Int, _ time: Int64, evicting evicted: (ConnectionSlot<Key>, ConnectionRecord) -> Void
    ) {
        if isVacant(index) { return }
        evict(index, at: time, evicted)
        queues.vacate(index)
        unsafe slots[index] = ConnectionSlot(.impossible)
        unsafe records[index] = ConnectionRecord(number: .max, time: .max)
    }

    /// Whether there is no connection at `index`.
    func isVacant(_ index: Int) -> Bool { queues.queue(of: index) == nil }

    private mutating func evict(
        _ index: Int, at time: Int64, _ evicted: (ConnectionSlot<Key>, ConnectionRecord) -> Void
    ) {
        evictions[Int(evictionClass(at: index, time).rawValue)] &+= 1
        unsafe evicted(slots[index], records[index])
        removeEntry(of: index)
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
        for index in 0..<count where !isVacant(index) { addEntry(of: index, hash(at: index)) }
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
