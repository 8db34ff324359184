extension SegmentDecoder {
    /// Decodes an LLC header (IEEE 802.2) and the protocol of its service access points.
    mutating func decodeLLC(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(3, .link)
        let destination = bytes.byte(cursor.start)
        let control = bytes.byte(cursor.start + 2)
        // Unnumbered frames have one control byte, others two. Only information and UI frames carry packets.
        let isUnnumbered = control & 3 == 3
        guard control & 1 == 0 || control == 3 else { return }
        let payload = cursor.dropping(isUnnumbered ? 3 : 4)
        switch destination {
        case 0xAA where bytes.byte(cursor.start + 1) == 0xAA: try decodeSNAP(bytes, payload, padding: 2)
        case 0x06: try decodeIP(bytes, payload)
        case 0xFE:
            try payload.require(1, .link)
            let identifier = bytes.byte(payload.start)
            guard identifier != 0x80 else { return }  // SNAP has its own access point, 0xAA
            try decodeNLPID(identifier, bytes, payload.dropping(1))
        default: return
        }
    }

    /// A SNAP header (IEEE 802 9.2): the organization that assigns the protocol number, and the number.
    ///
    /// `padding`: bytes before a bridged frame; 2 after LLC (RFC 2684 5.2).
    private mutating func decodeSNAP(_ bytes: RawSpan, _ cursor: PacketCursor, padding: Int) throws(DecodeFailure) {
        try cursor.require(5, .link)
        let organization = bytes.big32(cursor.start) >> 8
        let type = bytes.big16(cursor.start + 3)
        let payload = cursor.dropping(5)
        switch organization {
        case 0x000000, 0x0000F8: try decodeEtherType(type, bytes, payload)
        case 0x0080C2 where type == 1 || type == 7:
            // Bridged Ethernet (RFC 2427 4.2); type 1 includes the check sequence.
            let frame = payload.dropping(padding).trimmed(by: type == 1 ? 4 : 0)
            if let inner = frame.deeper() { try decodeEthernet(bytes, inner) }
        default: return
        }
    }

    /// Decodes what follows an ISO network layer protocol identifier (RFC 2427 appendix C).
    private mutating func decodeNLPID(_ identifier: UInt8, _ bytes: RawSpan, _ cursor: PacketCursor)
        throws(DecodeFailure)
    {
        switch identifier {
        case 0x80: try decodeSNAP(bytes, cursor, padding: 0)
        case 0xCC: try decodeIP(bytes, cursor)
        case 0x8E: try decodeIPv6(bytes, cursor)
        case 0xCF: try decodePPPProtocol(bytes, cursor)
        default: return
        }
    }

    /// Decodes a PPP frame (RFC 1661 2), with or without address and control bytes (RFC 1662 3.1).
    mutating func decodePPP(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        var frame = cursor
        try frame.require(2, .link)
        // The address; tshark accepts any control byte after it.
        if bytes.byte(frame.start) == 0xFF { frame.skip(2) }
        try decodePPPProtocol(bytes, frame)
    }

    /// Decodes a PPP frame from its protocol field on.
    mutating func decodePPPProtocol(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        var frame = cursor
        try frame.require(2, .link)
        var type = bytes.big16(frame.start)
        if type & 0x0100 != 0 {
            // A compressed protocol field is one odd byte.
            type = UInt16(bytes.byte(frame.start))
            frame.skip(1)
        } else {
            frame.skip(2)
        }
        switch type {
        case 0x0021: try decodeIP(bytes, frame)
        case 0x0057: try decodeIPv6(bytes, frame)
        case 0x003D:
            // Multilink (RFC 1990 3) with a long header. A fragment that is both first and last is a whole frame.
            try frame.require(4, .link)
            guard bytes.byte(frame.start) >> 6 == 3, let inner = frame.dropping(4).deeper() else { return }
            // What tshark reassembles is as long as what was captured.
            try decodePPPProtocol(bytes, inner.limited(to: inner.available))
        case 0x0031:
            // A bridged Ethernet frame (RFC 3518 4.2). The flags announce a check sequence and count padding.
            try frame.require(2, .link)
            guard bytes.byte(frame.start + 1) == 1, let inner = frame.dropping(2).deeper() else { return }
            let flags = bytes.byte(frame.start)
            try decodeEthernet(bytes, inner.trimmed(by: (flags & 0x80 == 0 ? 0 : 4) + Int(flags & 0x0F)))
        case 0x0281, 0x0283: try decodeMPLS(bytes, frame)
        default: return
        }
    }

    /// PPP or, if the address byte is Cisco's, Cisco HDLC.
    mutating func decodeSerialPPP(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(1, .link)
        switch bytes.byte(cursor.start) {
        case 0x0F, 0x8F: try decodeCiscoHDLC(bytes, cursor)
        default: try decodePPP(bytes, cursor)
        }
    }

    /// Cisco HDLC: address, control, EtherType.
    mutating func decodeCiscoHDLC(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try decodeSerialType(bytes, cursor.dropping(2))
    }

    /// Decodes an EtherType field and what follows it, for the few types that tshark decodes on serial lines.
    private mutating func decodeSerialType(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(2, .tag)
        switch bytes.big16(cursor.start) {
        case 0x0800, 0x86DD, 0x8847, 0x8848, 0x6558: try decodeEtherTypeField(bytes, cursor)
        default: return
        }
    }

    /// Frame Relay (RFC 2427 3): an address, then a control byte and NLPID, or Cisco's EtherType.
    mutating func decodeFrameRelay(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        var frame = cursor
        var isLastAddressByte = false
        while !isLastAddressByte {
            try frame.require(1, .link)
            isLastAddressByte = bytes.byte(frame.start) & 1 == 1
            frame.skip(1)
        }
        try frame.require(2, .link)
        guard bytes.byte(frame.start) & 3 == 3 else { return try decodeSerialType(bytes, frame) }
        frame.skip(1)
        if bytes.byte(frame.start) == 0 { frame.skip(1) }  // padding
        try frame.require(1, .link)
        try decodeNLPID(bytes.byte(frame.start), bytes, frame.dropping(1))
    }

    /// FDDI (ANSI X3.139): frame control, two addresses, and LLC if the frame control says so.
    mutating func decodeFDDI(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(13, .link)
        guard bytes.byte(cursor.start) & 0xF0 == 0x50 else { return }
        try decodeLLC(bytes, cursor.dropping(13))
    }

    /// Token Ring (IEEE 802.5): access and frame control, two addresses, an optional source route, LLC.
    mutating func decodeTokenRing(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(14, .link)
        guard bytes.byte(cursor.start + 1) >> 6 == 1 else { return }
        var route = 0
        if bytes.byte(cursor.start + 8) & 0x80 != 0 {
            try cursor.require(15, .link)
            route = Int(bytes.byte(cursor.start + 14) & 0x1F)
        }
        try decodeLLC(bytes, cursor.dropping(14 + route))
    }

    /// ARCNET: IP by RFC 1201 (type 212, after three bytes of split flag and number) or RFC 1051 (240).
    mutating func decodeARCNET(_ bytes: RawSpan, _ cursor: PacketCursor, typeAt offset: Int) throws(DecodeFailure) {
        try cursor.require(offset + 2, .link)
        let payload = cursor.dropping(offset + 1)
        switch bytes.byte(cursor.start + offset) {
        case 212:
            // A split flag of 255 marks an exception packet: four more bytes come first. Linux removes them.
            let isException = offset == 2 && bytes.byte(payload.start) == 0xFF
            try decodeIP(bytes, payload.dropping(isException ? 7 : 3))
        case 240: try decodeIP(bytes, payload)
        default: return
        }
    }

    /// SunATM: four bytes; the low half of the first is 2 for LLC.
    mutating func decodeSunATM(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(4, .link)
        guard bytes.byte(cursor.start) & 0x0F == 2 else { return }
        try decodeLLC(bytes, cursor.dropping(4))
    }
}
