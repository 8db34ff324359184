package import KeepAlive

extension TextBuffer {
    /// Appends the checks of `verification`, one line each, and below them the reason of each failure.
    package mutating func append(linesOf verification: Verification, _ style: TextStyle = TextStyle()) {
        let start = count
        defer { wrap(from: start, to: style.width, hanging: 6) }
        let width = verification.checks.map(\.quantity.text.count).max() ?? 0
        for check in verification.checks {
            switch check.outcome {
            case .passes: style.palette.append("pass", in: .good, to: &self)
            case .fails: style.palette.append("FAIL", in: .bad, to: &self)
            case .notJudged: append("----")
            }
            append("  ")
            let start = count
            append(check.quantity.text)
            pad(to: width, from: start)
            append("  \(check.comparison)")
            if check.outcome == .notJudged {
                append("; not judged: \(check.reason?.text ?? "the reason is not known")")
            }
            append("\n")
        }
        for check in verification.checks where check.outcome == .fails {
            guard let reason = check.reason?.text else { continue }
            append("\(reason.prefix(1).uppercased())\(reason.dropFirst()).\n")
        }
    }

    /// Appends `verified` as a block: the ends, the checks and the conclusion.
    mutating func append(block verified: ProbeVerification, _ style: TextStyle = TextStyle()) {
        let start = count
        if let prober = verified.prober, let peer = verified.peer {
            append("Probes from ")
            style.append(prober, to: &self)
            append(" to ")
            style.append(peer, to: &self)
            if let socket = verified.socket { append(", by the options of \(socket.text)") }
            append("\n")
        }
        append(linesOf: verified.verification, style)
        append(conclusionOf: verified.verification, style)
        append("\n")
        wrap(from: start, to: style.width, hanging: 3)
    }

    /// Appends `verified` as one line: result, ends and conclusion, two spaces between them.
    mutating func append(line verified: ProbeVerification, _ style: TextStyle = TextStyle()) {
        let start = count
        let verification = verified.verification
        if verification.obstacle != nil {
            append("----")
        } else {
            style.palette.append(
                verification.passes ? "pass" : "FAIL", in: verification.passes ? .good : .bad, to: &self)
        }
        append("  ")
        if let prober = verified.prober, let peer = verified.peer {
            style.append(prober, to: &self)
            append(" > ")
            style.append(peer, to: &self)
            append("  ")
            if let process = verified.socket?.processText { append("\(process)  ") }
        }
        append(conclusionOf: verification, style)
        append("\n")
        wrap(from: start, to: style.width, hanging: 3)
    }

    /// Appends the result of `verification` as one sentence.
    package mutating func append(conclusionOf verification: Verification, _ style: TextStyle = TextStyle()) {
        let failed = verification.checks.count { $0.outcome == .fails }
        if let obstacle = verification.obstacle {
            style.palette.append("Cannot be judged", in: .doubtful, to: &self)
            append(": \(obstacle.text).")
        } else if failed == 0 {
            style.palette.append("Verified", in: .good, to: &self)
            append(": probes on the wire match the socket options.")
        } else {
            style.palette.append("Not verified", in: .bad, to: &self)
            append(": \(failed) of \(verification.checks.count) differ.")
        }
    }
}

extension Verification.Check {
    /// Both values and the tolerance: `expected 60.000 s (up to 5.170 s late, 0.010 s early), actual 61.440 s`.
    var comparison: String {
        "expected \(expectedText)" + (toleranceText.map { " (\($0))" } ?? "") + ", actual \(actualText)"
    }

    /// The expected value.
    var expectedText: String { expected.text }

    /// The actual value.
    var actualText: String { quantity == .kernelProbes ? "\(actual.text) on the wire" : actual.text }

    /// How much the values may differ; nil: not at all.
    var toleranceText: String? {
        lateness.map { "up to \(precise($0)) late, \(earliness > 0 ? "\(precise(earliness)) early" : "never early")" }
    }
}

extension Verification.Quantity {
    /// The name of the quantity, in text and in records.
    var text: String {
        switch self {
        case .firstProbe: "first probe"
        case .interval: "interval"
        case .period: "period"
        case .idlePeriod: "every idle period"
        case .probeLength: "shape of the probe"
        case .probesBeforeGivingUp: "probes before giving up"
        case .resetAfterLastProbe: "RST after the last probe"
        case .errorTime: "time of the error"
        case .error: "error of recv"
        case .answers: "answers"
        case .kernelProbes: "probes by the kernel's count"
        }
    }
}

extension Verification.Value {
    /// The value, in text and in records.
    fileprivate var text: String {
        switch self {
        case .nothing: return "none"
        case .duration(let duration): return precise(duration)
        case .durations(let shortest, let longest):
            let (shortest, longest) = (precise(shortest), precise(longest))
            return shortest == longest ? shortest : "\(shortest) to \(longest)"
        case .noProbe(let idle): return "no probe in \(tenths(idle)) of idleness"
        case .neitherProbed(let idle): return "neither end probed in \(tenths(idle)) of idleness"
        case .count(let count): return "\(count)"
        case .counts(let least, let most): return "\(least) to \(most)"
        case .probesWithByte(let count, let probes): return count == 0 ? "0 bytes" : "1 byte in \(count) of \(probes)"
        case .allAnswered: return "every probe answered"
        case .answered(let count, let probes, let pending):
            return "\(count) of \(probes) answered" + (pending > 0 ? ", the last \(pending) not yet" : "")
        case .error(let error): return error?.rawValue ?? "none"
        }
    }
}

extension Verification.Reason {
    /// The reason as a clause, in text and in records.
    var text: String {
        switch self {
        case .peerProbed: return "the peer probed meanwhile, which restarts the timer of some systems"
        case .mayBeIdleTime: return "it may be the idle time, which is not given"
        case .mayBeInterval: return "it may be the interval, which is not given"
        case .mayBeSetLate: return "the options may have been set when the connection was idle already"
        case .optionsChanged: return "the options of the socket were changed during the capture"
        case .otherConnectionsProbe: return "other connections of this network namespace probe too"
        case .probesNeverSent(let counted, let captured):
            let (probes, seen, rest) =
                switch (counted, captured) {
                case (1, 0): ("1 probe", "which was not", "it")
                case (_, 0): ("\(counted) probes", "none of which was", "they")
                case (_, 1): ("\(counted) probes", "only 1 of which was", counted == 2 ? "the other" : "the others")
                default:
                    (
                        "\(counted) probes", "only \(captured) of which were",
                        counted == captured + 1 ? "the other" : "the others"
                    )
                }
            return "the kernel counted \(probes), \(seen) seen on the wire: \(rest) never left the host (a filter on "
                + "OUTPUT, an interface that is down, no route)"
        }
    }
}

extension Verification.Obstacle {
    /// The obstacle as a clause, in text and in records.
    var text: String {
        switch self {
        case .connectionNotCaptured: "nothing of the connection was captured"
        case .packetsDropped(1): "1 packet was dropped by the kernel"
        case .packetsDropped(let count): "\(count) packets were dropped by the kernel"
        case .peerNotCaptured: "nothing that the peer sent was captured"
        case .zeroWindow(let probes):
            "the peer's window was zero, so no keep-alive was due; \(probes) window "
                + (probes == 1 ? "probe was sent" : "probes were sent")
        case .dataInFlight: "data was in flight and unacknowledged, so no keep-alive was due"
        case .closeInFlight: "a FIN was in flight and unacknowledged, so no keep-alive was due"
        case .idleTimeUnknown:
            "no probe was sent, and without an expected idle time nothing says whether one was due"
        case .notYetDue(let idle): "no probe was due yet: it takes \(idle) s of idleness"
        case .beganTooLate: "the capture begins too late to show what the probe waited for"
        case .noProbes(let idle?):
            "no keep-alive probe was seen, and no connection is known to have been idle for more than \(tenths(idle))"
        case .noProbes(nil):
            "no keep-alive probe was seen, and without an expected idle time nothing says whether one was due"
        case .undecided(let reason): reason.text
        case .nothingToCompare(let expectation):
            "nothing was captured that depends on \(Self.names(expectation).joined(separator: " or "))"
        }
    }

    /// The options that `expectation` gives.
    private static func names(_ expectation: Verification.Expectation) -> [String] {
        let given = [
            ("idle", expectation.idle != nil), ("interval", expectation.interval != nil),
            ("count", expectation.count != nil),
        ]
        return given.filter(\.1).map(\.0)
    }
}

/// A duration of `nanoseconds` in seconds with three digits, as in `15.104 s`.
private func precise(_ nanoseconds: Int64) -> String {
    (nanoseconds < 0 ? "-" : "") + TextBuffer.string { $0.append(preciseDuration: nanoseconds) }
}

/// A duration of `nanoseconds`, 0 or more, in seconds with one digit, rounded down, as in `65.1 s`.
private func tenths(_ nanoseconds: Int64) -> String {
    let tenths = nanoseconds / 100_000_000
    return "\(tenths / 10).\(tenths % 10) s"
}
