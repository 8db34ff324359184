import Wire

/// What a segment proves about earlier ones that were not seen: a light capture leaves data out.
///
/// Whatever an end acknowledges was sent, so the peer has spoken since it was last seen. When it did, and which window and
/// acknowledgment it sent, is unknown.
struct UnseenSegments {
    /// Whether the receiver of the segment sent something before it.
    let ofPeer: Bool
    /// Whether it is unknown for how long nothing had passed before the segment.
    let hideIdlePeriod: Bool
    /// The next sequence number that the sender expects of the receiver; nil: nothing new.
    private let peerNext: SequenceNumber?

    /// What `segment` proves; `sender` and `peer` are the ends before it.
    init(before segment: Segment, from sender: EndState, to peer: EndState) {
        let acknowledgment = segment.acknowledgment
        let acknowledges = segment.flags.contains(.ack) && !segment.flags.contains(.rst) && acknowledgment.rawValue != 0
        // The real number may be 0.
        let isKnown = peer.next.rawValue != 0 || peer.spokeTime != .min
        // Wireshark's rules decide whether the byte of a zero-window probe counts as sent.
        let isProbed = peer.markState.contains(.wasZeroWindowProbe) && acknowledgment == peer.next + 1
        let isNews = acknowledges && !isProbed && (!isKnown || acknowledgment.isNewer(than: peer.next))
        peerNext = isNews ? acknowledgment : nil
        ofPeer = isNews && isKnown
        // The sender sent and heard nothing new since it was last seen, and the peer has had all of it.
        hideIdlePeriod =
            !sender.markState.contains(.windowKnown) || acknowledgment != sender.lastAcknowledgment
            || segment.sequence.isNewer(than: sender.next)
            || (peer.markState.contains(.windowKnown) && peer.lastAcknowledgment != sender.next)
    }

    /// Updates `peer`, the receiver, by what was acknowledged.
    func apply(to peer: inout EndState) {
        guard let peerNext else { return }
        peer.next = peerNext
        guard ofPeer else { return }
        peer.markState.subtract([.windowKnown, .wasKeepAlive, .wasZeroWindowProbe])
        peer.spoke = nil
    }

    /// Closes the gap between what an end sent and its contiguous part, which acknowledgments both prove: the fast path
    /// accepts only acknowledgments within the contiguous part.
    static func closeGaps(_ connection: borrowing ConnectionAccess) {
        connection.sender.edge = connection.sender.next
        connection.peer.edge = connection.peer.next
    }
}
