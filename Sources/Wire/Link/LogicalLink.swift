extension SegmentDecoder {
    /// Decodes an LLC header (IEEE 802.2) and what its service access points name.
    mutating func decodeLLC(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(3, .link)
        let destination = bytes.byte(extent.start)
        let control = bytes.byte(extent.start + 2)
        // Unnumbered frames have one byte of control, the others two; UI and information frames are read on.
        let isUnnumbered = control & 3 == 3
        guard control & 1 == 0 || control == 3 else { return }
        let payload = extent.dropping(isUnnumbered ? 3 : 4)
        switch destination {
        case 0xAA where bytes.byte(extent.start + 1) == 0xAA:
            try decodeSNAP(bytes, payload, padding: 2, context, &segments)
        case 0x06: try decodeIP(bytes, payload, context, &segments)
        case 0xFE:
            try payload.require(1, .link)
            let identifier = bytes.byte(payload.start)
            guard identifier != 0x80 else { return }  // SNAP has an access point of its own
            try decodeNLPID(identifier, bytes, payload.dropping(1), context, &segments)
        default: return
        }
    }

    /// A SNAP header (IEEE 802 9.2): who says what the protocol number means, and the number.
    ///
    /// `padding`: bytes before a bridged frame, two of them behind LLC (RFC 2684 5.2).
    private mutating func decodeSNAP(
        _ bytes: RawSpan, _ extent: Extent, padding: Int, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(5, .link)
        let organization = bytes.big32(extent.start) >> 8
        let type = bytes.big16(extent.start + 3)
        let payload = extent.dropping(5)
        switch organization {
        case 0x000000, 0x0000F8: try decodeEtherType(type, bytes, payload, context, &segments)
        case 0x0080C2 where type == 1 || type == 7:
            // Bridged Ethernet (RFC 2427 4.2), 1 with its check sequence.
            let frame = payload.dropping(padding).trimmed(by: type == 1 ? 4 : 0)
            let inner = deeper(context)
            if inner.depth <= Self.depthLimit { try decodeEthernet(bytes, frame, inner, &segments) }
        default: return
        }
    }

    /// Decodes what an ISO network layer identifier names: SNAP, IPv4, IPv6, PPP (RFC 2427 appendix C).
    private mutating func decodeNLPID(
        _ identifier: UInt8, _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext,
        _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        switch identifier {
        case 0x80: try decodeSNAP(bytes, extent, padding: 0, context, &segments)
        case 0xCC: try decodeIP(bytes, extent, context, &segments)
        case 0x8E: try decodeIPv6(bytes, extent, context, &segments)
        case 0xCF: try decodePPPProtocol(bytes, extent, context, &segments)
        default: return
        }
    }

    /// Decodes a PPP frame (RFC 1661 2), address and control bytes allowed (RFC 1662 3.1).
    mutating func decodePPP(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        var frame = extent
        try frame.require(2, .link)
        if bytes.byte(frame.start) == 0xFF {
            // The address; tshark does not look at the control byte behind it.
            frame = frame.dropping(2)
        }
        try decodePPPProtocol(bytes, frame, context, &segments)
    }

    /// Decodes a PPP frame from its protocol field on.
    mutating func decodePPPProtocol(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        var frame = extent
        try frame.require(2, .link)
        var type = bytes.big16(frame.start)
        if type & 0x0100 != 0 {
            // A compressed protocol field is one odd byte.
            type = UInt16(bytes.byte(frame.start))
            frame = frame.dropping(1)
        } else {
            frame = frame.dropping(2)
        }
        switch type {
        case 0x0021: try decodeIP(bytes, frame, context, &segments)
        case 0x0057: try decodeIPv6(bytes, frame, context, &segments)
        case 0x003D:
            // Multilink (RFC 1990 3) with a long header: a fragment that is first and last is a frame.
            try frame.require(4, .link)
            let inner = deeper(context)
            guard bytes.byte(frame.start) >> 6 == 3, inner.depth <= Self.depthLimit else { return }
            let whole = frame.dropping(4)
            // What tshark puts together is as long as what was captured of it.
            try decodePPPProtocol(bytes, whole.limited(to: whole.available), inner, &segments)
        case 0x0031:
            // A bridged Ethernet frame (RFC 3518 4.2): the flags tell of a check sequence and count padding.
            try frame.require(2, .link)
            let inner = deeper(context)
            guard bytes.byte(frame.start + 1) == 1, inner.depth <= Self.depthLimit else { return }
            let flags = bytes.byte(frame.start)
            let trailer = (flags & 0x80 == 0 ? 0 : 4) + Int(flags & 0x0F)
            try decodeEthernet(bytes, frame.dropping(2).trimmed(by: trailer), inner, &segments)
        case 0x0281, 0x0283: try decodeMPLS(bytes, frame, context, &segments)
        default: return
        }
    }

    /// PPP on a serial line, where Cisco's HDLC tells itself by its address byte.
    mutating func decodeSerialPPP(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(1, .link)
        switch bytes.byte(extent.start) {
        case 0x0F, 0x8F: try decodeCiscoHDLC(bytes, extent, context, &segments)
        default: try decodePPP(bytes, extent, context, &segments)
        }
    }

    /// Cisco HDLC: address, control, EtherType.
    mutating func decodeCiscoHDLC(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try decodeSerialType(bytes, extent.dropping(2), context, &segments)
    }

    /// Decodes an EtherType field and what follows it, of the few types that tshark knows on serial lines.
    private mutating func decodeSerialType(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(2, .tag)
        switch bytes.big16(extent.start) {
        case 0x0800, 0x86DD, 0x8847, 0x8848, 0x6558: try decodeEtherTypeField(bytes, extent, context, &segments)
        default: return
        }
    }

    /// Frame Relay (RFC 2427 3): an address, then a control byte and NLPID, or Cisco's EtherType.
    mutating func decodeFrameRelay(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        var place = extent
        var isLast = false
        while !isLast {
            try place.require(1, .link)
            isLast = bytes.byte(place.start) & 1 == 1
            place = place.dropping(1)
        }
        try place.require(2, .link)
        guard bytes.byte(place.start) & 3 == 3 else {
            return try decodeSerialType(bytes, place, context, &segments)
        }
        place = place.dropping(1)
        if bytes.byte(place.start) == 0 { place = place.dropping(1) }  // padding
        try place.require(1, .link)
        try decodeNLPID(bytes.byte(place.start), bytes, place.dropping(1), context, &segments)
    }

    /// FDDI (ANSI X3.139): frame control, two addresses, LLC in LLC frames.
    mutating func decodeFDDI(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(13, .link)
        guard bytes.byte(extent.start) & 0xF0 == 0x50 else { return }
        try decodeLLC(bytes, extent.dropping(13), context, &segments)
    }

    /// Token Ring (IEEE 802.5): access and frame control, two addresses, perhaps a source route, LLC.
    mutating func decodeTokenRing(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(14, .link)
        guard bytes.byte(extent.start + 1) >> 6 == 1 else { return }
        var route = 0
        if bytes.byte(extent.start + 8) & 0x80 != 0 {
            try extent.require(15, .link)
            route = Int(bytes.byte(extent.start + 14) & 0x1F)
        }
        try decodeLLC(bytes, extent.dropping(14 + route), context, &segments)
    }

    /// ARCNET: IP as RFC 1201 (212, behind three bytes of split flag and number) or RFC 1051 (240) has it.
    mutating func decodeARCNET(
        _ bytes: RawSpan, _ extent: Extent, typeAt offset: Int, _ context: PacketContext,
        _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(offset + 2, .link)
        let payload = extent.dropping(offset + 1)
        switch bytes.byte(extent.start + offset) {
        case 212:
            // A split flag of 255 marks an exception packet: four bytes before the real ones, which Linux takes out.
            let isException = offset == 2 && bytes.byte(payload.start) == 0xFF
            try decodeIP(bytes, payload.dropping(isException ? 7 : 3), context, &segments)
        case 240: try decodeIP(bytes, payload, context, &segments)
        default: return
        }
    }

    /// SunATM: the low half of the first byte tells LLC (2).
    mutating func decodeSunATM(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(4, .link)
        guard bytes.byte(extent.start) & 0x0F == 2 else { return }
        try decodeLLC(bytes, extent.dropping(4), context, &segments)
    }
}
