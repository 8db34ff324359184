extension SegmentDecoder {
    /// Decodes an 802.11 frame: only data frames that are not encrypted carry anything to see.
    ///
    /// `isPadded`: the header is padded to four bytes, as some interfaces do. A frame that more fragments follow is
    /// left out, where tshark puts them together again; a last fragment whose others are missing it takes as whole.
    mutating func decodeIEEE80211(
        _ bytes: RawSpan, _ extent: Extent, isPadded: Bool, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(2, .link)
        let control = bytes.byte(extent.start)
        let flags = bytes.byte(extent.start + 1)
        let subtype = control >> 4
        // Data (type 2 of version 0) whose subtype has data (bit 2 clear), not protected.
        guard control & 0x0F == 8, subtype & 4 == 0, flags & 0x40 == 0 else { return }
        var length = flags & 3 == 3 ? 30 : 24
        let hasQoS = subtype & 8 != 0
        if hasQoS { length += flags & 0x80 == 0 ? 2 : 6 }
        try extent.require(length, .link)
        let qosAt = extent.start + (flags & 3 == 3 ? 30 : 24)
        if hasQoS, flags & 3 == 3, bytes.byte(qosAt + 1) & 1 != 0 {
            // Mesh control: six bytes and up to three addresses.
            try extent.require(length + 6, .link)
            length += 6 + 6 * Int(bytes.byte(extent.start + length) & 3)
        }
        let isAggregate = hasQoS && bytes.byte(qosAt) & 0x80 != 0
        guard flags & 4 == 0 else { return }
        if isPadded { length = (length + 3) & ~3 }
        let payload = extent.dropping(length)
        if isAggregate {
            try decodeAggregate(bytes, payload, context, &segments)
        } else if payload.length > 0 {
            try decodeBody(bytes, payload, context, &segments)
        }
    }

    /// The body of a data frame: LLC, which may stand behind two bytes of padding, or an EtherType (tshark 4.0 black box).
    private mutating func decodeBody(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(4, .link)
        let front = bytes.big32(extent.start)
        if front == 0x0000_AAAA { return try decodeLLC(bytes, extent.dropping(2), context, &segments) }
        if front >> 16 == 0x0800 || front >> 16 == 0x86DD {
            return try decodeEtherTypeField(bytes, extent, context, &segments)
        }
        try decodeLLC(bytes, extent, context, &segments)
    }

    /// The subframes of an A-MSDU, each padded to four bytes: several packets in one frame.
    private mutating func decodeAggregate(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        var place = extent
        while place.available >= 14, place.length >= 14 {
            let length = Int(bytes.big16(place.start + 12))
            if length > 0 {
                try decodeLLC(bytes, place.dropping(14).claiming(length), context, &segments)
            }
            place = place.dropping((14 + length + 3) & ~3)
        }
    }

    /// Radiotap (radiotap.org): only its flags matter here: whether a check sequence ends the frame, and padding.
    mutating func decodeRadiotap(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .link)
        let length = Int(bytes.little16(extent.start + 2))
        guard length >= 8 else { return }
        try extent.require(length, .link)
        let end = extent.start + length
        let present = bytes.little32(extent.start + 4)
        var place = extent.start + 8
        var word = present
        while word & 0x8000_0000 != 0, place + 4 <= end {
            word = bytes.little32(place)
            place += 4
        }
        // The time stamp is eight bytes, aligned to eight from the start of the header.
        if present & 1 != 0 { place = extent.start + ((place - extent.start + 7) & ~7) + 8 }
        let flags = present & 2 != 0 && place < end ? bytes.byte(place) : 0
        var frame = extent.dropping(length)
        if flags & 0x10 != 0 { frame = frame.trimmed(by: 4) }
        try decodeIEEE80211(bytes, frame, isPadded: flags & 0x20 != 0, context, &segments)
    }

    /// Prism and AVS headers: their length is in the second word.
    mutating func decodePrism(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .link)
        // Without either header's mark it is 802.11 right away (tshark 4.0 black box).
        let mark = min(bytes.big32(extent.start), bytes.little32(extent.start))
        let isAVS = bytes.big32(extent.start) & 0xFFFF_F000 == 0x8021_1000
        guard isAVS || mark == 0x41 || mark == 0x44 else {
            return try decodeIEEE80211(bytes, extent, isPadded: false, context, &segments)
        }
        let isBig = isAVS || bytes.byte(extent.start) == 0
        let length = isBig ? bytes.big32(extent.start + 4) : bytes.little32(extent.start + 4)
        try decodeIEEE80211(bytes, extent.dropping(Int(length)), isPadded: false, context, &segments)
    }

    /// The per-packet information header: a length and the link type of what follows; false when that is unknown.
    mutating func decodePPI(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) -> Bool {
        try extent.require(8, .link)
        let length = max(8, Int(bytes.little16(extent.start + 2)))
        let type = bytes.little32(extent.start + 4)
        try extent.require(length, .link)
        var frame = extent.dropping(length)
        guard type == 105 else {
            guard type != 192, let inner = UInt16(exactly: type) else { return false }
            return try decodeLink(LinkType(rawValue: inner), bytes, frame, context, &segments)
        }
        // Field 2 (802.11 common) says whether a check sequence ends the frame.
        var place = extent.start + 8
        while place + 4 <= extent.start + length {
            let size = Int(bytes.little16(place + 2))
            try extent.require(place + 4 + size - extent.start, .link)
            if bytes.little16(place) == 2, size >= 10, place + 14 <= extent.start + length,
                bytes.little16(place + 12) & 1 != 0
            {
                frame = frame.trimmed(by: 4)
            }
            place += 4 + size
        }
        try decodeIEEE80211(bytes, frame, isPadded: false, context, &segments)
        return true
    }
}
