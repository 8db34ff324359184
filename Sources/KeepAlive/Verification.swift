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
        public var passes: Bool
    }

    /// The judgement, in order.
    public private(set) var checks: [Check] = []
    /// Why nothing can be said, where that is so.
    public private(set) var obstacle: String?

    /// Whether every check passes, and there is at least one.
    public var passes: Bool { obstacle == nil && checks.allSatisfy(\.passes) }

    /// What the host may add to the lateness of a timer before a packet is captured (ns).
    public static let slack: Int64 = 50_000_000

    /// What a program may take, beyond that, to wake up and see the error (ns).
    public static let wakingSlack: Int64 = 200_000_000

    private static let second: Int64 = 1_000_000_000

    /// Judges `observation` by `expectation`.
    ///
    /// `ending` is how recv(2) ended, nil while the connection lives; `kernelProbes` is what TcpExt TCPKeepAlive grew
    /// by, nil where that is not known.
    public init(
        of observation: ProbeObservation, expecting expectation: Expectation, ending: Ending?, kernelProbes: Int?
    ) {
        let timedOut = ending?.error == "ETIMEDOUT"
        if observation.lastHeard == nil {
            obstacle = "nothing of the connection was captured"
        } else if observation.probes.isEmpty, (kernelProbes ?? 0) == 0 {
            obstacle = "no probe was due yet: it takes \(expectation.idle) s of silence"
        }
        guard obstacle == nil else { return }
        let idle = expectation.idle * Self.second
        let interval = expectation.interval * Self.second
        judge("first probe", observation, .sinceSegment, idle, isExact: idle >= interval)
        judge("interval", observation, .sinceUnansweredProbe, interval)
        judge("period", observation, .sinceAnsweredProbe, max(idle, interval))
        judgeShape(observation)
        if let ending, timedOut {
            judgeCount(observation, expectation)
            judgeReset(observation, interval)
            judgeTime(ending, observation, expectation)
        } else {
            judgeAnswers(observation)
        }
        if let ending { judgeError(ending, observation, expectation) }
        if let kernelProbes {
            add(
                "probes by the kernel's count", "\(kernelProbes)", "\(observation.probes.count) on the wire",
                passes: kernelProbes == observation.probes.count)
        }
    }

    private mutating func add(
        _ field: String, _ expected: String, _ actual: String, tolerance: String = "", passes: Bool
    ) {
        checks.append(
            Check(field: field, expected: expected, actual: actual, tolerance: tolerance, passes: passes))
    }

    private mutating func judge(
        _ field: String, _ observation: ProbeObservation, _ waited: ProbeObservation.Waited, _ expected: Int64,
        isExact: Bool = true
    ) {
        let probes = observation.probes.enumerated()
            // Where the interval is the longer one, a timer may already run when a later silence begins.
            .filter { $0.element.waited == waited && (isExact || $0.offset == 0) }.map(\.element)
        guard !probes.isEmpty else { return }
        let late = TimerWheel.widestBucket(expected) + Self.slack
        let wrong = probes.first { $0.gap < expected || $0.gap > expected + late }
        // The one that is wrong, or the range of all.
        let shortest = probes.map(\.gap).min() ?? 0
        let longest = probes.map(\.gap).max() ?? 0
        let ends = [seconds(shortest), seconds(longest)]
        let range = ends[0] == ends[1] ? ends[0] : "\(ends[0]) to \(ends[1])"
        add(
            field, seconds(expected), wrong.map { seconds($0.gap) } ?? range,
            tolerance: "up to \(seconds(late)) late, never early", passes: wrong == nil)
    }

    private mutating func judgeShape(_ observation: ProbeObservation) {
        guard !observation.probes.isEmpty else { return }
        let odd = observation.probes.count { $0.octets != 0 }
        add(
            "shape of the probe", "0 octets",
            odd == 0 ? "0 octets" : "1 octet in \(odd) of \(observation.probes.count)",
            passes: odd == 0)
    }

    private mutating func judgeCount(_ observation: ProbeObservation, _ expectation: Expectation) {
        let count = observation.unansweredAtEnd
        add("probes before giving up", "\(expectation.count)", "\(count)", passes: count == expectation.count)
    }

    private mutating func judgeReset(_ observation: ProbeObservation, _ interval: Int64) {
        let late = TimerWheel.widestBucket(interval) + Self.slack
        let gap: Int64? =
            if let reset = observation.proberReset, let last = observation.probes.last { reset &- last.time } else {
                nil
            }
        add(
            "RST after the last probe", seconds(interval), gap.map(seconds) ?? "none",
            tolerance: "up to \(seconds(late)) late, never early",
            passes: gap.map { $0 >= interval && $0 <= interval + late } ?? false)
    }

    private mutating func judgeTime(
        _ ending: Ending, _ observation: ProbeObservation, _ expectation: Expectation
    ) {
        guard let heard = observation.lastHeard else { return }
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

    private mutating func judgeAnswers(_ observation: ProbeObservation) {
        guard !observation.probes.isEmpty, observation.peerReset == nil else { return }
        // The last one may have been sent just before the end.
        let unanswered = observation.probes.dropLast().count { $0.reply == nil }
        let answered = observation.probes.count { $0.reply != nil }
        add(
            "answers", "every probe answered", "\(answered) of \(observation.probes.count) answered",
            passes: unanswered == 0 && answered > 0)
    }

    private mutating func judgeError(
        _ ending: Ending, _ observation: ProbeObservation, _ expectation: Expectation
    ) {
        let expected: String? =
            if observation.peerReset != nil {
                "ECONNRESET"
            } else if observation.unansweredAtEnd >= expectation.count {
                "ETIMEDOUT"
            } else {
                nil
            }
        guard expected != nil || ending.error != nil else { return }
        add(
            "error of recv", expected ?? "none", ending.error ?? "none", passes: ending.error == expected)
    }

    /// Nanoseconds as seconds with three digits, as in `15.104 s`.
    private func seconds(_ nanoseconds: Int64) -> String {
        let milliseconds = (nanoseconds.magnitude + 500_000) / 1_000_000
        let fraction = String(milliseconds % 1000)
        let padded = String(repeating: "0", count: 3 - fraction.count) + fraction
        return "\(nanoseconds < 0 ? "-" : "")\(milliseconds / 1000).\(padded) s"
    }
}
