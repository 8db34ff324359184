extension SegmentDecoder {
    /// Decodes one packet from its link-layer header on: the general path begins here. False for an unknown link type.
    ///
    /// The numbers are those of the tcpdump project's list of link-layer header types. A new link type goes here.
    mutating func decodeLink(_ type: LinkType, _ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) -> Bool {
        switch type.rawValue {
        case 1: try decodeEthernet(bytes, cursor)
        case 0: try decodeNull(bytes, cursor)
        case 108: try decodeLoop(bytes, cursor)
        case 12, 14, 101: try decodeRaw(bytes, cursor)
        case 228: try decodeIP(bytes, cursor)
        case 229: try decodeIPv6(bytes, cursor)
        case 113: try decodeLinuxCooked(bytes, cursor)
        case 276: try decodeLinuxCooked2(bytes, cursor)
        case 9, 50: try decodeSerialPPP(bytes, cursor)
        case 204: try decodeSerialPPP(bytes, cursor.dropping(1))
        case 51: try decodePPPoE(bytes, cursor)
        case 104: try decodeCiscoHDLC(bytes, cursor)
        case 205: try decodeCiscoHDLC(bytes, cursor.dropping(1))
        case 107: try decodeFrameRelay(bytes, cursor)
        case 206: try decodeFrameRelay(bytes, cursor.dropping(1))
        case 219: try decodeMPLS(bytes, cursor)
        case 100, 106: try decodeLLC(bytes, cursor)
        case 10: try decodeFDDI(bytes, cursor)
        case 6: try decodeTokenRing(bytes, cursor)
        case 7: try decodeARCNET(bytes, cursor, typeAt: 2)
        case 129: try decodeARCNET(bytes, cursor, typeAt: 4)
        case 122: try decodeLLC(bytes, cursor.dropping(16))
        case 123: try decodeSunATM(bytes, cursor)
        case 138: try decodeEtherTypeField(bytes, cursor.dropping(16))
        case 105: try decodeIEEE80211(bytes, cursor, isPadded: false)
        case 127: try decodeRadiotap(bytes, cursor)
        case 119, 163: try decodePrism(bytes, cursor)
        case 192: return try decodePPI(bytes, cursor)
        case 239: try decodeNFLOG(bytes, cursor)
        case 253: try decodeNetlink(bytes, cursor)
        case 197: try decodeERF(bytes, cursor)
        case 109: try decodeENC(bytes, cursor)
        case 117: try decodePFLOG(bytes, cursor)
        case 226: try decodeIPNET(bytes, cursor)
        case 8: try decodeIP(bytes, cursor.dropping(16))
        case 99: try decodeSymantec(bytes, cursor)
        case 242: try decodeInfiniBand(bytes, cursor)
        case 149, 258: return try decodePKTAP(bytes, cursor)
        case 128: try decodeTZSP(bytes, cursor)
        case 240: try decodeNetAnalyzer(bytes, cursor)
        default: return false
        }
        return true
    }

    /// The link types that `decodeLink` knows.
    package static let linkTypes: [UInt16] = [
        0, 1, 6, 7, 8, 9, 10, 12, 14, 50, 51, 99, 100, 101, 104, 105, 106, 107, 108, 109, 113, 117, 119, 122, 123, 127,
        128, 129,
        138, 149, 163, 192, 197, 204, 205, 206, 219, 226, 228, 229, 239, 240, 242, 253, 258, 276,
    ]

    /// OpenBSD's encapsulating interface: an address family (2 or 24, either byte order) in 4 of 12 bytes.
    private mutating func decodeENC(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(12, .link)
        switch min(bytes.little32(cursor.start), bytes.big32(cursor.start)) {
        case 2: try decodeIP(bytes, cursor.dropping(12))
        case 24: try decodeIPv6(bytes, cursor.dropping(12))
        default: return
        }
    }

    /// BSD loopback: the address family in the byte order of the capturing host (wireshark-rules 2.2).
    private mutating func decodeNull(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(4, .link)
        if bytes.big16(cursor.start) == 0xFF03 { return try decodePPP(bytes, cursor.dropping(2)) }
        var family = bytes.little32(cursor.start)
        if family & 0xFFFF_0000 != 0 {
            // A big-endian word, or a 16-bit one in the upper half.
            family = family & 0xFF00_0000 == 0 && family & 0x00FF_0000 < 0x0006_0000 ? family >> 16 : family.byteSwapped
        } else if family & 0xFF == 0, family < 0x0600 {
            family >>= 8  // a big-endian word of 16 bits
        }
        if family > 1500 {
            // A larger number is an EtherType, in the low half of the word (tshark 4.0 black box).
            return try decodeEtherType(UInt16(truncatingIfNeeded: family), bytes, cursor.dropping(4))
        }
        try decodeFamily(family, bytes, cursor.dropping(4))
    }

    /// OpenBSD loopback: the address family in network byte order.
    private mutating func decodeLoop(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(4, .link)
        try decodeFamily(bytes.big32(cursor.start), bytes, cursor.dropping(4))
    }

    /// Decodes the packet of a BSD address family: 2 is IPv4; 24, 28 and 30 are IPv6 on different systems.
    private mutating func decodeFamily(_ family: UInt32, _ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure)
    {
        switch family {
        case 2: try decodeIP(bytes, cursor)
        case 24, 28, 30: try decodeIPv6(bytes, cursor)
        default: return
        }
    }

    /// Raw IP. Old systems use this type for PPP too, and put ten zero bytes before the IP header.
    private mutating func decodeRaw(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(2, .link)
        if bytes.big16(cursor.start) == 0xFF03 { return try decodePPP(bytes, cursor.dropping(2)) }
        if cursor.available >= 10, bytes.big64(cursor.start) == 0, bytes.big16(cursor.start + 8) == 0 {
            return try decodeIP(bytes, cursor.dropping(10))
        }
        try decodeIP(bytes, cursor)
    }

    /// OpenBSD's packet filter log: the first two bytes of its header are the header length and the address family.
    private mutating func decodePFLOG(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(2, .link)
        let length = (Int(bytes.byte(cursor.start)) + 3) & ~3
        try decodeFamily(UInt32(bytes.byte(cursor.start + 1)), bytes, cursor.dropping(length))
    }

    /// Solaris ipnet: 24 bytes, with the address family (2 or 26) at 1 and the packet length (4 bytes) at 4. The packet
    /// ends where the captured frame ends (tshark 4.0 black box).
    private mutating func decodeIPNET(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(24, .link)
        let length = Int(bytes.big32(cursor.start + 4))
        guard length <= cursor.available else { return }
        let packet = cursor.dropping(cursor.available - length)
        switch bytes.byte(cursor.start + 1) {
        case 2: try decodeIP(bytes, packet)
        case 26: try decodeIPv6(bytes, packet)
        default: return
        }
    }

    /// Apple's PKTAP, also under the user-defined link type 149: 0 length | 4 record | 8 link type of the packet.
    private mutating func decodePKTAP(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) -> Bool {
        try cursor.require(12, .link)
        let length = Int(bytes.little32(cursor.start))
        let type = UInt16(truncatingIfNeeded: bytes.little32(cursor.start + 8))
        guard let payload = cursor.dropping(length).deeper(), type != 149, type != 258 else { return true }
        return try decodeLink(LinkType(rawValue: type), bytes, payload)
    }

    /// Symantec's firewall: the EtherType at 6 of 44 bytes or at 10 of 56; the other is 0 (tshark 4.0 black box).
    private mutating func decodeSymantec(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(44, .link)
        switch (bytes.big16(cursor.start + 6), bytes.big16(cursor.start + 10)) {
        case (0, let type):
            try cursor.require(56, .link)
            try decodeEtherType(type, bytes, cursor.dropping(56))
        case (let type, 0): try decodeEtherType(type, bytes, cursor.dropping(44))
        default: return
        }
    }

    /// IP over InfiniBand (RFC 4391 6): 40 bytes of addresses, EtherType, two reserved bytes.
    private mutating func decodeInfiniBand(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(44, .link)
        switch bytes.big16(cursor.start + 40) {
        case 0x0800: try decodeIP(bytes, cursor.dropping(44))
        case 0x86DD: try decodeIPv6(bytes, cursor.dropping(44))
        default: return
        }
    }

    /// Hilscher netANALYZER: four bytes that say what follows. Only Ethernet with its check sequence is decoded
    /// (tshark 4.0 black box).
    private mutating func decodeNetAnalyzer(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(4, .link)
        guard bytes.big32(cursor.start) & 0x003D_00F0 == 0x0008_0000 else { return }
        try decodeEthernet(bytes, cursor.dropping(4).trimmed(by: 4))
    }

    /// Endace ERF records inside pcap: type, extension headers, then Ethernet or IP.
    private mutating func decodeERF(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(16, .link)
        let type = bytes.byte(cursor.start + 8)
        // The length on the wire, which tshark 4.0 uses as the length of the frame.
        let wire = Int(bytes.big16(cursor.start + 14))
        var payload = cursor.dropping(16)
        var hasMore = type & 0x80 != 0
        while hasMore {
            try payload.require(8, .link)
            hasMore = bytes.byte(payload.start) & 0x80 != 0
            payload.skip(8)
        }
        switch type & 0x7F {
        case 1, 10, 15, 19: try decodeSerialPPP(bytes, payload)
        case 2, 11, 16, 20: try decodeEthernet(bytes, payload.dropping(2).claiming(wire))
        case 22: try decodeIP(bytes, payload)
        case 23: try decodeIPv6(bytes, payload)
        default: return
        }
    }
}
