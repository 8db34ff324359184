package import Wire

/// Finds the segments that open and close connections: those with SYN, FIN or RST, and their acknowledgments.
package struct ConnectionOutline: Sendable {
    /// The acknowledgment that each end of a connection still owes for a SYN with ACK or a FIN.
    private struct Owed {
        private var first: SequenceNumber?
        private var second: SequenceNumber?

        /// What the end at `side` (0 or 1) of the connection's key owes.
        subscript(side: Int) -> SequenceNumber? {
            get { side == 0 ? first : second }
            set { if side == 0 { first = newValue } else { second = newValue } }
        }

        var isEmpty: Bool { first == nil && second == nil }
    }

    /// By connection number.
    private var owed: [UInt64: Owed] = [:]
    /// The most connections that owe something. In a flood, the earlier ones will never send it.
    private static let limit = 65_536

    /// An outline before the first segment.
    package init() {}

    /// Records `segment`, the next of the connection and side of `origin`. Returns whether it opens or closes the
    /// connection.
    package mutating func record(_ segment: Segment, of origin: SegmentOrigin) -> Bool {
        let flags = segment.flags
        let opensOrCloses = !flags.isDisjoint(with: [.syn, .fin, .rst])
        guard opensOrCloses || owed[origin.connection] != nil else { return false }
        var owed = owed[origin.connection] ?? Owed()
        var isReply = false
        if let number = owed[origin.side], flags.contains(.ack), !number.isNewer(than: segment.acknowledgment) {
            owed[origin.side] = nil
            isReply = true
        }
        if flags.contains([.syn, .ack]) || flags.contains(.fin) {
            // SYN and FIN count one byte, also both together.
            owed[1 - origin.side] = segment.sequence + segment.payloadLength + 1
        }
        if flags.contains(.rst) { owed = Owed() }
        if self.owed.count >= Self.limit { self.owed.removeAll(keepingCapacity: true) }
        self.owed[origin.connection] = owed.isEmpty ? nil : owed
        return opensOrCloses || isReply
    }
}
