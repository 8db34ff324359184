internal import CZstd

/// Decodes zstd with libzstd: a sequence of frames (RFC 8878 3), with their checksums; skippable frames are skipped.
///
/// Like zstd(1) without options, it accepts windows of up to 128 MiB.
@safe struct ZstdDecoder: ~Copyable, StreamDecoder {
    static var compression: Compression { .zstd }

    private(set) var state = StreamState.incomplete
    private let context: OpaquePointer
    /// How many bytes to decode next: at most up to the end of the next block.
    private var wanted = 1
    /// Whether libzstd may hold more of the last block than there was room for.
    private var mayHoldMore = false

    /// How many bytes of the frame's magic number were decoded, up to 4; the first one.
    private var magicCount = 0
    private var firstMagic: UInt8 = 0

    private static let blockHeaderLength = 3

    /// A decoder at the start of a stream; nil if there is no memory for it.
    init?() {
        guard let context = unsafe ZSTD_createDCtx() else { return nil }
        unsafe self.context = context
    }

    deinit {
        unsafe _ = ZSTD_freeDCtx(context)
    }

    mutating func decode(_ input: RawSpan, into output: inout OutputSpan<UInt8>) -> Int {
        var taken = 0
        repeat {
            // One block at a time, because a call that finds a flaw loses what it decoded before.
            let left = mayHoldMore ? 0 : min(magicCount < 4 ? 1 : wanted, input.byteCount - taken)
            // After a frame, a call without input would begin another one.
            guard left > 0 || mayHoldMore else { break }
            if left > 0, magicCount < 4, !takeMagic(input.load8(taken)) {
                state = .flawed(Self.compression.flaw)
                break
            }
            let result = decodeBlock(input.extracting(taken..<taken + left), into: &output, &taken)
            guard ZSTD_isError(result) == 0 else {
                state = .flawed(Self.flaw(ZSTD_getErrorCode(result)))
                break
            }
            state = result == 0 ? .complete : .incomplete
            if result == 0 { magicCount = 0 }
            // libzstd asks for the header of the next block too, which may be damaged.
            wanted = max(result > Self.blockHeaderLength ? result - Self.blockHeaderLength : result, 1)
            mayHoldMore = result != 0 && output.freeCapacity == 0
        } while output.freeCapacity > 0
        return taken
    }

    /// Whether `byte` continues the magic number of a frame or a skippable frame (RFC 8878 3.1.1 and 3.1.2).
    ///
    /// libzstd may also decode frames of versions before 0.8, with other decoders: what those give for a damaged frame depends on
    /// the size of the pieces.
    private mutating func takeMagic(_ byte: UInt8) -> Bool {
        if magicCount == 0 { firstMagic = byte }
        defer { magicCount += 1 }
        let isSkippable = 0x50...0x5F ~= firstMagic
        switch magicCount {
        case 0: return isSkippable || byte == 0x28
        case 1: return byte == (isSkippable ? 0x2A : 0xB5)
        case 2: return byte == (isSkippable ? 0x4D : 0x2F)
        default: return byte == (isSkippable ? 0x18 : 0xFD)
        }
    }

    /// Calls ZSTD_decompressStream once and adds the number of consumed bytes of `input` to `taken`.
    ///
    /// Returns how many bytes it wants next, 0 at the end of a frame, or an error (zstd.h).
    private mutating func decodeBlock(
        _ input: RawSpan, into output: inout OutputSpan<UInt8>, _ taken: inout Int
    ) -> Int {
        unsafe input.withUnsafeBytes { source in
            unsafe output.withUnsafeMutableBufferPointer { room, count in
                var from = unsafe ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
                var to = unsafe ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: count)
                let result = unsafe ZSTD_decompressStream(context, &to, &from)
                unsafe taken += from.pos
                unsafe count = to.pos
                return result
            }
        }
    }

    private static func flaw(_ code: ZSTD_ErrorCode) -> String {
        switch code {
        case ZSTD_error_frameParameter_windowTooLarge:
            "the zstd stream has a window of more than 128 MiB, which `zstd -d --long=31` decompresses"
        case ZSTD_error_memory_allocation: "there is no memory left to decompress it"
        default: Self.compression.flaw
        }
    }
}
