extension SegmentDecoder {
    /// Decodes an IPv6 packet; another version is nothing (RFC 8200 3, wireshark-rules 2.4).
    ///
    ///     |Version| Traffic Class |           Flow Label                  |
    ///     |         Payload Length        |  Next Header  |   Hop Limit   |
    ///     |                    Source Address (16 bytes)                 |
    ///     |                 Destination Address (16 bytes)               |
    mutating func decodeIPv6(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        let start = extent.start
        try extent.require(40, .ipv6)
        guard bytes.byte(start) >> 4 == 6 else { return }
        let header = IPHeader(
            source: bytes.ipv6Address(start + 8), destination: bytes.ipv6Address(start + 24), identification: 0,
            timeToLive: bytes.byte(start + 7))
        let next = bytes.byte(start + 6)
        let payload = extent.dropping(40)
        var length = Int(bytes.big16(start + 4))
        if length == 0 {
            // Without a jumbo-payload option a length of 0 means nothing follows.
            guard next == 0, let jumbo = jumboLength(bytes, payload) else { return }
            length = jumbo
        }
        try decodeTransport(next, bytes, payload.limited(to: length), header, context, &segments)
    }

    /// The length in the jumbo-payload option of a hop-by-hop header (RFC 2675 2), when it is one.
    private func jumboLength(_ bytes: RawSpan, _ extent: Extent) -> Int? {
        guard extent.available >= 8 else { return nil }
        let end = extent.start + min(extent.available, (Int(bytes.byte(extent.start + 1)) + 1) * 8)
        var place = extent.start + 2
        while let option = IPv6Option(bytes, place, end) {
            if option.kind == 0xC2, option.length == 4 {
                let value = Int(bytes.big32(option.value))
                return value > 65_535 ? value : nil
            }
            place = option.end
        }
        return nil
    }

    /// Decodes the extension header `kind` and what follows it.
    mutating func decodeExtension(
        _ kind: UInt8, _ bytes: RawSpan, _ extent: Extent, _ header: IPHeader, _ context: PacketContext,
        _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        let start = extent.start
        try extent.require(8, .ipv6)
        let next = bytes.byte(start)
        let length = (Int(bytes.byte(start + 1)) + 1) * 8
        try extent.require(length, .ipv6)
        var header = header
        if kind == 60 || kind == 0 {
            var place = start + 2
            // An option may run over the end of the header, and not over that of the packet (tshark 4.0 black box).
            while place < start + length, let option = IPv6Option(bytes, place, start + extent.available) {
                // The Home Address option names the source that the endpoints use (RFC 6275 6.3).
                if kind == 60, option.kind == 0xC9, option.length == 16 {
                    header.source = bytes.ipv6Address(option.value)
                }
                place = option.end
            }
            guard place >= start + length else { return }
        } else if kind == 43, bytes.byte(start + 3) > 0 {
            route(bytes, start, length, &header)
        }
        try decodeTransport(next, bytes, extent.dropping(length), header, context, &segments)
    }

    /// A routing header with segments left replaces the destination (RFC 8200 4.4, 6275 6.4, 6554 3, 8754 2).
    private func route(_ bytes: RawSpan, _ start: Int, _ length: Int, _ header: inout IPHeader) {
        switch bytes.byte(start + 2) {
        case 0 where length >= 24: header.destination = bytes.ipv6Address(start + length - 16)
        case 2 where length >= 24: header.destination = bytes.ipv6Address(start + 8)
        case 4 where length >= 24: header.destination = bytes.ipv6Address(start + 8)
        case 3:
            // The last address is written without the leading bytes that it shares with the destination.
            let elided = Int(bytes.byte(start + 4) & 15)
            let padding = Int(bytes.byte(start + 5) >> 4)
            let last = start + length - padding - (16 - elided)
            guard last >= start + 8 else { return }
            header.destination = header.destination.replacingTail(from: elided) { bytes.byte(last + $0) }
        default: return
        }
    }

    /// Decodes a fragment header (RFC 8200 4.5) and, where it completes a datagram, what the datagram holds.
    mutating func decodeFragment(
        _ bytes: RawSpan, _ extent: Extent, _ header: IPHeader, _ context: PacketContext,
        _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .ipv6)
        let next = bytes.byte(extent.start)
        let position = bytes.big16(extent.start + 2)
        let payload = extent.dropping(8)
        if position & 0xFFF9 == 0 {
            return try decodeTransport(next, bytes, payload, header, context, &segments)
        }
        guard payload.available >= payload.length else { return }
        let key = FragmentKey(
            source: header.source, destination: header.destination, identification: bytes.big32(extent.start + 4),
            transport: 0, vlan: 0)
        let piece = Reassembly.Piece(offset: Int(position & 0xFFF8), isLast: position & 1 == 0, next: next)
        guard let whole = reassembly.add(piece, bytes, payload, to: key) else { return }
        let all = Extent(start: 0, captured: whole.count, claimed: whole.count)
        try unsafe decodeTransport(
            next, whole.span.bytes, all, header, context, &segments)
    }
}

/// One option of a hop-by-hop or destination options header (RFC 8200 4.2).
private struct IPv6Option {
    var kind: UInt8
    var length: Int
    /// Where its value begins.
    var value: Int
    /// Where the next option begins.
    var end: Int

    /// The option at `place`; nil when none fits before `end`. Pad1 has no length.
    init?(_ bytes: RawSpan, _ place: Int, _ end: Int) {
        guard place < end else { return nil }
        kind = bytes.byte(place)
        length = 0
        value = place + 1
        self.end = place + 1
        if kind == 0 { return }
        guard place + 2 <= end else { return nil }
        length = Int(bytes.byte(place + 1))
        value = place + 2
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
    /// This IPv6 address with its bytes from `index` (0 to 15) on taken from `tail`, which counts from 0.
    func replacingTail(from index: Int, _ tail: (Int) -> UInt8) -> IPAddress {
        var address = self
        for place in index..<16 {
            let shift = UInt64(7 - place % 8) * 8
            let byte = UInt64(tail(place - index)) << shift
            if place < 8 {
                address.high = address.high & ~(0xFF << shift) | byte
            } else {
                address.low = address.low & ~(0xFF << shift) | byte
            }
        }
        return address
    }
}
