public import Wire

/// Tells the segments with which connections open and close: those with SYN, FIN or RST, and their acknowledgments.
public struct ConnectionOutline: Sendable {
    /// The acknowledgment that each end still owes for a SYN with ACK or a FIN, by connection.
    private var owed: [UInt64: (SequenceNumber?, SequenceNumber?)] = [:]

    /// An outline before the first segment.
    public init() {}

    /// Whether `segment`, the next of those at `place`, opens or closes its connection.
    public mutating func takes(_ segment: Segment, at place: SegmentOrigin) -> Bool {
        let flags = segment.flags
        let isTurn = !flags.isDisjoint(with: [.syn, .fin, .rst])
        guard isTurn || owed[place.connection] != nil else { return false }
        var (own, other) = owed[place.connection] ?? (nil, nil)
        if place.side == 1 { (own, other) = (other, own) }
        var isReply = false
        if let number = own, flags.contains(.ack), !number.isNewer(than: segment.acknowledgment) {
            own = nil
            isReply = true
        }
        if flags.contains([.syn, .ack]) || flags.contains(.fin) {
            // SYN and FIN count one byte, together too.
            other = segment.sequence + segment.payloadLength + 1
        }
        if flags.contains(.rst) { (own, other) = (nil, nil) }
        if own == nil, other == nil {
            owed[place.connection] = nil
        } else {
            owed[place.connection] = place.side == 1 ? (other, own) : (own, other)
        }
        return isTurn || isReply
    }
}
