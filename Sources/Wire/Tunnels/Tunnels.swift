extension SegmentDecoder {
    /// Decodes a UDP datagram when one of its ports is a tunnel's, the lower port first, as tshark does.
    mutating func decodeUDP(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .tunnel)
        let source = bytes.big16(extent.start)
        let destination = bytes.big16(extent.start + 2)
        let length = Int(bytes.big16(extent.start + 4))
        guard length >= 8 else { return }
        let payload = extent.limited(to: length).dropping(8)
        if try decodeTunnel(min(source, destination), bytes, payload, context, &segments) { return }
        _ = try decodeTunnel(max(source, destination), bytes, payload, context, &segments)
    }

    /// Decodes what tshark expects behind the UDP port; false when the port is no tunnel's.
    private mutating func decodeTunnel(
        _ port: UInt16, _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) -> Bool {
        switch port {
        case 4789: try decodeVXLAN(bytes, extent, context, &segments)
        case 4790: try decodeVXLANGPE(bytes, extent, context, &segments)
        case 6081: try decodeGeneve(bytes, extent, context, &segments)
        case 2152, 2123, 3386: try decodeGTP(bytes, extent, context, &segments)
        case 3544: try decodeTeredo(bytes, extent, context, &segments)
        case 1701: try decodeL2TP(bytes, extent, context, &segments)
        case 6343: try decodeSFlow(bytes, extent, context, &segments)
        case 4341: try decodeIP(bytes, extent.dropping(8), context, &segments)  // LISP (RFC 9300 5)
        case 4754: try decodeGRE(bytes, extent, context, &segments)  // RFC 8086
        case 5072: try decodeAYIYA(bytes, extent, context, &segments)
        case 5247: try decodeCAPWAP(bytes, extent, context, &segments)
        case 37008: try decodeTZSP(bytes, extent, context, &segments)
        case 6635: try decodeMPLS(bytes, extent, context, &segments)
        default: return false
        }
        return true
    }

    /// GRE (RFC 2784 2, RFC 2890 2), its version 1 for PPTP (RFC 2637 4.1), and ERSPAN.
    mutating func decodeGRE(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(4, .tunnel)
        let flags = bytes.big16(extent.start)
        let type = bytes.big16(extent.start + 2)
        let hasRouting = flags & 0x4000 != 0
        let hasSequence = flags & 0x1000 != 0
        var payload = extent.dropping(4)
        if flags & 0x8000 != 0 || hasRouting { payload = payload.dropping(4) }
        if flags & 0x2000 != 0 { payload = payload.dropping(4) }
        if hasSequence { payload = payload.dropping(4) }
        if type == 0x880B, flags & 0x0080 != 0 { payload = payload.dropping(4) }
        if hasRouting {
            // Source route entries until one of no length (RFC 1701).
            while true {
                try payload.require(4, .tunnel)
                let length = Int(bytes.byte(payload.start + 3))
                payload = payload.dropping(4 + length)
                if length == 0 { break }
            }
        }
        switch type {
        case 0x880B: try decodePPP(bytes, payload, context, &segments)
        case 0x6558, 0x6400:
            // 0x6400 is MikroTik's Ethernet over IP, whose key is a length and a tunnel.
            try decodeEthernet(bytes, payload, context, &segments)
        case 0x88BE where !hasSequence: try decodeEthernet(bytes, payload, context, &segments)
        case 0x88BE, 0x22EB: try decodeERSPAN(bytes, payload, context, &segments)
        case 0x6559: try decodeFrameRelay(bytes, payload, context, &segments)
        case 0x883E:
            try payload.require(1, .tunnel)
            let isRedirected = bytes.byte(payload.start) >> 4 != 4
            try decodeIP(bytes, payload.dropping(isRedirected ? 4 : 0), context, &segments)
        case 0x0800, 0x86DD, 0x8847, 0x8848, 0x894F: try decodeEtherType(type, bytes, payload, context, &segments)
        default: return  // tags, which tshark does not look for here
        }
    }

    /// ERSPAN types II and III (draft-foschiano-erspan 4): a header, then an Ethernet frame.
    private mutating func decodeERSPAN(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .tunnel)
        switch bytes.byte(extent.start) >> 4 {
        case 1: try decodeEthernet(bytes, extent.dropping(8), context, &segments)
        case 2:
            try extent.require(12, .tunnel)
            // The frame type (five bits): 0 is Ethernet.
            guard bytes.byte(extent.start + 10) & 0x7C == 0 else { return }
            let hasSubheader = bytes.byte(extent.start + 11) & 1 != 0
            try decodeEthernet(bytes, extent.dropping(hasSubheader ? 20 : 12), context, &segments)
        default: return
        }
    }

    /// VXLAN (RFC 7348 5).
    private mutating func decodeVXLAN(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .tunnel)
        try decodeEthernet(bytes, extent.dropping(8), context, &segments)
    }

    /// The generic protocol extension for VXLAN (draft-ietf-nvo3-vxlan-gpe 3).
    private mutating func decodeVXLANGPE(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .tunnel)
        switch bytes.byte(extent.start + 3) {
        case 1: try decodeIP(bytes, extent.dropping(8), context, &segments)
        case 2: try decodeIPv6(bytes, extent.dropping(8), context, &segments)
        case 3: try decodeEthernet(bytes, extent.dropping(8), context, &segments)
        case 4: try decodeEtherType(0x894F, bytes, extent.dropping(8), context, &segments)
        case 5: try decodeMPLS(bytes, extent.dropping(8), context, &segments)
        default: return
        }
    }

    /// Geneve (RFC 8926 3.4).
    private mutating func decodeGeneve(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .tunnel)
        let options = Int(bytes.byte(extent.start) & 0x3F) * 4
        try extent.require(8 + options, .tunnel)
        let payload = extent.dropping(8 + options)
        let type = bytes.big16(extent.start + 2)
        if type == 0x6558 { return try decodeEthernet(bytes, payload, context, &segments) }
        try decodeEtherType(type, bytes, payload, context, &segments)
    }

    /// GTP-U (3GPP TS 29.281 5): a G-PDU holds an IP packet behind optional extension headers.
    private mutating func decodeGTP(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .tunnel)
        let flags = bytes.byte(extent.start)
        if flags >> 4 == 1, bytes.byte(extent.start + 1) == 255 {
            // Version 0 (3GPP TS 09.60 6): 20 bytes.
            let length = Int(bytes.big16(extent.start + 2))
            return try decodeIP(bytes, extent.limited(to: 20 + length).dropping(20), context, &segments)
        }
        // Version 1 of GTP; without the protocol type bit it is GTP', for charging.
        guard flags >> 4 == 3, bytes.byte(extent.start + 1) == 255 else { return }
        var payload = extent.limited(to: 8 + Int(bytes.big16(extent.start + 2))).dropping(8)
        if flags & 7 != 0 {
            try payload.require(4, .tunnel)
            var next = flags & 4 == 0 ? 0 : bytes.byte(payload.start + 3)
            payload = payload.dropping(4)
            while next != 0 {
                try payload.require(1, .tunnel)
                let length = Int(bytes.byte(payload.start)) * 4
                guard length > 0 else { return }
                try payload.require(length, .tunnel)
                next = bytes.byte(payload.start + length - 1)
                payload = payload.dropping(length)
            }
        }
        try payload.require(1, .tunnel)
        try decodeIP(bytes, payload, context, &segments)
    }

    /// Teredo (RFC 4380 5.1.1): IPv6 behind an authentication and an origin header, each optional.
    private mutating func decodeTeredo(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        var payload = extent
        try payload.require(4, .tunnel)
        if bytes.big16(payload.start) == 1 {
            payload = payload.dropping(
                13 + Int(bytes.byte(payload.start + 2)) + Int(bytes.byte(payload.start + 3)))
            try payload.require(2, .tunnel)
        }
        if bytes.big16(payload.start) == 0 { payload = payload.dropping(8) }
        try decodeIPv6(bytes, payload, context, &segments)
    }

    /// The data messages of L2TP version 2 (RFC 2661 3.1): PPP.
    private mutating func decodeL2TP(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(2, .tunnel)
        let flags = bytes.big16(extent.start)
        guard flags & 0x8000 == 0, flags & 15 == 2 else { return }
        var message = extent
        if flags & 0x4000 != 0 {
            try extent.require(4, .tunnel)
            message = extent.limited(to: Int(bytes.big16(extent.start + 2)))
        }
        var payload = message.dropping(2 + (flags & 0x4000 == 0 ? 0 : 2) + 4 + (flags & 0x0800 == 0 ? 0 : 4))
        if flags & 0x0200 != 0 {
            try payload.require(2, .tunnel)
            payload = payload.dropping(2 + Int(bytes.big16(payload.start)))
        }
        try decodePPP(bytes, payload, context, &segments)
    }
}
