import Wire

/// What a segment truly is, of those that concern keep-alives; Wireshark's mark beside it may say otherwise.
public enum SegmentKind: UInt8, CaseIterable, Sendable, BitwiseCopyable {
    /// A keep-alive probe: 0 or 1 octets, ACK alone, one before what the peer expects, into an open window.
    case probe
    /// The peer's acknowledgment of a keep-alive probe: the peer is alive.
    case answer
    /// A probe of a closed window. That of Linux carries nothing, and Wireshark marks it as a keep-alive.
    case zeroWindowProbe
    /// The acknowledgment of a zero-window probe.
    case zeroWindowAnswer
    /// One octet that was sent before and not acknowledged. Wireshark marks it as a keep-alive.
    case retransmission
    /// An acknowledgment out of place, late, twice or with odd numbers, that Wireshark marks.
    case acknowledgment
    /// A keep-alive probe in the name of an end that did not send it: its TTL is not that end's.
    case middleboxProbe
    /// The RST of a prober that gave up: its last probes were not answered.
    case abortReset
    /// The RST of the other end, which knows nothing of the connection any more, or wants nothing of it.
    case peerReset
    /// A RST in the name of the other end that did not send it: its TTL is not that end's.
    case pathReset

    /// Its name in records.
    public var name: String {
        switch self {
        case .probe: "probe"
        case .answer: "answer"
        case .zeroWindowProbe: "zero_window_probe"
        case .zeroWindowAnswer: "zero_window_answer"
        case .retransmission: "retransmission"
        case .acknowledgment: "acknowledgment"
        case .middleboxProbe: "middlebox_probe"
        case .abortReset: "abort_reset"
        case .peerReset: "peer_reset"
        case .pathReset: "path_reset"
        }
    }

    /// The mark that says the same; empty where Wireshark has none.
    var mark: Marks {
        switch self {
        case .probe, .middleboxProbe: .keepAlive
        case .answer: .keepAliveAck
        case .zeroWindowProbe: .zeroWindowProbe
        case .zeroWindowAnswer, .retransmission, .acknowledgment, .abortReset, .peerReset, .pathReset: []
        }
    }

    /// Whether it asks the peer for a sign of life.
    @inlinable
    public var isAsking: Bool { self == .probe || self == .zeroWindowProbe || self == .middleboxProbe }

    /// Whether it is a sign of life of its sender, and yet no answer to a probe.
    var answersNothing: Bool {
        switch self {
        case .retransmission, .acknowledgment: true
        case .probe, .answer, .zeroWindowProbe, .zeroWindowAnswer, .middleboxProbe: false
        case .abortReset, .peerReset, .pathReset: false
        }
    }

    // MARK: What tells them apart (keepalive-facts 1)

    /// Whether a segment that carries no mark may be a probe all the same: a capture that began midway has not seen
    /// what was sent before, so that Wireshark's rule has nothing to go by.
    ///
    /// `sender` and `peer` are as the segment leaves them.
    @inline(__always)
    static func mayBeUnmarkedProbe(_ segment: Segment, _ sender: WiresharkSide, _ peer: WiresharkSide) -> Bool {
        segment.payloadLength <= 1 && segment.sequence + 1 == peer.lastAcknowledgment && segment.flags == .ack
            && peer.facts.contains(.windowKnown) && sender.next == segment.sequence + segment.payloadLength
    }

    /// What a segment is that has a mark, or `mayBeUnmarkedProbe`, or comes while the peer waits for an answer, or
    /// resets a connection with a history; nil: nothing that concerns keep-alives.
    ///
    /// `awaited` is the last thing that the peer asked; `isForeign` is whether the TTL is not the sender's.
    static func of(
        _ segment: Segment, _ marks: Marks, _ sender: WiresharkSide, _ peer: WiresharkSide, awaited: Asked?,
        isForeign: Bool
    ) -> SegmentKind? {
        if segment.flags.contains(.rst) {
            let isAnswer = awaited != nil || peer.facts.contains(.brokeSilence)
            if isForeign, isAnswer || sender.facts.contains(.hasHistory) { return .pathReset }
            if sender.facts.contains(.awaitsAnswer) { return .abortReset }
            return isAnswer ? .peerReset : nil
        }
        if marks.contains(.zeroWindowProbe) { return .zeroWindowProbe }
        if let asked = asking(segment, marks, sender, peer) {
            return asked == .probe && isForeign ? .middleboxProbe : asked
        }
        if let awaited, segment.payloadLength == 0, segment.flags.isDisjoint(with: [.syn, .fin]),
            segment.flags.contains(.ack), awaited.isAnswered(by: segment)
        {
            if peer.facts.contains(.awaitsAnswer) || marks.contains(.keepAliveAck) {
                return awaited.kind == .zeroWindowProbe ? .zeroWindowAnswer : .answer
            }
        }
        return marks.isEmpty ? nil : .acknowledgment
    }

    /// What a segment one before the next is.
    private static func asking(
        _ segment: Segment, _ marks: Marks, _ sender: WiresharkSide, _ peer: WiresharkSide
    ) -> SegmentKind? {
        guard marks.contains(.keepAlive) || mayBeUnmarkedProbe(segment, sender, peer) else { return nil }
        guard peer.facts.contains(.windowKnown) else {
            // Only this direction was captured: an octet that is pushed, or is not the filler 0, is data.
            let isData = segment.payloadLength == 1 && (segment.flags != .ack || segment.firstPayloadOctet != 0)
            return isData ? .retransmission : .probe
        }
        let isExpected = segment.sequence + 1 == peer.lastAcknowledgment
        if segment.payloadLength == 1, segment.flags != .ack || !isExpected { return .retransmission }
        guard isExpected, segment.flags == .ack else { return .acknowledgment }
        return peer.window == 0 ? .zeroWindowProbe : .probe
    }

    /// The last thing that an end asked of its peer.
    struct Asked {
        var kind: SegmentKind
        /// Where the segment began, and where it ended.
        var sequence: SequenceNumber
        var end: SequenceNumber

        /// Whether `segment` acknowledges what was sent before, or the octet too where a closed window took it.
        func isAnswered(by segment: Segment) -> Bool {
            segment.acknowledgment == sequence + 1 || (kind == .zeroWindowProbe && segment.acknowledgment == end)
                || (kind == .zeroWindowProbe && segment.acknowledgment == sequence)
        }
    }
}
