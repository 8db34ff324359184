extension SegmentDecoder {
    /// sFlow version 5 (sflow.org/sflow_version_5.txt): packet headers that an agent sampled.
    ///
    /// Wireshark looks the streams of sampled segments up and does not analyse them.
    mutating func decodeSFlow(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(8, .tunnel)
        guard bytes.big32(extent.start) == 5 else { return }
        let addressLength = bytes.big32(extent.start + 4) == 2 ? 16 : 4
        var place = extent.dropping(8 + addressLength + 12)
        try place.require(4, .tunnel)
        let count = bytes.big32(place.start)
        place = place.dropping(4)
        var sample: UInt32 = 0
        while sample < count, place.available >= 8, place.length >= 8 {
            let format = bytes.big32(place.start)
            let length = Int(bytes.big32(place.start + 4))
            let body = place.dropping(8).limited(to: length)
            // A flow sample has 7 words before its record count, an expanded one 10.
            if format == 1 || format == 3 {
                try decodeFlowSample(bytes, body.dropping(format == 1 ? 28 : 40), context, &segments)
            }
            place = place.dropping(8 + length)
            sample += 1
        }
    }

    private mutating func decodeFlowSample(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(4, .tunnel)
        var place = extent.dropping(4)
        var record: UInt32 = 0
        let count = bytes.big32(extent.start)
        while record < count, place.available >= 8, place.length >= 8 {
            let format = bytes.big32(place.start)
            let length = Int(bytes.big32(place.start + 4))
            if format == 1 { try decodeSample(bytes, place.dropping(8).limited(to: length), context, &segments) }
            place = place.dropping(8 + length)
            record += 1
        }
    }

    /// A raw packet header: protocol, frame length, stripped bytes, header length, and the header itself.
    private mutating func decodeSample(
        _ bytes: RawSpan, _ extent: Extent, _ context: PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        try extent.require(16, .tunnel)
        let kind = bytes.big32(extent.start)
        let length = Int(bytes.big32(extent.start + 12))
        let header = extent.dropping(16).limited(to: length)
        var context = context
        context.role = .quoted
        do throws(DecodeFailure) {
            switch kind {
            case 1: try decodeEthernet(bytes, header, context, &segments)
            case 7: try decodePPP(bytes, header, context, &segments)
            case 11, 12: try decodeIP(bytes, header, context, &segments)
            case 13: try decodeMPLS(bytes, header, context, &segments)
            default: return
            }
        } catch {
            // A sample is cut by its agent, as it should be: the next one may be whole.
        }
    }
}
