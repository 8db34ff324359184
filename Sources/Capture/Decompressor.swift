#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A way a capture file may be compressed, told by its first octets, and the program of the system that undoes it.
enum Compression: String, CaseIterable {
    case gzip
    case zstd
    case xz
    case lz4

    /// The first octets of a stream.
    var magic: [UInt8] {
        switch self {
        case .gzip: [0x1F, 0x8B]  // RFC 1952 2.3.1
        case .zstd: [0x28, 0xB5, 0x2F, 0xFD]  // RFC 8878 3.1.1
        case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
        case .lz4: [0x04, 0x22, 0x4D, 0x18]
        }
    }

    /// The Debian package of the program, which is called as the compression is.
    var package: String {
        self == .xz ? "xz-utils" : rawValue
    }
}

/// A running program that decompresses, read through a pipe. Killed and reaped in `deinit`.
struct Decompressor: ~Copyable {
    /// Where the decompressed octets are read.
    let output: Int32
    private let compression: Compression
    private var program: ChildProcess?
    /// Puts what has been read of a pipe already in front of the rest.
    private var feeder: ChildProcess?

    /// Starts the program of `compression` on `file`, in front of which stand the few octets of `front`.
    ///
    /// Throws when the program is not installed.
    init(_ compression: Compression, of file: Int32, behind front: [UInt8], _ name: String) throws(CaptureError) {
        self.compression = compression
        do throws(SystemError) {
            var input: Pipe?
            var feeder: ChildProcess?
            if !front.isEmpty {
                let pipe = try Pipe()
                // A pipe takes some thousand octets at once; `cat` then sends the rest after them.
                _ = unsafe front.withUnsafeBytes { unsafe write(pipe.writing, $0.baseAddress, $0.count) }
                feeder = try ChildProcess(["cat"], input: file, output: pipe.writing)
                input = consume pipe
            }
            var pipe = try Pipe()
            program = try ChildProcess(
                [compression.rawValue, "-dc"], input: input?.reading ?? file, output: pipe.writing)
            self.feeder = feeder.take()
            output = pipe.takeReading()
        } catch {
            throw error.code == ENOENT
                ? CaptureError(
                    "\(name) is compressed with \(compression), which is not installed here: "
                        + "apt install \(compression.package)")
                : CaptureError("cannot run \(compression) to decompress \(name): \(error)")
        }
    }

    deinit {
        systemClose(output)
    }

    /// Waits for the program, whose output has ended, and tells what it found wrong with the stream; nil for nothing.
    mutating func finish() -> String? {
        guard let status = program.take()?.wait() else { return nil }
        // With 2 gzip warns of octets behind the stream, which it ignores as tshark does.
        return status == 0 || compression == .gzip && status == 2
            ? nil : "the \(compression) stream is damaged or cut short"
    }
}
