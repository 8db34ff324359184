import Wire

/// Decides the kind of a segment (keepalive-facts 1; verdicts: evidence).
struct SegmentClassifier {
    let segment: Segment
    /// Wireshark's marks, shown or not.
    let marks: Marks
    /// The ends as they were before the segment.
    let senderBefore, peerBefore: EndState
    let senderFacts, peerFacts: EndFacts
    /// Whether the segment has the TTL and the IP identification of a host other than its sender.
    let isForeign: Bool
    /// The last unanswered probe of the sender, and the last probe of the peer, of any kind.
    let asked, awaited: Asked?
    /// Whether a RST with unexpected numbers has changed what Wireshark takes for the next number of an end.
    let hasRefusedReset: Bool
    /// Whether nothing passed for a second before the segment.
    let isAfterPause: Bool
    /// Whether an answer to a probe of the peer is outstanding.
    let hasOutstanding: Bool

    /// A segment that asks the peer for a sign of life.
    struct Asked: BitwiseCopyable {
        var kind: SegmentKind
        /// Its sequence number, and that after its last byte.
        var sequence: SequenceNumber
        var end: SequenceNumber

        /// Whether `segment` acknowledges what was sent before, or also the byte that a closed window took.
        func isAnswered(by segment: Segment) -> Bool {
            segment.acknowledgment == sequence + 1 || (kind == .zeroWindowProbe && segment.acknowledgment == end)
                || (kind == .zeroWindowProbe && segment.acknowledgment == sequence)
        }
    }

    /// Whether a segment may be a probe although Wireshark does not mark it: in a capture that began midway, Wireshark's
    /// rule does not know what was sent before.
    ///
    /// `sender` and `peer` are as they were before the segment.
    @inline(__always)
    static func mayBeUnmarkedProbe(_ segment: Segment, _ sender: EndState, _ peer: EndState) -> Bool {
        segment.payloadLength <= 1 && segment.sequence + 1 == peer.lastAcknowledgment
            && (segment.flags.isAcknowledgmentAlone || segment.flags.isPushAlone)
            && peer.markState.contains(.windowKnown)
            && !sender.markState.contains(.hasUnacknowledged)
    }

    /// The kind of a segment other than a RST; nil: it does not concern keep-alives.
    var kind: SegmentKind? {
        if let asking { return asking == .probe && isForeign ? .middleboxProbe : asking }
        if let awaited, segment.payloadLength == 0, segment.flags.isDisjoint(with: [.syn, .fin]),
            segment.flags.contains(.ack), awaited.isAnswered(by: segment),
            hasOutstanding || marks.contains(.keepAliveAck) || selectivelyAcknowledges(awaited)
        {
            return awaited.kind == .zeroWindowProbe ? .zeroWindowAnswer : .answer
        }
        return marks.isEmpty ? nil : .acknowledgment
    }

    /// The kind of a segment that asks, or that Wireshark mistakes for one.
    private var asking: SegmentKind? {
        if marks.contains(.zeroWindowProbe) { return isWindowClosed ? .zeroWindowProbe : .data }
        if isRepeatedProbe { return isWindowClosed ? .zeroWindowProbe : .probe }
        guard marks.contains(.keepAlive) || isUnmarkedProbe else { return nil }
        guard peerBefore.markState.contains(.windowKnown) else {
            // Only this direction was captured: a byte that is pushed, or is not the filler 0, is data.
            let isData = segment.payloadLength == 1 && (segment.flags.isPushAlone || segment.firstPayloadByte != 0)
            return isData ? .retransmission : .probe
        }
        let isProbe = isOneBelow && (segment.flags.isAcknowledgmentAlone || isFillerByte)
        guard isProbe else { return segment.payloadLength == 1 ? .retransmission : .acknowledgment }
        return isWindowClosed ? .zeroWindowProbe : .probe
    }

    /// Whether the segment selectively acknowledges the byte of a probe as a duplicate (D-SACK, RFC 2883).
    private func selectivelyAcknowledges(_ asked: Asked) -> Bool {
        segment.hasSelectiveAcknowledgment && asked.kind == .probe && asked.end == asked.sequence + 1
    }

    /// Whether the peer's window is closed. The window of a RST says nothing.
    private var isWindowClosed: Bool {
        peerBefore.markState.contains(.windowKnown) && peerBefore.window == 0 && !peerFacts.contains(.lastWasReset)
    }

    /// Whether the segment begins one below what the peer expects, and the peer has everything that was sent before.
    private var isOneBelow: Bool {
        let next = segment.sequence + 1
        return next == peerBefore.lastAcknowledgment
            || (next == senderBefore.next && !senderBefore.markState.contains(.hasUnacknowledged))
    }

    /// Whether the segment carries the pushed byte of a probe, and not data: illumos and Solaris push a zero byte that was
    /// acknowledged before, Plan 9 repeats the byte itself. No sender retransmits what was acknowledged a second ago.
    private var isFillerByte: Bool {
        guard segment.payloadLength == 1, segment.flags.isPushAlone else { return false }
        let isAgain = asked.map { $0.kind == .probe && $0.sequence == segment.sequence } ?? false
        return (segment.firstPayloadByte == 0 || isAfterPause)
            && (isAgain || !senderBefore.markState.contains(.hasUnacknowledged))
    }

    /// Whether the segment is a probe that Wireshark cannot mark.
    private var isUnmarkedProbe: Bool {
        // Its number fits what was captured of the sender, or nothing was captured.
        let isNext =
            senderBefore.next.rawValue == 0 || senderBefore.next == segment.sequence
            || senderBefore.next == segment.sequence + 1
        return Self.mayBeUnmarkedProbe(segment, senderBefore, peerBefore) && (hasRefusedReset || isNext)
    }

    /// Whether it repeats a pure acknowledgment that was proven to be a probe (`RepeatedAcknowledgments`).
    private var isRepeatedProbe: Bool {
        senderFacts.contains(.repeats) && segment.payloadLength == 0 && segment.flags.isAcknowledgmentAlone
            && segment.sequence == senderBefore.next && segment.acknowledgment == senderBefore.lastAcknowledgment
    }
}

extension TCPFlags {
    /// The flags that matter for a probe; ECE, CWR and AE do not (RFC 3168 6.1.3, RFC 9768).
    private static let probing: TCPFlags = [.ack, .syn, .fin, .rst, .psh, .urg]

    /// Whether only ACK is set, apart from ECN flags.
    @inline(__always)
    var isAcknowledgmentAlone: Bool { intersection(Self.probing) == .ack }

    /// Whether only ACK and PSH are set, apart from ECN flags.
    @inline(__always)
    var isPushAlone: Bool { intersection(Self.probing) == [.ack, .psh] }
}
