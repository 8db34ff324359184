/// The control bits of a TCP header (RFC 9293 3.1, RFC 3168, RFC 9768): the low twelve bits of bytes 12 and 13.
public struct TCPFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
    /// The bits as in the header.
    public var rawValue: UInt16

    /// The control bits `rawValue`. The caller clears the upper four bits.
    @inlinable @inline(__always)
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// FIN: no more data from the sender.
    @inlinable @inline(__always)
    public static var fin: TCPFlags { TCPFlags(rawValue: 0x001) }
    /// SYN: synchronise sequence numbers.
    @inlinable @inline(__always)
    public static var syn: TCPFlags { TCPFlags(rawValue: 0x002) }
    /// RST: reset the connection.
    @inlinable @inline(__always)
    public static var rst: TCPFlags { TCPFlags(rawValue: 0x004) }
    /// PSH: push function.
    @inlinable @inline(__always)
    public static var psh: TCPFlags { TCPFlags(rawValue: 0x008) }
    /// ACK: the acknowledgment field is significant.
    @inlinable @inline(__always)
    public static var ack: TCPFlags { TCPFlags(rawValue: 0x010) }
    /// URG: the urgent pointer is significant.
    @inlinable @inline(__always)
    public static var urg: TCPFlags { TCPFlags(rawValue: 0x020) }
    /// ECE: ECN echo (RFC 3168).
    @inlinable @inline(__always)
    public static var ece: TCPFlags { TCPFlags(rawValue: 0x040) }
    /// CWR: congestion window reduced (RFC 3168).
    @inlinable @inline(__always)
    public static var cwr: TCPFlags { TCPFlags(rawValue: 0x080) }
    /// AE: accurate ECN (RFC 9768).
    @inlinable @inline(__always)
    public static var ae: TCPFlags { TCPFlags(rawValue: 0x100) }
}
