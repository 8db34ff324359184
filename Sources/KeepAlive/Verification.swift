/// Holds what passed on the wire against the options of the socket, field by field, as packetdrill does.
public struct Verification: Sendable {
    /// What the options promise.
    public struct Expectation: Sendable, Equatable {
        /// TCP_KEEPIDLE (s).
        public var idle: Int64
        /// TCP_KEEPINTVL (s).
        public var interval: Int64
        /// Probes until the peer is dead: TCP_KEEPCNT, or fewer by TCP_USER_TIMEOUT.
        public var count: Int

        /// Probes after `idle` seconds, every `interval` seconds, `count` of them.
        public init(idle: Int64, interval: Int64, count: Int) {
            self.idle = idle
            self.interval = interval
            self.count = count
        }
    }

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

    /// Whether no check fails, and something was judged.
    public var passes: Bool { obstacle == nil && !checks.contains { $0.outcome == .fails } }

    /// What the host may add to the lateness of a timer before a packet is captured (ns).
    public static let slack: Int64 = 50_000_000

    /// What a program may take, beyond that, to wake up and see the error (ns).
    public static let wakingSlack: Int64 = 200_000_000

    private static let second: Int64 = 1_000_000_000

    /// Judges the probes of `prober`, an end of a connection whose other end is `peer`, by `expectation`.
    ///
    /// `ending` is how recv(2) ended, nil while the connection lives and where that is not known; `kernelProbes` is
    /// what TcpExt TCPKeepAlive grew by, nil where that is not known; `othersProbe`: probes of other connections may be
    /// among those.
    public init(
        of prober: ConnectionSide, peer: ConnectionSide, expecting expectation: Expectation, ending: Ending?,
        kernelProbes: Int?, othersProbe: Bool = false
    ) {
        if peer.lastSpoke == nil {
            obstacle = "nothing that the peer sent was captured"
        } else if prober.probes == 0, (kernelProbes ?? 0) == 0 || (othersProbe && ending?.error != "ETIMEDOUT") {
            obstacle = "no probe was due yet: it takes \(expectation.idle) s of silence"
        } else if prober.probes > 0, prober.gaveUp == nil,
            [prober.idleGaps, prober.intervalGaps, prober.periodGaps].allSatisfy({ $0.count == 0 })
        {
            obstacle = "the capture begins too late to tell what the probe waited for"
        }
        guard obstacle == nil else { return }
        let idle = expectation.idle * Self.second
        let interval = expectation.interval * Self.second
        judgeFirst(prober, idle, interval)
        judge("interval", prober.intervalGaps, interval)
        judge("period", prober.periodGaps, max(idle, interval))
        judgeShape(prober)
        if ending.map({ $0.error == "ETIMEDOUT" }) ?? (prober.gaveUp != nil) {
            judgeCount(prober, expectation)
            judgeReset(prober, interval)
            if let ending { judgeTime(ending, peer, expectation) }
        } else {
            judgeAnswers(prober, peer, expectation)
        }
        if let ending { judgeError(ending, prober, peer, expectation, kernelProbes) }
        if let kernelProbes { judgeKernel(kernelProbes, prober, othersProbe) }
    }

    /// A judgement of nothing, for the reason `obstacle`.
    public init(obstacle: String) {
        self.obstacle = obstacle
    }

    private mutating func add(
        _ field: String, _ expected: String, _ actual: String, tolerance: String = "", passes: Bool
    ) {
        checks.append(
            Check(
                field: field, expected: expected, actual: actual, tolerance: tolerance,
                outcome: passes ? .passes : .fails))
    }

    private mutating func judgeFirst(_ prober: ConnectionSide, _ idle: Int64, _ interval: Int64) {
        if idle >= interval { return judge("first probe", prober.idleGaps, idle) }
        // Where the interval is the longer one, a timer may already run when a later silence begins.
        guard let first = prober.firstWait, first.since == .segment else { return }
        var gaps = Gaps()
        gaps.add(first.gap)
        judge("first probe", gaps, idle)
    }

    private mutating func judge(_ field: String, _ gaps: Gaps, _ expected: Int64) {
        guard gaps.count > 0 else { return }
        let late = TimerWheel.widestBucket(expected) + Self.slack
        // The one that is wrong, or the range of all.
        let ends = [seconds(gaps.shortest), seconds(gaps.longest)]
        let actual =
            if gaps.shortest < expected { ends[0] } else if gaps.longest > expected + late { ends[1] } else {
                ends[0] == ends[1] ? ends[0] : "\(ends[0]) to \(ends[1])"
            }
        add(
            field, seconds(expected), actual, tolerance: "up to \(seconds(late)) late, never early",
            passes: gaps.shortest >= expected && gaps.longest <= expected + late)
    }

    private mutating func judgeShape(_ prober: ConnectionSide) {
        guard prober.probes > 0 else { return }
        let odd = prober.octetProbes
        add(
            "shape of the probe", "0 octets", odd == 0 ? "0 octets" : "1 octet in \(odd) of \(prober.probes)",
            passes: odd == 0)
    }

    private mutating func judgeCount(_ prober: ConnectionSide, _ expectation: Expectation) {
        add(
            "probes before giving up", "\(expectation.count)", "\(prober.unanswered)",
            passes: prober.unanswered == UInt64(exactly: expectation.count))
    }

    private mutating func judgeReset(_ prober: ConnectionSide, _ interval: Int64) {
        let late = TimerWheel.widestBucket(interval) + Self.slack
        let gap: Int64? = if let reset = prober.gaveUp, let last = prober.lastProbe { reset &- last } else { nil }
        add(
            "RST after the last probe", seconds(interval), gap.map(seconds) ?? "none",
            tolerance: "up to \(seconds(late)) late, never early",
            passes: gap.map { $0 >= interval && $0 <= interval + late } ?? false)
    }

    private mutating func judgeTime(_ ending: Ending, _ peer: ConnectionSide, _ expectation: Expectation) {
        guard let heard = peer.lastSpoke else { return }
        let count = Int64(expectation.count)
        let expected = (expectation.idle + count * expectation.interval) * Self.second
        let late =
            TimerWheel.widestBucket(expectation.idle * Self.second)
            + count * TimerWheel.widestBucket(expectation.interval * Self.second) + Self.slack + Self.wakingSlack
        let actual = ending.time &- heard
        add(
            "time of the error", seconds(expected), seconds(actual),
            tolerance: "up to \(seconds(late)) late, never early",
            passes: actual >= expected && actual <= expected + late)
    }

    private mutating func judgeAnswers(_ prober: ConnectionSide, _ peer: ConnectionSide, _ expectation: Expectation) {
        // The ones at the end may be answered yet, and their number says whether the peer should have been given up.
        if prober.unanswered > UInt64(clamping: expectation.count), peer.reset == nil {
            judgeCount(prober, expectation)
        }
        guard prober.answered > 0 else { return }
        let atEnd = prober.unanswered
        add(
            "answers", "every probe answered",
            "\(prober.answered) of \(prober.probes) answered" + (atEnd > 0 ? ", the last \(atEnd) not yet" : ""),
            passes: prober.answered + atEnd == prober.probes)
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
            } else if unanswered >= UInt64(clamping: expectation.count) {
                "ETIMEDOUT"
            } else {
                nil
            }
        guard expected != nil || ending.error != nil else { return }
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
        checks.append(check)
    }

    /// Nanoseconds as seconds with three digits, as in `15.104 s`.
    private func seconds(_ nanoseconds: Int64) -> String {
        let milliseconds = (nanoseconds.magnitude + 500_000) / 1_000_000
        let fraction = String(milliseconds % 1000)
        let padded = String(repeating: "0", count: 3 - fraction.count) + fraction
        return "\(nanoseconds < 0 ? "-" : "")\(milliseconds / 1000).\(padded) s"
    }
}
