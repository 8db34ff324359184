internal import Platform

/// Measures the idle timeout of a path: runs the trials that a `PathSearch` wants, with real connections.
public struct PathProber: ~Copyable {
    /// What happened during `next`.
    public enum Event: Sendable, Equatable {
        /// New trials have begun, with these idle times, ascending.
        case began([Duration])
        /// A connection was checked, or ended, after this idle time.
        case ended(Duration, PathSearch.Outcome)
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
    /// Throws `SocketError`: `notConnected` if the peer accepts no connection, or no `listen` answers, so that a silent one proves
    /// nothing about the path; `interrupted`, or `system`.
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
                guard case .over(let outcome, let idle) = trial.state else { continue }
                trials.remove(at: index)
                if outcome == .silent { try confirmPeer(watching: watching) }
                search.record(idle, outcome)
                // Longer ones would end the same way.
                if outcome.isEnd { trials.removeAll { $0.planned > idle } }
                return .ended(idle, outcome)
            }
        }
    }

    /// Opens a connection for each trial.
    private mutating func begin(watching: Int32) throws(SocketError) -> [Duration] {
        if sendsData, !hasBegun { try confirmPeer(watching: watching) }
        hasBegun = true
        for idle in search.nextTrials(using: &numbers) {
            trials.append(IdleTrial(try connect(watching: watching), idle: idle, sendsData: sendsData))
        }
        return trials.map(\.planned)
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
            to: [address], options: nil, bind: bind, timeout: connectTimeout, watching: watching)
    }
}
