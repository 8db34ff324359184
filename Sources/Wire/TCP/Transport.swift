extension SegmentDecoder {
    /// How many headers deep a packet may be: tunnels in tunnels end here, as they do in Wireshark.
    static let depthLimit = 64

    /// Decodes what an IP header of either version says follows it: TCP, another header, a tunnel.
    ///
    /// Numbers are IANA's protocol numbers. ESP (50), Mobility (135) and HIP (139) hide what they carry.
    mutating func decodeTransport(
        _ transport: UInt8, _ bytes: RawSpan, _ extent: Extent, _ header: IPHeader, _ context: PacketContext,
        _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        if transport == 6 { return try decodeTCP(bytes, extent, header, context, &segments) }
        var inner = context
        inner.depth += 1
        guard inner.depth <= Self.depthLimit else { return }
        switch transport {
        case 0, 43, 60, 140: try decodeExtension(transport, bytes, extent, header, inner, &segments)
        case 44: try decodeFragment(bytes, extent, header, inner, &segments)
        case 51: try decodeAuthenticated(bytes, extent, header, inner, &segments)
        case 17: try decodeUDP(bytes, extent, inner, &segments)
        case 4: try decodeIP(bytes, extent, inner, &segments)
        case 41: try decodeIPv6(bytes, extent, inner, &segments)
        case 47: try decodeGRE(bytes, extent, inner, &segments)
        case 97:
            try extent.require(2, .tunnel)
            try decodeEthernet(bytes, extent.dropping(2), inner, &segments)
        case 143: try decodeEthernet(bytes, extent, inner, &segments)  // RFC 8986 4.9
        case 103: try decodePIM(bytes, extent, inner, &segments)
        case 137: try decodeMPLS(bytes, extent, inner, &segments)
        case 1 where header.source.version == .v4: try decodeICMP(bytes, extent, header, inner, &segments)
        case 58 where header.source.version == .v6: try decodeICMPv6(bytes, extent, header, inner, &segments)
        default: return
        }
    }

    /// A PIM register message (RFC 7761 4.9.3): a multicast packet on its way to the rendezvous point.
    private mutating func decodePIM(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .tunnel)
        guard bytes.byte(extent.start) == 0x21 else { return }  // version 2, type 1
        try decodeIP(bytes, extent.dropping(8), context, &segments)
    }

    /// Walks through an authentication header (RFC 4302 2).
    private mutating func decodeAuthenticated(
        _ bytes: RawSpan, _ extent: Extent, _ header: IPHeader, _ context: PacketContext,
        _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(12, .tunnel)
        let length = (Int(bytes.byte(extent.start + 1)) + 2) * 4
        try extent.require(length, .tunnel)
        try decodeTransport(
            bytes.byte(extent.start), bytes, extent.dropping(length), header, context, &segments)
    }

    /// Decodes the packet that an ICMP error quotes (RFC 792, RFC 4884, wireshark-rules 2.6).
    private mutating func decodeICMP(
        _ bytes: RawSpan, _ extent: Extent, _ header: IPHeader, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .tunnel)
        // A redirect (5) quotes 8 bytes behind the IP header, too few to look a stream up.
        guard [3, 4, 11, 12].contains(bytes.byte(extent.start)) else { return }
        var quote = extent.dropping(8)
        let words = Int(bytes.byte(extent.start + 5))
        if words > 0, quote.available >= 20, quote.length >= 20 {
            let cut = Int(bytes.byte(quote.start) & 15) * 4 + 4 * words
            if quote.length > cut, Int(bytes.big16(quote.start + 2)) > cut { quote = quote.limited(to: cut) }
        }
        var context = context
        context.role = .quoted
        context.error = ICMPError(
            router: header.source, type: bytes.byte(extent.start), code: bytes.byte(extent.start + 1))
        try decodeIP(bytes, quote, context, &segments)
    }

    /// Decodes the packet that an ICMPv6 error quotes (RFC 4443 3, wireshark-rules 2.6).
    private mutating func decodeICMPv6(
        _ bytes: RawSpan, _ extent: Extent, _ header: IPHeader, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .tunnel)
        guard (1...4).contains(bytes.byte(extent.start)) else { return }
        var context = context
        context.role = .quoted
        context.error = ICMPError(
            router: header.source, type: bytes.byte(extent.start), code: bytes.byte(extent.start + 1))
        try decodeIPv6(bytes, extent.dropping(8), context, &segments)
    }
}
