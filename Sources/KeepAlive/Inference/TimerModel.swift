/// A kind of timer that may have made gaps: that of Linux at one tick rate, or an accurate one.
struct TimerModel {
    /// The tick rate of Linux (Hz); nil: an accurate timer.
    let tickRate: Int64?

    static let all = TimerWheel.tickRates.map { TimerModel(tickRate: $0) } + [TimerModel(tickRate: nil)]

    private static let second: Int64 = 1_000_000_000
    /// How early or late an accurate timer may be (ns): 10 ms.
    private static let accuracy: Int64 = 10_000_000
    /// Gaps of at least this length (ns) show nothing, and shorter ones can be added without overflow: 36 years.
    private static let longestGap: Int64 = 1 << 60

    /// Gaps that one setting made.
    struct Sample {
        var setting: Setting
        /// The shortest and the longest gap (ns).
        var shortest: Int64
        var longest: Int64
        /// How much longer the longest may be (ns), beyond the lateness of the timer.
        var extra: Int64 = 0
    }

    /// The setting that makes a gap.
    enum Setting { case idle, interval, period }

    /// How much more deviation is allowed than a timer makes.
    enum Slack: CaseIterable {
        case none
        /// What a busy host adds, and clocks that are adjusted by up to 500 parts in a million.
        case host

        /// How much too short a gap (ns) may be, in nanoseconds.
        func early(_ gap: Int64) -> Int64 { self == .none ? 0 : 20_000_000 + gap / 2000 }

        /// How much too long a gap (ns) may be, in nanoseconds.
        func late(_ gap: Int64) -> Int64 { self == .none ? 0 : 50_000_000 + gap / 2000 }
    }

    /// The settings, in whole seconds, that explain every gap of `sample`; nil: none does.
    func settings(for sample: Sample, _ slack: Slack) -> ClosedRange<Int64>? {
        guard sample.shortest >= 0, sample.longest < Self.longestGap else { return nil }
        let early = slack.early(sample.shortest) + (tickRate == nil ? Self.accuracy : 0)
        let high = (sample.shortest + early) / Self.second
        guard high >= 1 else { return nil }
        let late = slack.late(sample.longest) + min(max(0, sample.extra), Self.longestGap)
        func explains(_ setting: Int64) -> Bool {
            setting * Self.second + lateness(of: setting) + late >= sample.longest
        }
        guard explains(high) else { return nil }
        // A longer setting never has a narrower bucket: from the first one that explains the gaps, all do.
        var (low, top) = (Int64(1), high)
        while low < top {
            let middle = (low + top) / 2
            if explains(middle) { top = middle } else { low = middle + 1 }
        }
        return low...high
    }

    /// How late (ns) a timer of `setting` seconds may fire.
    private func lateness(of setting: Int64) -> Int64 {
        tickRate.map { TimerWheel.bucket(setting * Self.second, tickRate: $0) } ?? Self.accuracy
    }
}
