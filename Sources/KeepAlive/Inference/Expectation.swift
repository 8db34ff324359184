extension Verification {
    /// The behaviour that the options of a socket imply. Only the given options are checked.
    public struct Expectation: Sendable, Equatable {
        /// TCP_KEEPIDLE (s).
        public var idle: Int64?
        /// TCP_KEEPINTVL (s).
        public var interval: Int64?
        /// Probes until the peer is dead: TCP_KEEPCNT, or fewer by TCP_USER_TIMEOUT.
        public var count: Int?

        /// Probes after `idle` seconds, every `interval` seconds, `count` of them; nil: not known.
        public init(idle: Int64? = nil, interval: Int64? = nil, count: Int? = nil) {
            self.idle = idle
            self.interval = interval
            self.count = count
        }

        /// The idle time in nanoseconds.
        var idleTime: Int64? { idle.map { $0 * 1_000_000_000 } }

        /// The interval in nanoseconds.
        var intervalTime: Int64? { interval.map { $0 * 1_000_000_000 } }

        /// The longest time (ns) for which `side` was idle and sent no probe, if a probe was due in that time; otherwise
        /// nil.
        func missedProbe(by side: ConnectionSide) -> Int64? {
            guard var due = idleTime else { return nil }
            if side.probes > 0 {
                // Nothing more is due from an end that gave up, and not every one of those sends a RST.
                guard side.unanswered == 0 else { return nil }
                // A timer that was set to the interval may be running when an idle period begins.
                let seen = side.intervalGaps.count > 0 ? side.intervalGaps.longest : nil
                guard let interval = intervalTime ?? seen else { return nil }
                due = max(due, interval)
            }
            return Verification.isLate(side.longestUnprobed, expected: due) ? side.longestUnprobed : nil
        }
    }
}
