import Wire

/// A segment on the full path, with the state of its connection before it.
struct TrackedSegment {
    let segment: Segment
    /// The side that sent it, 0 or 1.
    let side: Int
    /// The marks that Wireshark gives it, shown or not.
    let marks: Marks
    /// The state of the sender and of its peer before it.
    let sender: EndState
    let peer: EndState
    /// Whether segments that were not captured may have ended the idle period before it.
    var hidesIdlePeriod: Bool
    /// The sequence number of the sender's oldest unacknowledged data.
    let oldest: SequenceNumber

    var time: Int64 { segment.time }
    var flags: TCPFlags { segment.flags }

    /// The sequence number after it, with SYN and FIN counted.
    var end: SequenceNumber {
        let end = segment.sequence + segment.payloadLength
        return flags.isDisjoint(with: [.syn, .fin]) ? end : end + 1
    }

    /// Whether it has data that its sender did not send before.
    var carriesNewData: Bool {
        segment.payloadLength > 0 && (sender.next.rawValue == 0 || end.isNewer(than: sender.next))
    }

    /// Whether all of its data, or its FIN, was sent before while the sender has something unacknowledged.
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
        // The byte of a zero-window probe counts as sent once it is acknowledged.
        let next = peer.markState.contains(.wasZeroWindowProbe) ? peer.next + 1 : peer.next
        return peer.next.rawValue != 0 && segment.acknowledgment.isNewer(than: next)
    }

    /// Whether it acknowledges one byte more than the last number of the peer, whose last segment was a pure
    /// acknowledgment: that was a probe, which a capture that began midway cannot recognize.
    var answersUnknownProbe: Bool {
        segment.payloadLength == 0 && flags.isAcknowledgmentAlone && peer.markState.contains(.windowKnown)
            && peer.next.rawValue != 0 && segment.acknowledgment == peer.next + 1 && peer.spokeTime != .min
            && !peer.markState.contains(.hasUnacknowledged) && segment.sequence == peer.lastAcknowledgment
    }

    /// Whether earlier segments of its sender were not captured.
    var jumps: Bool {
        !flags.contains(.syn) && sender.next.rawValue != 0 && segment.sequence.isNewer(than: sender.next)
    }

    /// Whether it repeats the last pure acknowledgment of its sender, and all that its sender sent is acknowledged: a
    /// probe, if the sender's data was not captured (verdicts: captures that start after the failure).
    var repeatsAcknowledgment: Bool { repeatsLast && !sender.markState.contains(.hasUnacknowledged) }

    /// Whether it is a pure acknowledgment with the next sequence number, and repeats the last acknowledgment number.
    var acknowledgesNothing: Bool {
        segment.payloadLength == 0 && flags.isAcknowledgmentAlone && segment.sequence == sender.next
            && segment.acknowledgment == sender.lastAcknowledgment
    }

    /// Whether it repeats the last segment of its sender as a pure acknowledgment, a second or more after it, while the
    /// peer sent nothing.
    var repeatsLast: Bool {
        acknowledgesNothing && sender.spokeTime != .min
            && peer.spokeTime < sender.spokeTime && time &- sender.spokeTime >= Idleness.shortestInterval
    }
}
