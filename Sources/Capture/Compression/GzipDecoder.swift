internal import CZlib

/// Decodes gzip with zlib: a sequence of members (RFC 1952 2.2), with their checksums.
@safe struct GzipDecoder: ~Copyable, StreamDecoder {
    static var compression: Compression { .gzip }

    private(set) var state = StreamState.incomplete
    /// On the heap, because zlib keeps its address.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isFirstMember = true
    /// Whether zeros follow the last member.
    private var isPadded = false

    private static let trailingFlaw = "bytes that are not gzip follow the gzip stream"

    /// A decoder at the start of a stream; nil if there is no memory for it.
    init?() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // The largest window, and gzip's header and trailer (16): inflateInit2 in zlib.h.
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        guard unsafe inflateInit2_(stream, 15 + 16, ZLIB_VERSION, size) == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    mutating func decode(_ input: RawSpan, into output: inout OutputSpan<UInt8>) -> Int {
        var taken = 0
        repeat {
            if state == .complete {
                guard taken < input.byteCount else { break }
                // Zeros may pad the block of a tape, up to the end of the file (gzip(1)).
                while taken < input.byteCount, input.load8(taken) == 0 { (taken, isPadded) = (taken + 1, true) }
                guard taken < input.byteCount else { break }
                guard !isPadded else {
                    state = .flawed(Self.trailingFlaw)
                    break
                }
                unsafe inflateReset(stream)
                isFirstMember = false
            }
            let code = inflate(input.extracting(droppingFirst: taken), into: &output, &taken)
            switch code {
            case Z_STREAM_END: state = .complete
            case Z_OK, Z_BUF_ERROR: state = .incomplete  // Z_BUF_ERROR: no input or no room
            case Z_MEM_ERROR: state = .flawed("there is no memory left to decompress it")
            // Without the magic number it is not a member: gzip(1) ignores it with a warning.
            case _ where unsafe !isFirstMember && stream.pointee.total_in <= 2:
                state = .flawed(Self.trailingFlaw)
            default: state = .flawed(Self.compression.flaw)
            }
        } while taken < input.byteCount && output.freeCapacity > 0 && (state == .incomplete || state == .complete)
        return taken
    }

    /// Calls inflate once, adds the number of consumed bytes of `input` to `taken`, and returns inflate's code (zlib.h).
    private mutating func inflate(_ input: RawSpan, into output: inout OutputSpan<UInt8>, _ taken: inout Int) -> Int32 {
        unsafe input.withUnsafeBytes { source in
            unsafe output.withUnsafeMutableBufferPointer { room, count in
                let (given, free) = (uInt(clamping: source.count), uInt(clamping: room.count - count))
                // zlib does not write to its input, whatever the type says.
                unsafe stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self))
                unsafe stream.pointee.avail_in = given
                unsafe stream.pointee.next_out = room.baseAddress.map { unsafe $0 + count }
                unsafe stream.pointee.avail_out = free
                let code = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
                unsafe taken += Int(given - stream.pointee.avail_in)
                unsafe count += Int(free - stream.pointee.avail_out)
                return code
            }
        }
    }
}
