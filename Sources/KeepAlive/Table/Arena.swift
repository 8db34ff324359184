import CTCPAlive

/// A growing array that is not copied when it grows: the kernel moves its pages (`tcpalive_resize`).
///
/// Some arenas have one element per connection, so a copy would take noticeable time and memory.
// `@unchecked Sendable`: the pointer is private and never leaves the arena, which cannot be copied. So the memory has one owner, and
// passing the arena to another thread passes the memory as well.
@safe struct Arena<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    private var base: UnsafeMutablePointer<Element>?
    private var capacity = 0
    /// The number of elements.
    private(set) var count = 0

    /// An empty arena.
    init() {
        unsafe base = nil
    }

    deinit {
        unsafe tcpalive_resize(base, capacity * MemoryLayout<Element>.stride, 0)
    }

    /// Adds `element` at the end.
    mutating func append(_ element: Element) {
        reserve(1)
        unsafe base?[count] = element
        count += 1
    }

    /// Adds `more` elements at the end, which must be set before they are read. Their memory is not touched yet.
    mutating func appendUnset(_ more: Int) {
        reserve(more)
        count += more
    }

    private mutating func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        let wanted = capacity + max(64, more, capacity / 2)
        unsafe base = Self.resized(base, capacity, wanted)
        capacity = wanted
    }

    /// The element at `index`, which must be less than `count`.
    subscript(index: Int) -> Element {
        @inline(__always) get {
            precondition(index >= 0 && index < count)
            return unsafe base.unsafelyUnwrapped[index]
        }
        @inline(__always) _modify {
            precondition(index >= 0 && index < count)
            yield unsafe &base.unsafelyUnwrapped[index]
        }
    }

    /// Prefetches the element at `index`; does nothing if `index` is out of range.
    @inline(__always)
    func prefetch(_ index: Int) {
        guard index >= 0, index < count, let base = unsafe base else { return }
        let element = unsafe UnsafeRawPointer(base + index)
        let size = MemoryLayout<Element>.stride
        for offset in stride(from: 0, to: size, by: 64) { unsafe tcpalive_prefetch(element + offset) }
        // It may begin within a cache line and end in one more.
        if size > 64, size % 64 != 0 { unsafe tcpalive_prefetch(element + size - 1) }
    }

    /// Resizes the memory of `old` from `oldCount` to `count` elements.
    static func resized(
        _ old: UnsafeMutablePointer<Element>?, _ oldCount: Int, _ count: Int
    ) -> UnsafeMutablePointer<Element> {
        let stride = MemoryLayout<Element>.stride
        guard let raw = unsafe tcpalive_resize(old, oldCount * stride, count * stride) else {
            // As the standard library does when memory is exhausted.
            preconditionFailure("no memory for \(count) values")
        }
        return unsafe raw.bindMemory(to: Element.self, capacity: count)
    }
}
