import KeepAlive

extension TextBuffer {
    /// Appends what is known about the idle timeout of `path`: what it survived, what failed, the number to set, and
    /// which devices have such a timeout. Nothing is called safe that was not survived.
    mutating func append(_ path: PathTimeout) {
        guard path.longestSurvived > 0 || path.shortestFailed > 0 else { return }
        append("\n")
        append(sentenceOf: path)
        append("\n")
        let candidates = IdleTimeout.candidates(for: path)
        if candidates.isEmpty { return }
        append("   Possible causes, by their documented idle timeouts:\n")
        for candidate in candidates {
            append("   \(candidate.seconds) s: \(candidate.name)")
            append(" (refreshed by keep-alives: \(candidate.isRefreshed))\n")
        }
    }

    /// Appends what is known about `path` in sentences.
    mutating func append(sentenceOf path: PathTimeout) {
        let (first, second) = (network(path.networks.first), network(path.networks.second))
        let survived = Drawing.precise(path.longestSurvived)
        let failed = Drawing.precise(path.shortestFailed)
        append("The path between \(first) and \(second) ")
        if path.shortestFailed == 0 {
            append("survived an idle period of \(survived); none failed.")
        } else if path.longestSurvived == 0 {
            append("dropped a connection after an idle period of \(failed); none of 30 s or more was survived.")
        } else if path.longestSurvived < path.shortestFailed {
            append("survived an idle period of \(survived) and dropped a connection after one of \(failed).")
        } else {
            append("dropped a connection after an idle period of \(failed), although one of \(survived) was survived. ")
            append("The evidence conflicts: the timeouts may differ between connections, or a peer died.")
        }
        if let idle = path.safeIdle {
            append(" Set TCP_KEEPIDLE to \(idle) s or less: probes then come within an idle period that was survived.")
        } else if path.shortestFailed > 0 {
            append(" Set TCP_KEEPIDLE below \(path.shortestFailed / 1_000_000_000) s; no shorter value was tested.")
        }
    }
}
