public import Wire

/// Finds out whether other connections of this network namespace may send keep-alive probes: the kernel counts them
/// together with those of one's own connection (`KernelCounters`).
public struct OtherProbers: Sendable {
    /// The ends of one's own connection.
    private let own: (local: Endpoint, remote: Endpoint)
    /// The connections that had a keep-alive timer at the first look, by their cookies: when the timer fires.
    private var atFirst: [UInt64: ContinuousClock.Instant] = [:]
    private var hasLooked = false
    /// Whether a later look found a new connection, or any look found unanswered probes: they may probe between looks.
    private var hasProber = false

    /// Looks for connections other than the one from `local` to `remote`.
    public init(besides local: Endpoint, _ remote: Endpoint) {
        own = (local, remote)
    }

    /// Looks at the timers of all connections; finds none if the system does not report them.
    public mutating func look() {
        record(KeepAliveTimer.all(), at: .now)
    }

    /// Takes account of the `timers` that run at `now`.
    mutating func record(_ timers: [KeepAliveTimer], at now: ContinuousClock.Instant) {
        for timer in timers where (timer.local, timer.remote) != own {
            if timer.unanswered > 0 {
                hasProber = true
            } else if !hasLooked {
                atFirst[timer.cookie] = now + timer.expires
            } else if atFirst[timer.cookie] == nil {
                hasProber = true
            }
        }
        hasLooked = true
    }

    /// Whether another connection may have sent a probe until `now`: before its timer fires it sends none.
    public func mayHaveProbed(until now: ContinuousClock.Instant = .now) -> Bool {
        hasProber || atFirst.values.contains { $0 <= now }
    }
}

/// The keep-alive timer of one connection of this network namespace (sock_diag(7)).
struct KeepAliveTimer: Sendable, Equatable {
    /// Identifies the connection, also when another one has the same ends later.
    var cookie: UInt64
    /// The local end.
    var local: Endpoint
    /// The remote end.
    var remote: Endpoint
    /// The time until it fires.
    var expires: Duration
    /// Unanswered probes.
    var unanswered: Int
}
