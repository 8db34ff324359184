extension SegmentDecoder {
    /// Decodes one packet from its link-layer header on.
    mutating func decodeLink(
        _ bytes: RawSpan, _ extent: Extent, _ record: PacketRecord, _ context: inout PacketContext,
        _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
    }

    /// Decodes an Ethernet frame from its destination address on. Tunnels come back here.
    mutating func decodeEthernet(
        _ bytes: RawSpan, _ extent: Extent, _ context: inout PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
    }

    /// Decodes what stands behind the EtherType `type`. GRE comes back here.
    mutating func decodeEtherType(
        _ type: UInt16, _ bytes: RawSpan, _ extent: Extent, _ context: inout PacketContext,
        _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
    }

    /// Decodes a PPP frame from its protocol field on. L2TP comes back here.
    mutating func decodePPP(
        _ bytes: RawSpan, _ extent: Extent, _ context: inout PacketContext, _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
    }
}
