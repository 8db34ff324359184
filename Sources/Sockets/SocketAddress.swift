public import Wire

/// The address of a TCP socket: an endpoint, and for a link-local address the interface (sockaddr_in, sockaddr_in6).
public struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    /// Address and port as IP and TCP headers have them: an IPv4-mapped address (RFC 4291 2.5.5.2) is an IPv4 address,
    /// and the zone of `fe80::1%eth0` is missing.
    public let endpoint: Endpoint
    /// The numeric address with its zone, as in `127.0.0.1`, `::ffff:127.0.0.1` or `fe80::1%eth0`.
    public let address: String
    /// Whether it is the address of an IPv6 socket, which may be IPv4-mapped.
    public let isIPv6: Bool
    /// The bytes of the sockaddr_in(3type) or sockaddr_in6(3type).
    let bytes: [UInt8]

    /// The socket address with these bytes; nil if it is neither IPv4 nor IPv6.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 16, let address = systemText(of: bytes) else { return nil }
        self.address = address
        self.bytes = bytes
        isIPv6 = bytes.count >= 28
        // sin_port and sin6_port have the same offset, in network byte order.
        endpoint = Endpoint(
            IPAddress(bytes: bytes[isIPv6 ? 8..<24 : 4..<8]), UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
    }

    /// The port, 0 to 65535; 0 lets the system choose.
    public var port: UInt16 { endpoint.port }

    /// AF_INET or AF_INET6.
    var family: Int32 { isIPv6 ? SystemFamily.ipv6 : SystemFamily.ipv4 }

    /// The bytes of sin_addr or sin6_addr.
    var addressBytes: ArraySlice<UInt8> { isIPv6 ? bytes[8..<24] : bytes[4..<8] }

    /// The index of the interface, sin6_scope_id; 0 if the address is not link-local.
    var scope: UInt32 {
        // In host byte order, little-endian on all supported systems.
        isIPv6 ? bytes[24..<28].reversed().reduce(0) { $0 << 8 | UInt32($1) } : 0
    }

    /// The address and the port, as in `127.0.0.1:80` or `[::1]:80`.
    public var description: String { isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)" }
}

extension IPAddress {
    /// The address with 4 or 16 `bytes`; an IPv4-mapped one (RFC 4291 2.5.5.2) is an IPv4 address.
    init(bytes: some Collection<UInt8>) {
        func number(_ bytes: some Collection<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        let low = number(bytes.suffix(8))
        let high = bytes.count > 4 ? number(bytes.prefix(8)) : 0
        let isMapped = high == 0 && low >> 32 == 0xFFFF
        self = bytes.count == 4 || isMapped ? IPAddress(v4: UInt32(truncatingIfNeeded: low)) : IPAddress(v6: high, low)
    }
}
