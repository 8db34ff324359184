import Wire

/// A segment on the full path, with the connection as it was before: what evidence is taken from.
struct Passage {
    let segment: Segment
    /// The side that sent it, 0 or 1.
    let side: Int
    /// The marks that Wireshark gives it, shown or not.
    let marks: Marks
    /// The sender and its peer before it.
    let sender: EndState
    let peer: EndState
    /// Whether segments before it were not captured that may have ended an idle period.
    var hidesIdleness: Bool
    /// Where the oldest data of the sender begins that is not acknowledged.
    let oldest: SequenceNumber

    var time: Int64 { segment.time }
    var flags: TCPFlags { segment.flags }

    /// The number behind the last byte of it that counts, SYN and FIN included.
    var end: SequenceNumber {
        let end = segment.sequence + segment.payloadLength
        return flags.isDisjoint(with: [.syn, .fin]) ? end : end + 1
    }

    /// Whether it carries data that its sender did not send before.
    var carriesNewData: Bool {
        segment.payloadLength > 0 && (sender.next.rawValue == 0 || end.isNewer(than: sender.next))
    }

    /// Whether all that it carries, data or FIN, was sent before and is not acknowledged.
    var isRetransmission: Bool {
        (segment.payloadLength > 0 || flags.contains(.fin)) && sender.markState.contains(.hasUnacknowledged)
            && !end.isNewer(than: sender.next)
    }

    /// Whether it acknowledges more than its sender had acknowledged before.
    var acknowledgesNew: Bool {
        flags.contains(.ack) && !flags.contains(.rst) && sender.markState.contains(.windowKnown)
            && sender.lastAcknowledgment.rawValue != 0
            && segment.acknowledgment.isNewer(than: sender.lastAcknowledgment)
    }

    /// Whether it acknowledges something of the peer that was not captured.
    var acknowledgesUnseen: Bool {
        guard flags.contains(.ack), !flags.contains(.rst), segment.acknowledgment.rawValue != 0 else { return false }
        guard peer.markState.contains(.windowKnown) else {
            // Nothing of the peer was captured at all.
            return acknowledgesNew
        }
        // The byte of a window probe counts as sent once it is taken.
        let next = peer.markState.contains(.wasZeroWindowProbe) ? peer.next + 1 : peer.next
        return peer.next.rawValue != 0 && segment.acknowledgment.isNewer(than: next)
    }

    /// Whether it acknowledges one more than was captured of the peer, of which only pure acknowledgments were: the last of
    /// them was a probe, as a capture that began midway cannot know.
    var answersUnknownProbe: Bool {
        segment.payloadLength == 0 && flags.isAcknowledgmentAlone && peer.markState.contains(.windowKnown)
            && peer.next.rawValue != 0 && segment.acknowledgment == peer.next + 1 && peer.spokeTime != .min
            && !peer.markState.contains(.hasUnacknowledged) && segment.sequence == peer.lastAcknowledgment
    }

    /// Whether its sender sent something before it that was not captured.
    var jumps: Bool {
        !flags.contains(.syn) && sender.next.rawValue != 0 && segment.sequence.isNewer(than: sender.next)
    }

    /// Whether it is a pure acknowledgment that repeats the last one of its sender, a second or more after it, while the
    /// peer sent nothing: a probe, if its sender's data was not captured (`verdicts`: captures that start after the failure).
    var repeatsAcknowledgment: Bool { repeatsLast && !sender.markState.contains(.hasUnacknowledged) }

    /// Whether it is a pure acknowledgment, in its place, of what its sender had acknowledged before.
    var acknowledgesNothing: Bool {
        segment.payloadLength == 0 && flags.isAcknowledgmentAlone && segment.sequence == sender.next
            && segment.acknowledgment == sender.lastAcknowledgment
    }

    /// Whether it is the last pure acknowledgment of its sender again, a second or more after it, while the peer sent nothing.
    var repeatsLast: Bool {
        acknowledgesNothing && sender.spokeTime != .min
            && peer.spokeTime < sender.spokeTime && time &- sender.spokeTime >= Idleness.shortestInterval
    }
}
