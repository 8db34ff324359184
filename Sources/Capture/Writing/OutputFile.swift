public import Platform

/// A file to write: it appears under its name only when it is complete, or others may read it while it grows.
///
/// It replaces an existing file and keeps its permissions and, as far as that is allowed, its owner. If its name is a symbolic
/// link, it replaces the file to which the link leads.
public struct OutputFile: ~Copyable {
    /// What messages call it: the path that the file will have, or "standard output".
    public let path: String
    /// The path that it gets when it is complete, without symbolic links.
    private let target: String
    /// The path until the file is complete; nil: its own.
    private let temporaryPath: String?
    /// The number of the file with the keeper of outputs; nil: this process names and removes it itself.
    private var keptNumber: UInt32?
    private let descriptor: Int32
    private let output: OutputDescriptor
    private var isFinished = false
    /// The bytes that were written.
    private var written: UInt64 = 0
    /// Whether others may read it while it grows.
    let isGrowing: Bool

    /// Begins a file that appears at `path` when it is finished; until then it has another name in the same folder.
    ///
    /// A new file that `isPrivate`, such as a capture, can be read by its owner only. A device or a pipe is written directly.
    /// Throws if the file cannot be created.
    public init(path: String, isPrivate: Bool = true) throws(OutputError) {
        let target = systemRealPath(path) ?? path
        let existing = FileStatus(path: target)
        let (number, temporaryPath) = try Self.translating(path) { () throws(SystemError) in
            guard let keeper = OutputRights.keeper else {
                return try Self.open(target, replacing: existing, isPrivate: isPrivate)
            }
            return try keeper.opening(replacing: existing) { () throws(SystemError) in
                try Self.open(target, replacing: existing, isPrivate: isPrivate)
            }
        }
        var keptNumber: UInt32?
        if let temporaryPath, let keeper = OutputRights.keeper {
            do throws(SystemError) {
                keptNumber = try keeper.keep(temporaryPath, for: target)
            } catch {
                systemClose(number)
                systemRemove(temporaryPath)
                throw .failed("cannot write \(path): \(error)")
            }
        }
        self.init(path: path, target: target, temporaryPath: temporaryPath, number, isGrowing: false)
        self.keptNumber = keptNumber
    }

    /// Opens the file that becomes `target`, under its temporary name if it has one.
    private static func open(
        _ target: String, replacing existing: FileStatus?, isPrivate: Bool
    ) throws(SystemError) -> (number: Int32, temporaryPath: String?) {
        if let existing, !existing.isRegular { return (try systemOpen(target, O_WRONLY | O_CLOEXEC), nil) }
        let temporary = try systemOpenTemporary(prefix: target, suffix: ".partial")
        if let existing {
            systemSetOwner(temporary.number, as: existing)
        } else if !isPrivate {
            systemSetPermissions(temporary.number, 0o666 & ~systemUmask())
        }
        return (temporary.number, temporary.path)
    }

    private init(path: String, target: String, temporaryPath: String?, _ number: Int32, isGrowing: Bool) {
        (self.path, self.target, self.temporaryPath, self.isGrowing) = (path, target, temporaryPath, isGrowing)
        descriptor = number
        output = OutputDescriptor(number: number, name: path)
    }

    /// Begins a capture at `path`, in place of an existing one, which others may read while it grows. A new file can be read
    /// by its owner only.
    ///
    /// Throws if it cannot be created.
    public init(growing path: String) throws(OutputError) {
        let number = try Self.translating(path) { () throws(SystemError) in
            if let keeper = OutputRights.keeper { return try keeper.open(path) }
            return try systemOpen(path, O_WRONLY | O_CLOEXEC | O_CREAT | O_TRUNC, mode: 0o600)
        }
        self.init(path: path, target: path, temporaryPath: nil, number, isGrowing: true)
    }

    /// Prepares to begin files with `init(growing:)` later, whose paths begin with `prefix`. Throws if that will be impossible.
    static func allowMore(beginningWith prefix: String) throws(OutputError) {
        try translating(prefix) { () throws(SystemError) in try OutputRights.keeper?.keep(prefix: prefix) }
    }

    /// Calls `body`; an error becomes a sentence about `path`.
    private static func translating<Result>(
        _ path: String, _ body: () throws(SystemError) -> Result
    ) throws(OutputError) -> Result {
        do {
            return try body()
        } catch {
            throw .failed("cannot write \(path): \(error)")
        }
    }

    /// Standard output, which stays open.
    public init() {
        (path, target, temporaryPath, isGrowing) = ("standard output", "", nil, false)
        descriptor = -1
        output = .standardOutput
    }

    deinit {
        if descriptor >= 0 { systemClose(descriptor) }
        guard !isFinished, let temporaryPath else { return }
        if let keptNumber {
            OutputRights.keeper?.remove(keptNumber)
        } else {
            systemRemove(temporaryPath)
        }
    }

    /// Adds `bytes`. Throws if the file cannot be written; `.closed` if it is standard output and its reader has ended.
    ///
    /// A file that grows has all of `bytes` or, after an error, none of them.
    public mutating func write(_ bytes: [UInt8]) throws(OutputError) {
        do {
            try output.write(bytes)
            written += UInt64(bytes.count)
        } catch {
            if isGrowing { systemTruncate(descriptor, to: written) }
            if error == .closed, descriptor >= 0 { throw .failed("\(path): its reader has ended") }
            throw error
        }
    }

    /// Gives the file its name, in place of an existing file. Throws if that fails.
    public mutating func finish() throws(OutputError) {
        if let temporaryPath {
            try Self.translating(path) { () throws(SystemError) in
                if let keptNumber {
                    try OutputRights.keeper?.finish(keptNumber)
                } else {
                    try systemRename(temporaryPath, to: target)
                }
            }
        }
        isFinished = true
    }
}

extension OutputFile {
    /// Whether files written to the two paths would be the same file, so that one would replace the other.
    public static func isSame(_ path: String, _ other: String) -> Bool {
        // Devices, such as /dev/null, can be written twice.
        if let status = FileStatus(path: path), !status.isRegular { return false }
        return CaptureFile.isSame(path, other) || place(of: path) == place(of: other)
    }

    /// The path without symbolic links, of a file that may not exist yet.
    private static func place(of path: String) -> String {
        if let path = systemRealPath(path) { return path }
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
        let folder = path.dropLast(name.count)
        return (systemRealPath(folder.isEmpty ? "." : String(folder)) ?? String(folder)) + "/" + name
    }
}

extension CaptureFile {
    /// Whether there may be a file at `path` (access(2)); `-`, standard input, always exists.
    public static func exists(_ path: String) -> Bool {
        if path == "-" { return true }
        // Without permission to look it may exist, and opening it explains the error.
        return systemMayExist(path)
    }

    /// Whether `path` is a regular file (stat(2)), which can be read twice; a pipe cannot.
    public static func isRegular(_ path: String) -> Bool {
        FileStatus(path: path)?.isRegular == true
    }

    /// Whether both paths lead to the same regular file (stat(2)).
    public static func isSame(_ path: String, _ other: String) -> Bool {
        guard let first = FileStatus(path: path), let second = FileStatus(path: other) else { return false }
        return first.isRegular && first.isSame(as: second)
    }
}
