/// What the layers above an IP header need of it.
struct IPHeader: BitwiseCopyable {
    /// The source, or the home address of a Home Address option.
    var source: IPAddress
    /// The destination, or the final one of a source route.
    var destination: IPAddress
    /// Identification of an IPv4 header; 0 for IPv6.
    var identification: UInt16
    /// TTL or hop limit.
    var timeToLive: UInt8
}

extension SegmentDecoder {
    /// Decodes an IP packet, whose version its first nibble says.
    mutating func decodeIP(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(1, .ipv4)
        switch bytes.byte(extent.start) >> 4 {
        case 4: try decodeIPv4(bytes, extent, context, &segments)
        case 6: try decodeIPv6(bytes, extent, context, &segments)
        default: return
        }
    }

    /// Decodes an IPv4 packet (RFC 791 3.1, wireshark-rules 2.3).
    ///
    ///      0                   1                   2                   3
    ///     |Version|  IHL  |Type of Service|          Total Length         |
    ///     |         Identification        |Flags|      Fragment Offset    |
    ///     |  Time to Live |    Protocol   |         Header Checksum       |
    ///     |                         Source Address                        |
    ///     |                      Destination Address                      |
    mutating func decodeIPv4(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        let start = extent.start
        try extent.require(20, .ipv4)
        let headerLength = Int(bytes.byte(start) & 15) * 4
        guard headerLength >= 20 else { return }
        var totalLength = Int(bytes.big16(start + 2))
        if totalLength == 0 { totalLength = extent.length }  // segmentation was left to the interface
        guard totalLength >= headerLength else { return }
        let packet = extent.limited(to: totalLength)
        try packet.require(headerLength, .ipv4)

        var header = IPHeader(
            source: IPAddress(v4: bytes.big32(start + 12)), destination: IPAddress(v4: bytes.big32(start + 16)),
            identification: bytes.big16(start + 4), timeToLive: bytes.byte(start + 8))
        if headerLength > 20 {
            try walkOptions(bytes, start + 20, start + headerLength, &header)
        }
        let fragment = bytes.big16(start + 6)
        let payload = packet.dropping(headerLength)
        let transport = bytes.byte(start + 9)
        if fragment & 0x3FFF == 0 {
            // A packet inside a fragment is whole by itself.
            if context.role == .fragment {
                return try decodeTransport(transport, bytes, payload, header, context.whole, &segments)
            }
            return try decodeTransport(transport, bytes, payload, header, context, &segments)
        }
        // By what the header claims: a total length beyond the frame's makes a cut fragment, too.
        let isComplete = extent.available >= totalLength
        if !isComplete {
            // A first fragment cut by the capture is looked up and not analysed; later ones are nothing.
            guard fragment & 0x1FFF == 0 else { return }
            var context = context
            if context.role == .whole { context.role = .fragment }
            return try decodeTransport(transport, bytes, payload, header, context, &segments)
        }
        let key = FragmentKey(
            source: header.source, destination: header.destination, identification: UInt32(header.identification),
            transport: transport,
            vlan: header.source.isPrivate || header.destination.isPrivate ? context.vlan : 0)
        let piece = Reassembly.Piece(
            offset: Int(fragment & 0x1FFF) * 8, isLast: fragment & 0x2000 == 0)
        guard let whole = reassembly.add(piece, bytes, payload, to: key) else { return }
        let all = Extent(start: 0, captured: whole.count, claimed: whole.count)
        try unsafe decodeTransport(transport, whole.span.bytes, all, header, context, &segments)
    }

    /// Walks the options of an IPv4 header: a source route names the destination, a short option ends the dissection.
    private func walkOptions(
        _ bytes: RawSpan, _ first: Int, _ end: Int, _ header: inout IPHeader
    ) throws(DecodeFailure) {
        var options = HeaderOptions(from: first, to: end)
        var isRouted = false
        while let option = options.next(bytes) {
            let function = option.length > 2 ? bytes.byte(option.place + 2) >> 4 : 1
            let least = leastLength(ofOption: option.kind, function: function)
            if option.length < least {
                throw DecodeFailure(layer: .ipv4, offset: option.place, required: least, available: option.length)
            }
            if option.kind == 131 || option.kind == 137, !isRouted {
                let pointer = Int(bytes.byte(option.place + 2))
                if pointer >= 4, pointer <= option.length, pointer % 4 == 0, option.length >= 7 {
                    header.destination = IPAddress(v4: bytes.big32(option.place + option.length - 4))
                }
                isRouted = true
            }
        }
    }

    /// The least length of an IPv4 option for which Wireshark goes on to the next layer (wireshark-rules 2.3).
    private func leastLength(ofOption kind: UInt8, function: UInt8) -> Int {
        switch kind {
        case 7, 130, 131, 133, 137: 3
        case 11, 12, 68, 136, 148: 4
        case 82: 12
        case 134: 6
        case 25: function == 0 || function == 8 ? 8 : 3
        case 154: version >= .v4_6 ? 8 : 2
        default: 2
        }
    }
}

extension IPAddress {
    /// Whether this is an IPv4 address for private use (RFC 1918) or link-local (RFC 3927).
    var isPrivate: Bool {
        version == .v4
            && (low >> 24 == 10 || low >> 20 == 0xAC1 || low >> 16 == 0xC0A8 || low >> 16 == 0xA9FE)
    }
}
