extension SegmentDecoder {
    /// AYIYA (draft-massar-v6ops-ayiya 4): identity and signature, then, when the packet is to be forwarded (operation
    /// 1), what the next header says.
    mutating func decodeAYIYA(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .tunnel)
        guard bytes.byte(extent.start + 2) & 0x0F == 1 else { return }
        let identity = 1 << Int(bytes.byte(extent.start) >> 4)
        let signature = Int(bytes.byte(extent.start + 1) >> 4) * 4
        let payload = extent.dropping(8 + identity + signature)
        switch bytes.byte(extent.start + 3) {
        case 4: try decodeIP(bytes, payload, context, &segments)
        case 41: try decodeIPv6(bytes, payload, context, &segments)
        default: return
        }
    }

    /// The data channel of CAPWAP (RFC 5415 4.3) where it carries whole Ethernet frames.
    mutating func decodeCAPWAP(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .tunnel)
        // Type of payload (bit 8), fragment (7), keep-alive (3); the preamble's type 1 is DTLS.
        guard bytes.byte(extent.start) & 0x0F != 1, bytes.big32(extent.start) & 0x0188 == 0 else { return }
        let length = Int(bytes.byte(extent.start + 1) >> 3) * 4
        try decodeEthernet(bytes, extent.dropping(length), context, &segments)
    }

    /// TaZmen Sniffer Protocol: tags until an end tag (1), then Ethernet (1) or 802.11 (18).
    mutating func decodeTZSP(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(4, .tunnel)
        let encapsulation = bytes.big16(extent.start + 2)
        var place = extent.dropping(4)
        while true {
            try place.require(1, .tunnel)
            let tag = bytes.byte(place.start)
            place = place.dropping(1)
            if tag == 1 { break }
            if tag == 0 { continue }
            try place.require(1, .tunnel)
            place = place.dropping(1 + Int(bytes.byte(place.start)))
        }
        switch encapsulation {
        case 1: try decodeEthernet(bytes, place, context, &segments)
        case 18: try decodeIEEE80211(bytes, place, isPadded: false, context, &segments)
        default: return
        }
    }
}
