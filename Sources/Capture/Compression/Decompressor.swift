internal import Platform

/// Decompresses a file: by a library on a thread of its own, or by a program of the system. Ended in `deinit`.
struct Decompressor: ~Copyable {
    private var thread: DecompressingThread?
    private var program: DecompressingProgram?

    /// Starts to decompress `front`, the few bytes that have been read already, and then the rest of `file`.
    ///
    /// Throws `.noSuchFile` if the program that decompresses it is not installed.
    init(_ compression: Compression, of file: Int32, behind front: [UInt8]) throws(SystemError) {
        switch compression {
        case .gzip: thread = try DecompressingThread(of: file, behind: front) { GzipDecoder() }
        case .zstd: thread = try DecompressingThread(of: file, behind: front) { ZstdDecoder() }
        case .xz, .lz4: program = try DecompressingProgram(compression, of: file, behind: front)
        }
    }

    /// Reads the next bytes into `bytes` from index `start` on and returns their number; 0 at the end.
    ///
    /// Nil if a signal interrupted the wait. Throws if the file cannot be read.
    mutating func read(into bytes: inout [UInt8], at start: Int) throws(SystemError) -> Int? {
        if thread != nil { return try thread?.read(into: &bytes, at: start) }
        return try program?.read(into: &bytes, at: start)
    }

    /// Whether `exchange` can be used.
    var canExchange: Bool { thread != nil }

    /// Swaps `bytes` for a buffer with the next bytes and returns their range in it: `DecompressingThread.exchange`.
    mutating func exchange(_ bytes: inout [UInt8]) throws(SystemError) -> Range<Int>? {
        try thread?.exchange(&bytes)
    }

    /// What is wrong with the stream, whose end has been read; nil if nothing is.
    mutating func finish() -> String? {
        thread?.flaw ?? program?.finish()
    }
}
