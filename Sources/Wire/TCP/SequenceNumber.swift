/// A TCP sequence or acknowledgment number: 32 bits that wrap (RFC 9293 3.4).
///
/// There is no `<`, because wrapping numbers have no total order.
public struct SequenceNumber: Hashable, Sendable, BitwiseCopyable {
    /// The number from the wire, in host byte order.
    public var rawValue: UInt32

    /// The sequence number `rawValue`.
    @inlinable @inline(__always)
    public init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Whether this number is 1 to 2^31 ahead of `other`.
    ///
    /// At a distance of exactly 2^31 each is newer than the other, as in Wireshark (wireshark-rules 4.2).
    @inlinable @inline(__always)
    public func isNewer(than other: SequenceNumber) -> Bool {
        Int32(bitPattern: other.rawValue &- rawValue) < 0
    }

    /// The number plus `bytes`, wrapping.
    @inlinable @inline(__always)
    public static func + (number: SequenceNumber, bytes: UInt32) -> SequenceNumber {
        SequenceNumber(number.rawValue &+ bytes)
    }

    /// The number minus `bytes`, wrapping.
    @inlinable @inline(__always)
    public static func - (number: SequenceNumber, bytes: UInt32) -> SequenceNumber {
        SequenceNumber(number.rawValue &- bytes)
    }
}
