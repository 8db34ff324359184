/// The name of a finding about a connection.
///
/// The rule of a verdict is the function with its name in `Sources/KeepAlive/Verdicts/*Rules.swift`; `VerdictRules` lists the
/// order in which the rules apply. `tcpalive explain NAME` prints the requirements and alternatives of a verdict.
public enum Verdict: String, CaseIterable, Sendable {
    // MARK: What the capture can show

    /// Neither data nor a completed handshake.
    case notEstablished = "not_established"
    /// The packets of one end were not captured.
    case oneDirection = "one_direction"
    /// Packets of an end are missing from the capture.
    case incompleteCapture = "incomplete_capture"

    // MARK: Nothing wrong

    /// Probes are sent, and the peer itself answers them.
    case healthy
    /// The connection ended normally or by its application; nothing was lost.
    case closed
    /// Never idle for long: no probe was due.
    case neverIdle = "never_idle"
    /// An end closed the connection after it had been idle: the timeout of an application or a proxy.
    case idleClose = "idle_close"
    /// The capture does not show more.
    case unknown

    // MARK: Could be better

    /// Idle for long, and neither end probes.
    case noKeepalive = "no_keepalive"
    /// One end closed, the other never did, and its probe met RST.
    case closeWait = "close_wait"
    /// The application gave up while its probe was unanswered.
    case aborted
    /// The peer is alive and does not read.
    case receiverStalled = "receiver_stalled"
    /// The peer's TCP answers probes, but its application does not answer a request.
    case applicationSilent = "application_silent"
    /// The interval is longer than the idle time.
    case intervalExceedsIdle = "interval_exceeds_idle"
    /// Far more probes than any path needs.
    case tooManyProbes = "too_many_probes"

    // MARK: Will not do what it is for

    /// The last probes are unanswered, and the capture ends before the prober gave up.
    case unresponsive
    /// The peer is heard, but answers no probe.
    case peerNeverAnswers = "peer_never_answers"
    /// A middlebox nearer than the peer answers its probes.
    case answeredByMiddlebox = "answered_by_middlebox"
    /// Another host sends probes with the address of an end.
    case middleboxProbes = "middlebox_probes"
    /// New data was sent long after the peer had closed.
    case staleReuse = "stale_reuse"
    /// The other end still holds an older connection on the same ports.
    case halfOpen = "half_open"
    /// Probes a fraction of a second apart: seconds and milliseconds were confused.
    case unitError = "unit_error"

    // MARK: The connection died

    /// The prober gave up after its probes were not answered.
    case peerDead = "peer_dead"
    /// Routers report that the peer cannot be reached.
    case peerUnreachable = "peer_unreachable"
    /// The peer answered RST: it no longer has the connection.
    case peerLostState = "peer_lost_state"
    /// The path dropped what was sent after an idle period.
    case silentDrop = "silent_drop"
    /// The first probe came after the path had dropped its state.
    case tooLateForPath = "too_late_for_path"
    /// The path started to drop the connection while it was in use.
    case blocked
    /// The path reset the connection after an idle period.
    case resetWhenIdle = "reset_when_idle"
    /// A device on the path sent RST with the address of an end.
    case resetByPath = "reset_by_path"
    /// Given up after one probe: TCP_USER_TIMEOUT, or a count of 1.
    case userTimeout = "user_timeout"
    /// Data is retransmitted and not acknowledged.
    case dataInFlight = "data_in_flight"

    /// The usual severity of a finding with this verdict.
    public var severity: Severity {
        switch self {
        case .notEstablished, .incompleteCapture, .healthy, .closed, .neverIdle, .idleClose, .unknown: .ok
        case .oneDirection, .noKeepalive, .closeWait, .aborted, .receiverStalled, .applicationSilent,
            .intervalExceedsIdle, .tooManyProbes:
            .notice
        case .unresponsive, .peerNeverAnswers, .answeredByMiddlebox, .middleboxProbes, .staleReuse, .halfOpen,
            .unitError:
            .warning
        case .peerDead, .peerUnreachable, .peerLostState, .silentDrop, .tooLateForPath, .blocked, .resetWhenIdle,
            .resetByPath, .userTimeout, .dataInFlight:
            .failure
        }
    }
}

/// How much a finding matters.
public enum Severity: String, CaseIterable, Comparable, Sendable {
    /// Nothing is wrong, or nothing is known.
    case ok
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
        case .ok: 0
        case .notice: 1
        case .warning: 2
        case .failure: 3
        }
    }
}

/// How sure a finding is.
public enum Confidence: String, CaseIterable, Comparable, Sendable {
    /// Another explanation is equally likely.
    case low
    /// The capture may hide another explanation, which the sentence names.
    case medium
    /// The capture excludes every alternative.
    case high

    /// Whether `left` is less sure than `right`.
    public static func < (left: Confidence, right: Confidence) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .low: 0
        case .medium: 1
        case .high: 2
        }
    }
}
