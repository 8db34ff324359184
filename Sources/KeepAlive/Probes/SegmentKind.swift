import Wire

/// What a segment really is, of those that concern keep-alives; Wireshark's mark beside it may say otherwise.
public enum SegmentKind: UInt8, CaseIterable, Sendable, BitwiseCopyable {
    /// A keep-alive probe: 0 or 1 bytes, ACK alone, one before what the peer expects, into an open window.
    case probe
    /// The peer's acknowledgment of a keep-alive probe: the peer is alive.
    case answer
    /// A probe of a closed window. That of Linux carries nothing, and Wireshark marks it as a keep-alive.
    case zeroWindowProbe
    /// The acknowledgment of a zero-window probe.
    case zeroWindowAnswer
    /// One byte that was sent before and not acknowledged. Wireshark marks it as a keep-alive.
    case retransmission
    /// One byte of new data that Wireshark marks as a probe.
    case data
    /// An acknowledgment out of place, late, twice or with odd numbers, that Wireshark marks.
    case acknowledgment
    /// A keep-alive probe in the name of an end that did not send it.
    case middleboxProbe
    /// The RST of a prober that gave up: its last probes were not answered.
    case abortReset
    /// The RST of the other end: it does not know the connection any more, or refuses what it got.
    case peerReset
    /// A RST in the name of an end that did not send it.
    case pathReset
    /// A RST that an end sent by itself: its application aborted, or an idle timeout of its own ran out.
    case ownReset
    /// A RST whose number is not the next that its receiver expects: a modern receiver refuses it (RFC 5961 3.2).
    case refusableReset
    /// The acknowledgment by which a receiver refuses a RST or a SYN (RFC 5961 3.2 and 4.2).
    case challenge
    /// An ICMP error that quotes a segment of the connection. It is not a TCP segment.
    case icmpError

    /// Its name in records.
    public var name: String {
        switch self {
        case .probe: "probe"
        case .answer: "answer"
        case .zeroWindowProbe: "zero_window_probe"
        case .zeroWindowAnswer: "zero_window_answer"
        case .retransmission: "retransmission"
        case .data: "data"
        case .acknowledgment: "acknowledgment"
        case .middleboxProbe: "middlebox_probe"
        case .abortReset: "abort_reset"
        case .peerReset: "peer_reset"
        case .pathReset: "path_reset"
        case .ownReset: "own_reset"
        case .refusableReset: "refusable_reset"
        case .challenge: "challenge"
        case .icmpError: "icmp_error"
        }
    }

    /// The mark that says the same; empty where Wireshark has none.
    var mark: Marks {
        switch self {
        case .probe, .middleboxProbe: .keepAlive
        case .answer: .keepAliveAck
        case .zeroWindowProbe: .zeroWindowProbe
        case .zeroWindowAnswer, .retransmission, .data, .acknowledgment, .challenge, .icmpError: []
        case .abortReset, .peerReset, .pathReset, .ownReset, .refusableReset: []
        }
    }

    /// Whether it asks the peer for a sign of life.
    @inlinable
    public var isAsking: Bool { self == .probe || self == .zeroWindowProbe || self == .middleboxProbe }

    /// Whether it is a RST of any kind.
    public var isReset: Bool {
        switch self {
        case .abortReset, .peerReset, .pathReset, .ownReset, .refusableReset: true
        default: false
        }
    }

    /// Whether the application has no part in it: it does not end an application-idle period.
    var isOfProbing: Bool {
        switch self {
        case .probe, .answer, .zeroWindowProbe, .zeroWindowAnswer, .middleboxProbe, .challenge, .icmpError: true
        case .retransmission, .data, .acknowledgment: false
        case .abortReset, .peerReset, .pathReset, .ownReset, .refusableReset: false
        }
    }
}

extension TCPFlags {
    /// The flags that matter for a probe; ECE, CWR and AE do not (RFC 3168 6.1.3, RFC 9768).
    private static let probing: TCPFlags = [.ack, .syn, .fin, .rst, .psh, .urg]

    /// Whether ACK is the only flag beside those of ECN.
    @inline(__always)
    var isAcknowledgmentAlone: Bool { intersection(Self.probing) == .ack }

    /// Whether ACK and PSH are the only flags beside those of ECN.
    @inline(__always)
    var isPushAlone: Bool { intersection(Self.probing) == [.ack, .psh] }
}

/// Decides the kind of a segment (keepalive-facts 1, verdicts: evidence).
struct SegmentClassifier {
    /// The segment, and the marks that Wireshark gives it, shown or not.
    let segment: Segment
    let marks: Marks
    /// The ends as they were before the segment.
    let senderBefore: EndState
    let peerBefore: EndState
    /// Facts of both ends.
    let senderFacts: EndFacts
    let peerFacts: EndFacts
    /// Whether the segment's TTL, and its IP identification, are those of another host than its sender.
    let isForeign: Bool
    /// What the sender asked last, as long as that is unanswered.
    let asked: Asked?
    /// What the peer asked last, and whether some of that is unanswered.
    let awaited: Asked?
    /// Whether a RST out of place has moved what Wireshark takes for the next number of an end.
    let hasRefusedReset: Bool
    /// Whether nothing passed for a second before it.
    let isAfterPause: Bool
    let hasOutstanding: Bool

    /// The last thing that an end asked of its peer.
    struct Asked: BitwiseCopyable {
        var kind: SegmentKind
        /// Where the segment began, and where it ended.
        var sequence: SequenceNumber
        var end: SequenceNumber

        /// Whether `segment` acknowledges what was sent before, or the byte too where a closed window took it.
        func isAnswered(by segment: Segment) -> Bool {
            segment.acknowledgment == sequence + 1 || (kind == .zeroWindowProbe && segment.acknowledgment == end)
                || (kind == .zeroWindowProbe && segment.acknowledgment == sequence)
        }
    }

    /// Whether a segment may be a probe although Wireshark does not mark it: a capture that began midway did not see what
    /// was sent before, so that Wireshark's rule has nothing to go by.
    ///
    /// `sender` and `peer` are as they were before the segment.
    @inline(__always)
    static func mayBeUnmarkedProbe(_ segment: Segment, _ sender: EndState, _ peer: EndState) -> Bool {
        segment.payloadLength <= 1 && segment.sequence + 1 == peer.lastAcknowledgment
            && (segment.flags.isAcknowledgmentAlone || segment.flags.isPushAlone)
            && peer.markState.contains(.windowKnown)
            && !sender.markState.contains(.hasUnacknowledged)
    }

    /// Whether the number of `segment` fits what was captured of its sender, or nothing was.
    private static func isNext(_ segment: Segment, _ sender: EndState) -> Bool {
        sender.next.rawValue == 0 || sender.next == segment.sequence || sender.next == segment.sequence + 1
    }

    /// What the segment is, other than a RST; nil: nothing that concerns keep-alives.
    var kind: SegmentKind? {
        if let asked = asking { return asked == .probe && isForeign ? .middleboxProbe : asked }
        if let awaited, segment.payloadLength == 0, segment.flags.isDisjoint(with: [.syn, .fin]),
            segment.flags.contains(.ack), awaited.isAnswered(by: segment),
            hasOutstanding || marks.contains(.keepAliveAck) || names(awaited)
        {
            return awaited.kind == .zeroWindowProbe ? .zeroWindowAnswer : .answer
        }
        return marks.isEmpty ? nil : .acknowledgment
    }

    /// Whether the segment names the byte of a probe in a D-SACK (RFC 2883), perhaps after something else of its sender.
    private func names(_ asked: Asked) -> Bool {
        segment.hasSelectiveAcknowledgment && asked.kind == .probe && asked.end == asked.sequence + 1
    }

    /// Whether the peer's window is closed. The window of a RST says nothing.
    private var isWindowClosed: Bool {
        peerBefore.markState.contains(.windowKnown) && peerBefore.window == 0 && !peerFacts.contains(.lastWasReset)
    }

    /// Whether the segment is one before what the peer expects, and the peer has everything that was sent before.
    private var isOneBelow: Bool {
        let next = segment.sequence + 1
        return next == peerBefore.lastAcknowledgment
            || (next == senderBefore.next && !senderBefore.markState.contains(.hasUnacknowledged))
    }

    /// What a segment is that asks, or that Wireshark takes for one that does.
    private var asking: SegmentKind? {
        if marks.contains(.zeroWindowProbe) { return isWindowClosed ? .zeroWindowProbe : .data }
        if isRepeat { return isWindowClosed ? .zeroWindowProbe : .probe }
        let isUnmarked =
            Self.mayBeUnmarkedProbe(segment, senderBefore, peerBefore)
            && (hasRefusedReset || Self.isNext(segment, senderBefore))
        guard marks.contains(.keepAlive) || isUnmarked else { return nil }
        guard peerBefore.markState.contains(.windowKnown) else {
            // Only this direction was captured: a byte that is pushed, or is not the filler 0, is data.
            let isData = segment.payloadLength == 1 && (isPushed || segment.firstPayloadByte != 0)
            return isData ? .retransmission : .probe
        }
        if segment.payloadLength == 1 {
            // illumos and Solaris push a zero byte that was acknowledged before.
            let isAgain = asked.map { $0.kind == .probe && $0.sequence == segment.sequence } ?? false
            let isFiller =
                // Plan 9 repeats the byte that was there. Nobody retransmits what was acknowledged a second ago.
                isPushed && (segment.firstPayloadByte == 0 || isAfterPause)
                && (isAgain || !senderBefore.markState.contains(.hasUnacknowledged))
            if !isOneBelow || !(segment.flags.isAcknowledgmentAlone || isFiller) { return .retransmission }
        } else if !isOneBelow || !segment.flags.isAcknowledgmentAlone {
            return .acknowledgment
        }
        return isWindowClosed ? .zeroWindowProbe : .probe
    }

    private var isPushed: Bool { segment.flags.isPushAlone }

    /// Whether it repeats a pure acknowledgment that was proven to be a probe (`RepeatedAcknowledgments`).
    private var isRepeat: Bool {
        senderFacts.contains(.repeats) && segment.payloadLength == 0 && segment.flags.isAcknowledgmentAlone
            && segment.sequence == senderBefore.next && segment.acknowledgment == senderBefore.lastAcknowledgment
    }
}
