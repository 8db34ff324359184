import Wire

/// What a segment proves about earlier segments that a light capture left out.
///
/// What an end acknowledges was sent, so the peer has sent something since its last captured segment. When, and with
/// which window and acknowledgment, is unknown.
struct UnseenSegments {
    /// Whether the receiver of the segment sent something before it.
    let ofPeer: Bool
    /// Whether the length of the idle period before the segment is unknown.
    let hidesIdlePeriod: Bool
    /// The next sequence number that the sender expects from the receiver; nil: nothing new.
    private let peerNext: SequenceNumber?

    /// What `segment` proves. `sender` and `peer` are the states of the ends before it.
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
        // Known only if the sender sent and received nothing new since its last segment, and the peer acknowledged all
        // of it.
        hidesIdlePeriod =
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

    /// Extends the contiguous part of what each end sent to all of it. The fast path accepts only acknowledgments
    /// within the contiguous part, and in a light capture gaps are segments that were left out.
    static func closeGaps(_ connection: borrowing ConnectionAccess) {
        connection.sender.edge = connection.sender.next
        connection.peer.edge = connection.peer.next
    }
}
