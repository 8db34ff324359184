/// Values of connections that are found by handles. The handle of a released value is used again.
///
/// Handles begin at 1, so that 0 can stand for "none" in four bytes. Each value has an owner, the connection to evict
/// where memory for another value is needed.
struct Pool<Element: BitwiseCopyable>: ~Copyable {
    private var arena = Arena<Element>()
    /// The owner of each value; of a released one, the next released handle with the highest bit set.
    private var owners = Arena<UInt32>()
    private var firstReleased: UInt32 = 0
    /// The number of values that memory was taken for, including released ones.
    var count: Int { arena.count }
    /// The number of released values.
    private(set) var released = 0
    /// The index at which the search for an owner continues.
    private var hand = 0

    private static var releasedBit: UInt32 { 1 << 31 }

    /// Bytes of one value.
    static var bytesPerValue: Int { MemoryLayout<Element>.stride + MemoryLayout<UInt32>.stride }

    /// Bytes in use, including those of released values.
    var bytes: Int { count * Self.bytesPerValue }

    /// Stores `element` of the connection `owner` and returns its handle.
    mutating func insert(_ element: Element, owner: Owner) -> UInt32 {
        if firstReleased != 0 {
            let handle = firstReleased
            let index = Int(handle) - 1
            firstReleased = owners[index] & ~Self.releasedBit
            released -= 1
            owners[index] = owner.bits
            arena[index] = element
            return handle
        }
        arena.append(element)
        owners.append(owner.bits)
        return UInt32(truncatingIfNeeded: arena.count)
    }

    /// Makes `handle` available for reuse.
    mutating func release(_ handle: UInt32) {
        owners[Int(handle) - 1] = firstReleased | Self.releasedBit
        firstReleased = handle
        released += 1
    }

    /// The value with `handle`, which must not be 0.
    subscript(handle: UInt32) -> Element {
        @inline(__always) get { arena[Int(handle) - 1] }
        @inline(__always) _modify { yield &arena[Int(handle) - 1] }
    }

    /// Prefetches the value with `handle`; does nothing if that is 0.
    @inline(__always)
    func prefetch(_ handle: UInt32) {
        arena.prefetch(Int(handle) - 1)
    }

    /// The owner of another value, each in turn; nil: none was found in a few steps.
    mutating func nextOwner() -> Owner? {
        for _ in 0..<min(count, 64) {
            hand = hand + 1 < count ? hand + 1 : 0
            if owners[hand] & Self.releasedBit == 0 { return Owner(bits: owners[hand]) }
        }
        return nil
    }
}

/// A connection: its table, and its index there.
struct Owner: BitwiseCopyable {
    fileprivate let bits: UInt32

    fileprivate init(bits: UInt32) {
        self.bits = bits
    }

    /// The connection at `index` of the table of IPv4 or IPv6.
    init(_ index: Int, isVersion6: Bool) {
        bits = UInt32(truncatingIfNeeded: index) << 1 | (isVersion6 ? 1 : 0)
    }

    /// The index in its table.
    var index: Int { Int(bits >> 1) }
    /// Whether its table is that of IPv6.
    var isVersion6: Bool { bits & 1 == 1 }
}
