@testable import KeepAlive
@testable import Wire

/// Packets of one link type to segments, and those to connections.
///
/// The first byte chooses the link type. Each packet has a length of two bytes, a byte that chooses its time and how much of it
/// was captured, and its bytes.
enum FrameTarget {
    /// The link types that the decoder knows, the usual one twice, and one that it does not know.
    private static let linkTypes: [UInt16] = [
        1, 1, 0, 108, 12, 14, 101, 228, 229, 113, 276, 9, 50, 204, 51, 104, 205, 107, 206, 219, 100, 106, 10, 6, 7, 129,
        122,
        123, 138, 105, 127, 119, 163, 192, 239, 253, 197, 109, 117, 226, 8, 99, 242, 149, 258, 128, 240, 147,
    ]

    /// The most bytes of one packet.
    private static let longest = 2048

    static func run(_ input: [UInt8]) throws(FuzzFailure) {
        var reader = InputReader(input)
        let linkType = LinkType(rawValue: linkTypes[Int(reader.byte()) % linkTypes.count])
        let choice = reader.byte()
        let version = WiresharkVersion.allCases[Int(choice & 63) % WiresharkVersion.allCases.count]
        let batch = batch(&reader, linkType, checkSequenceLength: choice & 0x40 != 0 ? 4 : 0)

        var decoder = SegmentDecoder(version: version)
        var segments = SegmentBatch([])
        decoder.decode(batch, into: &segments)
        var general = SegmentDecoder(version: version)
        var expected = SegmentBatch([])
        general.decodeGeneral(batch, into: &expected)
        for (left, right) in zip(segments.segments, expected.segments) {
            try check(left.isSame(as: right), "the fast path has the segment \(left), and the general path \(right)")
        }
        try check(
            segments.segments.count == expected.segments.count,
            "the fast path has \(segments.segments.count) segments, and the general path \(expected.segments.count)")
        try check(
            decoder.tally == general.tally,
            "the fast path has the tally \(decoder.tally), and the general path \(general.tally)")
        try checkTally(decoder.tally, batch)
        if !segments.segments.isEmpty {
            try TrackerComparison.compare(segments.segments, version, isLight: choice & 0x80 != 0)
        }
    }

    private static func batch(
        _ reader: inout InputReader, _ linkType: LinkType, checkSequenceLength: UInt8
    ) -> PacketBatch {
        var batch = PacketBatch()
        var time: Int64 = 1_700_000_000_000_000_000
        while !reader.isAtEnd {
            let length = Int(reader.number(2)) % longest
            let choice = reader.byte()
            // A quarter of the packets were not captured whole.
            let missing = choice & 3 == 3 ? Int(choice >> 2) * 8 : 0
            let packet = reader.take(length)
            time &+= choice & 4 == 0 ? 1_000_000 : 61_000_000_000
            batch.records.append(
                PacketRecord(
                    time: time, offset: UInt32(batch.bytes.count), capturedLength: UInt32(packet.count),
                    originalLength: UInt32(packet.count + missing), frame: UInt32(batch.records.count),
                    linkType: linkType, checkSequenceLength: checkSequenceLength))
            batch.bytes += packet
        }
        return batch
    }

    private static func checkTally(_ tally: DecodeTally, _ batch: borrowing PacketBatch) throws(FuzzFailure) {
        let count = UInt64(batch.records.count)
        let failures = tally.failures.reduce(0, +)
        try check(tally.packets == count, "\(tally.packets) of \(count) packets were counted")
        try check(
            tally.withoutSegment + tally.unknownLinkType + failures <= count,
            "more results than packets: \(tally)")
        try check(
            tally.segments + tally.icmpErrors > 0 || tally.withoutSegment + tally.unknownLinkType + failures == count,
            "a packet has no result: \(tally)")
    }
}

extension Segment {
    /// Whether all fields are the same.
    func isSame(as other: Segment) -> Bool {
        time == other.time && source == other.source && destination == other.destination && sequence == other.sequence
            && acknowledgment == other.acknowledgment && payloadLength == other.payloadLength && record == other.record
            && window == other.window && flags == other.flags && timestampValue == other.timestampValue
            && timestampEcho == other.timestampEcho && identification == other.identification
            && timeToLive == other.timeToLive && headerLength == other.headerLength
            && firstPayloadByte == other.firstPayloadByte && role == other.role && isShown == other.isShown
            && hasTimestamps == other.hasTimestamps && frame == other.frame && error == other.error
            && hasSelectiveAcknowledgment == other.hasSelectiveAcknowledgment
    }
}
