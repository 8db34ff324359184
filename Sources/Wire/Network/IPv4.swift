/// The fields of an IP header that the layers after it need.
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
    /// Decodes an IPv4 or IPv6 packet. Another version is ignored.
    mutating func decodeIP(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(1, .ipv4)
        switch bytes.byte(cursor.start) >> 4 {
        case 4: try decodeIPv4(bytes, cursor)
        case 6: try decodeIPv6(bytes, cursor)
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
    mutating func decodeIPv4(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        let start = cursor.start
        try cursor.require(20, .ipv4)
        let headerLength = Int(bytes.byte(start) & 15) * 4
        guard headerLength >= 20 else { return }
        var totalLength = Int(bytes.big16(start + 2))
        if totalLength == 0 { totalLength = cursor.length }  // segmentation offload
        guard totalLength >= headerLength else { return }
        let packet = cursor.limited(to: totalLength)
        try packet.require(headerLength, .ipv4)

        var header = IPHeader(
            source: IPAddress(v4: bytes.big32(start + 12)), destination: IPAddress(v4: bytes.big32(start + 16)),
            identification: bytes.big16(start + 4), timeToLive: bytes.byte(start + 8))
        if headerLength > 20 { try walkOptions(bytes, start + 20..<start + headerLength, &header) }
        let fragment = bytes.big16(start + 6)
        var payload = packet.dropping(headerLength)
        let transport = bytes.byte(start + 9)
        if fragment & 0x3FFF == 0 {
            // A packet inside a fragment can be whole.
            if payload.role == .fragment { payload.role = .whole }
            return try decodeTransport(transport, bytes, payload, header)
        }
        // A fragment is cut if it lacks bytes of its own total length, even if the frame is too short for that length.
        if cursor.available < totalLength {
            // A cut first fragment is looked up but not analysed; a later one is ignored.
            guard fragment & 0x1FFF == 0 else { return }
            if payload.role == .whole { payload.role = .fragment }
            return try decodeTransport(transport, bytes, payload, header)
        }
        let key = FragmentKey(
            source: header.source, destination: header.destination, identification: UInt32(header.identification),
            transport: transport, vlan: header.source.isPrivate || header.destination.isPrivate ? payload.vlan : 0)
        let piece = Reassembly.Piece(offset: Int(fragment & 0x1FFF) * 8, isLast: fragment & 0x2000 == 0)
        guard let whole = reassembly.add(piece, bytes, payload, to: key) else { return }
        try unsafe decodeTransport(transport, whole.span.bytes, payload.reassembled(whole.count), header)
    }

    /// Reads the options of an IPv4 header. The first source route replaces the destination
    /// if its pointer is valid.
    ///
    /// Throws at an option that is too short, because Wireshark stops there.
    private func walkOptions(
        _ bytes: RawSpan, _ range: Range<Int>, _ header: inout IPHeader
    ) throws(DecodeFailure) {
        var options = HeaderOptions(range)
        var hasRoute = false
        while let option = options.next(bytes) {
            let function = option.length > 2 ? bytes.byte(option.start + 2) >> 4 : 1
            let minimum = minimumLength(ofOption: option.kind, function: function)
            if option.length < minimum {
                throw DecodeFailure(layer: .ipv4, offset: option.start, required: minimum, available: option.length)
            }
            if option.kind == 131 || option.kind == 137, !hasRoute {
                let pointer = Int(bytes.byte(option.start + 2))
                if pointer >= 4, pointer <= option.length, pointer % 4 == 0, option.length >= 7 {
                    header.destination = IPAddress(v4: bytes.big32(option.start + option.length - 4))
                }
                hasRoute = true
            }
        }
    }

    /// The minimum length (bytes) of an IPv4 option with which Wireshark continues (wireshark-rules 2.3).
    private func minimumLength(ofOption kind: UInt8, function: UInt8) -> Int {
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
