/// Compares what passed on the wire with the options of the socket, field by field, as packetdrill does.
public struct Verification: Sendable {
    /// How the connection ended for the program that had it.
    public struct Ending: Sendable, Equatable {
        /// The name of the error that recv(2) gave, such as `ETIMEDOUT`; nil: none.
        public var error: String?
        /// When it did (ns since 1970).
        public var time: Int64

        /// An end at `time`, with `error` if any.
        public init(error: String?, time: Int64) {
            self.error = error
            self.time = time
        }
    }

    /// One line of the judgement.
    public struct Check: Sendable, Equatable {
        /// What is judged.
        public var field: String
        /// What the options promise.
        public var expected: String
        /// What passed.
        public var actual: String
        /// How much they may differ; empty: not at all.
        public var tolerance: String
        /// Whether the actual is as expected.
        public var outcome: Outcome
        /// What a failure means, where that can be said; why it is not judged, where it is not.
        public var reason: String?

        /// Whether the actual is as expected, and that was judged.
        public var passes: Bool { outcome == .passes }
    }

    /// What becomes of a line of the judgement.
    public enum Outcome: Sendable, Equatable {
        /// The actual is as expected.
        case passes
        /// It is not.
        case fails
        /// Whether it is cannot be said.
        case notJudged
    }

    /// The judgement, in order.
    public private(set) var checks: [Check] = []
    /// Why nothing can be said, where that is so.
    public private(set) var obstacle: String?
    /// Whether a check passed or failed that depends on the options, as not all do.
    private var hasJudgedOptions = false

    /// Whether no check fails, and something was judged.
    public var passes: Bool { obstacle == nil && !checks.contains { $0.outcome == .fails } }

    /// What the host may add to the lateness of a timer before a packet is captured (ns).
    public static let slack: Int64 = 50_000_000

    /// What a program may take, beyond that, to wake up and see the error (ns).
    public static let wakingSlack: Int64 = 200_000_000

    /// Judges the probes of `prober`, an end of a connection whose other end is `peer`, by `expectation`.
    ///
    /// `ending` is how recv(2) ended, nil while the connection lives and where that is not known; `kernelProbes` is
    /// what TcpExt TCPKeepAlive grew by, nil where that is not known; `othersProbe`: probes of other connections may be
    /// among those.
    public init(
        of prober: ConnectionSide, peer: ConnectionSide, expecting expectation: Expectation, ending: Ending?,
        kernelProbes: Int?, othersProbe: Bool = false
    ) {
        let missed = expectation.missedProbe(by: prober)
        if peer.lastSpoke == nil {
            obstacle = "nothing that the peer sent was captured"
        } else if prober.probes == 0, missed == nil,
            (kernelProbes ?? 0) == 0 || (othersProbe && ending?.error != "ETIMEDOUT")
        {
            obstacle = Self.whyNoneWasDue(prober) ?? Self.notYetDue(expectation)
        } else if prober.probes > 0, prober.gaveUp == nil, missed == nil, prober.firstWait == nil,
            [prober.idleGaps, prober.intervalGaps, prober.periodGaps].allSatisfy({ $0.count == 0 })
        {
            obstacle = "the capture begins too late to tell what the probe waited for"
        }
        guard obstacle == nil else { return }
        judgeFirst(prober, expectation)
        if let interval = expectation.intervalTime { judge("interval", prober.intervalGaps, interval) }
        judgePeriod(prober, expectation)
        // Where an idle period ended with a late probe, the checks before have failed already.
        if let missed, let idle = expectation.idleTime, !checks.contains(where: { $0.outcome == .fails }) {
            addMissed(
                prober.probes == 0 ? "first probe" : "every idle period", idle,
                "no probe in \(tenths(missed)) of idleness")
        }
        judgeShape(prober)
        if ending.map({ $0.error == "ETIMEDOUT" }) ?? (prober.gaveUp != nil) {
            judgeCount(prober, expectation)
            judgeReset(prober, expectation)
            if let ending { judgeTime(ending, peer, expectation) }
        } else {
            judgeAnswers(prober, peer, expectation)
        }
        if let ending { judgeError(ending, prober, peer, expectation, kernelProbes) }
        if let kernelProbes { judgeKernel(kernelProbes, prober, othersProbe) }
        if !hasJudgedOptions {
            obstacle =
                checks.first { $0.outcome == .notJudged }?.reason
                ?? "nothing was captured that depends on \(expectation.names.joined(separator: " or "))"
        }
    }

    /// Judges a connection with the ends `first` and `second`, neither of which sent a probe, by `expectation`: a failure.
    ///
    /// nil where no probe was due, or where that is not known.
    public init?(ofNeither first: ConnectionSide, nor second: ConnectionSide, expecting expectation: Expectation) {
        guard first.probes == 0, second.probes == 0, first.lastSpoke != nil, second.lastSpoke != nil,
            let idle = expectation.idleTime,
            let missed = [first, second].compactMap({ expectation.missedProbe(by: $0) }).max()
        else { return nil }
        addMissed("first probe", idle, "neither end probed in \(tenths(missed)) of idleness")
    }

    /// A judgement of a capture without probes, in which none was known to be due by `expectation`.
    public init(withoutProbesExpecting expectation: Expectation) {
        var reason = "no keep-alive probe was seen, and "
        if let idle = expectation.idleTime {
            let needed = max(Idleness.threshold, idle + Self.lateness(idle))
            reason += "no connection is known to have been idle for more than \(tenths(needed))"
        } else {
            reason += "without an expected idle time nothing says whether one was due"
        }
        obstacle = reason
    }

    /// A judgement of nothing, for the reason `obstacle`.
    public init(obstacle: String) {
        self.obstacle = obstacle
    }

    /// Why no keep-alive was due at `side`, which sent none: its peer's window was zero, or something was in flight. nil
    /// where neither is known.
    public static func whyNoneWasDue(_ side: ConnectionSide) -> String? {
        guard side.probes == 0 else { return nil }
        if side.zeroWindowProbes > 0 {
            let isOne = side.zeroWindowProbes == 1
            return "the peer's window was zero, so no keep-alive was due; \(side.zeroWindowProbes) window "
                + (isOne ? "probe was sent" : "probes were sent")
        }
        guard side.hasUnacknowledged else { return nil }
        return (side.awaitsCloseOnly ? "a FIN" : "data") + " was in flight and unacknowledged, so no keep-alive was due"
    }

    private static func notYetDue(_ expectation: Expectation) -> String {
        guard let idle = expectation.idle else {
            return "no probe was sent, and without an expected idle time nothing says whether one was due"
        }
        return "no probe was due yet: it takes \(idle) s of idleness"
    }

    /// How late a timer of `expected` nanoseconds may seem in a capture (ns).
    static func lateness(_ expected: Int64) -> Int64 { TimerWheel.widestBucket(expected) + slack }

    /// Whether a wait of `gap` nanoseconds is too long for a timer of `expected` nanoseconds.
    static func isLate(_ gap: Int64, expected: Int64) -> Bool { gap > expected + lateness(expected) }

    /// Adds a check; `isGeneral`: it holds whatever the options are.
    private mutating func add(
        _ field: String, _ expected: String, _ actual: String, tolerance: String = "", isGeneral: Bool = false,
        passes: Bool
    ) {
        if !isGeneral || !passes { hasJudgedOptions = true }
        checks.append(
            Check(
                field: field, expected: expected, actual: actual, tolerance: tolerance,
                outcome: passes ? .passes : .fails))
    }

    private mutating func addMissed(_ field: String, _ idle: Int64, _ actual: String) {
        add(field, seconds(idle), actual, tolerance: tolerance(idle), passes: false)
    }

    private mutating func judgeFirst(_ prober: ConnectionSide, _ expectation: Expectation) {
        guard let idle = expectation.idleTime else { return }
        var (first, all) = (Gaps(), prober.idleGaps)
        var excuse: String?
        if let wait = prober.firstWait, wait.since == .segment {
            first.add(wait.gap)
            if prober.isFirstWaitDisturbed {
                all.add(wait.gap)
                // Only that wait is excused: one that nothing disturbed fails if it is late.
                if !Self.isLate(prober.idleGaps.longest, expected: idle) {
                    excuse = "the peer probed meanwhile, which restarts the timer of some systems"
                }
            }
        }
        if let interval = expectation.intervalTime {
            // Where the interval is the longer one, a timer may already run when a later idle period begins.
            return judge("first probe", idle >= interval ? all : first, idle, excuse: excuse)
        }
        // Before the first probe no timer waits for the interval.
        if Self.isLate(first.longest, expected: idle) {
            // A disturbed wait alone would hide a late one that nothing disturbed.
            let isHidden = prober.isFirstWaitDisturbed && Self.isLate(prober.idleGaps.longest, expected: idle)
            return judge("first probe", isHidden ? prober.idleGaps : first, idle, excuse: excuse)
        }
        judge("first probe", all, idle, excuse: self.excuse(prober, idle: idle))
    }

    /// An answered probe is followed by one after the greater of idle time and interval.
    private mutating func judgePeriod(_ prober: ConnectionSide, _ expectation: Expectation) {
        switch (expectation.idleTime, expectation.intervalTime) {
        case (let idle?, let interval?): judge("period", prober.periodGaps, max(idle, interval))
        case (let idle?, nil): judge("period", prober.periodGaps, idle, excuse: excuse(prober, idle: idle))
        case (nil, let interval?):
            let isKnown = prober.idleGaps.count > 0 && !Self.isLate(prober.idleGaps.longest, expected: interval)
            let excuse = "it may be the idle time, which is not given"
            judge("period", prober.periodGaps, interval, excuse: isKnown ? nil : excuse)
        case (nil, nil): break
        }
    }

    /// What may explain a wait longer than `idle` where the interval is not given; nil: nothing, by the intervals seen.
    private func excuse(_ prober: ConnectionSide, idle: Int64) -> String? {
        let isKnown = prober.intervalGaps.count > 0 && !Self.isLate(prober.intervalGaps.longest, expected: idle)
        return isKnown ? nil : "it may be the interval, which is not given"
    }

    /// Judges `gaps`; `excuse` is why those that are too long are not judged.
    private mutating func judge(_ field: String, _ gaps: Gaps, _ expected: Int64, excuse: String? = nil) {
        guard gaps.count > 0 else { return }
        let isEarly = gaps.shortest < expected
        let isLate = Self.isLate(gaps.longest, expected: expected)
        // The one that is wrong, or the range of all.
        let ends = [seconds(gaps.shortest), seconds(gaps.longest)]
        let actual =
            if isEarly { ends[0] } else if isLate { ends[1] } else {
                ends[0] == ends[1] ? ends[0] : "\(ends[0]) to \(ends[1])"
            }
        if isLate, !isEarly, let excuse {
            checks.append(
                Check(
                    field: field, expected: seconds(expected), actual: actual, tolerance: tolerance(expected),
                    outcome: .notJudged, reason: excuse))
            return
        }
        add(field, seconds(expected), actual, tolerance: tolerance(expected), passes: !isEarly && !isLate)
    }

    private func tolerance(_ expected: Int64) -> String {
        "up to \(seconds(Self.lateness(expected))) late, never early"
    }

    private mutating func judgeShape(_ prober: ConnectionSide) {
        guard prober.probes > 0 else { return }
        let odd = prober.byteProbes
        add(
            "shape of the probe", "0 bytes", odd == 0 ? "0 bytes" : "1 byte in \(odd) of \(prober.probes)",
            isGeneral: true, passes: odd == 0)
    }

    private mutating func judgeCount(_ prober: ConnectionSide, _ expectation: Expectation) {
        guard let count = expectation.count else { return }
        add(
            "probes before giving up", "\(count)", "\(prober.unanswered)",
            passes: prober.unanswered == UInt64(exactly: count))
    }

    private mutating func judgeReset(_ prober: ConnectionSide, _ expectation: Expectation) {
        guard let interval = expectation.intervalTime else { return }
        let gap: Int64? = if let reset = prober.gaveUp, let last = prober.lastProbe { reset &- last } else { nil }
        add(
            "RST after the last probe", seconds(interval), gap.map(seconds) ?? "none", tolerance: tolerance(interval),
            passes: gap.map { $0 >= interval && !Self.isLate($0, expected: interval) } ?? false)
    }

    private mutating func judgeTime(_ ending: Ending, _ peer: ConnectionSide, _ expectation: Expectation) {
        guard let heard = peer.lastSpoke, let idle = expectation.idleTime, let interval = expectation.intervalTime,
            let count = expectation.count.map(Int64.init)
        else { return }
        let expected = idle + count * interval
        let late = Self.lateness(idle) + count * TimerWheel.widestBucket(interval) + Self.wakingSlack
        let actual = ending.time &- heard
        add(
            "time of the error", seconds(expected), seconds(actual),
            tolerance: "up to \(seconds(late)) late, never early",
            passes: actual >= expected && actual <= expected + late)
    }

    private mutating func judgeAnswers(_ prober: ConnectionSide, _ peer: ConnectionSide, _ expectation: Expectation) {
        // The ones at the end may be answered yet, and their number says whether the peer should have been given up.
        if let count = expectation.count, prober.unanswered > UInt64(clamping: count), peer.reset == nil {
            judgeCount(prober, expectation)
        }
        guard prober.answered > 0 else { return }
        let atEnd = prober.unanswered
        add(
            "answers", "every probe answered",
            "\(prober.answered) of \(prober.probes) answered" + (atEnd > 0 ? ", the last \(atEnd) not yet" : ""),
            isGeneral: true, passes: prober.answered + atEnd == prober.probes)
    }

    private mutating func judgeError(
        _ ending: Ending, _ prober: ConnectionSide, _ peer: ConnectionSide, _ expectation: Expectation,
        _ kernelProbes: Int?
    ) {
        // The kernel gives up by what it sent, whether or not that left the host.
        let lost = UInt64(exactly: kernelProbes ?? 0).map { $0 &- min($0, prober.probes) } ?? 0
        let unanswered = prober.unanswered &+ (ending.error == "ETIMEDOUT" ? lost : 0)
        let expected: String? =
            if peer.reset != nil {
                "ECONNRESET"
            } else if let count = expectation.count, unanswered >= UInt64(clamping: count) {
                "ETIMEDOUT"
            } else {
                nil
            }
        guard expected != nil || (ending.error != nil && expectation.count != nil) else { return }
        add(
            "error of recv", expected ?? "none", ending.error ?? "none", passes: ending.error == expected)
    }

    private mutating func judgeKernel(_ counted: Int, _ prober: ConnectionSide, _ othersProbe: Bool) {
        let seen = prober.probes
        var check = Check(
            field: "probes by the kernel's count", expected: "\(counted)", actual: "\(seen) on the wire", tolerance: "",
            outcome: UInt64(exactly: counted) == seen ? .passes : .fails)
        if let counted = UInt64(exactly: counted), counted > seen {
            if othersProbe {
                check.outcome = .notJudged
                check.reason = "other connections of this network namespace probe too"
            } else {
                let parts = seen == 0 ? "none of which was" : "only \(seen) of which \(seen == 1 ? "was" : "were")"
                check.reason =
                    "the kernel counted \(counted) probe\(counted == 1 ? "" : "s"), \(parts) seen on the wire: "
                    + "\(seen == 0 ? "they" : "the others") never left the host (a filter on OUTPUT, an interface that is "
                    + "down, no route)"
            }
        }
        if check.outcome != .notJudged { hasJudgedOptions = true }
        checks.append(check)
    }

    /// Nanoseconds as seconds with three digits, as in `15.104 s`.
    private func seconds(_ nanoseconds: Int64) -> String {
        let milliseconds = (nanoseconds.magnitude + 500_000) / 1_000_000
        let fraction = String(milliseconds % 1000)
        let padded = String(repeating: "0", count: 3 - fraction.count) + fraction
        return "\(nanoseconds < 0 ? "-" : "")\(milliseconds / 1000).\(padded) s"
    }

    /// Nanoseconds, 0 or more, as seconds with one digit, as in `65.1 s`.
    private func tenths(_ nanoseconds: Int64) -> String {
        let tenths = nanoseconds / 100_000_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
