/// The actual kind of a segment that concerns keep-alives. Wireshark's mark may differ.
public enum SegmentKind: UInt8, CaseIterable, Sendable, BitwiseCopyable {
    /// A keep-alive probe: 0 or 1 bytes, only ACK set, one below what the peer expects, into an open window.
    case probe
    /// The peer's acknowledgment of a keep-alive probe: the peer is alive.
    case answer
    /// A probe of a closed window. Linux sends it without data, and Wireshark marks it as a keep-alive.
    case zeroWindowProbe
    /// The acknowledgment of a zero-window probe.
    case zeroWindowAnswer
    /// One byte that was sent before and not acknowledged. Wireshark marks it as a keep-alive.
    case retransmission
    /// One byte of new data that Wireshark marks as a probe.
    case data
    /// An acknowledgment that Wireshark marks because it is out of order, late, repeated or has unexpected numbers.
    case acknowledgment
    /// A keep-alive probe with the address of an end that did not send it.
    case middleboxProbe
    /// The RST of a prober that gave up: its last probes were not answered.
    case abortReset
    /// The RST of the other end: it no longer has the connection, or refuses what it received.
    case peerReset
    /// A RST with the address of an end that did not send it.
    case pathReset
    /// A RST that an end sent of its own accord: its application aborted, or an idle timeout of its own expired.
    case ownReset
    /// A RST whose sequence number is not the next that its receiver expects: a modern receiver refuses it
    /// (RFC 5961 3.2).
    case refusableReset
    /// The acknowledgment with which a receiver refuses a RST or a SYN (RFC 5961 3.2 and 4.2).
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

    /// Wireshark's mark with the same meaning; empty: Wireshark has none.
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
    package var isAsking: Bool { self == .probe || self == .zeroWindowProbe || self == .middleboxProbe }

    /// Whether it is a RST of any kind.
    package var isReset: Bool {
        switch self {
        case .abortReset, .peerReset, .pathReset, .ownReset, .refusableReset: true
        default: false
        }
    }

    /// Whether the kernel or a router sent it without the application: it does not end an application-idle period.
    var isOfProbing: Bool {
        switch self {
        case .probe, .answer, .zeroWindowProbe, .zeroWindowAnswer, .middleboxProbe, .challenge, .icmpError: true
        case .retransmission, .data, .acknowledgment: false
        case .abortReset, .peerReset, .pathReset, .ownReset, .refusableReset: false
        }
    }
}
