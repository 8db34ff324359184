/// An IPv4 or IPv6 address, as two words in host byte order.
public struct IPAddress: Hashable, Sendable, BitwiseCopyable {
    /// The first eight bytes of an IPv6 address; 0 for IPv4.
    public var high: UInt64
    /// The last eight bytes of an IPv6 address; the four of an IPv4 address in the low half.
    public var low: UInt64
    /// The IP version, which distinguishes 10.0.0.1 from ::a00:1.
    public var version: IPVersion

    /// The IPv4 address with the four bytes `bytes`; the first byte is the highest.
    @inlinable @inline(__always)
    public init(v4 bytes: UInt32) {
        high = 0
        low = UInt64(bytes)
        version = .v4
    }

    /// The IPv6 address with the first eight bytes `high` and the last eight bytes `low`.
    @inlinable @inline(__always)
    public init(v6 high: UInt64, _ low: UInt64) {
        self.high = high
        self.low = low
        version = .v6
    }

    /// Whether this address is numerically greater than `other`; any IPv6 address is greater than any IPv4 one.
    @inlinable @inline(__always)
    public func isGreater(than other: IPAddress) -> Bool {
        if version != other.version { return version == .v6 }
        return high != other.high ? high > other.high : low > other.low
    }
}

/// The version of an IP header.
public enum IPVersion: UInt8, Hashable, Sendable, BitwiseCopyable {
    /// IPv4 (RFC 791).
    case v4 = 4
    /// IPv6 (RFC 8200).
    case v6 = 6
}

/// One side of a connection: an address and a port.
public struct Endpoint: Hashable, Sendable, BitwiseCopyable {
    /// The IP address.
    public var address: IPAddress
    /// The TCP port.
    public var port: UInt16

    /// The endpoint with `address` and `port`.
    @inlinable @inline(__always)
    public init(_ address: IPAddress, _ port: UInt16) {
        self.address = address
        self.port = port
    }
}
