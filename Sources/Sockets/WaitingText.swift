extension ConnectionActivity {
    /// The line of `KeepAliveClient.waitingText` when `next` comes next.
    func waitingText(next: NextProbe, reply: Duration?, at now: ContinuousClock.Instant) -> String {
        switch next {
        case .probe(let after, 1):
            guard answeredProbes > 0, let lastAnswer else { break }
            let count =
                "\(mayMissAnswers ? "at least " : "")\(answeredProbes) probe\(answeredProbes == 1 ? "" : "s") answered"
            let last = reply.map { "last in \($0.millisecondsText)," } ?? "last"
            return "\(count), \(last) \(lastAnswer.duration(to: now).preciseSecondsText) ago; "
                + "next in \(after.preciseSecondsText)"
        case .windowProbe(let after, let unanswered):
            guard let windowClosedSince else { break }
            let duration = windowClosedSince.duration(to: now).preciseSecondsText
            // One may be on its way.
            let probes = unanswered > 1 ? "\(unanswered) window probes unanswered" : windowProbesText
            return "waiting; the peer's window has been closed for \(duration), so no keep-alive probes; \(probes), "
                + "next in \(after.preciseSecondsText)"
        default: break
        }
        return "waiting; \(next)"
    }
}

extension Duration {
    /// The duration in milliseconds with one decimal, as in `0.4 ms`; below 0.1 ms with three, as in `0.021 ms`.
    fileprivate var millisecondsText: String {
        let microseconds = components.seconds &* 1_000_000 &+ components.attoseconds / 1_000_000_000_000
        if (0..<100).contains(microseconds) { return "0.0\(microseconds < 10 ? "0" : "")\(microseconds) ms" }
        let tenths = (microseconds &+ 50) / 100
        return "\(tenths / 10).\(tenths % 10) ms"
    }
}
