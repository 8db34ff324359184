extension IPAddress: CustomStringConvertible {
    /// The usual text: `192.0.2.1`, and for IPv6 the form of RFC 5952.
    public var description: String {
        var text = ""
        appendText { text.unicodeScalars.append(Unicode.Scalar($0)) }
        return text
    }

    /// Calls `append` with each byte of the text, which is ASCII.
    package func appendText(_ append: (UInt8) -> Void) {
        switch version {
        case .v4: appendDotted(low, append)
        case .v6: appendGroups(append)
        }
    }

    private func appendDotted(_ address: UInt64, _ append: (UInt8) -> Void) {
        for shift in [24, 16, 8, 0] as [UInt64] {
            let number = UInt8(truncatingIfNeeded: address >> shift)
            if number >= 100 { append(UInt8(ascii: "0") + number / 100) }
            if number >= 10 { append(UInt8(ascii: "0") + number / 10 % 10) }
            append(UInt8(ascii: "0") + number % 10)
            if shift > 0 { append(UInt8(ascii: ".")) }
        }
    }

    /// RFC 5952 section 4: lower case, no leading zeros, `::` for the longest run of two or more zero groups (the first of
    /// equals); section 5: the last 32 bits of an IPv4-mapped address (RFC 4291 2.5.5.2) in dotted decimal.
    private func appendGroups(_ append: (UInt8) -> Void) {
        let colon = UInt8(ascii: ":")
        let isMapped = high == 0 && low >> 32 == 0xFFFF
        let zeros = isMapped ? 0..<5 : longestRunOfZeros
        var index = 0
        while index < (isMapped ? 6 : 8) {
            if index == zeros.lowerBound, zeros.count > 1 {
                append(colon)
                append(colon)
                index = zeros.upperBound
                continue
            }
            if index > 0, index != zeros.upperBound || zeros.count < 2 { append(colon) }
            appendHexadecimal(group(index), append)
            index += 1
        }
        if isMapped {
            append(colon)
            appendDotted(low & 0xFFFF_FFFF, append)
        }
    }

    private func group(_ index: Int) -> UInt64 {
        (index < 4 ? high : low) >> UInt64(16 * (3 - index % 4)) & 0xFFFF
    }

    private var longestRunOfZeros: Range<Int> {
        var longest = 0..<0
        var run = 0..<0
        for index in 0..<8 {
            run = group(index) == 0 ? run.lowerBound..<(index + 1) : (index + 1)..<(index + 1)
            if run.count > longest.count { longest = run }
        }
        return longest
    }

    private func appendHexadecimal(_ group: UInt64, _ append: (UInt8) -> Void) {
        var isLeading = true
        for shift in [12, 8, 4, 0] as [UInt64] {
            let nibble = UInt8(truncatingIfNeeded: group >> shift & 15)
            if nibble == 0, isLeading, shift > 0 { continue }
            isLeading = false
            append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
        }
    }
}

extension Endpoint: CustomStringConvertible {
    /// Address and port: `192.0.2.1:443`, and for IPv6 `[2001:db8::1]:443` (RFC 5952 section 6).
    public var description: String {
        address.version == .v6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
