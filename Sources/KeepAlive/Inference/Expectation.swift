extension Verification {
    /// The keep-alive options of a socket. Only those that are given are verified.
    public struct Expectation: Sendable, Equatable {
        /// TCP_KEEPIDLE (s).
        public var idle: Int64?
        /// TCP_KEEPINTVL (s).
        public var interval: Int64?
        /// The number of unanswered probes before the end gives up: TCP_KEEPCNT, or fewer with TCP_USER_TIMEOUT.
        public var count: Int?
        /// The TCP_USER_TIMEOUT (ns) that `count` comes from; nil: none, or not known.
        public var userTimeout: Int64?

        /// `count` probes after `idle` seconds, every `interval` seconds, by a user timeout (ns); nil: not known.
        public init(idle: Int64? = nil, interval: Int64? = nil, count: Int? = nil, userTimeout: Int64? = nil) {
            self.userTimeout = userTimeout
            self.idle = idle
            self.interval = interval
            self.count = count
        }

        /// The idle time in nanoseconds.
        var idleTime: Int64? { idle.map { $0 * 1_000_000_000 } }

        /// The interval in nanoseconds.
        var intervalTime: Int64? { interval.map { $0 * 1_000_000_000 } }

        /// The least number of unanswered probes before the end gives up: with a user timeout, timers that fire as late as
        /// they can leave room for fewer than `count`.
        var leastCount: Int? {
            guard let count, let userTimeout, let idle = idleTime, let interval = intervalTime else { return count }
            let first = idle + TimerWheel.widestBucket(idle)
            let period = interval + TimerWheel.widestBucket(interval)
            let least = (max(0, userTimeout - first) + period - 1) / period
            return min(count, max(1, Int(clamping: least)))
        }

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
