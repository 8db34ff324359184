internal import CLzma

/// Decodes xz with liblzma: a sequence of streams and padding (the .xz file format, section 2), with their checksums.
@safe struct XzDecoder: ~Copyable, StreamDecoder {
    static var compression: Compression { .xz }

    private(set) var state = StreamState.incomplete
    /// On the heap, because liblzma keeps its address.
    private let stream: UnsafeMutablePointer<lzma_stream>
    /// Zero bytes after the last stream, whose number must be a multiple of four.
    private var padding = 0

    /// The most bytes that one stream may need, which its header claims: more than any level of xz(1) uses to decompress.
    static let memoryLimit: UInt64 = 192 << 20

    /// A decoder at the start of a stream; nil if there is no memory for it.
    init?() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: lzma_stream())
        guard begin() == LZMA_OK else {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        unsafe lzma_end(stream)
        unsafe stream.deallocate()
    }

    mutating func decode(_ input: RawSpan, into output: inout OutputSpan<UInt8>) -> Int {
        var taken = 0
        repeat {
            if isBetweenStreams {
                while taken < input.byteCount, input.load8(taken) == 0 { (taken, padding) = (taken + 1, padding + 1) }
                state = padding % 4 == 0 ? .complete : .incomplete
                guard taken < input.byteCount else { break }
                guard state == .complete, begin() == LZMA_OK else {
                    state = .flawed(Self.compression.flaw)
                    break
                }
                isBetweenStreams = false
            }
            switch code(input.extracting(droppingFirst: taken), into: &output, &taken) {
            case LZMA_STREAM_END:
                (state, isBetweenStreams, padding) = (.complete, true, 0)
            case LZMA_OK, LZMA_BUF_ERROR: state = .incomplete  // LZMA_BUF_ERROR: no input or no room
            case LZMA_MEMLIMIT_ERROR:
                state = .flawed(
                    "the xz stream needs more than \(Self.memoryLimit >> 20) MiB of memory, which `xz -d` gives it")
            case LZMA_MEM_ERROR: state = .flawed("there is no memory left to decompress it")
            default: state = .flawed(Self.compression.flaw)
            }
        } while taken < input.byteCount && output.freeCapacity > 0 && (state == .incomplete || state == .complete)
        return taken
    }

    /// Whether the last stream has ended and no other one has begun.
    private var isBetweenStreams = false

    /// Prepares for the next stream, and returns the code of liblzma (lzma/base.h).
    private func begin() -> lzma_ret {
        unsafe lzma_stream_decoder(stream, Self.memoryLimit, 0)
    }

    /// Calls lzma_code once, adds the number of consumed bytes of `input` to `taken`, and returns its code.
    private mutating func code(_ input: RawSpan, into output: inout OutputSpan<UInt8>, _ taken: inout Int) -> lzma_ret {
        unsafe input.withUnsafeBytes { source in
            unsafe output.withUnsafeMutableBufferPointer { room, count in
                unsafe stream.pointee.next_in = source.baseAddress?.assumingMemoryBound(to: UInt8.self)
                unsafe stream.pointee.avail_in = source.count
                unsafe stream.pointee.next_out = room.baseAddress.map { unsafe $0 + count }
                unsafe stream.pointee.avail_out = room.count - count
                let code = unsafe lzma_code(stream, LZMA_RUN)
                unsafe taken += source.count - stream.pointee.avail_in
                unsafe count = room.count - stream.pointee.avail_out
                return code
            }
        }
    }
}
