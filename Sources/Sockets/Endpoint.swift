/// Which addresses of a name are wanted.
public enum AddressFamily: Sendable, Equatable, CaseIterable {
    /// All of them, in the order of the system.
    case any
    /// Only those of IPv4.
    case ipv4
    /// Only those of IPv6.
    case ipv6

    /// AF_UNSPEC, AF_INET or AF_INET6.
    var number: Int32 {
        switch self {
        case .any: SystemFamily.any
        case .ipv4: SystemFamily.ipv4
        case .ipv6: SystemFamily.ipv6
        }
    }
}

/// An IPv4 or IPv6 address and a TCP port.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// The numeric address, as in `127.0.0.1` or `fe80::1%eth0`.
    public let address: String
    /// The port, 0 to 65535; 0 lets the system choose.
    public let port: UInt16
    /// Whether the address is one of IPv6.
    public let isIPv6: Bool
    /// The bytes of the sockaddr_in(3type) or sockaddr_in6(3type).
    let socketAddress: [UInt8]

    /// The endpoint of the bytes of a socket address; nil if they are neither IPv4 nor IPv6.
    init?(socketAddress bytes: [UInt8]) {
        guard bytes.count >= 16, let address = systemText(of: bytes) else { return nil }
        self.address = address
        // sin_port and sin6_port lie at the same offset, in network byte order.
        port = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        isIPv6 = bytes.count >= 28
        socketAddress = bytes
    }

    /// AF_INET or AF_INET6.
    var family: Int32 { isIPv6 ? SystemFamily.ipv6 : SystemFamily.ipv4 }

    /// The bytes of the address alone: sin_addr or sin6_addr.
    var addressBytes: ArraySlice<UInt8> { isIPv6 ? socketAddress[8..<24] : socketAddress[4..<8] }

    /// The address as IP headers have it: 4 bytes for IPv4 and for an IPv4-mapped address (RFC 4291 2.5.5.2), otherwise 16. A
    /// zone, as in `fe80::1%eth0`, is no part of it.
    public var headerAddress: [UInt8] {
        let bytes = Array(addressBytes)
        let isMapped = isIPv6 && bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10...11].allSatisfy { $0 == 0xFF }
        return isMapped ? Array(bytes.suffix(4)) : bytes
    }

    /// The address and the port, as in `127.0.0.1:80` or `[::1]:80`.
    public var description: String { isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)" }
}
