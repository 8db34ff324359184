extension SegmentDecoder {
    /// Decodes an IPv6 packet (RFC 8200 3, wireshark-rules 2.4). Another version is ignored.
    ///
    ///     |Version| Traffic Class |           Flow Label                  |
    ///     |         Payload Length        |  Next Header  |   Hop Limit   |
    ///     |                    Source Address (16 bytes)                 |
    ///     |                 Destination Address (16 bytes)               |
    mutating func decodeIPv6(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        let start = cursor.start
        try cursor.require(40, .ipv6)
        guard bytes.byte(start) >> 4 == 6 else { return }
        let header = IPHeader(
            source: bytes.ipv6Address(start + 8), destination: bytes.ipv6Address(start + 24), identification: 0,
            timeToLive: bytes.byte(start + 7))
        let next = bytes.byte(start + 6)
        let payload = cursor.dropping(40)
        var length = Int(bytes.big16(start + 4))
        if length == 0 {
            // Without a jumbo payload option a length of 0 means that nothing follows.
            guard next == 0, let jumbo = jumboLength(bytes, payload) else { return }
            length = jumbo
        }
        try decodeTransport(next, bytes, payload.limited(to: length), header)
    }

    /// The length in the jumbo payload option of a hop-by-hop header (RFC 2675 2); nil if absent or not above 65,535.
    private func jumboLength(_ bytes: RawSpan, _ cursor: PacketCursor) -> Int? {
        guard cursor.available >= 8 else { return nil }
        let end = cursor.start + min(cursor.available, (Int(bytes.byte(cursor.start + 1)) + 1) * 8)
        var offset = cursor.start + 2
        while let option = IPv6Option(bytes, offset, end) {
            if option.kind == 0xC2, option.length == 4 {
                let value = Int(bytes.big32(option.value))
                return value > 65_535 ? value : nil
            }
            offset = option.end
        }
        return nil
    }

    /// Decodes the extension header `kind` and what follows it.
    mutating func decodeExtension(
        _ kind: UInt8, _ bytes: RawSpan, _ cursor: PacketCursor, _ header: IPHeader
    ) throws(DecodeFailure) {
        let start = cursor.start
        try cursor.require(8, .ipv6)
        let next = bytes.byte(start)
        let length = (Int(bytes.byte(start + 1)) + 1) * 8
        try cursor.require(length, .ipv6)
        var header = header
        if kind == 60 || kind == 0 {
            var offset = start + 2
            // An option may extend beyond the header, but not beyond the packet (tshark 4.0 black box).
            while offset < start + length, let option = IPv6Option(bytes, offset, start + cursor.available) {
                // The Home Address option has the source address that the endpoints use (RFC 6275 6.3).
                if kind == 60, option.kind == 0xC9, option.length == 16 {
                    header.source = bytes.ipv6Address(option.value)
                }
                offset = option.end
            }
            guard offset >= start + length else { return }
        } else if kind == 43, bytes.byte(start + 3) > 0 {
            applyRoute(bytes, start, length, &header)
        }
        try decodeTransport(next, bytes, cursor.dropping(length), header)
    }

    /// Replaces the destination with the final one of a routing header (RFC 8200 4.4, 6275 6.4, 6554 3, 8754 2).
    private func applyRoute(_ bytes: RawSpan, _ start: Int, _ length: Int, _ header: inout IPHeader) {
        switch bytes.byte(start + 2) {
        case 0 where length >= 24: header.destination = bytes.ipv6Address(start + length - 16)
        case 2 where length >= 24: header.destination = bytes.ipv6Address(start + 8)
        case 4 where length >= 24: header.destination = bytes.ipv6Address(start + 8)
        case 3:
            // The last address lacks the leading bytes that it shares with the destination.
            let elided = Int(bytes.byte(start + 4) & 15)
            let padding = Int(bytes.byte(start + 5) >> 4)
            let last = start + length - padding - (16 - elided)
            guard last >= start + 8 else { return }
            header.destination = header.destination.replacingTail(from: elided) { bytes.byte(last + $0) }
        default: return
        }
    }

    /// Decodes a fragment header (RFC 8200 4.5) and, if the fragment completes a datagram, that datagram.
    mutating func decodeFragment(_ bytes: RawSpan, _ cursor: PacketCursor, _ header: IPHeader) throws(DecodeFailure) {
        try cursor.require(8, .ipv6)
        let next = bytes.byte(cursor.start)
        let position = bytes.big16(cursor.start + 2)
        let payload = cursor.dropping(8)
        if position & 0xFFF9 == 0 { return try decodeTransport(next, bytes, payload, header) }
        guard payload.available == payload.length else { return }
        let key = FragmentKey(
            source: header.source, destination: header.destination, identification: bytes.big32(cursor.start + 4),
            transport: 0, vlan: 0)
        let piece = Reassembly.Piece(offset: Int(position & 0xFFF8), isLast: position & 1 == 0)
        guard let whole = reassembly.add(piece, bytes, payload, to: key) else { return }
        try unsafe decodeTransport(next, whole.span.bytes, payload.reassembled(whole.count), header)
    }
}

/// One option of a hop-by-hop or destination options header (RFC 8200 4.2).
private struct IPv6Option {
    var kind: UInt8
    var length: Int
    /// Offset of its value.
    var value: Int
    /// Offset of the next option.
    var end: Int

    /// The option at `offset`; nil if it does not end before `end`. Pad1 (kind 0) has no length.
    init?(_ bytes: RawSpan, _ offset: Int, _ end: Int) {
        guard offset < end else { return nil }
        kind = bytes.byte(offset)
        length = 0
        value = offset + 1
        self.end = offset + 1
        if kind == 0 { return }
        guard offset + 2 <= end else { return nil }
        length = Int(bytes.byte(offset + 1))
        value = offset + 2
        self.end = value + length
        guard self.end <= end else { return nil }
    }
}

extension RawSpan {
    /// The IPv6 address at `offset`.
    @inline(__always)
    func ipv6Address(_ offset: Int) -> IPAddress {
        IPAddress(v6: big64(offset), big64(offset + 8))
    }
}

extension IPAddress {
    /// This IPv6 address with the bytes from `first` (0 to 15) on replaced by those of `tail`, whose index starts at 0.
    func replacingTail(from first: Int, _ tail: (Int) -> UInt8) -> IPAddress {
        var address = self
        for index in first..<16 {
            let shift = UInt64(7 - index % 8) * 8
            let byte = UInt64(tail(index - first)) << shift
            if index < 8 {
                address.high = address.high & ~(0xFF << shift) | byte
            } else {
                address.low = address.low & ~(0xFF << shift) | byte
            }
        }
        return address
    }
}
