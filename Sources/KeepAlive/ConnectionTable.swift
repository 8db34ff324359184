import CSystem
import Wire

/// What is kept of one connection in its slot: with an IPv4 key, one cache line.
struct ConnectionSlot<Key: ConnectionKey>: BitwiseCopyable {
    var key: Key
    /// The handle of its unacknowledged ranges; 0 is none.
    var lists: UInt32
    /// The end that is first in the key, and the other one.
    var sides: (WiresharkSide, WiresharkSide)
}

/// What is kept of a connection beside its slot, because only its beginning, its events and its report touch it.
struct ConnectionBirth: BitwiseCopyable {
    /// Its number, from 0 in order of appearance.
    var number: UInt64
    /// Time of its first segment (ns since 1970).
    var time: Int64
    /// The initial sequence number of each side, seen or derived; meaningful with its `.baseKnown`.
    var bases = (SequenceNumber(0), SequenceNumber(0))
    /// The place of each side's history, from 1; 0 is none.
    var histories: (UInt32, UInt32) = (0, 0)

    /// The place of what is known of its silences, from 1; 0 is none.
    var silence: UInt32 = 0
    /// The TTL or hop limit of each side's first segment; 0: none was seen.
    var timesToLive: (UInt8, UInt8) = (0, 0)
    /// Whether each side's first segment carried the timestamp option.
    var haveTimestamps = (false, false)

    /// Whether it had an event.
    var hasEvents: Bool { histories != (0, 0) }
}

/// Connections by key: open addressing with linear probing, power of two, at most three quarters full.
///
/// Its slots are raw memory, because a packet must cost one cache miss and no reference count. The rule that keeps
/// that safe: a slot index is valid until the next call of `index(of:hash:)`, which may grow the table.
@safe struct ConnectionTable<Key: ConnectionKey>: ~Copyable {
    /// Connections in the table.
    private(set) var count = 0
    private var slots: UnsafeMutablePointer<ConnectionSlot<Key>>
    private var births: UnsafeMutablePointer<ConnectionBirth>
    private var mask: Int
    private let seed: UInt64

    /// An empty table with room for `1 << bits` slots.
    init(seed: UInt64, bits: Int = 10) {
        self.seed = seed
        mask = 1 << bits - 1
        unsafe (slots, births) = Self.allocate(1 << bits)
    }

    deinit {
        unsafe slots.deallocate()
        unsafe births.deallocate()
    }

    /// The hash of `key` under the table's seed.
    @inline(__always)
    func hash(_ key: Key) -> UInt64 {
        key.hash(seed: seed)
    }

    /// Asks for the cache line where a key with `hash` is probably found.
    @inline(__always)
    func prefetch(_ hash: UInt64) {
        unsafe tcpalive_prefetch(slots + Int(truncatingIfNeeded: hash) & mask)
    }

    /// The slot of `key`, and whether it was free: then it now holds the key and is otherwise blank.
    @inline(__always)
    mutating func index(of key: Key, hash: UInt64) -> (index: Int, isNew: Bool) {
        var index = Int(truncatingIfNeeded: hash) & mask
        while unsafe slots[index].sides.0.facts.contains(.occupied) {
            if unsafe slots[index].key == key { return (index, false) }
            index = (index + 1) & mask
        }
        if (count + 1) * 4 > (mask + 1) * 3 {
            grow()
            index = freeIndex(hash)
        }
        count += 1
        unsafe slots[index] = Self.blank(key)
        return (index, true)
    }

    /// The slot of `key`; nil where it is in none.
    func find(_ key: Key, hash: UInt64) -> Int? {
        var index = Int(truncatingIfNeeded: hash) & mask
        while unsafe slots[index].sides.0.facts.contains(.occupied) {
            if unsafe slots[index].key == key { return index }
            index = (index + 1) & mask
        }
        return nil
    }

    /// Calls `body` with the slot at `index`, the sender's side and the peer's, whose places `side` tells.
    @inline(__always)
    mutating func withSides<Result>(
        at index: Int, sender side: Int,
        _ body: (
            _ sender: inout WiresharkSide, _ peer: inout WiresharkSide, _ lists: inout UInt32
        ) -> Result
    ) -> Result {
        // Two distinct places of one slot, chosen by index and not by branch: directions come in random order.
        let slot = unsafe slots + index
        return unsafe withUnsafeMutablePointer(to: &slot.pointee.sides) { pair in
            unsafe pair.withMemoryRebound(to: WiresharkSide.self, capacity: 2) { sides in
                unsafe body(&sides[side], &sides[1 - side], &slot.pointee.lists)
            }
        }
    }

    /// The slot at `index`.
    func slot(at index: Int) -> ConnectionSlot<Key> {
        unsafe slots[index]
    }

    /// Blanks all but the key of the slot at `index`: a new connection in the place of an old one.
    mutating func restart(at index: Int) {
        unsafe slots[index] = Self.blank(slots[index].key)
    }

    /// When and as which number the connection at `index` appeared.
    @inline(__always)
    subscript(birth index: Int) -> ConnectionBirth {
        get { unsafe births[index] }
        set { unsafe births[index] = newValue }
    }

    /// Calls `body` with the index and the birth of each connection, in no order.
    func forEach(_ body: (Int, ConnectionBirth) -> Void) {
        for index in 0...mask where unsafe slots[index].sides.0.facts.contains(.occupied) {
            unsafe body(index, births[index])
        }
    }

    private static func blank(_ key: Key) -> ConnectionSlot<Key> {
        var first = WiresharkSide()
        first.facts = .occupied
        return ConnectionSlot(key: key, lists: 0, sides: (first, WiresharkSide()))
    }

    private static func allocate(
        _ capacity: Int
    ) -> (UnsafeMutablePointer<ConnectionSlot<Key>>, UnsafeMutablePointer<ConnectionBirth>) {
        let stride = MemoryLayout<ConnectionSlot<Key>>.stride
        // All zero is a free slot and an unset side; a slot begins on a cache line. A large table begins on a large
        // page, and the system is asked to use such pages for it: every packet looks somewhere else.
        let largePage = 2 << 20
        let alignment = capacity * stride >= largePage ? largePage : 64
        let raw = UnsafeMutableRawPointer.allocate(byteCount: capacity * stride, alignment: alignment)
        if alignment == largePage { unsafe tcpalive_prefer_large_pages(raw, capacity * stride) }
        unsafe raw.initializeMemory(as: UInt8.self, repeating: 0, count: capacity * stride)
        let slots = unsafe raw.bindMemory(to: ConnectionSlot<Key>.self, capacity: capacity)
        let births = UnsafeMutablePointer<ConnectionBirth>.allocate(capacity: capacity)
        unsafe births.initialize(repeating: ConnectionBirth(number: 0, time: 0), count: capacity)
        return unsafe (slots, births)
    }

    private func freeIndex(_ hash: UInt64) -> Int {
        var index = Int(truncatingIfNeeded: hash) & mask
        while unsafe slots[index].sides.0.facts.contains(.occupied) {
            index = (index + 1) & mask
        }
        return index
    }

    private mutating func grow() {
        let old = unsafe (slots: slots, births: births, mask: mask)
        mask = (mask + 1) * 2 - 1
        unsafe (slots, births) = Self.allocate(mask + 1)
        for place in unsafe 0...old.mask where unsafe old.slots[place].sides.0.facts.contains(.occupied) {
            let index = unsafe freeIndex(hash(old.slots[place].key))
            unsafe slots[index] = old.slots[place]
            unsafe births[index] = old.births[place]
        }
        unsafe old.slots.deallocate()
        unsafe old.births.deallocate()
    }
}
