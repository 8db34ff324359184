extension SegmentDecoder {
    /// Decodes an Ethernet frame from its destination address on (IEEE 802.3 3.1). Tunnels return here.
    mutating func decodeEthernet(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(14, .link)
        let type = bytes.big16(cursor.start + 12)
        let front = bytes.big32(cursor.start)
        if type <= 1500, front == 0x0100_0C00 || front == 0x0C00_0C00, bytes.byte(cursor.start + 4) == 0 {
            // Cisco ISL: 26 bytes, the frame, and a check sequence. The length field counts 16 bytes besides the frame.
            guard let frame = cursor.dropping(26).claiming(max(0, Int(type) - 16)).deeper() else { return }
            return try decodeEthernet(bytes, frame)
        }
        try decodeTypeOrLength(type, bytes, cursor.dropping(14))
    }

    /// Decodes what follows a type-or-length field: up to 1500 it is a length, and LLC follows.
    private mutating func decodeTypeOrLength(
        _ type: UInt16, _ bytes: RawSpan, _ cursor: PacketCursor
    ) throws(DecodeFailure) {
        if type > 1500 { return try decodeEtherType(type, bytes, cursor) }
        let frame = cursor.limited(to: Int(type))
        // 0xFFFF begins Novell's IPX, which has no LLC header.
        if frame.available >= 2, bytes.big16(frame.start) != 0xFFFF { try decodeLLC(bytes, frame) }
    }

    /// Decodes an EtherType field and what follows it.
    mutating func decodeEtherTypeField(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(2, .tag)
        try decodeEtherType(bytes.big16(cursor.start), bytes, cursor.dropping(2))
    }

    /// Decodes what follows the EtherType `type`. Tags return here. A new EtherType goes here.
    mutating func decodeEtherType(_ type: UInt16, _ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        if type == 0x0800 { return try decodeIP(bytes, cursor) }
        if type == 0x86DD { return try decodeIPv6(bytes, cursor) }
        guard var inner = cursor.deeper() else { return }
        switch type {
        case 0x8100, 0x88A8, 0x9100:
            // 802.1Q and 802.1ad: two bytes of tag control, then a type or length again.
            try inner.require(4, .tag)
            inner.vlan = bytes.big16(inner.start) & 0x0FFF
            try decodeTypeOrLength(bytes.big16(inner.start + 2), bytes, inner.dropping(4))
        case 0x8847, 0x8848: try decodeMPLS(bytes, inner)
        case 0x8870: try decodeLLC(bytes, inner)  // jumbo frames, too long for a length field
        case 0x8864: try decodePPPoE(bytes, inner)
        case 0x88E7: try decodeEthernet(bytes, inner.dropping(4))  // 802.1ah: service tag, then the customer's frame
        case 0x893F, 0x8909:
            // 802.1BR's E-tag and Cisco's metadata: six bytes.
            try decodeEtherTypeField(bytes, inner.dropping(6))
        case 0x8926, 0x892F, 0xF1C1:
            // Cisco VN-tag, HSR (IEC 62439-3) and the redundancy tag of 802.1CB: four bytes.
            try decodeEtherTypeField(bytes, inner.dropping(4))
        case 0x88E5: try decodeMACsec(bytes, inner)
        case 0x8903:
            // Cisco FabricPath: two bytes, then the frame and a check sequence (tshark 4.0 black box).
            try decodeEthernet(bytes, inner.dropping(2).trimmed(by: 4))
        case 0x6558: try decodeEthernet(bytes, inner)
        case 0x894F: try decodeServiceHeader(bytes, inner)
        case 0x22F3:
            // TRILL (RFC 6325 3): six bytes, then options; bits 6 to 10 count them in words of four bytes.
            try inner.require(6, .tag)
            let options = Int(bytes.big16(inner.start) >> 6 & 0x1F) * 4
            try decodeEthernet(bytes, inner.dropping(6 + options))
        default: return
        }
    }

    /// A MACsec frame (IEEE 802.1AE 9, version 0) that is authenticated but not encrypted: tag, EtherType, packet.
    ///
    /// The integrity check value after the packet counts as padding (tshark 4.0 black box).
    private mutating func decodeMACsec(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(6, .tag)
        let control = bytes.byte(cursor.start)
        guard control & 0x8C == 0 else { return }
        try decodeEtherTypeField(bytes, cursor.dropping(control & 0x20 == 0 ? 6 : 14))
    }

    /// The network service header (RFC 8300 2).
    private mutating func decodeServiceHeader(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(8, .tag)
        let claimed = Int(bytes.byte(cursor.start + 1) & 0x3F) * 4
        // Metadata of type 1 has a fixed length, and that of type 2 a minimum (tshark 4.0 black box).
        let length =
            switch bytes.byte(cursor.start + 2) {
            case 1: 24
            case 2: max(8, claimed)
            default: max(4, claimed)
            }
        try decodeNextProtocol(bytes.byte(cursor.start + 3), bytes, cursor.dropping(length))
    }

    /// Decodes what follows an NSH or VXLAN-GPE header (RFC 8300 2.2, draft-ietf-nvo3-vxlan-gpe 3.2).
    mutating func decodeNextProtocol(_ next: UInt8, _ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        switch next {
        case 1: try decodeIP(bytes, cursor)
        case 2: try decodeIPv6(bytes, cursor)
        case 3: try decodeEthernet(bytes, cursor)
        case 4: try decodeEtherType(0x894F, bytes, cursor)
        case 5: try decodeMPLS(bytes, cursor)
        default: return
        }
    }

    /// An MPLS label stack (RFC 3032 2.1). The first four bits after it show what it carries (RFC 4928 2).
    mutating func decodeMPLS(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        var payload = cursor
        var isBottom = false
        while !isBottom {
            try payload.require(4, .tag)
            isBottom = bytes.big32(payload.start) & 0x100 != 0
            payload.skip(4)
        }
        try payload.require(1, .tag)
        switch bytes.byte(payload.start) >> 4 {
        case 4, 6: try decodeIP(bytes, payload)
        case 0:
            guard let frame = payload.deeper() else { return }
            // A pseudowire may put a control word of four bytes before the frame (RFC 4448 4.6).
            try decodeEthernet(bytes, isEthernet(bytes, frame) ? frame : frame.dropping(4))
        default: return
        }
    }

    /// Whether an Ethernet frame begins here, judged by the EtherType 12 bytes on and the lack of one 16 bytes on.
    ///
    /// Wireshark looks the addresses up in its list of manufacturers instead. That list has no locally administered
    /// addresses.
    private func isEthernet(_ bytes: RawSpan, _ cursor: PacketCursor) -> Bool {
        guard cursor.available >= 18, bytes.byte(cursor.start) & 2 == 0, bytes.byte(cursor.start + 6) & 2 == 0 else {
            return false
        }
        func isCommon(_ type: UInt16) -> Bool { [0x0800, 0x86DD, 0x0806, 0x8100, 0x88A8, 0x8847].contains(type) }
        return isCommon(bytes.big16(cursor.start + 12)) && !isCommon(bytes.big16(cursor.start + 16))
    }

    /// A PPPoE session packet (RFC 2516 4): six bytes with the length of the PPP frame.
    mutating func decodePPPoE(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(6, .tag)
        let length = Int(bytes.big16(cursor.start + 4))
        try decodePPPProtocol(bytes, cursor.dropping(6).limited(to: length))
    }
}
