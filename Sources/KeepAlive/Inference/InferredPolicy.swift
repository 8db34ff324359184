/// The settings that explain the probes of one end, as ranges of whole seconds.
///
/// Timers of Linux never fire early, and up to one bucket of their wheel late (`TimerWheel`): a gap limits a setting only to
/// a range. Timers of other systems are accurate. A mean gap is never a setting.
public struct InferredPolicy: Sendable, Equatable {
    /// TCP_KEEPIDLE (s); nil: not known.
    @SecondsRange public private(set) var idle: ClosedRange<Int64>?
    /// TCP_KEEPINTVL (s); nil: not known.
    @SecondsRange public private(set) var interval: ClosedRange<Int64>?
    /// The greater of both (s), which is the period of probes to a live peer; nil: not known.
    @SecondsRange public private(set) var period: ClosedRange<Int64>?
    /// TCP_KEEPCNT, or the lower count that a user timeout in `userTimeout` causes; nil: the end did not give up.
    public private(set) var count: UInt64?
    /// A TCP_USER_TIMEOUT in this range (ns, without its lower bound) would have ended the connection at the same time.
    public private(set) var userTimeout: ClosedRange<Int64>?
    /// The timers that explain all gaps: one bit for each of `TimerModel.all`, whose last is the accurate timer.
    private var modelBits: UInt8 = 0

    private static let accurateBit: UInt8 = 1 << UInt8(TimerWheel.tickRates.count)

    /// The tick rates of Linux (Hz) that explain the gaps.
    public var tickRates: [Int64] { Self.models(in: modelBits).compactMap(\.tickRate) }

    /// Whether a timer of Linux explains the gaps.
    public var isTicking: Bool { modelBits & ~Self.accurateBit != 0 }

    /// Whether an accurate timer, as in macOS, FreeBSD and Windows, explains the gaps.
    public var isAccurate: Bool { modelBits & Self.accurateBit != 0 }

    /// Whether no setting is known.
    public var isEmpty: Bool { idle == nil && interval == nil && period == nil && count == nil }

    /// The settings that explain the probes of `prober` to `peer`.
    public init(of prober: ConnectionSide, peer: ConnectionSide) {
        guard prober.probes > 0 else { return }
        inferTimes(from: Self.samples(of: prober))
        combineIdleAndPeriod()
        // A RST after another time than the interval may be an abort, and so may any RST if the gaps differ.
        if let gaveUp = prober.gaveUp, let last = prober.lastProbe, prober.unanswered > 0,
            Self.isSteady(prober.intervalGaps, until: gaveUp &- last)
        {
            count = prober.unanswered
            userTimeout = Self.userTimeout(prober, heard: peer.lastSpoke, gaveUp)
        }
    }

    /// Whether `gaps` and the last one (ns) differ little, as those of one timer do.
    private static func isSteady(_ gaps: Gaps, until last: Int64) -> Bool {
        guard gaps.count > 0, last >= 0 else { return false }
        let (shortest, longest) = (min(gaps.shortest, last), max(gaps.longest, last))
        return longest &- shortest <= TimerWheel.widestBucket(shortest) &+ TimerModel.Slack.host.late(longest)
    }

    /// The gaps of `prober`, by the setting that makes them.
    private static func samples(of prober: ConnectionSide) -> [TimerModel.Sample] {
        var samples: [TimerModel.Sample] = []
        // Far from the prober, the segment that restarts its timer is captured earlier, and the probe later.
        let distance = prober.handshakeReply ?? 0
        // Only the first wait: later, the timer may still run from before if the interval is longer than the idle time.
        if let first = prober.firstWait, first.since == .segment, !prober.isFirstWaitDisturbed {
            let shortest = min(first.gap, prober.idleGaps.shortest)
            samples.append(
                TimerModel.Sample(setting: .idle, shortest: shortest, longest: shortest, extra: distance))
        }
        var interval = prober.intervalGaps
        if let gaveUp = prober.gaveUp, let last = prober.lastProbe, isSteady(interval, until: gaveUp &- last) {
            interval.add(gaveUp &- last)
        }
        if interval.count > 0 {
            samples.append(
                TimerModel.Sample(setting: .interval, shortest: interval.shortest, longest: interval.longest))
        }
        let period = prober.periodGaps
        if period.count > 0 {
            // The idle time counts from the answer, and the gap from the probe.
            samples.append(
                TimerModel.Sample(
                    setting: .period, shortest: period.shortest, longest: period.longest,
                    extra: prober.replies.longest &+ distance))
        }
        return samples
    }

    /// Infers a setting from each sample, by the timers that explain all samples with as little slack as possible. If no
    /// timer does, each sample stands for itself.
    private mutating func inferTimes(from samples: [TimerModel.Sample]) {
        guard !samples.isEmpty else { return }
        for slack in TimerModel.Slack.allCases {
            for (index, model) in TimerModel.all.enumerated()
            where samples.allSatisfy({ model.settings(for: $0, slack) != nil }) {
                modelBits |= 1 << UInt8(index)
            }
            if modelBits != 0 {
                for sample in samples { infer(from: sample, by: modelBits, slack) }
                return
            }
        }
        for sample in samples { infer(from: sample, by: .max, .host) }
    }

    /// Infers a setting from `sample`: what any of the timers with a bit in `models` allows.
    private mutating func infer(from sample: TimerModel.Sample, by models: UInt8, _ slack: TimerModel.Slack) {
        var range: ClosedRange<Int64>?
        for model in Self.models(in: models) {
            guard let found = model.settings(for: sample, slack) else { continue }
            let known = range ?? found
            range = min(known.lowerBound, found.lowerBound)...max(known.upperBound, found.upperBound)
        }
        guard let range else { return }
        switch sample.setting {
        case .idle: idle = range
        case .interval: interval = range
        case .period: period = range
        }
    }

    private static func models(in bits: UInt8) -> [TimerModel] {
        zip(TimerModel.all, 0...).filter { bits >> UInt8($1) & 1 == 1 }.map(\.0)
    }

    /// The idle time is no longer than the period, and equals it if the interval is known to be shorter.
    private mutating func combineIdleAndPeriod() {
        guard let period else { return }
        if let interval, interval.upperBound < period.lowerBound {
            let low = max(idle?.lowerBound ?? 1, period.lowerBound)
            let high = min(idle?.upperBound ?? .max, period.upperBound)
            idle = low <= high ? low...high : period
        } else if let idle, idle.lowerBound > period.upperBound {
            // The first idle period was longer than the idle time: keep-alives were probably enabled late.
            self.idle = nil
        } else if let idle, idle.upperBound < period.lowerBound {
            // Only the interval can make the period longer.
            interval = interval ?? period
        }
    }

    /// The user timeouts (ns) that would have ended the connection at `gaveUp`, not one probe earlier: each time the timer
    /// fires, Linux compares the user timeout with the time since the peer was last heard.
    private static func userTimeout(
        _ prober: ConnectionSide, heard: Int64?, _ gaveUp: Int64
    ) -> ClosedRange<Int64>? {
        guard let last = prober.lastProbe, let heard, heard <= last, last <= gaveUp else { return nil }
        let (low, high) = (last &- heard, gaveUp &- heard)
        return low >= 0 && low <= high ? low...high : nil
    }
}
