import Platform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file without a name, whose contents are replaced for each run: creating one for each takes longer than reading it.
enum MemoryFile {
    /// Its descriptor; nil: it could not be created. In memory where the system has a file system for that.
    private static let number: Int32? = {
        let folder = systemMayExist("/dev/shm") ? "/dev/shm" : "/tmp"
        guard let file = try? systemOpenTemporary(prefix: "\(folder)/tcpalive-fuzz", suffix: "") else { return nil }
        systemRemove(file.path)
        return file.number
    }()

    /// A path that opens the file from its start, whose contents are now `bytes`.
    static func path(of bytes: [UInt8]) throws(FuzzFailure) -> String {
        guard let number, ftruncate(number, 0) == 0, unsafe pwrite(number, bytes, bytes.count, 0) == bytes.count
        else { throw FuzzFailure("no file could be created") }
        return "/dev/fd/\(number)"
    }
}
