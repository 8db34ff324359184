/// One connection that is left idle, without keep-alives, and then checked.
///
/// The check is a keep-alive probe of the kernel, which every TCP answers and no application sees, or `PathCheck`.
final class IdleTrial {
    /// The planned idle time.
    let planned: Duration
    /// What is known so far.
    private(set) var state = State.idle

    enum State: Equatable {
        /// Waiting for the end of the idle time.
        case idle
        /// Waiting for an answer since this time.
        case checking(since: ContinuousClock.Instant)
        /// The result, after this idle time.
        case over(PathSearch.Outcome, after: Duration)
    }

    private var client: KeepAliveClient
    private let sendsData: Bool
    private var hasAnswer = false
    /// When the last segment was sent or received.
    private var start: ContinuousClock.Instant
    /// When the idle time ended.
    private var checked: ContinuousClock.Instant?

    /// Probes without an answer, one second apart, after which the path is taken for silent.
    private static let probes = 5
    /// Time between two looks for an answer.
    private static let lookInterval = Duration.milliseconds(20)

    /// A trial on the connected `client`, which must be new, with `PathCheck` if `sendsData`.
    init(_ client: consuming KeepAliveClient, idle: Duration, sendsData: Bool) {
        start = .now
        planned = idle
        self.sendsData = sendsData
        self.client = client
    }

    /// The socket to wait for.
    var descriptor: Int32 { client.descriptor }

    /// When `advance` has to be called, even if nothing happens.
    var deadline: ContinuousClock.Instant {
        switch state {
        case .idle: start + planned
        case .checking: .now + Self.lookInterval
        case .over: .now + .seconds(3600)
        }
    }

    /// Looks at the connection, and starts the check when it is time.
    func advance() throws(SocketError) {
        if case .over = state { return }
        let now = ContinuousClock.now
        switch try client.wait(until: now) {
        case .ended(let cause):
            state = .over(outcome(of: cause), after: start.duration(to: checked ?? now))
            return
        // Such as the greeting of a server: the idle time begins again.
        case .received(let bytes):
            if checked == nil { start = now } else if bytes.contains(PathCheck.answer) { hasAnswer = true }
        case .tick, .reported, .ready: break
        }
        switch state {
        case .idle:
            guard now >= start + planned else { return }
            checked = now
            state = .checking(since: now)
            try check()
        case .checking(let since):
            let waited = since.duration(to: now)
            if try isAnswered(waited) {
                state = .over(.survived, after: start.duration(to: since))
            } else if waited > .seconds(Self.probes + 1) {
                state = .over(.silent, after: start.duration(to: since))
            }
        case .over: break
        }
    }

    /// Makes the kernel send a keep-alive probe now, and one each second; or sends a byte.
    private func check() throws(SocketError) {
        if sendsData {
            client.send([PathCheck.question])
            return
        }
        // The timer is armed by the first call, and runs out with the second, because the connection has been idle for longer
        // (tcp(7)).
        try client.set(KeepAliveOptions(idle: 32767, interval: 1, count: Self.probes))
        try client.set(KeepAliveOptions(idle: 1))
    }

    private func isAnswered(_ waited: Duration) throws(SocketError) -> Bool {
        if sendsData { return hasAnswer }
        // Before the answer, the last acknowledgment is older than the check by the idle time, which is at least a second.
        return try client.information().sinceAckReceived < waited + .milliseconds(100)
    }

    private func outcome(of cause: EndCause) -> PathSearch.Outcome {
        switch (cause, checked == nil) {
        case (.closedByPeer, _): .closedWhileIdle
        case (.reset, true): .resetWhileIdle
        case (.reset, false): .reset
        default: .silent
        }
    }
}
