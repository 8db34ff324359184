/// What a quiet connection does next.
public enum NextProbe: Sendable, Equatable {
    /// The next keep-alive probe, the `number`th since the peer last answered, is due after this time.
    case probe(after: Duration, number: Int)
    /// All probes are unanswered: the kernel gives up the connection after this time.
    case givesUp(after: Duration, unanswered: Int)
    /// Data is in flight, so no keep-alive probes are sent. The next retransmission is due after this time; `count`
    /// were sent.
    case retransmission(after: Duration, count: Int)
    /// The peer's window is zero, so no keep-alive probes are sent. The next window probe is due after this time;
    /// `unanswered` were sent.
    case windowProbe(after: Duration, unanswered: Int)
    /// Keep-alive is off.
    case never
    /// The system does not report it.
    case unknown

    /// What the connection does next, from its options, its state and its running timer at one moment.
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
        // Linux does not restart the timer when a segment arrives; it checks the idle time when the timer fires.
        let byOptions = schedule.firstProbe + schedule.interval * unanswered - information.sinceHeard
        var after = max(.zero, byOptions)
        if let timer, timer.purpose == .keepAlive {
            after = unanswered == 0 ? max(timer.expires, after) : timer.expires
        }
        self =
            unanswered >= schedule.probes
            ? .givesUp(after: after, unanswered: unanswered) : .probe(after: after, number: unanswered + 1)
    }
}
