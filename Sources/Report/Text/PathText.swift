import KeepAlive

/// The sentences about the idle timeout of a path. Only an idle period that connections survived is called safe.
struct PathText {
    /// The networks at the ends of the path.
    var first: String
    var second: String
    /// The longest idle period that connections survived (ns); 0: none.
    var survived: Int64
    /// The shortest idle period after which a connection was dropped (ns); 0: none.
    var failed: Int64
    /// The largest TCP_KEEPIDLE (s) whose first probe comes within `survived`; nil: none.
    var safeIdle: Int64?

    /// Whether anything is known.
    var isEmpty: Bool { survived == 0 && failed == 0 }

    /// Whether connections survived an idle period that is at least as long as `failed`.
    var isConflicting: Bool { failed > 0 && survived >= failed }

    /// What is known, whether it conflicts, and the TCP_KEEPIDLE to set.
    var sentences: String {
        let (longest, shortest) = (precise(survived), precise(failed))
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
        if let safeIdle, failed == 0 {
            text += " So a TCP_KEEPIDLE of up to \(safeIdle) s is known to be safe."
        } else if let safeIdle {
            text +=
                " Set TCP_KEEPIDLE to \(safeIdle) s or less: probes then come within an idle period that was survived."
        } else if let idle = largestIdle {
            text += " Set TCP_KEEPIDLE to \(idle) s or less; the path may need a shorter one, as none was tested."
        }
        return text
    }

    private func precise(_ nanoseconds: Int64) -> String {
        TextBuffer.string { $0.append(preciseDuration: nanoseconds) }
    }

    /// The largest TCP_KEEPIDLE (s) whose first probe, with the widest timer bucket of Linux, comes before `failed`; nil:
    /// none.
    private var largestIdle: Int64? {
        let idle = TimerWheel.longestSetting(within: failed - 1)
        return idle > 0 ? idle : nil
    }

    /// The path devices with a documented idle timeout in this range.
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
    /// Appends the sentences about `path`, and the possible causes, one line each.
    mutating func append(_ path: PathText, _ style: TextStyle = TextStyle()) {
        if path.isEmpty { return }
        var start = count
        append("\n\(path.sentences)\n")
        wrap(from: start, to: style.width)
        start = count
        defer { wrap(from: start, to: style.width, hanging: 3) }
        let candidates = path.candidates
        if candidates.isEmpty { return }
        append("   Possible causes, by their documented idle timeouts:\n")
        for candidate in candidates {
            append("   \(candidate.seconds) s: \(candidate.name)")
            append(" (refreshed by keep-alives: \(candidate.isRefreshed))\n")
        }
    }
}
