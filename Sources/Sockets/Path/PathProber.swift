internal import Platform

/// Measures the idle timeout of a path: runs the trials that a `PathSearch` wants, with real connections.
public struct PathProber: ~Copyable {
    /// What happened during `next`.
    public enum Event: Sendable, Equatable {
        /// New trials have begun, with these idle times, ascending.
        case began([Duration])
        /// A connection was checked, or ended, after this idle time.
        case ended(Duration, PathSearch.Outcome)
        /// The other end closed a connection at once, by a FIN or a RST. Alone, or if others stay open, that shows nothing.
        case closedAtOnce(PathSearch.Outcome)
        /// A connection was never idle for this time, as the other end sends something.
        case active(Duration, PeerActivity)
        /// The watched descriptor is readable.
        case ready
        /// The search is complete.
        case complete
    }

    /// The results so far.
    public private(set) var search: PathSearch
    /// The address that the trials connect to.
    public let address: SocketAddress

    private let connectTimeout: Duration
    private let sendsData: Bool
    private let bind: String?
    private var numbers = SystemRandomNumberGenerator()
    private var trials: [IdleTrial] = []
    private var hasBegun = false

    /// Time before another round if the other end does not take all connections: it may count those that were just closed.
    private static let pause = Duration.seconds(1)

    /// Goes on with `search`, by connections to `address` from `bind`, each checked by `listen` at the other end if `sendsData`
    /// and by a keep-alive probe otherwise.
    public init(
        _ search: PathSearch, to address: SocketAddress, bind: String? = nil, sendsData: Bool = false,
        connectTimeout: Duration = .seconds(10)
    ) {
        (self.search, self.address, self.bind) = (search, address, bind)
        (self.sendsData, self.connectTimeout) = (sendsData, connectTimeout)
    }

    /// Waits for the next event. `watching` is a descriptor to wait for, too.
    ///
    /// Throws `SocketError`: `notConnected` if the peer accepts no connection or closes all new ones, or no `listen` answers, so that a
    /// silent one proves nothing about the path; `interrupted`, or `system`.
    public mutating func next(watching: Int32) throws(SocketError) -> Event {
        if search.isComplete {
            trials = []
            return .complete
        }
        if trials.isEmpty { return .began(try begin(watching: watching)) }
        while true {
            var interests = trials.map { Interest(descriptor: $0.descriptor) } + [Interest(descriptor: watching)]
            let deadline = trials.map(\.deadline).min()
            do {
                try systemWait(&interests, until: deadline)
            } catch {
                throw .system("cannot wait for the connections", error)
            }
            if interests[trials.count].isReadable { return .ready }
            for (index, trial) in trials.enumerated() {
                try trial.advance()
                if let event = try end(of: trial, at: index, watching: watching) { return event }
            }
        }
    }

    /// Takes account of the end of a trial; nil: it goes on.
    private mutating func end(
        of trial: IdleTrial, at index: Int, watching: Int32
    ) throws(SocketError) -> Event? {
        switch trial.state {
        case .idle, .checking: return nil
        case .active(let activity):
            trials.remove(at: index)
            search.record(activity, planned: trial.planned)
            trials.removeAll { $0.planned > search.longestTrial }
            return .active(trial.planned, activity)
        case .over(let outcome, let idle) where outcome.isEarly(after: idle):
            trials.remove(at: index)
            if search.recordEarly(idle, outcome) == .takesNoMore {
                throw .notConnected([ConnectAttempt(address: address, failure: .closedAtOnce)])
            }
            return .closedAtOnce(outcome)
        case .over(let outcome, let idle):
            trials.remove(at: index)
            // Longer ones would end the same way. Closed first, they leave room for the one that confirms the peer.
            if outcome.isEnd { trials.removeAll { $0.planned > idle } }
            if outcome == .silent { try confirmPeer(watching: watching) }
            search.record(idle, outcome)
            return .ended(idle, outcome)
        }
    }

    /// Opens a connection for each trial, or as many as the other end takes.
    private mutating func begin(watching: Int32) throws(SocketError) -> [Duration] {
        if search.isLimited { try pause(watching: watching) }
        if sendsData, !hasBegun { try confirmPeer(watching: watching) }
        hasBegun = true
        let planned = search.nextTrials(using: &numbers)
        do {
            for idle in planned {
                trials.append(IdleTrial(try connect(watching: watching), idle: idle, sendsData: sendsData))
            }
        } catch {
            guard case .notConnected = error, !trials.isEmpty else { throw error }
        }
        search.begin(trials.count, of: planned.count)
        return trials.map(\.planned)
    }

    private func pause(watching: Int32) throws(SocketError) {
        var interests = [Interest(descriptor: watching)]
        do {
            try systemWait(&interests, until: .now + Self.pause)
        } catch {
            throw .system("cannot wait before the next connections", error)
        }
        if interests[0].isReadable { throw .interrupted }
    }

    /// Throws unless the peer accepts a new connection, and answers on it if it must.
    private func confirmPeer(watching: Int32) throws(SocketError) {
        var client = try connect(watching: watching)
        if !sendsData { return }
        client.send([PathCheck.question])
        let deadline = ContinuousClock.now + connectTimeout
        while true {
            switch try client.wait(until: deadline, watching: [watching]) {
            case .received(let bytes): if bytes.contains(PathCheck.answer) { return }
            case .ready: throw .interrupted
            case .ended, .tick: throw .notConnected([ConnectAttempt(address: address, failure: .noListener)])
            case .reported: break
            }
        }
    }

    private func connect(watching: Int32) throws(SocketError) -> KeepAliveClient {
        try KeepAliveClient.connect(
            to: [address], options: KeepAliveOptions(isEnabled: false), bind: bind, timeout: connectTimeout,
            watching: watching)
    }
}
