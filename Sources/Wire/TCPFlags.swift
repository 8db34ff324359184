/// The control bits of a TCP header (RFC 9293 3.1, RFC 3168, RFC 9768): the low twelve bits of octets 12 and 13.
public struct TCPFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
    /// The bits as they stand in the header.
    public var rawValue: UInt16

    /// The control bits `rawValue`; bits above the twelfth are the caller's to clear.
    @inlinable @inline(__always)
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// FIN: no more data from the sender.
    public static let fin = TCPFlags(rawValue: 0x001)
    /// SYN: synchronise sequence numbers.
    public static let syn = TCPFlags(rawValue: 0x002)
    /// RST: reset the connection.
    public static let rst = TCPFlags(rawValue: 0x004)
    /// PSH: push function.
    public static let psh = TCPFlags(rawValue: 0x008)
    /// ACK: the acknowledgment field is significant.
    public static let ack = TCPFlags(rawValue: 0x010)
    /// URG: the urgent pointer is significant.
    public static let urg = TCPFlags(rawValue: 0x020)
    /// ECE: ECN echo (RFC 3168).
    public static let ece = TCPFlags(rawValue: 0x040)
    /// CWR: congestion window reduced (RFC 3168).
    public static let cwr = TCPFlags(rawValue: 0x080)
    /// AE: accurate ECN (RFC 9768).
    public static let ae = TCPFlags(rawValue: 0x100)
}
