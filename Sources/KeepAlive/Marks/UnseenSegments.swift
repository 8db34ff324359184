import Wire

/// What a segment tells of others that passed before it and were not seen: a light capture leaves data out.
///
/// What an end acknowledges was sent, and by an end that is now known to have spoken: when, and what it told of its
/// window and of its peer's data, is not known.
struct UnseenSegments {
    /// Whether the receiver of the segment sent something before it.
    let ofPeer: Bool
    /// Whether how long nothing had passed before the segment is unknown.
    let hideSilence: Bool
    /// Where the receiver's next segment is expected by the sender; nil: that says nothing new.
    private let peerNext: SequenceNumber?

    /// What `segment` tells, sent by `sender` to `peer`, which are as they were before it.
    init(before segment: Segment, from sender: WiresharkSide, to peer: WiresharkSide) {
        let acknowledgment = segment.acknowledgment
        let tells = segment.flags.contains(.ack) && !segment.flags.contains(.rst) && acknowledgment.rawValue != 0
        // The real number may be 0.
        let isKnown = peer.next.rawValue != 0 || peer.spokeTime != .min
        // The byte of a zero-window probe counts as sent when it is taken, and that is Wireshark's to say.
        let isProbed = peer.facts.contains(.wasZeroWindowProbe) && acknowledgment == peer.next + 1
        let isNews = tells && !isProbed && (!isKnown || acknowledgment.isNewer(than: peer.next))
        peerNext = isNews ? acknowledgment : nil
        ofPeer = isNews && isKnown
        // The sender sent and heard nothing new since it was last seen, and the peer has had all of it.
        hideSilence =
            !sender.facts.contains(.windowKnown) || acknowledgment != sender.lastAcknowledgment
            || segment.sequence.isNewer(than: sender.next)
            || (peer.facts.contains(.windowKnown) && peer.lastAcknowledgment != sender.next)
    }

    /// Lets `peer`, the receiver, have sent what was acknowledged.
    func apply(to peer: inout WiresharkSide) {
        guard let peerNext else { return }
        peer.next = peerNext
        guard ofPeer else { return }
        peer.facts.subtract([.windowKnown, .wasKeepAlive, .wasZeroWindowProbe])
        peer.spoke = nil
    }

    /// Leaves no gap between what was sent and its contiguous part, both being known by acknowledgments: then a segment
    /// that is taken quietly, as it acknowledges nothing beyond the one, tells nothing of the other.
    static func settle(_ sender: inout WiresharkSide, _ peer: inout WiresharkSide) {
        sender.edge = sender.next
        peer.edge = peer.next
    }
}
