import KeepAlive

/// A strip with the gaps between the probes of one end, and the range in which a timer with the inferred setting fires.
struct GapStrip {
    /// A setting and its measured gaps.
    private struct Quantity {
        var name: String
        var since: Wait.Since
        var setting: ClosedRange<Int64>?
        var gaps: Gaps
    }

    private let side: ConnectionSide
    private let policy: InferredPolicy
    private let gaps: [(since: Wait.Since, event: RetainedEvents.Event)]

    private static let second: Int64 = 1_000_000_000
    /// How late an accurate timer may fire (ns).
    private static let accuracy: Int64 = 10_000_000
    /// The maximum number of settings with a band of their own.
    private static let bandLimit = 6
    private static let rowHeight = 16.0

    /// The strips of `side`, whose inferred settings are `policy` and whose probes are among `events`.
    init(_ side: ConnectionSide, _ policy: InferredPolicy, _ events: [RetainedEvents.Event]) {
        self.side = side
        self.policy = policy
        gaps = events.compactMap { event in
            // The difference of forged times may overflow 64 bits.
            guard event.kind == .probe || event.kind == .abortReset, let wait = event.wait, wait.gap >= 0 else {
                return nil
            }
            return (wait.since, event)
        }
    }

    /// The values of the template: one strip per setting with a gap.
    var values: [Template.Values] {
        [
            Quantity(name: "idle time", since: .segment, setting: policy.idle, gaps: side.idleGaps),
            Quantity(name: "interval", since: .unansweredProbe, setting: policy.interval, gaps: side.intervalGaps),
            Quantity(name: "period", since: .answeredProbe, setting: policy.period, gaps: side.periodGaps),
        ].compactMap(values(of:))
    }

    private func values(of quantity: Quantity) -> Template.Values? {
        let own = gaps.filter { $0.since == quantity.since }.compactMap { pair in
            pair.event.wait.map { (gap: $0.gap, event: pair.event) }
        }
        guard let shortest = own.map(\.gap).min(), let longest = own.map(\.gap).max() else { return nil }
        let bands = bands(quantity.setting)
        let low = min(shortest, bands.first?.lowerBound ?? shortest)
        let high = max(longest, bands.map(\.upperBound).max() ?? longest)
        // A single value is in the middle of two seconds.
        let alone = low < .max - Self.second ? max(0, low - Self.second)...low + Self.second : low...low
        let scale = Drawing.Scale(high > low ? low...high : alone)
        let ends = bands.first.flatMap { first in bands.last.map { (first.lowerBound, $0.upperBound) } }
        let bottom = Double(max(1, bands.count)) * Self.rowHeight + 6
        return [
            "name": .text(quantity.name), "height": .text(Drawing.text(bottom + 4)),
            "bottom": .text(Drawing.text(bottom)),
            "sentence": .text(sentence(quantity, ends, count: own.count, shortest, longest)),
            "bands": .items(bands.count) { Self.values(of: bands[$0], row: $0, scale) },
            "gaps": .items(own) { pair in
                let ending = pair.event.kind == .abortReset ? "until the RST" : "until frame \(pair.event.frame)"
                return [
                    "x": .text(Drawing.percent(scale.x(pair.gap))),
                    "title": .text("\(Drawing.precise(pair.gap)) \(ending)"),
                ]
            },
        ]
    }

    private static func values(of band: ClosedRange<Int64>, row: Int, _ scale: Drawing.Scale) -> Template.Values {
        let (start, end) = (scale.x(band.lowerBound), scale.x(band.upperBound))
        let (low, high) = (Drawing.seconds(band.lowerBound), Drawing.seconds(band.upperBound))
        let top = Double(row) * rowHeight + 4
        return [
            "x": .text(Drawing.percent(start)), "width": .text(Drawing.percent(max(0.2, end - start))),
            "y": .text(Drawing.text(top)), "labelY": .text(Drawing.text(top + 9)),
            "highX": .text(Drawing.percent(max(start + 0.2, end))),
            "low": .text(low), "high": .text(high), "title": .text("\(low) to \(high)"),
        ]
    }

    /// The range (ns) in which a timer fires, for each setting in `range` (s), or for all of them together.
    private func bands(_ range: ClosedRange<Int64>?) -> [ClosedRange<Int64>] {
        guard let range else { return [] }
        let bands = range.prefix(Self.bandLimit).map { band($0, $0) }
        if range.count <= Self.bandLimit { return bands }
        return [band(range.lowerBound, range.upperBound)]
    }

    /// From a setting of `low` seconds to the end of the timer bucket of a setting of `high` seconds.
    private func band(_ low: Int64, _ high: Int64) -> ClosedRange<Int64> {
        let (start, end) = (low &* Self.second, high &* Self.second &+ lateness(high))
        return start...max(start, end)
    }

    /// How late (ns) a timer of `seconds` may fire, according to the inferred tick rates.
    private func lateness(_ seconds: Int64) -> Int64 {
        if !policy.isTicking {
            return policy.isAccurate ? Self.accuracy : TimerWheel.widestBucket(seconds * Self.second)
        }
        return policy.tickRates.map { TimerWheel.bucket(seconds * Self.second, tickRate: $0) }.max() ?? 0
    }

    private func sentence(
        _ quantity: Quantity, _ ends: (Int64, Int64)?, count: Int, _ shortest: Int64, _ longest: Int64
    ) -> String {
        let (least, most) = (Drawing.precise(shortest), Drawing.precise(longest))
        let gaps = TextBuffer.string { $0.append(UInt64(count), of: "gap") }
        let measured = "\(gaps), \(least == most ? least : "\(least) to \(most)")"
        guard let setting = quantity.setting, let ends else { return measured + "; no single setting explains them" }
        let name = setting.count == 1 ? "\(setting.lowerBound) s" : "\(setting.lowerBound) to \(setting.upperBound) s"
        let rates = policy.tickRates.map { "\($0)" }.joined(separator: ", ")
        let timer = rates.isEmpty ? "" : ", with the timer wheel of Linux at \(rates) Hz"
        return measured + "; a timer of \(name) fires after \(Drawing.seconds(ends.0)) to "
            + "\(Drawing.seconds(ends.1))\(timer)"
    }
}
