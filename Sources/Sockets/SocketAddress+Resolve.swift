extension SocketAddress {
    /// The addresses of `host`, a name or a numeric address, in the order of getaddrinfo(3), in which to try them.
    ///
    /// `port` is a number from 0 to 65535 or the name of a service. Throws `SocketError.unresolved`.
    public static func resolve(
        host: String, port: String, family: AddressFamily = .any
    ) throws(SocketError) -> [SocketAddress] {
        try addresses(of: host, port: port, family: family)
    }

    /// The addresses to listen on if no host is given: all local addresses.
    static func wildcards(port: String, family: AddressFamily) throws(SocketError) -> [SocketAddress] {
        // IPv6 first: such a socket accepts IPv4 connections too.
        try addresses(of: nil, port: port, family: family).sorted { $0.isIPv6 && !$1.isIPv6 }
    }

    private static func addresses(
        of host: String?, port: String, family: AddressFamily
    ) throws(SocketError) -> [SocketAddress] {
        let name = host ?? "*"
        if let number = Int(port), !(0...65535).contains(number) {
            throw .unresolved(name: name, reason: "port \(port) is not between 0 and 65535")
        }
        do throws(ResolverError) {
            let found = try systemResolve(host: host, port: port, family: family.number)
                .compactMap { SocketAddress($0) }
            if found.isEmpty { throw ResolverError(reason: "it has no address that TCP can use") }
            return found
        } catch {
            throw .unresolved(name: "\(name), port \(port)", reason: error.reason)
        }
    }
}

/// Which addresses of a name to use.
public enum AddressFamily: Sendable, Equatable, CaseIterable {
    /// All, in the order of the system.
    case any
    /// Only IPv4.
    case ipv4
    /// Only IPv6.
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
