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
    /// Time of its last segment (ns since 1970).
    public var lastTime: Int64
    /// How it ended, as far as the capture goes.
    public var ending: Ending
    /// What the originator sent.
    public var fromOriginator = Side()
    /// What the responder sent.
    public var fromResponder = Side()

    /// What one end of a connection sent, by Wireshark's marks.
    public struct Side: Sendable, Equatable {
        /// Segments marked `keep_alive` that this end sent.
        public var probes: UInt64 = 0
        /// Of those, the ones followed by a `keep_alive_ack` of the other end before anything else from this end.
        public var answered: UInt64 = 0
        /// Segments marked `keep_alive_ack` that this end sent.
        public var answers: UInt64 = 0
        /// Segments marked `zero_window_probe` that this end sent.
        public var zeroWindowProbes: UInt64 = 0
        /// Time of the first marked probe of this end (ns since 1970); nil without any.
        public var firstProbe: Int64?
        /// Time of the last marked probe of this end (ns since 1970); nil without any.
        public var lastProbe: Int64?

        /// An end that sent nothing marked.
        public init() {}
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

    /// Whether anything in it is marked.
    public var isMarked: Bool {
        [fromOriginator, fromResponder].contains { $0.probes + $0.answers + $0.zeroWindowProbes > 0 }
    }
}
