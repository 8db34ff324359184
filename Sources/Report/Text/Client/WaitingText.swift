package import Sockets

extension NextProbe {
    /// A clause, as in `next probe in 55.0 s`.
    package var text: String {
        switch self {
        case .probe(let after, 1): "next probe in \(after.preciseSecondsText)"
        case .probe(let after, let number):
            "\(counted(number - 1, "probe")) unanswered, next in \(after.preciseSecondsText)"
        case .givesUp(let after, let unanswered):
            "\(counted(unanswered, "probe")) unanswered, gives up in \(after.preciseSecondsText)"
        case .retransmission(let after, let count):
            "data in flight, so no keep-alive probes; "
                + (count == 0 ? "" : "retransmitted \(counted(count, "time")), ")
                + "next retransmission in \(after.preciseSecondsText)"
        case .windowProbe(let after, _):
            "the peer's window is zero, so no keep-alive probes; next window probe in \(after.preciseSecondsText)"
        case .never: "keep-alive is off, so no probe will be sent"
        case .unknown: "this system does not report when the next probe is due"
        }
    }
}

extension ConnectionActivity {
    /// A line about a quiet connection, as in `3 probes answered, last 1.2 s ago; next in 3.8 s`.
    ///
    /// - Parameters:
    ///   - next: what the connection does next.
    ///   - reply: the time between the last answered probe and its answer, which only packets show.
    ///   - now: the time of the line.
    package func waitingText(next: NextProbe, reply: Duration?, at now: ContinuousClock.Instant) -> String {
        switch next {
        case .probe(let after, 1):
            guard answeredProbes > 0, let lastAnswer else { break }
            let last = reply.map { "last in \($0.millisecondsText)," } ?? "last"
            return "\(mayMissAnswers ? "at least " : "")\(counted(answeredProbes, "probe")) answered, \(last) "
                + "\(lastAnswer.duration(to: now).preciseSecondsText) ago; next in \(after.preciseSecondsText)"
        case .windowProbe(let after, let unanswered):
            guard let windowClosedSince else { break }
            let duration = windowClosedSince.duration(to: now).preciseSecondsText
            // The answer to one probe may be in flight.
            let probes =
                unanswered > 1
                ? "\(unanswered) window probes unanswered"
                : "\(mayMissWindowProbes ? "at least " : "")\(counted(windowProbes, "window probe"))"
            return "waiting; the peer's window has been closed for \(duration), so no keep-alive probes; \(probes), "
                + "next in \(after.preciseSecondsText)"
        default: break
        }
        return "waiting; \(next.text)"
    }
}

extension Duration {
    /// The duration in milliseconds, with one decimal, or three below 0.1 ms: `0.4 ms`, `0.021 ms`.
    fileprivate var millisecondsText: String {
        let microseconds = components.seconds &* 1_000_000 &+ components.attoseconds / 1_000_000_000_000
        if (0..<100).contains(microseconds) { return "0.0\(microseconds < 10 ? "0" : "")\(microseconds) ms" }
        let tenths = (microseconds &+ 50) / 100
        return "\(tenths / 10).\(tenths % 10) ms"
    }
}

/// A count with its noun, as in `1 probe` and `2 probes`.
func counted(_ count: some BinaryInteger, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
