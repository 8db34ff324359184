/// One connection that is left idle, without keep-alives, and then checked.
///
/// The check is a keep-alive probe of the kernel, which every TCP answers and no application sees, or `PathCheck`.
final class IdleTrial {
    /// What is known so far.
    private(set) var state = State.idle

    enum State: Equatable {
        /// Waiting for the end of the idle time.
        case idle
        /// Waiting for an answer since this time.
        case checking(since: ContinuousClock.Instant)
        /// The result, after this idle time.
        case over(PathSearch.Outcome, after: Duration)
        /// The connection was not idle, as the other end sends something.
        case active(PeerActivity)
    }

    private var client: KeepAliveClient
    private let sendsData: Bool
    private var hasAnswer = false
    private var clock: IdleClock
    /// When the idle time ended.
    private var checked: ContinuousClock.Instant?
    /// Segments received when the idle time ended; nil: the system does not count them.
    private var segments: UInt32?
    private var nextLook: ContinuousClock.Instant

    /// Probes without an answer, one second apart, after which the path is taken for silent.
    private static let probes = 5
    /// Time between two looks for an answer.
    private static let answerInterval = Duration.milliseconds(20)
    /// Time between two looks for segments while idle: they do not make the socket readable.
    private static let segmentInterval = Duration.milliseconds(200)

    /// A trial on the connected `client`, which must be new, with `PathCheck` if `sendsData`.
    init(_ client: consuming KeepAliveClient, idle: Duration, sendsData: Bool) {
        nextLook = .now
        clock = IdleClock(planned: idle, segments: (try? client.information())?.segmentsReceived, at: .now)
        self.sendsData = sendsData
        self.client = client
    }

    /// The planned idle time.
    var planned: Duration { clock.planned }

    /// The socket to wait for.
    var descriptor: Int32 { client.descriptor }

    /// When `advance` has to be called, even if nothing happens.
    var deadline: ContinuousClock.Instant {
        switch state {
        case .idle: min(clock.start + planned, nextLook)
        case .checking: nextLook
        case .over, .active: .now + .seconds(3600)
        }
    }

    /// Looks at the connection, and starts the check when it is time.
    func advance() throws(SocketError) {
        switch state {
        case .over, .active: return
        case .idle, .checking: break
        }
        let now = ContinuousClock.now
        // Read before the data: a segment with data that comes in between is not taken for a keep-alive.
        var information = try? client.information()
        var received: [UInt8] = []
        switch try client.wait(until: now, readSize: 4096) {
        case .ended(let cause):
            let idle = checked.map { clock.start.duration(to: $0) } ?? clock.idle(closedAt: now)
            state = .over(outcome(of: cause), after: idle)
            return
        case .received(let bytes):
            received = bytes
            information = try? client.information()
        case .tick, .reported, .ready: break
        }
        switch state {
        case .idle:
            nextLook = now + Self.segmentInterval
            clock.look(receivedData: !received.isEmpty, segments: information?.segmentsReceived, at: now)
            if let activity = clock.activity {
                state = .active(activity)
            } else if clock.isOver(at: now) {
                (checked, segments) = (now, information?.segmentsReceived)
                (state, nextLook) = (.checking(since: now), now + Self.answerInterval)
                try check()
            }
        case .checking(let since):
            nextLook = now + Self.answerInterval
            let waited = since.duration(to: now)
            if received.contains(PathCheck.answer) { hasAnswer = true }
            let isAnswered = try isAnswered(information, waited)
            if let kind = unasked(information, received, isAnswered) {
                // By this, the path may have learned of the connection again.
                state = .active(PeerActivity(kind, every: clock.start.duration(to: now)))
            } else if isAnswered {
                state = .over(.survived, after: clock.start.duration(to: since))
            } else if waited > .seconds(Self.probes + 1) {
                state = .over(.silent, after: clock.start.duration(to: since))
            }
        case .over, .active: break
        }
    }

    /// What the other end has sent during the check that does not answer it; nil: nothing.
    private func unasked(
        _ information: ConnectionInformation?, _ received: [UInt8], _ isAnswered: Bool
    ) -> PeerActivity.Kind? {
        if !received.isEmpty, !(sendsData && isAnswered) { return .data }
        guard let information, information.segmentsReceived != segments else { return nil }
        let isAcknowledged = sendsData ? information.unacknowledgedSegments == 0 : isAnswered
        return isAcknowledged ? nil : .keepAlives
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

    private func isAnswered(
        _ information: ConnectionInformation?, _ waited: Duration
    ) throws(SocketError) -> Bool {
        if sendsData { return hasAnswer }
        let known = if let information { information } else { try client.information() }
        // Before the answer, the last acknowledgment is older than the check by the idle time, which is at least a second.
        return known.sinceAckReceived < waited + .milliseconds(100)
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
