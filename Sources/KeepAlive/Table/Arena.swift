import CTCPAlive

/// Values in a row that grows at its end, and is never copied for that: pages are moved (`tcpalive_resize`).
///
/// There are as many of these values as connections, so that a copy would be felt in time and in memory.
@safe struct Arena<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    // Unchecked: the arena alone owns its memory, and is not copied.

    private var base: UnsafeMutablePointer<Element>?
    private var capacity = 0
    /// Values in the row.
    private(set) var count = 0

    /// An empty row.
    init() {
        unsafe base = nil
    }

    deinit {
        unsafe tcpalive_resize(base, capacity * MemoryLayout<Element>.stride, 0)
    }

    /// Adds `element` at the end.
    mutating func append(_ element: Element) {
        if count == capacity {
            let more = max(64, capacity / 2)
            unsafe base = Self.resized(base, capacity, capacity + more)
            capacity += more
        }
        unsafe base?[count] = element
        count += 1
    }

    /// The value at `place`, below `count`.
    subscript(place: Int) -> Element {
        @inline(__always) get {
            precondition(place >= 0 && place < count)
            return unsafe base.unsafelyUnwrapped[place]
        }
        @inline(__always) _modify {
            precondition(place >= 0 && place < count)
            yield unsafe &base.unsafelyUnwrapped[place]
        }
    }

    /// Asks for the cache lines of the value at `place`; nothing where there is none.
    @inline(__always)
    func prefetch(_ place: Int) {
        guard place >= 0, place < count, let base = unsafe base else { return }
        let element = unsafe UnsafeRawPointer(base + place)
        let size = MemoryLayout<Element>.stride
        for offset in stride(from: 0, to: size, by: 64) { unsafe tcpalive_prefetch(element + offset) }
        // It may begin within a line, and end in one more.
        if size > 64, size % 64 != 0 { unsafe tcpalive_prefetch(element + size - 1) }
    }

    /// The memory of `old`, `oldCount` elements, with room for `count`.
    static func resized(
        _ old: UnsafeMutablePointer<Element>?, _ oldCount: Int, _ count: Int
    ) -> UnsafeMutablePointer<Element> {
        let stride = MemoryLayout<Element>.stride
        guard let raw = unsafe tcpalive_resize(old, oldCount * stride, count * stride) else {
            // As the standard library does where there is no memory left.
            preconditionFailure("no memory for \(count) values")
        }
        return unsafe raw.bindMemory(to: Element.self, capacity: count)
    }
}
