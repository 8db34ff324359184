public import Wire

extension TextBuffer {
    /// Appends an address: IPv4 in dotted decimal, IPv6 in the form of RFC 5952.
    public mutating func append(_ address: IPAddress) {
        switch address.version {
        case .v4: append(v4: address.low)
        case .v6: append(v6: address)
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

    /// RFC 5952 section 4: lower case, no leading zeros, `::` for the longest run of two or more zero groups (the
    /// first of equals); section 5: the last 32 bits of an IPv4-mapped address (RFC 4291 2.5.5.2) in dotted decimal.
    private mutating func append(v6 address: IPAddress) {
        if address.high == 0, address.low >> 32 == 0xFFFF {
            append("::ffff:")
            append(v4: address.low & 0xFFFF_FFFF)
            return
        }
        let zeros = longestRunOfZeros(in: address)
        var index = 0
        while index < 8 {
            if index == zeros.lowerBound, zeros.count > 1 {
                append("::")
                index = zeros.upperBound
                continue
            }
            if index > 0, index != zeros.upperBound || zeros.count < 2 { append(":") }
            append(hexadecimal: group(index, of: address))
            index += 1
        }
    }

    private func group(_ index: Int, of address: IPAddress) -> UInt64 {
        (index < 4 ? address.high : address.low) >> UInt64(16 * (3 - index % 4)) & 0xFFFF
    }

    private func longestRunOfZeros(in address: IPAddress) -> Range<Int> {
        var longest = 0..<0
        var run = 0..<0
        for index in 0..<8 {
            run = group(index, of: address) == 0 ? run.lowerBound..<(index + 1) : (index + 1)..<(index + 1)
            if run.count > longest.count { longest = run }
        }
        return longest
    }

    private mutating func append(hexadecimal group: UInt64) {
        var isLeading = true
        for shift in [12, 8, 4, 0] as [UInt64] {
            let nibble = UInt8(truncatingIfNeeded: group >> shift & 15)
            if nibble == 0, isLeading, shift > 0 { continue }
            isLeading = false
            append(hex: nibble)
        }
    }
}
