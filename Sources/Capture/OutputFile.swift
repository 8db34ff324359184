#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file that appears under its name only when it is complete: until `finish` it is another one beside it.
public struct OutputFile: ~Copyable {
    /// The path that the file will have.
    public let path: String
    /// Where it grows; nil: at `path` itself, as that is no regular file but a device or a pipe.
    private let temporaryPath: String?
    private let descriptor: Int32
    private let output: OutputDescriptor
    private var isFinished = false

    /// Begins a file that will be at `path`. Throws when it cannot be created.
    public init(path: String) throws(OutputError) {
        self.path = path
        var status = stat()
        let isSpecial = unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        if isSpecial {
            temporaryPath = nil
            descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
        } else {
            let temporary = "\(path).\(getpid()).partial"
            temporaryPath = temporary
            descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        }
        if descriptor < 0 { throw .failed("cannot write \(path): \(systemError())") }
        output = OutputDescriptor(number: descriptor, name: path)
    }

    deinit {
        systemClose(descriptor)
        if !isFinished, let temporaryPath { unsafe _ = unlink(temporaryPath) }
    }

    /// Whether `path` and `other` are names of one regular file, which `finish` would replace (stat(2)).
    public static func isSame(_ path: String, _ other: String) -> Bool {
        var statuses = (stat(), stat())
        guard unsafe stat(path, &statuses.0) == 0, unsafe stat(other, &statuses.1) == 0 else { return false }
        let (one, two) = statuses
        return one.st_dev == two.st_dev && one.st_ino == two.st_ino && one.st_mode & S_IFMT == S_IFREG
    }

    /// Adds `octets`. Throws when the file takes no more.
    public func write(_ octets: [UInt8]) throws(OutputError) {
        do {
            try output.write(octets)
        } catch .closed {
            throw .failed("\(path): nobody reads it any more")
        }
    }

    /// Gives the file its name, in place of one that has it. Throws when that cannot be done.
    public mutating func finish() throws(OutputError) {
        if let temporaryPath {
            guard unsafe rename(temporaryPath, path) == 0 else {
                throw .failed("cannot write \(path): \(systemError())")
            }
        }
        isFinished = true
    }
}
