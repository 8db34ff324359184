package import Wire

extension TextBuffer {
    /// Appends an address: IPv4 in dotted decimal, IPv6 in the form of RFC 5952.
    package mutating func append(_ address: IPAddress) {
        switch address.version {
        case .v4: append(v4: address.low)
        case .v6: address.appendText { append(byte: $0) }
        }
    }

    /// Appends an endpoint: `192.0.2.1:443`, and for IPv6 `[2001:db8::1]:443` (RFC 5952 section 6).
    mutating func append(_ endpoint: Endpoint) {
        let isVersion6 = endpoint.address.version == .v6
        if isVersion6 { append(byte: UInt8(ascii: "[")) }
        append(endpoint.address)
        if isVersion6 { append(byte: UInt8(ascii: "]")) }
        append(byte: UInt8(ascii: ":"))
        append(UInt64(endpoint.port))
    }

    /// Appends an endpoint in tcpdump's notation: `192.0.2.1.443`.
    mutating func append(tcpdump endpoint: Endpoint) {
        append(endpoint.address)
        append(byte: UInt8(ascii: "."))
        append(UInt64(endpoint.port))
    }

    private mutating func append(v4 bytes: UInt64) {
        let longest = 15
        append(addingCapacity: longest) { output in
            output.append(repeating: 0, count: longest)
            var address = output.mutableSpan
            let count = address.write(v4: bytes, at: 0)
            output.removeLast(longest - count)
        }
    }
}
