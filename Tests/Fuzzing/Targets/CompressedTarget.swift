@testable import Capture

/// Compressed streams to the decoders: in pieces, and with little room for what comes out, the result must be the same as at
/// once.
///
/// The first byte chooses the decoder, the second one the sizes of the pieces.
enum CompressedTarget {
    /// Bytes after which decoding ends, because a small stream may hold gigabytes.
    private static let outputLimit = 1 << 16
    /// The room for decoded bytes at a time.
    private static let room = 1 << 12

    private struct Result: Equatable {
        var bytes: [UInt8] = []
        /// The state at the end, or when `outputLimit` was reached.
        var state = StreamState.incomplete
        var isCut = false

        var isFlawed: Bool { if case .flawed = state { true } else { false } }
    }

    static func run(_ input: [UInt8]) throws(FuzzFailure) {
        var reader = InputReader(input)
        let (choice, sizes) = (reader.byte(), reader.byte())
        let stream = Array(reader.rest())
        // From one byte on; the rest of the choice makes all pieces equal or not.
        let piece = 1 + Int(sizes & 15) * (sizes & 16 == 0 ? 1 : 37)
        let room = [1, 7, 64, 1000][Int(sizes >> 5 & 3)]
        switch Compression.allCases[Int(choice) % Compression.allCases.count] {
        case .gzip: try compare(stream, piece: piece, room: room) { GzipDecoder() }
        case .zstd: try compare(stream, piece: piece, room: room) { ZstdDecoder() }
        case .xz: try compare(stream, piece: piece, room: room) { XzDecoder() }
        case .lz4: try compare(stream, piece: piece, room: room) { Lz4Decoder() }
        }
    }

    private static func compare<Decoder: StreamDecoder & ~Copyable>(
        _ stream: [UInt8], piece: Int, room: Int, _ make: () -> Decoder?
    ) throws(FuzzFailure) {
        let whole = try decode(stream, piece: max(stream.count, 1), room: Self.room, make)
        let pieces = try decode(stream, piece: piece, room: room, make)
        // When they find a flaw, liblzma may keep the last bytes of a filter, and libzstd all of a block.
        let mayKeep = Decoder.compression == .xz || Decoder.compression == .zstd
        let isFlawed = mayKeep && whole.isFlawed && pieces.isFlawed
        if whole.isCut || pieces.isCut || isFlawed {
            let count = min(whole.bytes.count, pieces.bytes.count)
            try check(
                whole.bytes.prefix(count) == pieces.bytes.prefix(count),
                "the first \(count) bytes of \(Decoder.compression) differ")
            return
        }
        try check(
            whole == pieces,
            "\(Decoder.compression) gives \(whole.bytes.count) bytes and the state \(whole.state); in pieces of \(piece), "
                + "with room for \(room), \(pieces.bytes.count) bytes and the state \(pieces.state)")
    }

    private static func decode<Decoder: StreamDecoder & ~Copyable>(
        _ stream: [UInt8], piece: Int, room: Int, _ make: () -> Decoder?
    ) throws(FuzzFailure) -> Result {
        guard var decoder = make() else { throw FuzzFailure("no memory for a decoder") }
        var result = Result()
        var position = 0
        while position < stream.count {
            let end = min(position + piece, stream.count)
            var isFull = true
            // The last call has room left: there is no more output without further input.
            while position < end || isFull {
                let before = result.bytes.count
                var taken = 0
                result.bytes.append(addingCapacity: room) { output in
                    taken = unsafe decoder.decode(stream.span.bytes.extracting(position..<end), into: &output)
                }
                isFull = result.bytes.count - before == room
                position += taken
                result.state = decoder.state
                switch decoder.state {
                case .flawed: return result
                case .incomplete, .complete: break
                }
                if result.bytes.count >= outputLimit {
                    result.isCut = true
                    return result
                }
                try check(
                    isFull || position == end,
                    "\(Decoder.compression) left \(end - position) bytes although there was room for more")
            }
        }
        // As the reader does: what cannot end there is damaged or cut short.
        if result.state == .incomplete { result.state = .flawed(Decoder.compression.flaw) }
        return result
    }
}
