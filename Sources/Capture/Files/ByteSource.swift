internal import Platform

/// The bytes of a file, a pipe or standard input, decompressed if necessary. Closed in `deinit`.
///
/// `peek` shows the first bytes before they are read, because a pipe cannot be read twice.
struct ByteSource: ~Copyable {
    /// The path it was opened with; `-` is standard input.
    let path: String
    private let file: Int32
    /// Whether `file` is closed in `deinit`.
    private let isOwned: Bool
    /// Whether it is a regular file. A pipe may belong to a running capture and not end.
    let isRegular: Bool
    /// Bytes of the file on disk; nil for a pipe.
    let bytesTotal: UInt64?

    /// The first bytes, as far as `peek` has read them; empty once `read` has delivered them.
    private(set) var peeked: [UInt8] = []
    /// The index in `peeked` of the next byte to deliver.
    private var peekedStart = 0
    private var bytesDelivered: UInt64 = 0
    private var decompressor: DecompressingThread?

    /// Opens the file at `path`; `-` is standard input. Throws if that fails, and for a directory.
    init(path: String) throws(CaptureError) {
        try self.init(path: path, path == "-" ? STDIN_FILENO : Self.open(path), isOwned: path != "-")
    }

    /// Takes the open `descriptor` of the file at `path` and, if `isOwned`, closes it. Throws for a directory.
    init(path: String, _ descriptor: Int32, isOwned: Bool) throws(CaptureError) {
        var status: FileStatus?
        var error: CaptureError?
        do {
            status = try FileStatus(descriptor: descriptor)
            if status?.isDirectory == true {
                error = CaptureError(.notACapture, "\(path) is a directory: name the capture files in it", path: path)
            }
        } catch let failure {
            error = Self.readError(path, failure)
        }
        if let error {
            if isOwned { systemClose(descriptor) }
            throw error
        }
        self.path = path
        self.isOwned = isOwned
        file = descriptor
        isRegular = status?.isRegular == true
        bytesTotal = isRegular ? status?.size : nil
    }

    deinit {
        if isOwned { systemClose(file) }
    }

    /// What sentences call the source.
    var name: String { Self.name(path) }

    /// An error about this source; its sentence is the name of the source followed by `words`.
    func error(_ code: CaptureError.Code, _ words: String) -> CaptureError {
        CaptureError(code, "\(name) \(words)", path: path)
    }

    /// Bytes read so far: of the file on disk, or of a pipe after decompression.
    var bytesRead: UInt64 {
        guard isRegular, decompressor != nil else { return bytesDelivered }
        // The decompressor shares the position of the file.
        return UInt64(clamping: lseek(file, 0, SEEK_CUR))
    }

    /// Reads until `peeked` has `count` bytes and returns how many it has: fewer than `count` only at the end of the source.
    mutating func peek(_ count: Int) throws(CaptureError) -> Int {
        while peeked.count < count {
            var front = peeked
            let start = front.count
            front += [UInt8](repeating: 0, count: min(max(count - start, 4096), 65536))
            guard let count = try receive(into: &front, at: start) else {
                throw CaptureError(.interrupted, "interrupted before the format of \(name) was known", path: path)
            }
            let end = start + count
            front.removeLast(front.count - end)
            peeked = front
            if end == start { break }
        }
        return peeked.count
    }

    /// Leaves out the first `count` bytes, which `peek` has read.
    mutating func skip(_ count: Int) {
        peekedStart += count
        bytesDelivered &+= UInt64(count)
    }

    /// Reads the next bytes into `bytes` from index `start` on and returns their number; 0 at the end of the source.
    ///
    /// A pipe may deliver fewer than fit. Nil if a signal interrupted the wait for it.
    mutating func read(into bytes: inout [UInt8], at start: Int) throws(CaptureError) -> Int? {
        var count = min(bytes.count - start, peeked.count - peekedStart)
        if count > 0 {
            bytes.replaceSubrange(start..<start + count, with: peeked[peekedStart..<peekedStart + count])
            peekedStart += count
        } else {
            if !peeked.isEmpty { (peeked, peekedStart) = ([], 0) }
            guard let received = try receive(into: &bytes, at: start) else { return nil }
            count = received
        }
        bytesDelivered &+= UInt64(count)
        return count
    }

    /// Whether `exchange` can deliver the next bytes, with room for `count` bytes in front of them.
    func canExchange(behind count: Int) -> Bool {
        decompressor != nil && peekedStart == peeked.count && count <= DecompressingThread.frontRoom
    }

    /// Swaps `bytes` for a buffer with the next bytes and returns their range in it; empty at the end of the source.
    ///
    /// Nil if a signal interrupted the wait.
    mutating func exchange(_ bytes: inout [UInt8]) throws(CaptureError) -> Range<Int>? {
        do throws(SystemError) {
            guard let range = try decompressor?.exchange(&bytes) else { return nil }
            bytesDelivered &+= UInt64(range.count)
            return range
        } catch {
            throw Self.readError(path, error)
        }
    }

    /// Decompresses the source from here on. Nothing may have been read but what `peek` read.
    mutating func decompress(_ compression: Compression) throws(CaptureError) {
        if isRegular {
            lseek(file, off_t(-peeked.count), SEEK_CUR)
            peeked = []
        }
        do throws(SystemError) {
            decompressor = try DecompressingThread(compression, of: file, behind: peeked)
        } catch {
            throw CaptureError(
                .notDecompressed, "cannot start the thread that decompresses \(name): \(error)", path: path,
                errno: error.code)
        }
        peeked = []
    }

    /// What is wrong with the compressed stream, whose end has been read; nil if nothing is, or it is not compressed.
    mutating func finish() -> String? {
        decompressor?.flaw
    }

    /// Reads once; nil if a signal interrupted the wait.
    private mutating func receive(into bytes: inout [UInt8], at start: Int) throws(CaptureError) -> Int? {
        do throws(SystemError) {
            guard decompressor == nil else { return try decompressor?.read(into: &bytes, at: start) }
            // Standard input may be non-blocking.
            if !isRegular, try !systemWaitUntilReadable(file) { return nil }
            return try systemRead(file, into: &bytes, at: start)
        } catch {
            throw Self.readError(path, error)
        }
    }

    /// Opens the file at `path`, with `flags` beside those for reading.
    static func open(_ path: String, flags: Int32 = 0) throws(CaptureError) -> Int32 {
        do {
            return try systemOpen(path, O_RDONLY | O_CLOEXEC | flags)
        } catch {
            let (code, sentence): (CaptureError.Code, String) =
                switch error {
                case .interrupted: (.interrupted, "interrupted while opening \(path)")
                case .noSuchFile: (.notFound, "there is no file \(path)")
                case .permissionDenied: (.permissionDenied, "may not read \(path): permission denied")
                default: (.failed, "cannot open \(path): \(error)")
                }
            throw CaptureError(code, sentence, path: path, errno: error.code)
        }
    }

    private static func name(_ path: String) -> String {
        path == "-" ? "standard input" : path
    }

    private static func readError(_ path: String, _ error: SystemError) -> CaptureError {
        CaptureError(.failed, "cannot read \(name(path)): \(error)", path: path, errno: error.code)
    }
}
