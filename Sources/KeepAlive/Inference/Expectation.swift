extension Verification {
    /// The keep-alive options of a socket. Only those that are given are verified.
    public struct Expectation: Sendable, Equatable {
        /// TCP_KEEPIDLE (s).
        public var idle: Int64?
        /// TCP_KEEPINTVL (s).
        public var interval: Int64?
        /// The number of unanswered probes before the end gives up: TCP_KEEPCNT, or fewer with TCP_USER_TIMEOUT.
        public var count: Int?

        /// `count` probes after `idle` seconds, every `interval` seconds; nil: not known.
        public init(idle: Int64? = nil, interval: Int64? = nil, count: Int? = nil) {
            self.idle = idle
            self.interval = interval
            self.count = count
        }

        /// The idle time in nanoseconds.
        var idleTime: Int64? { idle.map { $0 * 1_000_000_000 } }

        /// The interval in nanoseconds.
        var intervalTime: Int64? { interval.map { $0 * 1_000_000_000 } }

        /// The names of the options that are given.
        var names: [String] {
            [idle.map { _ in "idle" }, interval.map { _ in "interval" }, count.map { _ in "count" }].compactMap(\.self)
        }

        /// The longest time (ns) in which `side` was idle and sent no probe; nil: no probe was due in that time.
        ///
        /// The timer of the first probe may have been set `delay` nanoseconds after the last segment.
        func missedProbe(by side: ConnectionSide, afterDelay delay: Int64 = 0) -> Int64? {
            guard var due = idleTime else { return nil }
            if side.probes > 0 {
                // An end that gave up sends no more probes, and not always a RST.
                guard side.unanswered == 0 else { return nil }
                // When an idle period begins, the timer may still run for the interval.
                let seen = side.intervalGaps.count > 0 ? side.intervalGaps.longest : nil
                guard let interval = intervalTime ?? seen else { return nil }
                due = max(due, interval)
            } else {
                due += delay
            }
            return Verification.isLate(side.longestUnprobed, expected: due) ? side.longestUnprobed : nil
        }
    }
}
