public import Wire

/// One connection as the capture showed it: a summary, made when it is asked for.
public struct Connection: Sendable, Equatable {
    /// Its number from 0 in order of appearance: Wireshark's `tcp.stream`.
    public var number: UInt64
    /// Who opened it; the smaller endpoint where the handshake was missed.
    public var originator: Endpoint
    /// The other end.
    public var responder: Endpoint
    /// Whether a SYN said who opened it.
    public var handshakeSeen: Bool
    /// Time of its first segment (ns since 1970).
    public var firstTime: Int64
    /// Time of its last analysed segment (ns since 1970).
    public var lastTime: Int64
    /// How it ended, as far as the capture goes.
    public var ending: Ending
    /// What the originator sent.
    public var fromOriginator = ConnectionSide()
    /// What the responder sent.
    public var fromResponder = ConnectionSide()
    /// What happened to it beside probes.
    public var evidence = ConnectionEvidence()
    /// Its idle periods.
    public var silence: Idleness { evidence.idleness }
    /// When another connection began on its ports (ns since 1970); nil: none did.
    @OptionalTime public var supersededAt: Int64?
    /// Whether the originator is the second side in its key.
    var isReversed = false
    /// Whether a SYN with ACK was captured.
    public var sawSYNACK = false
    /// The longest time (ns) in which nothing passed, nothing was in flight and both windows were open; 0: less than 5 s.
    public var longestPause: Int64 = 0
    /// When something other than probes and answers last passed (ns since 1970).
    public var lastActivity: Int64 = 0
    /// When the first FIN came (ns since 1970); nil: none did.
    @OptionalTime public var closeTime: Int64?
    /// How long nothing had passed but answered probes when the end that answered closed it (ns); nil: it did not.
    public var closedIdle: Int64? { fromOriginator.closedIdle ?? fromResponder.closedIdle }
    /// Whether it had a `SegmentEvent`.
    public var hasEvents = false

    /// An end of a connection.
    public enum End: Sendable {
        /// The one that opened it.
        case originator
        /// The other one.
        case responder

        /// The other end.
        public var other: End { self == .originator ? .responder : .originator }
    }

    /// How a connection ended.
    public enum Ending: Sendable, Equatable {
        /// No FIN and no RST in the capture.
        case open
        /// The originator alone closed with FIN.
        case closedByOriginator
        /// The responder alone closed with FIN.
        case closedByResponder
        /// Both closed with FIN.
        case closed
        /// The originator sent RST.
        case resetByOriginator
        /// The responder sent RST.
        case resetByResponder
    }
}
