/// The idle time of one connection, which begins again with each segment of the other end.
///
/// A keep-alive of the other end, and the answer of this kernel, keep the path in use, but show neither as data nor in
/// tcpi_last_ack_recv. Only the count of segments (tcpi_segs_in) grows.
package struct IdleClock {
    /// The planned idle time.
    package let planned: Duration
    /// When the last segment came.
    package private(set) var start: ContinuousClock.Instant
    /// What the other end sends, if the idle time began again too often; nil: it may still pass.
    package private(set) var activity: PeerActivity?

    /// The start before the last.
    private var previousStart: ContinuousClock.Instant?
    /// The segments received so far; nil: the system does not count them.
    private var segments: UInt32?
    /// When the idle time began again, at least `PathSearch.minimum` apart, as a greeting may come in pieces.
    private var restarts: [ContinuousClock.Instant] = []
    private let begin: ContinuousClock.Instant

    /// After so many restarts, the other end is taken for one that sends something regularly.
    private static let restartLimit = 3

    /// A clock for the planned idle time of a connection that has received `segments` before `now`.
    package init(planned: Duration, segments: UInt32?, at now: ContinuousClock.Instant) {
        self.planned = planned
        self.segments = segments
        (begin, start) = (now, now)
    }

    /// Takes account of the state at `now`: whether data came since the last look, and all `segments` so far.
    package mutating func look(receivedData: Bool, segments: UInt32?, at now: ContinuousClock.Instant) {
        let isNew = segments != nil && self.segments != nil && segments != self.segments
        if let segments { self.segments = segments }
        guard receivedData || isNew else { return }
        (previousStart, start) = (start, now)
        guard (restarts.last ?? begin).duration(to: now) >= PathSearch.minimum else { return }
        restarts.append(now)
        if restarts.count == Self.restartLimit {
            let interval = restarts[0].duration(to: now) / (Self.restartLimit - 1)
            activity = PeerActivity(receivedData ? .data : .keepAlives, every: interval)
        }
    }

    /// Whether the planned idle time is over.
    package func isOver(at now: ContinuousClock.Instant) -> Bool { now >= start + planned }

    /// How long the connection was idle before the other end closed it at `now`. A farewell is part of the end.
    package func idle(closedAt now: ContinuousClock.Instant) -> Duration {
        if let previousStart, start.duration(to: now) < PathSearch.minimum {
            return previousStart.duration(to: start)
        }
        return start.duration(to: now)
    }
}
