extension SegmentDecoder {
    /// Decodes one packet from its link-layer header on; false when the link type is not known.
    ///
    /// Numbers are those of the tcpdump project's list of link-layer header types.
    mutating func decodeLink(
        _ type: LinkType, _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) -> Bool {
        switch type.rawValue {
        case 1: try decodeEthernet(bytes, extent, context, &segments)
        case 0: try decodeNull(bytes, extent, context, &segments)
        case 108: try decodeLoop(bytes, extent, context, &segments)
        case 12, 14, 101: try decodeRaw(bytes, extent, context, &segments)
        case 228: try decodeIP(bytes, extent, context, &segments)
        case 229: try decodeIPv6(bytes, extent, context, &segments)
        case 113: try decodeLinuxCooked(bytes, extent, context, &segments)
        case 276: try decodeLinuxCooked2(bytes, extent, context, &segments)
        case 9, 50: try decodeSerialPPP(bytes, extent, context, &segments)
        case 204: try decodeSerialPPP(bytes, extent.dropping(1), context, &segments)
        case 51: try decodePPPoE(bytes, extent, context, &segments)
        case 104: try decodeCiscoHDLC(bytes, extent, context, &segments)
        case 205: try decodeCiscoHDLC(bytes, extent.dropping(1), context, &segments)
        case 107: try decodeFrameRelay(bytes, extent, context, &segments)
        case 206: try decodeFrameRelay(bytes, extent.dropping(1), context, &segments)
        case 219: try decodeMPLS(bytes, extent, context, &segments)
        case 100, 106: try decodeLLC(bytes, extent, context, &segments)
        case 10: try decodeFDDI(bytes, extent, context, &segments)
        case 6: try decodeTokenRing(bytes, extent, context, &segments)
        case 7: try decodeARCNET(bytes, extent, typeAt: 2, context, &segments)
        case 129: try decodeARCNET(bytes, extent, typeAt: 4, context, &segments)
        case 122: try decodeLLC(bytes, extent.dropping(16), context, &segments)
        case 123: try decodeSunATM(bytes, extent, context, &segments)
        case 138: try decodeEtherTypeField(bytes, extent.dropping(16), context, &segments)
        case 105: try decodeIEEE80211(bytes, extent, isPadded: false, context, &segments)
        case 127: try decodeRadiotap(bytes, extent, context, &segments)
        case 119, 163: try decodePrism(bytes, extent, context, &segments)
        case 192: return try decodePPI(bytes, extent, context, &segments)
        case 239: try decodeNFLOG(bytes, extent, context, &segments)
        case 253: try decodeNetlink(bytes, extent, context, &segments)
        case 197: try decodeERF(bytes, extent, context, &segments)
        case 109: try decodeENC(bytes, extent, context, &segments)
        case 117: try decodePFLOG(bytes, extent, context, &segments)
        case 226: try decodeIPNET(bytes, extent, context, &segments)
        case 8: try decodeIP(bytes, extent.dropping(16), context, &segments)
        case 99: try decodeSymantec(bytes, extent, context, &segments)
        case 242: try decodeInfiniBand(bytes, extent, context, &segments)
        case 149, 258: return try decodePKTAP(bytes, extent, context, &segments)
        case 128: try decodeTZSP(bytes, extent, context, &segments)
        case 240: try decodeNetAnalyzer(bytes, extent, context, &segments)
        default: return false
        }
        return true
    }

    /// OpenBSD's encapsulating interface: 12 bytes, of which the first four are an address family (2 or 24).
    private mutating func decodeENC(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(12, .link)
        switch min(bytes.little32(extent.start), bytes.big32(extent.start)) {
        case 2: try decodeIP(bytes, extent.dropping(12), context, &segments)
        case 24: try decodeIPv6(bytes, extent.dropping(12), context, &segments)
        default: return
        }
    }

    /// BSD loopback: the address family in the byte order of whoever captured (wireshark-rules 2.2).
    private mutating func decodeNull(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(4, .link)
        if bytes.big16(extent.start) == 0xFF03 {
            return try decodePPP(bytes, extent.dropping(2), context, &segments)
        }
        var family = bytes.little32(extent.start)
        if family & 0xFFFF_0000 != 0 {
            // A big-endian word, or a 16-bit one in the upper half.
            family = family & 0xFF00_0000 == 0 && family & 0x00FF_0000 < 0x0006_0000 ? family >> 16 : family.byteSwapped
        } else if family & 0xFF == 0, family < 0x0600 {
            family >>= 8  // a big-endian word of 16 bits
        }
        if family > 1500 {
            // Of a larger word the low half counts (tshark 4.0 black box).
            return try decodeEtherType(
                UInt16(truncatingIfNeeded: family), bytes, extent.dropping(4), context, &segments)
        }
        try decodeFamily(family, bytes, extent.dropping(4), context, &segments)
    }

    /// OpenBSD loopback: as BSD's, in network byte order.
    private mutating func decodeLoop(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(4, .link)
        try decodeFamily(bytes.big32(extent.start), bytes, extent.dropping(4), context, &segments)
    }

    /// Decodes the packet of a BSD address family: 2 is IPv4; 24, 28 and 30 are IPv6 on different systems.
    private mutating func decodeFamily(
        _ family: UInt32, _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        switch family {
        case 2: try decodeIP(bytes, extent, context, &segments)
        case 24, 28, 30: try decodeIPv6(bytes, extent, context, &segments)
        default: return
        }
    }

    /// Raw IP, which old systems wrote for PPP and for ten bytes of nothing too.
    private mutating func decodeRaw(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(2, .link)
        if bytes.big16(extent.start) == 0xFF03 {
            return try decodePPP(bytes, extent.dropping(2), context, &segments)
        }
        if extent.available >= 10, bytes.big64(extent.start) == 0, bytes.big16(extent.start + 8) == 0 {
            return try decodeIP(bytes, extent.dropping(10), context, &segments)
        }
        try decodeIP(bytes, extent, context, &segments)
    }

    /// OpenBSD's packet filter log: a header whose length and address family its first two bytes tell.
    private mutating func decodePFLOG(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(2, .link)
        let length = (Int(bytes.byte(extent.start)) + 3) & ~3
        try decodeFamily(UInt32(bytes.byte(extent.start + 1)), bytes, extent.dropping(length), context, &segments)
    }

    /// Solaris ipnet: 24 bytes, the second of which is the address family (2 or 26), and from the fifth on the length
    /// of the packet, which ends where the captured frame ends (tshark 4.0 black box).
    private mutating func decodeIPNET(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(24, .link)
        let length = Int(bytes.big32(extent.start + 4))
        guard length <= extent.available else { return }
        let packet = extent.dropping(extent.available - length)
        switch bytes.byte(extent.start + 1) {
        case 2: try decodeIP(bytes, packet, context, &segments)
        case 26: try decodeIPv6(bytes, packet, context, &segments)
        default: return
        }
    }

    /// Apple's PKTAP, and the user's link type that it was written as before: 0 length | 4 record | 8 DLT of the packet.
    private mutating func decodePKTAP(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) -> Bool {
        try extent.require(12, .link)
        let inner = deeper(context)
        let type = UInt16(truncatingIfNeeded: bytes.little32(extent.start + 8))
        guard inner.depth <= Self.depthLimit, type != 149, type != 258 else { return true }
        let payload = extent.dropping(Int(bytes.little32(extent.start)))
        return try decodeLink(LinkType(rawValue: type), bytes, payload, inner, &segments)
    }

    /// Symantec's firewall: the EtherType at 6 of 44 bytes or at 10 of 56, never at both (tshark 4.0 black box).
    private mutating func decodeSymantec(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(44, .link)
        switch (bytes.big16(extent.start + 6), bytes.big16(extent.start + 10)) {
        case (0, let type):
            try extent.require(56, .link)
            try decodeEtherType(type, bytes, extent.dropping(56), context, &segments)
        case (let type, 0): try decodeEtherType(type, bytes, extent.dropping(44), context, &segments)
        default: return
        }
    }

    /// IP over InfiniBand (RFC 4391 6) behind its 40 bytes of addresses: EtherType and two reserved bytes.
    private mutating func decodeInfiniBand(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(44, .link)
        switch bytes.big16(extent.start + 40) {
        case 0x0800: try decodeIP(bytes, extent.dropping(44), context, &segments)
        case 0x86DD: try decodeIPv6(bytes, extent.dropping(44), context, &segments)
        default: return
        }
    }

    /// Hilscher netANALYZER: four bytes that say what follows, here Ethernet with its check sequence (tshark 4.0 black
    /// box).
    private mutating func decodeNetAnalyzer(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(4, .link)
        guard bytes.big32(extent.start) & 0x003D_00F0 == 0x0008_0000 else { return }
        try decodeEthernet(bytes, extent.dropping(4).trimmed(by: 4), context, &segments)
    }

    /// Endace ERF records inside pcap: type, extension headers, then Ethernet or IP.
    private mutating func decodeERF(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(16, .link)
        let type = bytes.byte(extent.start + 8)
        // The length on the wire, which tshark 4.0 takes for the frame's.
        let wire = Int(bytes.big16(extent.start + 14))
        var payload = extent.dropping(16)
        var hasMore = type & 0x80 != 0
        while hasMore {
            try payload.require(8, .link)
            hasMore = bytes.byte(payload.start) & 0x80 != 0
            payload = payload.dropping(8)
        }
        switch type & 0x7F {
        case 1, 10, 15, 19: try decodeSerialPPP(bytes, payload, context, &segments)
        case 2, 11, 16, 20: try decodeEthernet(bytes, payload.dropping(2).claiming(wire), context, &segments)
        case 22: try decodeIP(bytes, payload, context, &segments)
        case 23: try decodeIPv6(bytes, payload, context, &segments)
        default: return
        }
    }
}

extension Extent {
    /// Less `bytes` bytes at the claimed end: a check sequence or trailer.
    func trimmed(by bytes: Int) -> Extent {
        limited(to: max(0, length - bytes))
    }
}
