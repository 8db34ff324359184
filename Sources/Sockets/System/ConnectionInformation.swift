/// What the kernel knew of a connection at one moment (TCP_INFO, tcp(7)). What it does not report is nil.
public struct ConnectionInformation: Sendable, Equatable {
    /// The state as the kernel numbers it: 1 is ESTABLISHED, 7 CLOSE, 8 CLOSE_WAIT.
    public var state: UInt8
    /// Probes, of keep-alive or of a zero window, that were sent since the peer last answered.
    public var unansweredProbes: Int
    /// Retransmissions of the oldest unacknowledged segment.
    public var retransmissions: Int
    /// Segments that were sent and not yet acknowledged.
    public var unacknowledgedSegments: Int
    /// Since data was last received; at first since the connection began.
    public var sinceDataReceived: Duration
    /// Since an acknowledgement was last received.
    public var sinceAckReceived: Duration
    /// The smoothed time of a round trip.
    public var roundTrip: Duration
    /// Bytes that the peer acknowledged, the SYN counted as one.
    public var bytesAcknowledged: UInt64?
    /// Bytes of data that were received.
    public var bytesReceived: UInt64?
    /// Since data was last sent or retransmitted; at first since the connection began.
    public var sinceDataSent: Duration
    /// How often the running timer was doubled: the number of window probes since the peer's window closed, up to the limit
    /// net.ipv4.tcp_retries2.
    public var backoff: Int
    /// Segments without data that were sent: acknowledgements and probes. Wraps at 2^32.
    public var emptySegmentsSent: UInt32?
    /// The peer's receive window in bytes.
    public var peerWindow: UInt32?

    /// An instance with these values.
    public init(
        state: UInt8, unansweredProbes: Int, retransmissions: Int, unacknowledgedSegments: Int,
        sinceDataReceived: Duration, sinceAckReceived: Duration, roundTrip: Duration, bytesAcknowledged: UInt64?,
        bytesReceived: UInt64?, sinceDataSent: Duration = .zero, backoff: Int = 0, emptySegmentsSent: UInt32? = nil,
        peerWindow: UInt32? = nil
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
        self.peerWindow = peerWindow
    }

    /// Since any segment of the peer was last received: what Linux's idle clock shows.
    public var sinceHeard: Duration { min(sinceDataReceived, sinceAckReceived) }
}

/// The timer of a connection that will fire next (sock_diag(7)).
public struct ConnectionTimer: Sendable, Equatable {
    /// What it is for.
    public enum Purpose: Sendable, Equatable {
        /// Sent data was not acknowledged yet; no keep-alive probes are sent in this time.
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
    /// When it fires, counted from the moment of asking; the kernel fires late by up to a bucket of its timer wheel.
    public let expires: Duration
    /// Retransmissions or probes that were sent and not answered.
    public let unanswered: Int

    /// A timer that fires after `expires`.
    public init(purpose: Purpose, expires: Duration, unanswered: Int) {
        self.purpose = purpose
        self.expires = expires
        self.unanswered = unanswered
    }
}

/// What a quiet connection waits for.
public enum NextProbe: Sendable, Equatable {
    /// A keep-alive probe, number `number` since the peer last answered, is due after `after`.
    case probe(after: Duration, number: Int)
    /// All probes were sent and none was answered: the connection is given up after `after`.
    case givesUp(after: Duration, unanswered: Int)
    /// Data is on its way: no keep-alive probes are sent until it is acknowledged. The retransmission is due after `after`.
    case retransmission(after: Duration, count: Int)
    /// The peer's window is zero: a probe of the window is due after `after`, `unanswered` went before.
    case windowProbe(after: Duration, unanswered: Int)
    /// No probe will come: keep-alive is off.
    case never
    /// The system does not report it.
    case unknown

    /// What follows from the `options`, the `information` and the `timer` of a connection at one moment.
    public init(
        options: KeepAliveOptions, information: ConnectionInformation?, timer: ConnectionTimer?
    ) {
        switch timer?.purpose {
        case .retransmission:
            self = .retransmission(after: timer?.expires ?? .zero, count: timer?.unanswered ?? 0)
            return
        case .windowProbe:
            self = .windowProbe(after: timer?.expires ?? .zero, unanswered: timer?.unanswered ?? 0)
            return
        case .keepAlive, .closing, nil: break
        }
        guard let schedule = ProbeSchedule(options) else {
            self = options.isEnabled ? .unknown : .never
            return
        }
        guard let information else {
            self = .unknown
            return
        }
        let unanswered = information.unansweredProbes
        // Linux leaves the timer alone when a segment comes, and looks at the idle time when it fires.
        let byOptions = schedule.firstProbe + schedule.interval * unanswered - information.sinceHeard
        var after = max(.zero, byOptions)
        if let timer, timer.purpose == .keepAlive {
            after = unanswered == 0 ? max(timer.expires, after) : timer.expires
        }
        self =
            unanswered >= schedule.probes
            ? .givesUp(after: after, unanswered: unanswered) : .probe(after: after, number: unanswered + 1)
    }

    /// A clause for a person, as in `next probe in 55.0 s`.
    public var description: String {
        switch self {
        case .probe(let after, 1): "next probe in \(after.preciseSecondsText)"
        case .probe(let after, let number):
            "\(Self.plural(number - 1, "probe")) unanswered, next in \(after.preciseSecondsText)"
        case .givesUp(let after, let unanswered):
            "\(Self.plural(unanswered, "probe")) unanswered, gives up in \(after.preciseSecondsText)"
        case .retransmission(let after, let count):
            "data in flight, so no keep-alive probes; "
                + (count == 0 ? "" : "retransmitted \(Self.plural(count, "time")), ")
                + "next retransmission in \(after.preciseSecondsText)"
        case .windowProbe(let after, _):
            "the peer's window is zero, so no keep-alive probes; next window probe in \(after.preciseSecondsText)"
        case .never: "keep-alive is off, so no probe will be sent"
        case .unknown: "this system does not report when the next probe is due"
        }
    }

    private static func plural(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}

extension NextProbe: CustomStringConvertible {}
