extension SegmentDecoder {
    /// sFlow version 5 (sflow.org/sflow_version_5.txt): packet headers that an agent sampled.
    ///
    /// Wireshark looks up the streams of sampled segments but does not analyse them.
    mutating func decodeSFlow(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(8, .tunnel)
        guard bytes.big32(cursor.start) == 5 else { return }
        let addressLength = bytes.big32(cursor.start + 4) == 2 ? 16 : 4
        var records = try RecordList(bytes, cursor.dropping(8 + addressLength + 12))
        while let sample = records.next(bytes) {
            // A flow sample has 7 words of four bytes before its records, an expanded one 10.
            guard sample.format == 1 || sample.format == 3 else { continue }
            var headers = try RecordList(bytes, sample.body.dropping(sample.format == 1 ? 28 : 40))
            while let header = headers.next(bytes) {
                if header.format == 1 { try decodeSample(bytes, header.body) }
            }
        }
    }

    /// A raw packet header: protocol, frame length, stripped bytes, header length (16 bytes), and the header itself.
    private mutating func decodeSample(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(16, .tunnel)
        var header = cursor.dropping(16).limited(to: Int(bytes.big32(cursor.start + 12)))
        header.role = .quoted
        do throws(DecodeFailure) {
            switch bytes.big32(cursor.start) {
            case 1: try decodeEthernet(bytes, header)
            case 7: try decodePPP(bytes, header)
            case 11, 12: try decodeIP(bytes, header)
            case 13: try decodeMPLS(bytes, header)
            default: return
            }
        } catch {
            // The agent cuts samples on purpose, and the next one may be whole.
        }
    }
}

/// The records of an sFlow datagram or sample: a count, then format, length and body of each.
private struct RecordList {
    private var cursor: PacketCursor
    private var remaining: UInt32

    init(_ bytes: RawSpan, _ cursor: PacketCursor) throws(DecodeFailure) {
        try cursor.require(4, .tunnel)
        self.cursor = cursor.dropping(4)
        remaining = bytes.big32(cursor.start)
    }

    /// The next record; nil at the end, or if the packet ends before.
    mutating func next(_ bytes: RawSpan) -> (format: UInt32, body: PacketCursor)? {
        guard remaining > 0, cursor.available >= 8 else { return nil }
        let length = Int(bytes.big32(cursor.start + 4))
        defer {
            cursor.skip(8 + length)
            remaining -= 1
        }
        return (bytes.big32(cursor.start), cursor.dropping(8).limited(to: length))
    }
}
