/// The position of a packet: file number from 0, and frame number within that file from 1, as in Wireshark.
public struct FrameReference: Sendable, Equatable, Hashable, BitwiseCopyable {
    @usableFromInline var packed: UInt64

    /// Frame `frame` of the file with number `file`. Numbers above 2^40 frames or 2^24 files wrap.
    @inlinable @inline(__always)
    public init(file: UInt32, frame: UInt64) {
        self.init(packed: UInt64(file & 0xFF_FFFF) << 40 | frame & 0xFF_FFFF_FFFF)
    }

    @inlinable @inline(__always)
    init(packed: UInt64) {
        self.packed = packed
    }

    /// No packet.
    @inlinable
    public static var none: FrameReference { FrameReference(packed: 0) }

    /// The frame `count` frames later in the same file.
    @inlinable @inline(__always)
    func advanced(by count: UInt32) -> FrameReference { FrameReference(packed: packed &+ UInt64(count)) }

    /// The number of the file, from 0.
    public var file: Int { Int(packed >> 40) }

    /// The number of the frame, from 1; 0 means no packet.
    public var frame: UInt64 { packed & 0xFF_FFFF_FFFF }
}
