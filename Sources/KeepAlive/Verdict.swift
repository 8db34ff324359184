/// What became of a connection, or will: the answer to "why did it die, and would keep-alives have saved it?".
public enum Verdict: String, CaseIterable, Sendable {
    /// Probes are sent and answered.
    case healthy
    /// The last probes are not answered, and the capture ends before their sender gives up.
    case unresponsive
    /// The prober gave up after its probes had not been answered.
    case peerDead = "peer_dead"
    /// The peer answered RST: it knows nothing of the connection any more.
    case peerLostState = "peer_lost_state"
    /// The peer is alive, and answers no probe.
    case peerNeverAnswers = "peer_never_answers"
    /// The connection is idle for long, and nobody probes.
    case noKeepalive = "no_keepalive"
    /// The first probe came after the path had forgotten the connection.
    case tooLateForPath = "too_late_for_path"
    /// What was sent after a silence was not answered: the path dropped it and told nobody.
    case silentDrop = "silent_drop"
    /// Somebody on the path sent RST in the name of the peer.
    case resetByPath = "reset_by_path"
    /// The interval is longer than the idle time, and so is the period.
    case intervalExceedsIdle = "interval_exceeds_idle"
    /// Probes every few milliseconds: seconds were taken for milliseconds, or the other way round.
    case unitError = "unit_error"
    /// The prober gave up sooner than probes say: TCP_USER_TIMEOUT is at work.
    case userTimeout = "user_timeout"
    /// Data is not acknowledged, so that no keep-alives are sent: other timers decide.
    case dataInFlight = "data_in_flight"
    /// Far more probes than any path needs.
    case tooManyProbes = "too_many_probes"
    /// Somebody on the path sends probes in the name of an end.
    case middleboxProbes = "middlebox_probes"
    /// Closed, with nothing that concerns keep-alives.
    case closed
    /// The capture shows too little.
    case unknown

    /// How much it matters.
    public var severity: Severity {
        switch self {
        case .healthy, .closed, .unknown: .none
        case .noKeepalive, .intervalExceedsIdle, .tooManyProbes: .notice
        case .unresponsive, .peerNeverAnswers, .unitError, .middleboxProbes: .warning
        case .peerDead, .peerLostState, .tooLateForPath, .silentDrop, .resetByPath, .userTimeout, .dataInFlight:
            .failure
        }
    }
}

/// How much a verdict matters.
public enum Severity: String, CaseIterable, Comparable, Sendable {
    /// Nothing is wrong, or nothing is known.
    case none
    /// It works, and could be better.
    case notice
    /// It will not do what it is for.
    case warning
    /// The connection died.
    case failure

    /// Whether `left` matters less than `right`.
    public static func < (left: Severity, right: Severity) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .none: 0
        case .notice: 1
        case .warning: 2
        case .failure: 3
        }
    }
}

/// How sure a verdict is.
public enum Confidence: String, CaseIterable, Sendable {
    /// Another explanation is as likely.
    case low
    /// The capture could hide another explanation.
    case medium
    /// The capture shows it.
    case high
}
