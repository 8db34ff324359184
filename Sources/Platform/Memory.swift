/// The memory that this process may still get.
package enum Memory {
    /// Whether the system still gives `bytes` bytes to this process: setrlimit(2) (RLIMIT_AS), a limit of the machine without
    /// overcommitment. Nothing is taken.
    ///
    /// The limit of a control group is not among these: the kernel ends a process that exceeds it.
    package static func isAvailable(_ bytes: Int) -> Bool {
        let memory = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory = unsafe memory, unsafe memory != UnsafeMutableRawPointer(bitPattern: -1) else { return false }
        unsafe munmap(memory, bytes)
        return true
    }
}
