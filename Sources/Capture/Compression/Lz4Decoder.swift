internal import CLz4

/// Decodes lz4 with liblz4: a sequence of frames (the LZ4 frame format), with their checksums; skippable frames are skipped.
@safe struct Lz4Decoder: ~Copyable, StreamDecoder {
    static var compression: Compression { .lz4 }

    private(set) var state = StreamState.incomplete
    private let context: OpaquePointer
    /// How many bytes to decode next: at most up to the end of the next block.
    private var wanted = 1
    /// Whether liblz4 may hold more of the last block than there was room for.
    private var mayHoldMore = false

    private static let blockHeaderLength = 4
    private static let checksumLength = 4

    /// A decoder at the start of a stream; nil if there is no memory for it.
    init?() {
        var context: OpaquePointer?
        guard unsafe LZ4F_isError(LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) == 0,
            let context = unsafe context
        else { return nil }
        unsafe self.context = context
    }

    deinit {
        unsafe _ = LZ4F_freeDecompressionContext(context)
    }

    mutating func decode(_ input: RawSpan, into output: inout OutputSpan<UInt8>) -> Int {
        var taken = 0
        repeat {
            // One block at a time, because a call that finds a flaw loses what it decoded before.
            let left = mayHoldMore ? 0 : min(wanted, input.byteCount - taken)
            guard left > 0 || mayHoldMore else { break }
            let result = decodeBlock(input.extracting(taken..<taken + left), into: &output, &taken)
            guard LZ4F_isError(result) == 0 else {
                state = .flawed(Self.compression.flaw)
                break
            }
            state = result == 0 ? .complete : .incomplete
            // liblz4 asks for the header of the next block too, which may be damaged.
            wanted = max(result > Self.blockHeaderLength ? result - Self.blockHeaderLength : result, 1)
            // The checksum of a block comes alone: a block that is not compressed is passed on before it, and would be lost
            // with it.
            if wanted > Self.checksumLength, hasBlockChecksums { wanted -= Self.checksumLength }
            mayHoldMore = result != 0 && output.freeCapacity == 0
        } while output.freeCapacity > 0
        return taken
    }

    /// Whether the blocks of the current frame have checksums, which few files have; false before its header has been read.
    private var hasBlockChecksums: Bool {
        var (information, consumed) = (LZ4F_frameInfo_t(), 0)
        // Without input it only reads what is known (lz4frame.h), and fails before the header is.
        let result = unsafe LZ4F_getFrameInfo(context, &information, nil, &consumed)
        return LZ4F_isError(result) == 0 && information.blockChecksumFlag == LZ4F_blockChecksumEnabled
    }

    /// Calls LZ4F_decompress once and adds the number of consumed bytes of `input` to `taken`.
    ///
    /// Returns how many bytes it wants next, 0 at the end of a frame, or an error (lz4frame.h).
    private mutating func decodeBlock(
        _ input: RawSpan, into output: inout OutputSpan<UInt8>, _ taken: inout Int
    ) -> Int {
        unsafe input.withUnsafeBytes { source in
            unsafe output.withUnsafeMutableBufferPointer { room, count in
                var (consumed, produced) = (source.count, room.count - count)
                let result = unsafe LZ4F_decompress(
                    context, room.baseAddress.map { unsafe $0 + count }, &produced, source.baseAddress, &consumed, nil)
                if LZ4F_isError(result) != 0 { return result }
                taken += consumed
                count += produced
                return result
            }
        }
    }
}
