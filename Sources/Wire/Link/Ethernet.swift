extension SegmentDecoder {
    /// Decodes an Ethernet frame from its destination address on (IEEE 802.3 3.1). Tunnels come back here.
    mutating func decodeEthernet(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(14, .link)
        let type = bytes.big16(extent.start + 12)
        let front = bytes.big32(extent.start)
        if type <= 1500, front == 0x0100_0C00 || front == 0x0C00_0C00, bytes.byte(extent.start + 4) == 0 {
            // Cisco ISL: 26 bytes before the frame itself, whose length the field there tells, a check sequence behind it.
            let (length, inner) = (max(0, Int(type) - 16), deeper(context))
            guard inner.depth <= Self.depthLimit else { return }
            return try decodeEthernet(bytes, extent.dropping(26).claiming(length), inner, &segments)
        }
        try decodeTypeOrLength(type, bytes, extent.dropping(14), context, &segments)
    }

    /// Decodes what stands behind a type-or-length field: up to 1500 it is a length, and LLC follows.
    private mutating func decodeTypeOrLength(
        _ type: UInt16, _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        if type > 1500 { return try decodeEtherType(type, bytes, extent, context, &segments) }
        let frame = extent.limited(to: Int(type))
        // 0xFFFF is Novell's IPX straight after the length.
        if frame.available >= 2, frame.length >= 2, bytes.big16(frame.start) != 0xFFFF {
            try decodeLLC(bytes, frame, context, &segments)
        }
    }

    /// Decodes an EtherType field and what follows it.
    mutating func decodeEtherTypeField(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(2, .tag)
        try decodeEtherType(bytes.big16(extent.start), bytes, extent.dropping(2), context, &segments)
    }

    /// Decodes what stands behind the EtherType `type`. Tags come back here.
    mutating func decodeEtherType(
        _ type: UInt16, _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        if type == 0x0800 { return try decodeIP(bytes, extent, context, &segments) }
        if type == 0x86DD { return try decodeIPv6(bytes, extent, context, &segments) }
        let inner = deeper(context)
        guard inner.depth <= Self.depthLimit else { return }
        switch type {
        case 0x8100, 0x88A8, 0x9100:
            // 802.1Q and 802.1ad: two bytes of tag control, then a type or length again.
            try extent.require(4, .tag)
            var tagged = inner
            tagged.vlan = bytes.big16(extent.start) & 0x0FFF
            try decodeTypeOrLength(bytes.big16(extent.start + 2), bytes, extent.dropping(4), tagged, &segments)
        case 0x8847, 0x8848: try decodeMPLS(bytes, extent, inner, &segments)
        case 0x8870: try decodeLLC(bytes, extent, inner, &segments)  // jumbo frames, whose length does not fit
        case 0x8864: try decodePPPoE(bytes, extent, inner, &segments)
        case 0x88E7:
            // 802.1ah: the tag of the service instance, then the customer's frame.
            try decodeEthernet(bytes, extent.dropping(4), inner, &segments)
        case 0x893F, 0x8909:
            // 802.1BR's E-tag and Cisco's metadata: six bytes.
            try decodeEtherTypeField(bytes, extent.dropping(6), inner, &segments)
        case 0x8926, 0x892F, 0xF1C1:
            // Cisco VN-tag, HSR (IEC 62439-3) and the redundancy tag of 802.1CB: four bytes.
            try decodeEtherTypeField(bytes, extent.dropping(4), inner, &segments)
        case 0x88E5: try decodeMACsec(bytes, extent, inner, &segments)
        case 0x8903:
            // Cisco FabricPath: two bytes, then the frame and a check sequence (tshark 4.0 black box).
            try decodeEthernet(bytes, extent.dropping(2).trimmed(by: 4), inner, &segments)
        case 0x6558: try decodeEthernet(bytes, extent, inner, &segments)
        case 0x894F: try decodeServiceHeader(bytes, extent, inner, &segments)
        case 0x22F3:
            // TRILL (RFC 6325 3): six bytes and the options that bits 6 to 10 count in words.
            try extent.require(6, .tag)
            let options = Int(bytes.big16(extent.start) >> 6 & 0x1F) * 4
            try decodeEthernet(bytes, extent.dropping(6 + options), inner, &segments)
        default: return
        }
    }

    /// A MACsec frame (IEEE 802.1AE 9, version 0) that is signed and not encrypted: tag, EtherType, packet.
    ///
    /// The check value behind it counts as padding does (tshark 4.0 black box).
    private mutating func decodeMACsec(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(6, .tag)
        let control = bytes.byte(extent.start)
        guard control & 0x8C == 0 else { return }
        let payload = extent.dropping(control & 0x20 == 0 ? 6 : 14)
        try decodeEtherTypeField(bytes, payload, context, &segments)
    }

    /// The network service header (RFC 8300 2).
    private mutating func decodeServiceHeader(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .tag)
        let claimed = Int(bytes.byte(extent.start + 1) & 0x3F) * 4
        // Context of type 1 has one length, that of type 2 a least one (tshark 4.0 black box).
        let length =
            switch bytes.byte(extent.start + 2) {
            case 1: 24
            case 2: max(8, claimed)
            default: max(4, claimed)
            }
        let payload = extent.dropping(length)
        switch bytes.byte(extent.start + 3) {
        case 1: try decodeIP(bytes, payload, context, &segments)
        case 2: try decodeIPv6(bytes, payload, context, &segments)
        case 3: try decodeEthernet(bytes, payload, context, &segments)
        case 4: try decodeEtherType(0x894F, bytes, payload, context, &segments)
        case 5: try decodeMPLS(bytes, payload, context, &segments)
        default: return
        }
    }

    /// An MPLS label stack (RFC 3032 2.1); the first nibble behind it tells what it carries (RFC 4928 2).
    mutating func decodeMPLS(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        var payload = extent
        var isBottom = false
        while !isBottom {
            try payload.require(4, .tag)
            isBottom = bytes.big32(payload.start) & 0x100 != 0
            payload = payload.dropping(4)
        }
        try payload.require(1, .tag)
        switch bytes.byte(payload.start) >> 4 {
        case 4, 6: try decodeIP(bytes, payload, context, &segments)
        case 0 where !holdsFrame(bytes, payload):
            // A pseudowire with a control word (RFC 4448 4.6).
            try decodeEthernet(bytes, payload.dropping(4), deeper(context), &segments)
        case 0: try decodeEthernet(bytes, payload, deeper(context), &segments)
        default: return
        }
    }

    /// Whether an Ethernet frame begins right here, by its type. Wireshark asks its list of manufacturers instead,
    /// where locally administered addresses have none.
    private func holdsFrame(_ bytes: RawSpan, _ extent: Extent) -> Bool {
        guard extent.available >= 18, bytes.byte(extent.start) & 2 == 0, bytes.byte(extent.start + 6) & 2 == 0 else {
            return false
        }
        let known: [UInt16] = [0x0800, 0x86DD, 0x0806, 0x8100, 0x88A8, 0x8847]
        return known.contains(bytes.big16(extent.start + 12)) && !known.contains(bytes.big16(extent.start + 16))
    }

    /// A PPPoE session (RFC 2516 4): the length says where PPP ends.
    mutating func decodePPPoE(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(6, .tag)
        let length = Int(bytes.big16(extent.start + 4))
        try decodePPPProtocol(bytes, extent.dropping(6).limited(to: length), context, &segments)
    }

    /// `context` one header deeper.
    @inline(__always)
    func deeper(_ context: PacketContext) -> PacketContext {
        var inner = context
        inner.depth += 1
        return inner
    }
}
