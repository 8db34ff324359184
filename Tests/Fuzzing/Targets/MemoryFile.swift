import Platform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file without a name, whose contents are set for each run: one of them serves a process.
struct MemoryFile: ~Copyable {
    private let number: Int32

    /// Creates an empty file, in memory where the system has a file system for that.
    init() throws(SystemError) {
        let folder = systemMayExist("/dev/shm") ? "/dev/shm" : "/tmp"
        let (number, path) = try systemOpenTemporary(prefix: "\(folder)/tcpalive-fuzz", suffix: "")
        systemRemove(path)
        self.number = number
    }

    deinit {
        systemClose(number)
    }

    /// A path that opens it, from the start.
    var path: String { "/dev/fd/\(number)" }

    /// Replaces the contents by `bytes`.
    func setContents(_ bytes: [UInt8]) -> Bool {
        unsafe ftruncate(number, 0) == 0 && pwrite(number, bytes, bytes.count, 0) == bytes.count
    }
}
