extension SegmentDecoder {
    /// Decodes a UDP datagram if one of its ports belongs to a tunnel. The lower port wins, as in tshark.
    mutating func decodeUDP(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(8, .tunnel)
        let source = bytes.big16(cursor.start)
        let destination = bytes.big16(cursor.start + 2)
        let length = Int(bytes.big16(cursor.start + 4))
        guard length >= 8 else { return }
        let payload = cursor.limited(to: length).dropping(8)
        if try decodeTunnel(min(source, destination), bytes, payload) { return }
        _ = try decodeTunnel(max(source, destination), bytes, payload)
    }

    /// Decodes the tunnel that tshark expects on a UDP port; false if there is none. A new tunnel over UDP goes here.
    private mutating func decodeTunnel(_ port: UInt16, _ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure)
        -> Bool
    {
        switch port {
        case 4789: try decodeVXLAN(bytes, cursor)
        case 4790: try decodeVXLANGPE(bytes, cursor)
        case 6081: try decodeGeneve(bytes, cursor)
        case 2152, 2123, 3386: try decodeGTP(bytes, cursor)
        case 3544: try decodeTeredo(bytes, cursor)
        case 1701: try decodeL2TP(bytes, cursor)
        case 6343: try decodeSFlow(bytes, cursor)
        case 4341: try decodeIP(bytes, cursor.dropping(8))  // LISP (RFC 9300 5)
        case 4754: try decodeGRE(bytes, cursor)  // RFC 8086
        case 5072: try decodeAYIYA(bytes, cursor)
        case 5247: try decodeCAPWAP(bytes, cursor)
        case 37008: try decodeTZSP(bytes, cursor)
        case 6635: try decodeMPLS(bytes, cursor)
        default: return false
        }
        return true
    }

    /// GRE (RFC 2784 2, RFC 2890 2), its version 1 for PPTP (RFC 2637 4.1), and ERSPAN in GRE.
    mutating func decodeGRE(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(4, .tunnel)
        let flags = bytes.big16(cursor.start)
        let type = bytes.big16(cursor.start + 2)
        let hasRouting = flags & 0x4000 != 0
        let hasSequence = flags & 0x1000 != 0
        var payload = cursor.dropping(4)
        if flags & 0x8000 != 0 || hasRouting { payload.skip(4) }
        if flags & 0x2000 != 0 { payload.skip(4) }
        if hasSequence { payload.skip(4) }
        if type == 0x880B, flags & 0x0080 != 0 { payload.skip(4) }
        if hasRouting {
            // Source route entries; one of length 0 is the last (RFC 1701).
            while true {
                try payload.require(4, .tunnel)
                let length = Int(bytes.byte(payload.start + 3))
                payload.skip(4 + length)
                if length == 0 { break }
            }
        }
        switch type {
        case 0x880B: try decodePPP(bytes, payload)
        case 0x6558, 0x6400:
            // 0x6400 is MikroTik's Ethernet over IP; its key consists of a length and a tunnel number.
            try decodeEthernet(bytes, payload)
        case 0x88BE where !hasSequence: try decodeEthernet(bytes, payload)
        case 0x88BE, 0x22EB: try decodeERSPAN(bytes, payload)
        case 0x6559: try decodeFrameRelay(bytes, payload)
        case 0x883E:
            try payload.require(1, .tunnel)
            let isRedirected = bytes.byte(payload.start) >> 4 != 4
            try decodeIP(bytes, payload.dropping(isRedirected ? 4 : 0))
        case 0x0800, 0x86DD, 0x8847, 0x8848, 0x894F: try decodeEtherType(type, bytes, payload)
        default: return  // including tags, which tshark ignores here
        }
    }

    /// ERSPAN types II and III (draft-foschiano-erspan 4): a header, then an Ethernet frame.
    private mutating func decodeERSPAN(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(8, .tunnel)
        switch bytes.byte(cursor.start) >> 4 {
        case 1: try decodeEthernet(bytes, cursor.dropping(8))
        case 2:
            try cursor.require(12, .tunnel)
            // The frame type (five bits): 0 is Ethernet.
            guard bytes.byte(cursor.start + 10) & 0x7C == 0 else { return }
            let hasSubheader = bytes.byte(cursor.start + 11) & 1 != 0
            try decodeEthernet(bytes, cursor.dropping(hasSubheader ? 20 : 12))
        default: return
        }
    }

    /// VXLAN (RFC 7348 5).
    private mutating func decodeVXLAN(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(8, .tunnel)
        try decodeEthernet(bytes, cursor.dropping(8))
    }

    /// The generic protocol extension for VXLAN (draft-ietf-nvo3-vxlan-gpe 3).
    private mutating func decodeVXLANGPE(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(8, .tunnel)
        try decodeNextProtocol(bytes.byte(cursor.start + 3), bytes, cursor.dropping(8))
    }

    /// Geneve (RFC 8926 3.4).
    private mutating func decodeGeneve(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(8, .tunnel)
        let options = Int(bytes.byte(cursor.start) & 0x3F) * 4
        try cursor.require(8 + options, .tunnel)
        let payload = cursor.dropping(8 + options)
        let type = bytes.big16(cursor.start + 2)
        if type == 0x6558 { return try decodeEthernet(bytes, payload) }
        try decodeEtherType(type, bytes, payload)
    }

    /// GTP-U (3GPP TS 29.281 5): a G-PDU (type 255) holds an IP packet after optional extension headers.
    private mutating func decodeGTP(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(8, .tunnel)
        let flags = bytes.byte(cursor.start)
        if flags >> 4 == 1, bytes.byte(cursor.start + 1) == 255 {
            // Version 0 (3GPP TS 09.60 6): 20 bytes.
            let length = Int(bytes.big16(cursor.start + 2))
            return try decodeIP(bytes, cursor.limited(to: 20 + length).dropping(20))
        }
        // Version 1 with the protocol type bit; without it the packet is GTP' (charging).
        guard flags >> 4 == 3, bytes.byte(cursor.start + 1) == 255 else { return }
        var payload = cursor.limited(to: 8 + Int(bytes.big16(cursor.start + 2))).dropping(8)
        if flags & 7 != 0 {
            try payload.require(4, .tunnel)
            var next = flags & 4 == 0 ? 0 : bytes.byte(payload.start + 3)
            payload.skip(4)
            while next != 0 {
                try payload.require(1, .tunnel)
                let length = Int(bytes.byte(payload.start)) * 4
                guard length > 0 else { return }
                try payload.require(length, .tunnel)
                next = bytes.byte(payload.start + length - 1)
                payload.skip(length)
            }
        }
        try payload.require(1, .tunnel)
        try decodeIP(bytes, payload)
    }

    /// Teredo (RFC 4380 5.1.1): an optional authentication header, an optional origin header, IPv6.
    private mutating func decodeTeredo(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        var payload = cursor
        try payload.require(4, .tunnel)
        if bytes.big16(payload.start) == 1 {
            payload.skip(13 + Int(bytes.byte(payload.start + 2)) + Int(bytes.byte(payload.start + 3)))
            try payload.require(2, .tunnel)
        }
        if bytes.big16(payload.start) == 0 { payload.skip(8) }
        try decodeIPv6(bytes, payload)
    }

    /// L2TP version 2 (RFC 2661 3.1). Its data messages hold PPP.
    private mutating func decodeL2TP(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(2, .tunnel)
        let flags = bytes.big16(cursor.start)
        guard flags & 0x8000 == 0, flags & 15 == 2 else { return }
        var message = cursor
        if flags & 0x4000 != 0 {
            try cursor.require(4, .tunnel)
            message = cursor.limited(to: Int(bytes.big16(cursor.start + 2)))
        }
        var payload = message.dropping(2 + (flags & 0x4000 == 0 ? 0 : 2) + 4 + (flags & 0x0800 == 0 ? 0 : 4))
        if flags & 0x0200 != 0 {
            try payload.require(2, .tunnel)
            payload.skip(2 + Int(bytes.big16(payload.start)))
        }
        try decodePPP(bytes, payload)
    }
}
