import Wire

extension SegmentEvent {
    /// The event of `tracked`, a segment of the connection with `record`, with the numbers that Wireshark shows.
    init(_ tracked: TrackedSegment, marks: Marks, kind: SegmentKind, in record: ConnectionRecord) {
        let (segment, side) = (tracked.segment, tracked.side)
        self.init(segment: segment, marks: marks, kind: kind, connection: record.number)
        if tracked.sender.markState.contains(.baseKnown) {
            relativeSequence = segment.sequence.rawValue &- record[base: side].rawValue
        }
        if segment.flags.contains(.ack), tracked.peer.markState.contains(.baseKnown) {
            relativeAcknowledgment = segment.acknowledgment.rawValue &- record[base: 1 - side].rawValue
        }
    }
}
