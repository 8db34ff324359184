/// Where a layer lies in its packet, and what the layers around it say about it.
///
/// Each decoding step takes the bytes of a packet and a cursor, and passes a cursor to the step of the next layer.
/// The cursor does not hold the bytes: a type that stores a `RawSpan` needs an experimental feature of the compiler
/// (`Lifetimes`).
///
/// Offsets count from the first byte of the packet. `capturedEnd <= claimedEnd` always holds. `start` may exceed both,
/// because a header can claim to be longer than the packet: a step calls `require` before it reads.
struct PacketCursor: BitwiseCopyable {
    /// How many headers deep a packet may be: deeper tunnels are ignored, as in Wireshark.
    static let depthLimit: UInt8 = 64

    /// Offset of the first byte of the layer.
    private(set) var start = 0
    /// Offset after the last captured byte of the layer.
    private(set) var capturedEnd: Int
    /// Offset after the last byte of the layer according to the headers around it. Payload lengths derive from it.
    private(set) var claimedEnd: Int
    /// How many headers the layer lies within; bounds the recursion.
    private var depth: UInt8 = 0
    /// What the TCP segments inside may be used for.
    var role = Segment.Role.whole
    /// The innermost VLAN identifier so far, or 0: private addresses reassemble per VLAN (wireshark-rules 2.5).
    var vlan: UInt16 = 0

    /// The first layer of a packet of `captured` captured bytes and `claimed` bytes on the wire; `captured <= claimed`.
    init(captured: Int, claimed: Int) {
        capturedEnd = captured
        claimedEnd = claimed
    }

    /// Captured bytes from `start` on; negative if `start` lies beyond them.
    var available: Int { capturedEnd - start }

    /// Claimed bytes from `start` on, at least `available`; negative if `start` lies beyond them.
    var length: Int { claimedEnd - start }

    /// Throws unless `count` bytes are readable from `start` on; `layer` is what they belong to.
    func require(_ count: Int, _ layer: Layer) throws(DecodeFailure) {
        if available < count {
            throw DecodeFailure(layer: layer, offset: start, required: count, available: max(0, available))
        }
    }

    /// Moves `start` by `count` bytes.
    mutating func skip(_ count: Int) {
        start += count
    }

    /// What follows the first `count` bytes.
    func dropping(_ count: Int) -> PacketCursor {
        var cursor = self
        cursor.skip(count)
        return cursor
    }

    /// The first `count` claimed bytes at most.
    func limited(to count: Int) -> PacketCursor {
        start + count < claimedEnd ? claiming(count) : self
    }

    /// The same without the last `count` claimed bytes: a check sequence or padding.
    func trimmed(by count: Int) -> PacketCursor {
        limited(to: max(0, length - count))
    }

    /// `count` bytes, even if the headers around claim fewer.
    func claiming(_ count: Int) -> PacketCursor {
        var cursor = self
        cursor.claimedEnd = start + count
        cursor.capturedEnd = min(capturedEnd, cursor.claimedEnd)
        return cursor
    }

    /// The same one header deeper; nil at `depthLimit`. Every step that can lead back to itself goes through this.
    func deeper() -> PacketCursor? {
        guard depth < Self.depthLimit else { return nil }
        var cursor = self
        cursor.depth += 1
        return cursor
    }

    /// The same for the `count` bytes of a reassembled datagram.
    func reassembled(_ count: Int) -> PacketCursor {
        var cursor = self
        (cursor.start, cursor.capturedEnd, cursor.claimedEnd) = (0, count, count)
        return cursor
    }
}
