/// A TCP sequence or acknowledgment number: 32 bits that wrap (RFC 9293 3.4).
///
/// There is no `<`: a wrapping number has no order of its own, only a distance to another one.
public struct SequenceNumber: Hashable, Sendable, BitwiseCopyable {
    /// The number as it stands on the wire, host byte order.
    public var rawValue: UInt32

    /// The sequence number `rawValue`.
    @inlinable @inline(__always)
    public init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Whether this number lies 1 to 2^31 ahead of `other`.
    ///
    /// A distance of exactly 2^31 is newer both ways, as in Wireshark (wireshark-rules 4.2).
    @inlinable @inline(__always)
    public func isNewer(than other: SequenceNumber) -> Bool {
        Int32(bitPattern: other.rawValue &- rawValue) < 0
    }

    /// The number `bytes` further on, wrapping.
    @inlinable @inline(__always)
    public static func + (number: SequenceNumber, bytes: UInt32) -> SequenceNumber {
        SequenceNumber(number.rawValue &+ bytes)
    }

    /// The number `bytes` before, wrapping.
    @inlinable @inline(__always)
    public static func - (number: SequenceNumber, bytes: UInt32) -> SequenceNumber {
        SequenceNumber(number.rawValue &- bytes)
    }
}
