/// Values that are found by handles. The handle of a released value is used again.
///
/// Handles begin at 1, so that 0 can stand for "none" in four bytes.
struct Pool<Element: BitwiseCopyable>: ~Copyable {
    private var arena = Arena<Element>()
    private var free: [UInt32] = []

    /// Stores `element` and returns its handle.
    mutating func insert(_ element: Element) -> UInt32 {
        if let handle = free.popLast() {
            self[handle] = element
            return handle
        }
        arena.append(element)
        return UInt32(truncatingIfNeeded: arena.count)
    }

    /// Makes `handle` available for reuse.
    mutating func release(_ handle: UInt32) {
        free.append(handle)
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
}
