/// The state of a connection at one moment, from the kernel (TCP_INFO, tcp(7)). What it does not report is nil.
public struct ConnectionInformation: Sendable, Equatable {
    /// The state as the kernel numbers it: 1 is ESTABLISHED, 7 CLOSE, 8 CLOSE_WAIT.
    public var state: UInt8
    /// Keep-alive or zero-window probes sent since the peer last answered.
    public var unansweredProbes: Int
    /// Retransmissions of the oldest unacknowledged segment.
    public var retransmissions: Int
    /// Segments that were sent and not yet acknowledged.
    public var unacknowledgedSegments: Int
    /// Time since data was last received; before any data, since the connection began.
    public var sinceDataReceived: Duration
    /// Time since an acknowledgment was last received.
    public var sinceAckReceived: Duration
    /// The smoothed round-trip time.
    public var roundTrip: Duration
    /// Bytes that the peer acknowledged; the SYN counts as one.
    public var bytesAcknowledged: UInt64?
    /// Bytes of data received.
    public var bytesReceived: UInt64?
    /// Time since data was last sent or retransmitted; before any data, since the connection began.
    public var sinceDataSent: Duration
    /// How often the running timer was doubled: the number of window probes since the peer's window closed, up to the
    /// limit net.ipv4.tcp_retries2.
    public var backoff: Int
    /// Segments without data that were sent: acknowledgments and probes. Wraps at 2^32.
    public var emptySegmentsSent: UInt32?
    /// Segments received, with those that only the kernel sees: probes, too. Wraps at 2^32.
    public var segmentsReceived: UInt32?
    /// The peer's receive window in bytes.
    public var peerWindow: UInt32?

    /// An instance with these values.
    public init(
        state: UInt8, unansweredProbes: Int, retransmissions: Int, unacknowledgedSegments: Int,
        sinceDataReceived: Duration, sinceAckReceived: Duration, roundTrip: Duration, bytesAcknowledged: UInt64?,
        bytesReceived: UInt64?, sinceDataSent: Duration = .zero, backoff: Int = 0, emptySegmentsSent: UInt32? = nil,
        segmentsReceived: UInt32? = nil, peerWindow: UInt32? = nil
    ) {
        self.state = state
        self.unansweredProbes = unansweredProbes
        self.retransmissions = retransmissions
        self.unacknowledgedSegments = unacknowledgedSegments
        self.sinceDataReceived = sinceDataReceived
        self.sinceAckReceived = sinceAckReceived
        self.roundTrip = roundTrip
        self.bytesAcknowledged = bytesAcknowledged
        self.bytesReceived = bytesReceived
        self.sinceDataSent = sinceDataSent
        self.backoff = backoff
        self.emptySegmentsSent = emptySegmentsSent
        self.segmentsReceived = segmentsReceived
        self.peerWindow = peerWindow
    }

    /// Time since the last segment of the peer: the idle time by which Linux sends keep-alive probes.
    public var sinceHeard: Duration { min(sinceDataReceived, sinceAckReceived) }
}

/// The running timer of a connection (sock_diag(7)).
public struct ConnectionTimer: Sendable, Equatable {
    /// What it is for.
    public enum Purpose: Sendable, Equatable {
        /// Sent data is not acknowledged yet. Meanwhile no keep-alive probes are sent.
        case retransmission
        /// Keep-alive.
        case keepAlive
        /// The peer's window is zero.
        case windowProbe
        /// The connection is being closed.
        case closing
    }

    /// What it is for.
    public let purpose: Purpose
    /// Time until it fires. The kernel fires up to one bucket of its timer wheel late.
    public let expires: Duration
    /// Unanswered retransmissions or probes.
    public let unanswered: Int

    /// A timer with these values.
    public init(purpose: Purpose, expires: Duration, unanswered: Int) {
        self.purpose = purpose
        self.expires = expires
        self.unanswered = unanswered
    }
}
