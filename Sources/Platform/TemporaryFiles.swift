internal import Synchronization

/// The files of this process that have a temporary name: what a signal that ends the process at once has to remove.
enum TemporaryFiles {
    // A handler may neither allocate nor lock (signal-safety(7)), so there is a fixed number of slots, more than one command
    // has outputs. Each has the address of a C string of its own, or 0.
    private static let slots = InlineArray<8, Atomic<UInt>> { _ in Atomic(0) }

    /// Initializes the slots before a handler needs them.
    static func prepare() {
        _ = slots[0].load(ordering: .relaxed)
    }

    /// The file at `path` has to be removed. Without a free slot it is not.
    static func add(_ path: String) {
        guard let name = unsafe path.withFileName({ unsafe strdup($0) }) else { return }
        let address = UInt(bitPattern: name)
        for index in slots.indices
        where slots[index].compareExchange(expected: 0, desired: address, ordering: .releasing).exchanged {
            return
        }
        unsafe free(name)
    }

    /// The file at `path` is complete or was removed.
    static func forget(_ path: String) {
        for index in slots.indices {
            guard let name = unsafe Self.name(slots[index].load(ordering: .acquiring)) else { continue }
            guard unsafe path.withFileName({ unsafe strcmp($0, name) }) == 0 else { continue }
            slots[index].store(0, ordering: .releasing)
            unsafe free(name)
        }
    }

    /// Removes all of them. For a signal handler.
    static func removeAll() {
        for index in slots.indices {
            guard let name = unsafe Self.name(slots[index].exchange(0, ordering: .acquiring)) else { continue }
            _ = unsafe unlink(name)
        }
    }

    private static func name(_ address: UInt) -> UnsafeMutablePointer<CChar>? {
        unsafe UnsafeMutablePointer(bitPattern: address)
    }
}
