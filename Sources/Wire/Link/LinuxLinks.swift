extension SegmentDecoder {
    /// Linux cooked capture: 16 bytes, the last two of them the protocol.
    mutating func decodeLinuxCooked(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(16, .link)
        try decodeCooked(
            hardware: bytes.big16(extent.start + 2), protocol: bytes.big16(extent.start + 14), bytes,
            extent.dropping(16), context, &segments)
    }

    /// Linux cooked capture, version 2: 20 bytes, the first two of them the protocol.
    mutating func decodeLinuxCooked2(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(20, .link)
        try decodeCooked(
            hardware: bytes.big16(extent.start + 8), protocol: bytes.big16(extent.start), bytes,
            extent.dropping(20), context, &segments)
    }

    private mutating func decodeCooked(
        hardware: UInt16, protocol type: UInt16, _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext,
        _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        switch (hardware, type) {
        case (824, _): try decodeNetlinkMessages(family: type, bytes, extent, context, &segments)
        case (770, 0): try decodeFrameRelay(bytes, extent, context, &segments)
        case (803, _): try decodeRadiotap(bytes, extent, context, &segments)
        case (_, 0x0003): try decodeEthernet(bytes, extent, context, &segments)
        case (_, 0x0007): try decodePPP(bytes, extent, context, &segments)
        case (_, 0x0004): try decodeLLC(bytes, extent, context, &segments)
        default: try decodeEtherType(type, bytes, extent, context, &segments)
        }
    }

    /// A netfilter log record: family, version, resource, then attributes; number 9 is the packet.
    mutating func decodeNFLOG(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(4, .link)
        let attributes = extent.dropping(4)
        // The attributes are in the byte order of the host that captured: the one in which they fit together.
        let isLittle = chains(bytes, attributes, littleEndian: true)
        try decodeNetfilter(
            family: bytes.byte(extent.start), packet: 9, littleEndian: isLittle, bytes, attributes, context,
            &segments)
    }

    /// Whether the attributes of `extent` fit together when read in this byte order.
    private func chains(_ bytes: RawSpan, _ extent: Extent, littleEndian: Bool) -> Bool {
        var place = extent
        while place.available >= 4 {
            let length = Int(littleEndian ? bytes.little16(place.start) : bytes.big16(place.start))
            guard length >= 4 else { return false }
            place = place.dropping((length + 3) & ~3)
        }
        return place.start <= place.claimed + 3
    }

    /// Decodes the packet in the attributes of a netfilter log or queue message.
    private mutating func decodeNetfilter(
        family: UInt8, packet wanted: UInt16, littleEndian: Bool, _ bytes: RawSpan, _ extent: Extent,
        _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        var place = extent
        // The EtherType that the kernel noted goes before the family (tshark 4.0 black box).
        var noted: UInt16 = 0
        while place.available >= 4, place.length >= 4 {
            let length = Int(littleEndian ? bytes.little16(place.start) : bytes.big16(place.start))
            let kind = (littleEndian ? bytes.little16(place.start + 2) : bytes.big16(place.start + 2)) & 0x7FFF
            guard length >= 4 else { return }
            try place.require(length, .link)
            // The header: in the log it begins with the EtherType, in the queue with a number of four bytes.
            if kind == 1, wanted == 9 ? length == 8 : length >= 10 {
                noted = bytes.big16(place.start + (wanted == 9 ? 4 : 8))
            }
            if kind == wanted {
                let packet = place.limited(to: length).dropping(4)
                switch (noted, family) {
                case (0, 2): try decodeIP(bytes, packet, context, &segments)
                case (0, 10): try decodeIPv6(bytes, packet, context, &segments)
                case (0, _): return
                default: try decodeEtherType(noted, bytes, packet, context, &segments)
                }
            }
            place = place.dropping((length + 3) & ~3)
        }
    }

    /// Linux netlink: 16 bytes of cooked header, the last two of them the family, then messages.
    mutating func decodeNetlink(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(16, .link)
        try decodeNetlinkMessages(
            family: bytes.big16(extent.start + 14), bytes, extent.dropping(16), context, &segments)
    }

    /// The packets in netfilter messages (family 12) of the log (subsystem 4) and the queue (3).
    private mutating func decodeNetlinkMessages(
        family: UInt16, _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        guard family == 12 else { return }
        var place = extent
        while place.available >= 20, place.length >= 20 {
            let little = bytes.little32(place.start)
            let isLittle = little <= bytes.big32(place.start)
            let length = Int(isLittle ? little : bytes.big32(place.start))
            guard length >= 20 else { return }
            let type = isLittle ? bytes.little16(place.start + 4) : bytes.big16(place.start + 4)
            let body = place.limited(to: length)
            if type == 0x0400 || type == 0x0300 {
                try decodeNetfilter(
                    family: bytes.byte(place.start + 16), packet: type == 0x0400 ? 9 : 10, littleEndian: isLittle,
                    bytes, body.dropping(20), context, &segments)
            }
            place = place.dropping((length + 3) & ~3)
        }
    }
}
