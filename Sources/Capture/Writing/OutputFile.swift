public import Platform

/// A file to write: it appears under its name only when it is complete, or others may read it while it grows.
public struct OutputFile: ~Copyable {
    /// What messages call it: the path that the file will have, or "standard output".
    public let path: String
    /// The path until the file is complete; nil: its own.
    private let temporaryPath: String?
    private let descriptor: Int32
    private let output: OutputDescriptor
    private var isFinished = false
    /// Whether others may read it while it grows.
    let isGrowing: Bool

    /// Begins a file that appears at `path` when it is finished; until then it has another name in the same folder.
    ///
    /// A device or a pipe is written directly. Throws if the file cannot be created.
    public init(path: String) throws(OutputError) {
        var status = stat()
        let isSpecial = unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        try self.init(
            path: path, temporaryPath: isSpecial ? nil : "\(path).\(getpid()).partial",
            flags: isSpecial ? 0 : O_CREAT | O_TRUNC, isGrowing: false)
    }

    /// Begins a file at `path`, in place of an existing one, which others may read while it grows.
    ///
    /// Throws if it cannot be created.
    public init(growing path: String) throws(OutputError) {
        try self.init(path: path, temporaryPath: nil, flags: O_CREAT | O_TRUNC, isGrowing: true)
    }

    /// Standard output, which stays open.
    public init() {
        path = "standard output"
        temporaryPath = nil
        isGrowing = false
        descriptor = -1
        output = .standardOutput
    }

    private init(path: String, temporaryPath: String?, flags: Int32, isGrowing: Bool) throws(OutputError) {
        self.path = path
        self.isGrowing = isGrowing
        self.temporaryPath = temporaryPath
        descriptor = unsafe open(temporaryPath ?? path, O_WRONLY | O_CLOEXEC | flags, 0o644)
        if descriptor < 0 { throw .failed("cannot write \(path): \(SystemError.last)") }
        output = OutputDescriptor(number: descriptor, name: path)
    }

    deinit {
        if descriptor >= 0 { systemClose(descriptor) }
        if !isFinished, let temporaryPath { unsafe _ = unlink(temporaryPath) }
    }

    /// Adds `bytes`. Throws if the file cannot be written; `.closed` if it is standard output and its reader has ended.
    public func write(_ bytes: [UInt8]) throws(OutputError) {
        do {
            try output.write(bytes)
        } catch .closed where descriptor >= 0 {
            throw .failed("\(path): its reader has ended")
        }
    }

    /// Gives the file its name, in place of an existing file. Throws if that fails.
    public mutating func finish() throws(OutputError) {
        if let temporaryPath {
            guard unsafe rename(temporaryPath, path) == 0 else {
                throw .failed("cannot write \(path): \(SystemError.last)")
            }
        }
        isFinished = true
    }
}

extension CaptureFile {
    /// Whether there may be a file at `path` (access(2)); `-`, standard input, always exists.
    public static func exists(_ path: String) -> Bool {
        if path == "-" { return true }
        // Without permission to look it may exist, and opening it explains the error.
        return unsafe access(path, F_OK) == 0 || errno == EACCES
    }

    /// Whether `path` is a regular file (stat(2)), which can be read twice; a pipe cannot.
    public static func isRegular(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Whether both paths lead to the same regular file (stat(2)).
    public static func isSame(_ path: String, _ other: String) -> Bool {
        var (first, second) = (stat(), stat())
        return unsafe stat(path, &first) == 0 && stat(other, &second) == 0 && first.st_mode & S_IFMT == S_IFREG
            && first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }
}
