extension Endpoint {
    /// The endpoints of `host`, a name or a numeric address, in the order of getaddrinfo(3), which is the order to try.
    ///
    /// `port` is a number from 0 to 65535, or the name of a service. Throws `SocketError.unresolved`.
    public static func resolve(
        host: String, port: String, family: AddressFamily = .any
    ) throws(SocketError) -> [Endpoint] {
        try addresses(of: host, port: port, family: family)
    }

    /// The endpoints to listen on if no host is given: all addresses of this host.
    static func wildcards(port: String, family: AddressFamily) throws(SocketError) -> [Endpoint] {
        // IPv6 first: such a socket accepts IPv4 connections too.
        try addresses(of: nil, port: port, family: family).sorted { $0.isIPv6 && !$1.isIPv6 }
    }

    private static func addresses(
        of host: String?, port: String, family: AddressFamily
    ) throws(SocketError) -> [Endpoint] {
        let name = host ?? "*"
        if let number = Int(port), !(0...65535).contains(number) {
            throw .unresolved(name: name, reason: "port \(port) is not between 0 and 65535")
        }
        do throws(ResolverError) {
            let endpoints = try systemResolve(host: host, port: port, family: family.number)
                .compactMap { Endpoint(socketAddress: $0) }
            if endpoints.isEmpty { throw ResolverError(reason: "it has no address that TCP can use") }
            return endpoints
        } catch {
            throw .unresolved(name: "\(name), port \(port)", reason: error.reason)
        }
    }
}
