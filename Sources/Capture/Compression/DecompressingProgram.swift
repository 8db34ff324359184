internal import Platform

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A running program of the system that decompresses, read through a pipe. Killed and reaped in `deinit`.
struct DecompressingProgram: ~Copyable {
    /// Where the decompressed bytes are read.
    private let output: Int32
    private let compression: Compression
    private var program: ChildProcess?
    /// Puts what has been read of a pipe already in front of the rest.
    private var feeder: ChildProcess?

    /// Starts the program of `compression` on `file`, in front of which stand the few bytes of `front`.
    init(_ compression: Compression, of file: Int32, behind front: [UInt8]) throws(SystemError) {
        self.compression = compression
        var input: Pipe?
        var feeder: ChildProcess?
        if !front.isEmpty {
            let pipe = try Pipe()
            // A pipe takes some thousand bytes at once; `cat` then sends the rest after them.
            _ = unsafe front.withUnsafeBytes { unsafe write(pipe.writing, $0.baseAddress, $0.count) }
            feeder = try ChildProcess(["cat"], input: file, output: pipe.writing)
            input = consume pipe
        }
        var pipe = try Pipe()
        program = try ChildProcess([compression.rawValue, "-dc"], input: input?.reading ?? file, output: pipe.writing)
        self.feeder = feeder.take()
        output = pipe.takeReading()
    }

    deinit {
        systemClose(output)
    }

    /// Reads once into `bytes` from `start` on, and tells how many; 0 at the end, nil where a signal came first.
    func read(into bytes: inout [UInt8], at start: Int) throws(SystemError) -> Int? {
        try systemRead(output, into: &bytes, at: start)
    }

    /// Waits for the program, whose output has ended, and tells what it found wrong with the stream; nil for nothing.
    mutating func finish() -> String? {
        guard let status = program.take()?.wait() else { return nil }
        return status == 0 ? nil : compression.flaw
    }
}
