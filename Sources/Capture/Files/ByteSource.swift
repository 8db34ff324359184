internal import Platform

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The bytes of a file, a pipe or standard input, decompressed where they are compressed. Closed in `deinit`.
///
/// Its front can be looked at before it is read, as a pipe cannot be read twice.
struct ByteSource: ~Copyable {
    /// What the source is called in a sentence.
    private let name: String
    private let file: Int32
    /// Whether it is a file with an end of its own: a pipe may belong to a running capture.
    let isRegular: Bool
    /// Bytes of the file on disk; nil for a pipe.
    let bytesTotal: UInt64?

    /// What has been looked at and not been read yet.
    private(set) var peeked: [UInt8] = []
    /// Where reading goes on within `peeked`.
    private var peekedStart = 0
    private var bytesDelivered: UInt64 = 0
    private var decompressor: Decompressor?
    /// Whether what is decompressed comes in buffers that can be exchanged.
    private var hasBuffers = false

    /// Opens the file at `path`; `-` is standard input. Throws when that cannot be done, and for a directory.
    init(path: String, name: String) throws(CaptureError) {
        let descriptor = path == "-" ? STDIN_FILENO : try Self.open(path)
        var status = stat()
        let flaw: String? =
            if unsafe fstat(descriptor, &status) != 0 {
                "cannot read \(name): \(SystemError.last)"
            } else if status.st_mode & S_IFMT == S_IFDIR {
                "\(path) is a directory: name the capture files in it"
            } else {
                nil
            }
        if let flaw {
            Self.close(descriptor)
            throw CaptureError(flaw)
        }
        self.name = name
        file = descriptor
        isRegular = status.st_mode & S_IFMT == S_IFREG
        bytesTotal = isRegular ? UInt64(clamping: status.st_size) : nil
    }

    deinit {
        Self.close(file)
    }

    /// Bytes of the file, compressed where it is, read so far; of a compressed pipe, the decompressed ones.
    var bytesRead: UInt64 {
        guard isRegular, decompressor != nil else { return bytesDelivered }
        // Whatever decompresses shares the position of the file.
        return UInt64(clamping: lseek(file, 0, SEEK_CUR))
    }

    /// Looks at the front of the source, and tells how many bytes it holds there: fewer than `count` only at its end.
    mutating func peek(_ count: Int) throws(CaptureError) -> Int {
        while peeked.count < count {
            // Small, as a pipe that carries a compressed stream takes it back in one piece.
            var front = peeked
            let start = front.count
            front += [UInt8](repeating: 0, count: min(max(count - start, 4096), 65536))
            guard let count = try receive(into: &front, at: start) else {
                throw CaptureError("interrupted before \(name) told what it holds")
            }
            let end = start + count
            front.removeLast(front.count - end)
            peeked = front
            if end == start { break }
        }
        return peeked.count
    }

    /// Leaves out the first `count` bytes, which have been looked at.
    mutating func skip(_ count: Int) {
        peekedStart += count
        bytesDelivered &+= UInt64(count)
    }

    /// Reads the next bytes into `bytes` from `start` to its end, and tells how many; 0 at the end of the source.
    ///
    /// A pipe may give fewer than fit. Nil where a signal interrupted the wait for them: read(2), EINTR.
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

    /// Whether the next bytes are in a buffer of their own, with room for `count` others in front of them.
    func canExchange(behind count: Int) -> Bool {
        hasBuffers && peekedStart == peeked.count && count <= DecompressingThread.frontRoom
    }

    /// Gives the next bytes in exchange for `bytes`, and tells where in them they are; nowhere at the end.
    ///
    /// Nil where a signal interrupted the wait for them.
    mutating func exchange(_ bytes: inout [UInt8]) throws(CaptureError) -> Range<Int>? {
        do throws(SystemError) {
            guard let range = try decompressor?.exchange(&bytes) else { return nil }
            bytesDelivered &+= UInt64(range.count)
            return range
        } catch {
            throw CaptureError("cannot read \(name): \(error)")
        }
    }

    /// Goes on with what `compression` makes of the whole source, of which nothing has been read, only looked at.
    mutating func decompress(_ compression: Compression) throws(CaptureError) {
        if isRegular {
            lseek(file, off_t(-peeked.count), SEEK_CUR)
            peeked = []
        }
        decompressor = try Decompressor(compression, of: file, behind: peeked, name)
        hasBuffers = decompressor?.canExchange == true
        peeked = []
    }

    /// What is wrong with the compressed stream, once its end has been read; nil when nothing is, or none is compressed.
    mutating func finish() -> String? {
        decompressor?.finish()
    }

    /// Reads once; nil where a signal came first.
    private mutating func receive(into bytes: inout [UInt8], at start: Int) throws(CaptureError) -> Int? {
        do throws(SystemError) {
            guard decompressor == nil else { return try decompressor?.read(into: &bytes, at: start) }
            // Standard input may be non-blocking.
            if !isRegular, try !systemWaitUntilReadable(file) { return nil }
            return try systemRead(file, into: &bytes, at: start)
        } catch {
            throw CaptureError("cannot read \(name): \(error)")
        }
    }

    private static func open(_ path: String) throws(CaptureError) -> Int32 {
        do {
            return try systemOpen(path, O_RDONLY | O_CLOEXEC)
        } catch {
            switch error {
            case .interrupted: throw CaptureError("interrupted while opening \(path)")
            case .noSuchFile: throw CaptureError("there is no file \(path)")
            case .permissionDenied: throw CaptureError("may not read \(path): permission denied")
            default: throw CaptureError("cannot open \(path): \(error)")
            }
        }
    }

    private static func close(_ descriptor: Int32) {
        if descriptor != STDIN_FILENO { systemClose(descriptor) }
    }
}
