internal import Platform

/// A program of the system that decompresses and is read through a pipe. Killed and reaped in `deinit`.
struct DecompressingProgram: ~Copyable {
    /// The reading end of the pipe with the decompressed bytes.
    private let output: Int32
    private let compression: Compression
    private var program: ChildProcess?
    /// `cat`, which sends the rest of a pipe after the bytes that have been read already.
    private var feeder: ChildProcess?

    /// Starts the program of `compression` on the few bytes of `front`, and then the rest of `file`.
    init(_ compression: Compression, of file: Int32, behind front: [UInt8]) throws(SystemError) {
        self.compression = compression
        var input: Pipe?
        var feeder: ChildProcess?
        if !front.isEmpty {
            let pipe = try Pipe()
            // The pipe has room for these few bytes, so the write does not wait.
            _ = try systemWrite(pipe.writing, front)
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

    /// Reads once into `bytes` from index `start` on and returns the number of bytes; 0 at the end, nil if a signal
    /// interrupted the wait.
    func read(into bytes: inout [UInt8], at start: Int) throws(SystemError) -> Int? {
        try systemRead(output, into: &bytes, at: start)
    }

    /// Waits for the program, whose output has ended, and returns what is wrong with the stream; nil if nothing is.
    mutating func finish() -> String? {
        guard let status = program.take()?.wait() else { return nil }
        return status == 0 ? nil : compression.flaw
    }
}
