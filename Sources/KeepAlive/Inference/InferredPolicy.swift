/// The settings that the probes of one end are consistent with, as ranges of whole seconds.
///
/// Timers of Linux fire late by up to one bucket of their wheel and never early (`TimerWheel`), so that a gap tells a
/// setting only as a range; those of other systems are accurate. A mean gap is never a setting.
public struct InferredPolicy: Sendable, Equatable {
    /// TCP_KEEPIDLE (s); nil where nothing tells it.
    @SecondsRange public private(set) var idle: ClosedRange<Int64>?
    /// TCP_KEEPINTVL (s); nil where nothing tells it.
    @SecondsRange public private(set) var interval: ClosedRange<Int64>?
    /// The greater of both (s), which is the period of probes to a live peer; nil where nothing tells it.
    @SecondsRange public private(set) var period: ClosedRange<Int64>?
    /// TCP_KEEPCNT, or what a user timeout in `userTimeout` made of it; nil where the end did not give up.
    public private(set) var count: UInt64?
    /// A TCP_USER_TIMEOUT in this range (ns, without its lower end) would have ended the connection at the same time.
    public private(set) var userTimeout: ClosedRange<Int64>?
    /// The kinds of timer that explain all gaps: a bit for each of `Model.all`.
    private var modelBits: UInt8 = 0

    /// The tick rates of Linux (Hz) that the gaps are consistent with.
    public var tickRates: [Int64] {
        zip(Model.all, 0...).filter { modelBits >> UInt8($1) & 1 == 1 }.compactMap(\.0.tickRate)
    }

    /// Whether there is such a tick rate.
    public var isTicking: Bool { modelBits & ~Model.accurateBit != 0 }

    /// Whether the gaps are consistent with timers that are accurate, as those of macOS, FreeBSD and Windows.
    public var isAccurate: Bool { modelBits & Model.accurateBit != 0 }

    /// Whether anything is told.
    public var isEmpty: Bool { idle == nil && interval == nil && period == nil && count == nil }

    /// What the probes of `prober` to `peer` tell.
    public init(of prober: ConnectionSide, peer: ConnectionSide) {
        guard prober.probes > 0 else { return }
        let quantities = Quantity.all(of: prober)
        // What no model explains within the wheel, a busy host may: then a little more is allowed.
        for slack in [Slack.none, .host] where modelBits == 0 && !quantities.isEmpty {
            for (number, model) in Model.all.enumerated()
            where quantities.allSatisfy({ model.settings(for: $0, slack) != nil }) {
                modelBits |= 1 << UInt8(number)
            }
            if modelBits != 0 { for quantity in quantities { take(quantity, modelBits, slack) } }
        }
        if modelBits == 0 {
            // No one model explains all: each quantity then stands for itself.
            for quantity in quantities { take(quantity, .max, .host) }
        }
        bindIdle(prober)
        // A RST at another time than the interval says may be an abort, and so may any RST where gaps differ.
        let gaps = prober.intervalGaps
        if let gaveUp = prober.gaveUp, let last = prober.lastProbe, prober.unanswered > 0,
            Self.isSteady(gaps, until: gaveUp &- last)
        {
            count = prober.unanswered
            userTimeout = Self.userTimeout(prober, heard: peer.lastSpoke, gaveUp)
        }
    }

    /// Whether `gaps` differ little from one another and from the last one (ns), as those of one timer do.
    private static func isSteady(_ gaps: Gaps, until last: Int64) -> Bool {
        guard gaps.count > 0, last >= 0 else { return false }
        let (shortest, longest) = (min(gaps.shortest, last), max(gaps.longest, last))
        return longest &- shortest <= TimerWheel.widestBucket(shortest) &+ Slack.host.late(longest)
    }

    /// Takes what `quantity` tells by those of the models that have a bit in `models`.
    private mutating func take(_ quantity: Quantity, _ models: UInt8, _ slack: Slack) {
        var range: ClosedRange<Int64>?
        for (number, model) in Model.all.enumerated() where models >> UInt8(number) & 1 == 1 {
            guard let found = model.settings(for: quantity, slack) else { continue }
            let (low, high) = (range?.lowerBound ?? found.lowerBound, range?.upperBound ?? found.upperBound)
            range = min(low, found.lowerBound)...max(high, found.upperBound)
        }
        guard let range else { return }
        switch quantity.name {
        case .idle: idle = range
        case .interval: interval = range
        case .period: period = range
        }
    }

    /// The idle time is no longer than the period, and is the period where the interval is known to be shorter.
    private mutating func bindIdle(_ prober: ConnectionSide) {
        guard let period else { return }
        if let interval, interval.upperBound < period.lowerBound {
            let low = max(idle?.lowerBound ?? 1, period.lowerBound)
            let high = min(idle?.upperBound ?? .max, period.upperBound)
            idle = low <= high ? low...high : period
        } else if let idle, idle.lowerBound > period.upperBound {
            // The first silence was longer than the idle time, as when keep-alives are turned on late.
            self.idle = nil
        } else if let idle, idle.upperBound < period.lowerBound {
            // Only the interval can be what makes the period longer.
            interval = interval ?? period
        }
    }

    /// The user timeouts that would have given up after the last probe and not before: Linux looks at each firing of
    /// the timer whether nothing was heard for as long.
    private static func userTimeout(
        _ prober: ConnectionSide, heard: Int64?, _ gaveUp: Int64
    ) -> ClosedRange<Int64>? {
        guard let last = prober.lastProbe, let heard, heard <= last, last <= gaveUp else { return nil }
        let (low, high) = (last &- heard, gaveUp &- heard)
        return low >= 0 && low <= high ? low...high : nil
    }

    /// How much more than a model promises is allowed.
    private enum Slack {
        case none, host

        /// What a gap may be too short by (ns): clocks are adjusted by up to 500 parts in a million.
        func early(_ gap: Int64) -> Int64 { self == .none ? 0 : 20_000_000 + gap / 2000 }

        /// What a gap may be too long by (ns).
        func late(_ gap: Int64) -> Int64 { self == .none ? 0 : 50_000_000 + gap / 2000 }
    }

    /// A setting, and the gaps that tell it.
    private struct Quantity {
        enum Name { case idle, interval, period }

        var name: Name
        var shortest: Int64
        var longest: Int64
        /// What the longest may be longer by, beyond the lateness of a timer (ns).
        var extra: Int64 = 0

        static func all(of prober: ConnectionSide) -> [Quantity] {
            var quantities: [Quantity] = []
            // Far from the prober, what restarts its clock is captured earlier, and the probe later.
            let way = prober.handshakeReply ?? 0
            // Of later silences the timer may run from before, where the interval is the longer one.
            if let first = prober.firstWait, first.since == .segment, !prober.isFirstWaitDisturbed {
                let shortest = min(first.gap, prober.idleGaps.shortest)
                quantities.append(Quantity(name: .idle, shortest: shortest, longest: shortest, extra: way))
            }
            var interval = prober.intervalGaps
            if let gaveUp = prober.gaveUp, let last = prober.lastProbe,
                InferredPolicy.isSteady(interval, until: gaveUp &- last)
            {
                interval.add(gaveUp &- last)
            }
            if interval.count > 0 {
                quantities.append(
                    Quantity(name: .interval, shortest: interval.shortest, longest: interval.longest))
            }
            let period = prober.periodGaps
            if period.count > 0 {
                // The idle time counts from the answer, and the gap from the probe.
                quantities.append(
                    Quantity(
                        name: .period, shortest: period.shortest, longest: period.longest,
                        extra: prober.replies.longest &+ way))
            }
            return quantities
        }
    }

    /// A kind of timer.
    private struct Model {
        /// That of Linux at this tick rate (Hz); nil: an accurate timer.
        var tickRate: Int64?

        static let all = TimerWheel.tickRates.map { Model(tickRate: $0) } + [Model(tickRate: nil)]

        /// The bit of the last of them.
        static let accurateBit: UInt8 = 1 << UInt8(TimerWheel.tickRates.count)

        private static let second: Int64 = 1_000_000_000
        /// What an accurate timer may be early or late by (ns).
        private static let accuracy: Int64 = 10_000_000
        /// Gaps from here on (ns) tell nothing: 36 years.
        private static let longestGap: Int64 = 1 << 60

        /// The whole seconds that explain every gap of `quantity`; nil: none.
        func settings(for quantity: Quantity, _ slack: Slack) -> ClosedRange<Int64>? {
            // No setting is as long as what forged times claim, and the sums below have room.
            guard quantity.shortest >= 0, quantity.longest < Self.longestGap else { return nil }
            let early = slack.early(quantity.shortest) + (tickRate == nil ? Self.accuracy : 0)
            let high = (quantity.shortest + early) / Self.second
            guard high >= 1 else { return nil }
            let late = slack.late(quantity.longest) + min(max(0, quantity.extra), Self.longestGap)
            let explains = { setting in setting * Self.second + bucket(setting) + late >= quantity.longest }
            guard explains(high) else { return nil }
            // A longer setting has no narrower bucket, so that all from the first one on that explains do.
            var (low, top) = (Int64(1), high)
            while low < top {
                let middle = (low + top) / 2
                if explains(middle) { top = middle } else { low = middle + 1 }
            }
            return low...high
        }

        private func bucket(_ setting: Int64) -> Int64 {
            tickRate.map { TimerWheel.bucket(setting * Self.second, tickRate: $0) } ?? Self.accuracy
        }
    }
}
