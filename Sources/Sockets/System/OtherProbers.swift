/// Other connections of this network namespace that may probe meanwhile: the kernel counts their probes together with
/// those of one's own connection.
public struct OtherProbers: Sendable {
    /// The ends of one's own connection.
    private let own: (local: Endpoint, remote: Endpoint)
    /// The connections that had a keep-alive timer when first looked: when each of those timers fires.
    private var atFirst: [UInt64: ContinuousClock.Instant] = [:]
    private var hasLooked = false
    /// Whether one was found later, or with probes that wait for an answer: it may have probed between looks.
    private var hasProber = false

    /// None yet, beside the connection from `local` to `remote`.
    public init(beside local: Endpoint, _ remote: Endpoint) {
        own = (local, remote)
    }

    /// Looks at the timers of all connections, as they are at `now`; where the system does not tell, nothing is found.
    public mutating func look(at now: ContinuousClock.Instant = .now) {
        note(KeepAliveTimer.all(), at: now)
    }

    /// Notes the `timers` that run at `now`.
    mutating func note(_ timers: [KeepAliveTimer], at now: ContinuousClock.Instant) {
        for timer in timers where !timer.isOf(own.local, own.remote) {
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

    /// Whether one of them may have probed until `now`: a timer that does not fire before that sends nothing.
    public func mayHaveProbed(until now: ContinuousClock.Instant = .now) -> Bool {
        hasProber || atFirst.values.contains { $0 <= now }
    }
}

/// The keep-alive timer of one connection of this network namespace (sock_diag(7)).
struct KeepAliveTimer: Sendable, Equatable {
    /// What tells the connection from every other, also from one that has its ends later.
    var cookie: UInt64
    /// The port of this end, and of the other.
    var ports: (UInt16, UInt16)
    /// The bytes of the address of this end, and of the other.
    var addresses: ([UInt8], [UInt8])
    /// When it fires, counted from the moment of asking.
    var expires: Duration
    /// Probes that wait for an answer.
    var unanswered: Int

    /// Whether it is that of the connection from `local` to `remote`.
    func isOf(_ local: Endpoint, _ remote: Endpoint) -> Bool {
        ports == (local.port, remote.port) && addresses.0.elementsEqual(local.addressBytes)
            && addresses.1.elementsEqual(remote.addressBytes)
    }

    static func == (one: KeepAliveTimer, other: KeepAliveTimer) -> Bool {
        one.cookie == other.cookie && one.ports == other.ports && one.addresses == other.addresses
            && one.expires == other.expires && one.unanswered == other.unanswered
    }
}
