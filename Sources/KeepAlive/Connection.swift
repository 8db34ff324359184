public import Wire

/// One connection as the capture shows it: a summary that the tracker builds on request.
public struct Connection: Sendable, Equatable, BitwiseCopyable {
    /// Its number from 0 in order of appearance: Wireshark's `tcp.stream`.
    public var number: UInt64
    /// The end that opened it; without a captured handshake, the smaller endpoint.
    public var originator: Endpoint
    /// The other end.
    public var responder: Endpoint
    /// Whether a SYN shows which end opened it.
    public var handshakeSeen: Bool
    /// Time of its first segment (ns since 1970).
    public var firstTime: Int64
    /// Time of its last analysed segment (ns since 1970).
    public var lastTime: Int64
    /// How it ended within the capture.
    public var ending: Ending
    /// What the originator sent.
    public var fromOriginator = ConnectionSide()
    /// What the responder sent.
    public var fromResponder = ConnectionSide()
    /// Idle periods, losses, resets and errors.
    package var evidence = ConnectionEvidence()
    /// Its idle periods.
    public var idleness: Idleness { evidence.idleness }
    /// When another connection began on the same ports (ns since 1970); nil: none did.
    @OptionalTime package var supersededAt: Int64?
    /// Whether the originator is the second side in the connection's key.
    var isReversed = false
    /// Whether a SYN with ACK was captured.
    package var sawSYNACK = false
    /// The longest time (ns) without a segment while nothing was in flight and both windows were open; 0: less than 5 s.
    package var longestPause: Int64 = 0
    /// Time of its last segment other than probes and their answers (ns since 1970).
    package var lastActivity: Int64 = 0
    /// Time of its first FIN (ns since 1970); nil: none.
    @OptionalTime public var closeTime: Int64?
    /// How long nothing but answered probes had passed (ns) when the end that answers them closed; nil: it did not close.
    public var closedIdle: Int64? { fromOriginator.closedIdle ?? fromResponder.closedIdle }
    /// Whether it had a `SegmentEvent`.
    public var hasEvents = false

    /// An end of a connection.
    public enum End: CaseIterable, Sendable {
        /// The one that opened it.
        case originator
        /// The other one.
        case responder

        /// The other end.
        public var other: End { self == .originator ? .responder : .originator }
    }

    /// How a connection ended.
    public enum Ending: Sendable, Equatable, BitwiseCopyable {
        /// No FIN and no RST in the capture.
        case open
        /// Only the originator closed with FIN.
        case closedByOriginator
        /// Only the responder closed with FIN.
        case closedByResponder
        /// Both closed with FIN.
        case closed
        /// The originator sent RST.
        case resetByOriginator
        /// The responder sent RST.
        case resetByResponder
    }

    /// What `end` sent.
    subscript(end: End) -> ConnectionSide {
        @inline(__always) get { end == .originator ? fromOriginator : fromResponder }
    }

    /// The endpoint of `end`.
    func endpoint(of end: End) -> Endpoint { end == .originator ? originator : responder }
}
