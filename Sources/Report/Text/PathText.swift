import KeepAlive

/// What is known about the idle timeout of a path, in words. Nothing is called safe that was not survived.
struct PathText {
    /// The networks at the ends of the path.
    var first: String
    var second: String
    /// The longest idle period that was survived, and the shortest that failed (ns); 0: none.
    var survived: Int64
    var failed: Int64
    /// The largest TCP_KEEPIDLE (s) whose probes come within an idle period that was survived; nil: none.
    var safeIdle: Int64?

    /// Whether anything is known.
    var isEmpty: Bool { survived == 0 && failed == 0 }

    /// Whether an idle period was survived that is as long as one that failed.
    var isConflicting: Bool { failed > 0 && survived >= failed }

    /// What was survived, what failed, whether the two conflict, and the number to set.
    var sentences: String {
        let (longest, shortest) = (Drawing.precise(survived), Drawing.precise(failed))
        var text = first == second ? "The path within \(first) " : "The path between \(first) and \(second) "
        if failed == 0 {
            text += "survived an idle period of \(longest); none failed."
        } else if survived == 0 {
            text += "dropped a connection after an idle period of \(shortest); none of 30 s or more was survived."
        } else if isConflicting {
            text +=
                "dropped a connection after an idle period of \(shortest), although one of \(longest) was survived. "
            text += "The evidence conflicts: the timeouts may differ between connections, or a peer died."
        } else {
            text += "survived an idle period of \(longest) and dropped a connection after one of \(shortest)."
        }
        if let safeIdle {
            text +=
                " Set TCP_KEEPIDLE to \(safeIdle) s or less: probes then come within an idle period that was survived."
        } else if let idle = largestIdle {
            text += " Set TCP_KEEPIDLE to \(idle) s or less; the path may need a shorter one, as none was tested."
        }
        return text
    }

    /// The largest TCP_KEEPIDLE (s) whose first probe, as late as any Linux may send it, precedes what failed; nil: none.
    private var largestIdle: Int64? {
        let second: Int64 = 1_000_000_000
        var idle = failed / second
        while idle > 0, idle * second + TimerWheel.widestBucket(idle * second) >= failed { idle -= 1 }
        return idle > 0 ? idle : nil
    }

    /// Path devices with a documented idle timeout that explains what was seen.
    var candidates: [IdleTimeout] { IdleTimeout.candidates(survived: survived, failed: failed) }
}

extension PathText {
    /// What is known about `path`.
    init(_ path: PathTimeout) {
        (first, second) = (network(path.networks.first), network(path.networks.second))
        (survived, failed, safeIdle) = (path.longestSurvived, path.shortestFailed, path.safeIdle)
    }
}

extension TextBuffer {
    /// Appends what is known about `path`: its sentences, and the possible causes, a line each.
    mutating func append(_ path: PathText) {
        if path.isEmpty { return }
        append("\n\(path.sentences)\n")
        let candidates = path.candidates
        if candidates.isEmpty { return }
        append("   Possible causes, by their documented idle timeouts:\n")
        for candidate in candidates {
            append("   \(candidate.seconds) s: \(candidate.name)")
            append(" (refreshed by keep-alives: \(candidate.isRefreshed))\n")
        }
    }
}
