internal import Platform

/// What decompresses a file: a library on a thread of its own, or a program of the system. Ended in `deinit`.
struct Decompressor: ~Copyable {
    private var thread: DecompressingThread?
    private var program: DecompressingProgram?

    /// Starts to undo `compression` of `file`, in front of which stand the few bytes of `front`.
    ///
    /// Throws when the program that it takes is not installed.
    init(_ compression: Compression, of file: Int32, behind front: [UInt8], _ name: String) throws(CaptureError) {
        do throws(SystemError) {
            switch compression {
            case .gzip: thread = try DecompressingThread(of: file, behind: front) { GzipDecoder() }
            case .zstd: thread = try DecompressingThread(of: file, behind: front) { ZstdDecoder() }
            case .xz, .lz4: program = try DecompressingProgram(compression, of: file, behind: front)
            }
        } catch {
            throw error == .noSuchFile
                ? CaptureError(
                    "\(name) is compressed with \(compression), which is not installed here: "
                        + "apt install \(compression.package)")
                : CaptureError("cannot decompress \(name): \(error)")
        }
    }

    /// Reads what there is into `bytes` from `start` on, and tells how many bytes; 0 at the end.
    ///
    /// Nil where a signal interrupted the wait. Throws when the file cannot be read.
    mutating func read(into bytes: inout [UInt8], at start: Int) throws(SystemError) -> Int? {
        if thread != nil { return try thread?.read(into: &bytes, at: start) }
        return try program?.read(into: &bytes, at: start)
    }

    /// Whether `exchange` can be used.
    var canExchange: Bool { thread != nil }

    /// Gives what there is in exchange for `bytes`, and tells where in them it is: `DecompressingThread.exchange`.
    mutating func exchange(_ bytes: inout [UInt8]) throws(SystemError) -> Range<Int>? {
        try thread?.exchange(&bytes)
    }

    /// What is wrong with the stream, whose end has been read; nil for nothing.
    mutating func finish() -> String? {
        thread?.flaw ?? program?.finish()
    }
}
