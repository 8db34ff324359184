extension SegmentDecoder {
    /// Decodes what follows an IP header of either version: TCP, an extension header, a tunnel.
    ///
    /// The numbers are IANA's protocol numbers. A new tunnel over IP goes here. ESP (50), Mobility (135) and HIP (139)
    /// are ignored: tshark does not decode what follows them.
    mutating func decodeTransport(
        _ transport: UInt8, _ bytes: RawSpan, _ cursor: PacketCursor, _ header: IPHeader
    ) throws(DecodeFailure) {
        if transport == 6 { return try decodeTCP(bytes, cursor, header) }
        guard let inner = cursor.deeper() else { return }
        switch transport {
        case 0, 43, 60, 140: try decodeExtension(transport, bytes, inner, header)
        case 44: try decodeFragment(bytes, inner, header)
        case 51: try decodeAuthenticated(bytes, inner, header)
        case 17: try decodeUDP(bytes, inner)
        case 4: try decodeIP(bytes, inner)
        case 41: try decodeIPv6(bytes, inner)
        case 47: try decodeGRE(bytes, inner)
        case 97:
            try inner.require(2, .tunnel)
            try decodeEthernet(bytes, inner.dropping(2))
        case 143: try decodeEthernet(bytes, inner)  // RFC 8986 4.9
        case 103: try decodePIM(bytes, inner)
        case 137: try decodeMPLS(bytes, inner)
        case 1 where header.source.version == .v4, 58 where header.source.version == .v6:
            try decodeICMP(bytes, inner, header)
        default: return
        }
    }

    /// A PIM register message (RFC 7761 4.9.3), which carries a multicast packet to the rendezvous point.
    private mutating func decodePIM(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(8, .tunnel)
        guard bytes.byte(cursor.start) == 0x21 else { return }  // version 2, type 1
        try decodeIP(bytes, cursor.dropping(8))
    }

    /// An authentication header (RFC 4302 2) and what follows it.
    private mutating func decodeAuthenticated(
        _ bytes: RawSpan, _ cursor: PacketCursor, _ header: IPHeader
    ) throws(DecodeFailure) {
        try cursor.require(12, .tunnel)
        let length = (Int(bytes.byte(cursor.start + 1)) + 2) * 4
        try cursor.require(length, .tunnel)
        try decodeTransport(bytes.byte(cursor.start), bytes, cursor.dropping(length), header)
    }

    /// Decodes the packet that an ICMP or ICMPv6 error quotes (RFC 792, RFC 4443 3, RFC 4884, wireshark-rules 2.6).
    private mutating func decodeICMP(_ bytes: RawSpan, _ cursor: PacketCursor, _ header: IPHeader) throws(DecodeFailure)
    {
        try cursor.require(8, .tunnel)
        let type = bytes.byte(cursor.start)
        let isVersion4 = header.source.version == .v4
        // A redirect (5) quotes 8 bytes after the IP header: too few to look up a stream.
        guard isVersion4 ? [3, 4, 11, 12].contains(type) : (1...4).contains(type) else { return }
        let outerError = icmpError
        icmpError = ICMPError(router: header.source, type: type, code: bytes.byte(cursor.start + 1))
        defer { icmpError = outerError }
        var quote = cursor.dropping(8)
        quote.role = .quoted
        if !isVersion4 { return try decodeIPv6(bytes, quote) }
        let words = Int(bytes.byte(cursor.start + 5))
        if words > 0, quote.available >= 20 {
            let cut = Int(bytes.byte(quote.start) & 15) * 4 + 4 * words
            if quote.length > cut, Int(bytes.big16(quote.start + 2)) > cut { quote = quote.limited(to: cut) }
        }
        try decodeIP(bytes, quote)
    }
}
