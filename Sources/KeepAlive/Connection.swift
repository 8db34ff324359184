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
    /// What became of it after long silences.
    public var silence = Silence()
    /// How long nothing had passed but answered probes when the end that answered closed it (ns); nil: it did not.
    public var closedIdle: Int64? { fromOriginator.closedIdle ?? fromResponder.closedIdle }
    /// Whether it had a `SegmentEvent`.
    public var hasEvents = false

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
