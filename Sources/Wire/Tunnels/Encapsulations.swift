extension SegmentDecoder {
    /// AYIYA (draft-massar-v6ops-ayiya 4): identity and signature, then a packet if the operation is 1 (forward).
    mutating func decodeAYIYA(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(8, .tunnel)
        guard bytes.byte(cursor.start + 2) & 0x0F == 1 else { return }
        let identity = 1 << Int(bytes.byte(cursor.start) >> 4)
        let signature = Int(bytes.byte(cursor.start + 1) >> 4) * 4
        let payload = cursor.dropping(8 + identity + signature)
        switch bytes.byte(cursor.start + 3) {
        case 4: try decodeIP(bytes, payload)
        case 41: try decodeIPv6(bytes, payload)
        default: return
        }
    }

    /// The data channel of CAPWAP (RFC 5415 4.3), if it carries whole Ethernet frames.
    mutating func decodeCAPWAP(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(8, .tunnel)
        // Excluded: a preamble of type 1 (DTLS), and the flags for other payload (bit 8), fragment (7), keep-alive (3).
        guard bytes.byte(cursor.start) & 0x0F != 1, bytes.big32(cursor.start) & 0x0188 == 0 else { return }
        let length = Int(bytes.byte(cursor.start + 1) >> 3) * 4
        try decodeEthernet(bytes, cursor.dropping(length))
    }

    /// TaZmen Sniffer Protocol: tags up to an end tag (1), then Ethernet (1) or 802.11 (18).
    mutating func decodeTZSP(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(4, .tunnel)
        let encapsulation = bytes.big16(cursor.start + 2)
        var payload = cursor.dropping(4)
        while true {
            try payload.require(1, .tunnel)
            let tag = bytes.byte(payload.start)
            payload.skip(1)
            if tag == 1 { break }
            if tag == 0 { continue }
            try payload.require(1, .tunnel)
            payload.skip(1 + Int(bytes.byte(payload.start)))
        }
        switch encapsulation {
        case 1: try decodeEthernet(bytes, payload)
        case 18: try decodeIEEE80211(bytes, payload)
        default: return
        }
    }
}
