extension SegmentDecoder {
    /// Linux cooked capture: 16 bytes, the last two of them the protocol.
    mutating func decodeLinuxCooked(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(16, .link)
        let (hardware, type) = (bytes.big16(cursor.start + 2), bytes.big16(cursor.start + 14))
        try decodeCooked(hardware: hardware, protocol: type, bytes, cursor.dropping(16))
    }

    /// Linux cooked capture, version 2: 20 bytes, the first two of them the protocol.
    mutating func decodeLinuxCooked2(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(20, .link)
        let (hardware, type) = (bytes.big16(cursor.start + 8), bytes.big16(cursor.start))
        try decodeCooked(hardware: hardware, protocol: type, bytes, cursor.dropping(20))
    }

    /// The packet of a cooked capture: what the protocol number means depends on the ARPHRD_ type of the device.
    private mutating func decodeCooked(
        hardware: UInt16, protocol type: UInt16, _ bytes: RawSpan, _ cursor: PacketCursor
    ) throws(DecodeFailure) {
        switch (hardware, type) {
        case (824, _): try decodeNetlinkMessages(family: type, bytes, cursor)
        case (770, 0): try decodeFrameRelay(bytes, cursor)
        case (803, _): try decodeRadiotap(bytes, cursor)
        case (_, 0x0003): try decodeEthernet(bytes, cursor)
        case (_, 0x0007): try decodePPP(bytes, cursor)
        case (_, 0x0004): try decodeLLC(bytes, cursor)
        default: try decodeEtherType(type, bytes, cursor)
        }
    }

    /// A netfilter log record: family, version and resource (4 bytes), then attributes. Attribute 9 is the packet.
    mutating func decodeNFLOG(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(4, .link)
        let attributes = cursor.dropping(4)
        // Attributes are in the byte order of the capturing host: the one in which their lengths add up.
        let isLittleEndian = lengthsAddUp(bytes, attributes, littleEndian: true)
        try decodeNetfilter(
            family: bytes.byte(cursor.start), packet: 9, littleEndian: isLittleEndian, bytes, attributes)
    }

    /// Whether the lengths of the attributes, read in this byte order, add up to the bytes that hold them.
    private func lengthsAddUp(_ bytes: RawSpan, _ cursor: PacketCursor, littleEndian: Bool) -> Bool {
        var attribute = cursor
        while attribute.available >= 4 {
            let length = Int(bytes.load16(attribute.start, littleEndian: littleEndian))
            guard length >= 4 else { return false }
            attribute.skip((length + 3) & ~3)
        }
        return attribute.start <= attribute.claimedEnd + 3
    }

    /// Decodes attribute `wanted`, the packet, of a message from the netfilter log or queue.
    private mutating func decodeNetfilter(
        family: UInt8, packet wanted: UInt16, littleEndian: Bool, _ bytes: RawSpan, _ cursor: PacketCursor
    ) throws(DecodeFailure) {
        var attribute = cursor
        // The EtherType from the kernel, if present, takes precedence over the family (tshark 4.0 black box).
        var etherType: UInt16 = 0
        while attribute.available >= 4 {
            let length = Int(bytes.load16(attribute.start, littleEndian: littleEndian))
            let kind = bytes.load16(attribute.start + 2, littleEndian: littleEndian) & 0x7FFF
            guard length >= 4 else { return }
            try attribute.require(length, .link)
            // Attribute 1 is the packet header. The EtherType is first in the log, and after a packet number of four
            // bytes in the queue.
            if kind == 1, wanted == 9 ? length == 8 : length >= 10 {
                etherType = bytes.big16(attribute.start + (wanted == 9 ? 4 : 8))
            }
            if kind == wanted {
                let packet = attribute.limited(to: length).dropping(4)
                switch (etherType, family) {
                case (0, 2): try decodeIP(bytes, packet)
                case (0, 10): try decodeIPv6(bytes, packet)
                case (0, _): return
                default: try decodeEtherType(etherType, bytes, packet)
                }
            }
            attribute.skip((length + 3) & ~3)
        }
    }

    /// Linux netlink: a cooked header of 16 bytes, the last two of them the family, then messages.
    mutating func decodeNetlink(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(16, .link)
        try decodeNetlinkMessages(family: bytes.big16(cursor.start + 14), bytes, cursor.dropping(16))
    }

    /// The packets in messages of netfilter (family 12), from its log (type 0x0400) and its queue (0x0300).
    private mutating func decodeNetlinkMessages(
        family: UInt16, _ bytes: RawSpan, _ cursor: PacketCursor
    ) throws(DecodeFailure) {
        guard family == 12 else { return }
        var message = cursor
        while message.available >= 20 {
            // A length has zeros in its upper bytes: in the right byte order it is the smaller number.
            let isLittleEndian = bytes.little32(message.start) <= bytes.big32(message.start)
            let length = Int(min(bytes.little32(message.start), bytes.big32(message.start)))
            guard length >= 20 else { return }
            let type = bytes.load16(message.start + 4, littleEndian: isLittleEndian)
            if type == 0x0400 || type == 0x0300 {
                try decodeNetfilter(
                    family: bytes.byte(message.start + 16), packet: type == 0x0400 ? 9 : 10,
                    littleEndian: isLittleEndian, bytes, message.limited(to: length).dropping(20))
            }
            message.skip((length + 3) & ~3)
        }
    }
}

extension RawSpan {
    /// The 16-bit number at `offset`, in either byte order.
    fileprivate func load16(_ offset: Int, littleEndian: Bool) -> UInt16 {
        littleEndian ? little16(offset) : big16(offset)
    }
}
