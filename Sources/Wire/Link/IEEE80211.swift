extension SegmentDecoder {
    /// Decodes an 802.11 data frame that is not encrypted (IEEE 802.11 9.3.2). Other frames are ignored.
    ///
    /// `isPadded`: the header is padded to a multiple of four bytes, as some interfaces do. A frame with the "more
    /// fragments" bit is ignored, although tshark reassembles it. A last fragment is decoded like a whole frame, as
    /// tshark does if the other fragments are missing.
    mutating func decodeIEEE80211(
        _ bytes: RawSpan, _ cursor: PacketCursor, isPadded: Bool = false
    ) throws(DecodeFailure) {
        try cursor.require(2, .link)
        let control = bytes.byte(cursor.start)
        let flags = bytes.byte(cursor.start + 1)
        let subtype = control >> 4
        // Data (type 2 of version 0) whose subtype has data (bit 2 clear), not protected.
        guard control & 0x0F == 8, subtype & 4 == 0, flags & 0x40 == 0 else { return }
        var length = flags & 3 == 3 ? 30 : 24
        let hasQoS = subtype & 8 != 0
        if hasQoS { length += flags & 0x80 == 0 ? 2 : 6 }
        try cursor.require(length, .link)
        let qosAt = cursor.start + (flags & 3 == 3 ? 30 : 24)
        if hasQoS, flags & 3 == 3, bytes.byte(qosAt + 1) & 1 != 0 {
            // Mesh control: six bytes and up to three addresses.
            try cursor.require(length + 6, .link)
            length += 6 + 6 * Int(bytes.byte(cursor.start + length) & 3)
        }
        let isAggregate = hasQoS && bytes.byte(qosAt) & 0x80 != 0
        guard flags & 4 == 0 else { return }
        if isPadded { length = (length + 3) & ~3 }
        let payload = cursor.dropping(length)
        if isAggregate {
            try decodeAggregate(bytes, payload)
        } else if payload.length > 0 {
            try decodeBody(bytes, payload)
        }
    }

    /// The body of a data frame: LLC, sometimes after two bytes of padding, or an EtherType (tshark 4.0 black box).
    private mutating func decodeBody(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(4, .link)
        let front = bytes.big32(cursor.start)
        if front == 0x0000_AAAA { return try decodeLLC(bytes, cursor.dropping(2)) }
        if front >> 16 == 0x0800 || front >> 16 == 0x86DD { return try decodeEtherTypeField(bytes, cursor) }
        try decodeLLC(bytes, cursor)
    }

    /// The subframes of an A-MSDU, several packets in one frame. Each is padded to a multiple of four bytes.
    private mutating func decodeAggregate(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        var subframe = cursor
        while subframe.available >= 14 {
            let length = Int(bytes.big16(subframe.start + 12))
            if length > 0 { try decodeLLC(bytes, subframe.dropping(14).claiming(length)) }
            subframe.skip((14 + length + 3) & ~3)
        }
    }

    /// Radiotap (radiotap.org). Its flags say whether a check sequence ends the frame and whether the header is padded.
    mutating func decodeRadiotap(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(8, .link)
        let length = Int(bytes.little16(cursor.start + 2))
        guard length >= 8 else { return }
        try cursor.require(length, .link)
        let end = cursor.start + length
        let present = bytes.little32(cursor.start + 4)
        var offset = cursor.start + 8
        var word = present
        while word & 0x8000_0000 != 0, offset + 4 <= end {
            word = bytes.little32(offset)
            offset += 4
        }
        // The time stamp before the flags has eight bytes, aligned to eight from the start of the header.
        if present & 1 != 0 { offset = cursor.start + ((offset - cursor.start + 7) & ~7) + 8 }
        let flags = present & 2 != 0 && offset < end ? bytes.byte(offset) : 0
        var frame = cursor.dropping(length)
        if flags & 0x10 != 0 { frame = frame.trimmed(by: 4) }
        try decodeIEEE80211(bytes, frame, isPadded: flags & 0x20 != 0)
    }

    /// Prism and AVS headers, whose length is the second word.
    mutating func decodePrism(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(8, .link)
        // Without the magic number of either header the frame itself begins here (tshark 4.0 black box).
        let magic = min(bytes.big32(cursor.start), bytes.little32(cursor.start))
        let isAVS = bytes.big32(cursor.start) & 0xFFFF_F000 == 0x8021_1000
        guard isAVS || magic == 0x41 || magic == 0x44 else {
            return try decodeIEEE80211(bytes, cursor)
        }
        let isBigEndian = isAVS || bytes.byte(cursor.start) == 0
        let length = isBigEndian ? bytes.big32(cursor.start + 4) : bytes.little32(cursor.start + 4)
        try decodeIEEE80211(bytes, cursor.dropping(Int(length)))
    }

    /// The per-packet information header (PPI): length, and link type of what follows. False if that type is unknown.
    mutating func decodePPI(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) -> Bool {
        try cursor.require(8, .link)
        let length = max(8, Int(bytes.little16(cursor.start + 2)))
        let type = bytes.little32(cursor.start + 4)
        try cursor.require(length, .link)
        var frame = cursor.dropping(length)
        guard type == 105 else {
            guard type != 192, let inner = UInt16(exactly: type) else { return false }
            return try decodeLink(LinkType(rawValue: inner), bytes, frame)
        }
        // Field 2 (802.11 common) says whether a check sequence ends the frame.
        var offset = cursor.start + 8
        let end = cursor.start + length
        while offset + 4 <= end {
            let size = Int(bytes.little16(offset + 2))
            try cursor.require(offset + 4 + size - cursor.start, .link)
            if bytes.little16(offset) == 2, size >= 10, offset + 14 <= end, bytes.little16(offset + 12) & 1 != 0 {
                frame = frame.trimmed(by: 4)
            }
            offset += 4 + size
        }
        try decodeIEEE80211(bytes, frame)
        return true
    }
}
