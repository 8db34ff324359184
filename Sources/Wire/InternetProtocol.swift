extension SegmentDecoder {
    /// Decodes an IP packet, whose version its first nibble says.
    mutating func decodeIP(
        _ bytes: RawSpan, _ extent: Extent, _ context: inout PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
    }

    /// Decodes an IPv6 packet; another version is nothing (Ethernet type 0x86DD, wireshark-rules 2.2).
    mutating func decodeIPv6(
        _ bytes: RawSpan, _ extent: Extent, _ context: inout PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
    }
}
