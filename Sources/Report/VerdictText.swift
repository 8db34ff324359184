public import KeepAlive

/// What a verdict means, how it is told, and what to do: what `tcpalive explain` prints.
extension Verdict {
    /// One line of advice; empty where none is needed.
    var advice: String {
        switch self {
        case .healthy, .closed: ""
        case .unresponsive: "Capture on, until the prober gives up or hears its peer."
        case .peerDead:
            "Look at the peer and its network: power, link, routes, a firewall that drops; nothing from it arrived."
        case .peerLostState:
            "The peer has restarted, or somebody on the path has forgotten the connection and answers RST: connect again."
        case .peerNeverAnswers: "A filter on the way drops the probes or their answers: both are pure ACKs."
        case .noKeepalive: "Turn SO_KEEPALIVE on, with an idle time below the shortest idle timeout of the path."
        case .tooLateForPath: "Set TCP_KEEPIDLE below the idle timeout of the path."
        case .silentDrop: "Set SO_KEEPALIVE, with TCP_KEEPIDLE below the longest silence that was survived."
        case .resetByPath: "Look for a firewall or a load balancer whose idle timeout is shorter than the silence."
        case .intervalExceedsIdle: "Set TCP_KEEPINTVL below TCP_KEEPIDLE, or a dead peer is found late."
        case .unitError: "The options take seconds, those of Windows (SIO_KEEPALIVE_VALS) milliseconds."
        case .userTimeout:
            "TCP_USER_TIMEOUT overrides TCP_KEEPCNT, so that one lost probe is the end; or the count is 1."
        case .dataInFlight:
            "Keep-alives are not sent meanwhile: TCP_USER_TIMEOUT bounds how long data may go unacknowledged."
        case .tooManyProbes: "A longer idle time does as well: paths forget after a minute at the soonest."
        case .middleboxProbes:
            "They tell of the middlebox and not of the ends: look for dead-connection detection there."
        case .unknown: "Capture longer, from the handshake on."
        default: ""
        }
    }

    /// What to do where a healthy connection was closed after a while in which nothing passed but probes.
    static let idleCloseAdvice =
        "Keep-alives do not refresh an idle timeout of an application or of a proxy: lengthen it, or send data."

    /// What it means, for people.
    public var meaning: String {
        switch self {
        case .healthy: "Probes are sent and answered: the peer is alive, and the path is kept open."
        case .unresponsive: "The last probes had no answer, and the capture ends before the prober gave up."
        case .peerDead: "The prober gave up: none of its probes was answered, and nothing was heard of the peer's host."
        case .peerLostState: "A probe, or data after a silence, was answered by RST: the peer has no such connection."
        case .peerNeverAnswers: "The peer sends data after probes, so that it lives, and answers none of them."
        case .noKeepalive: "The connection is silent for a minute or longer, and nobody probes."
        case .tooLateForPath:
            "The first probe after a silence had no answer, and the peer's host was alive: the path had forgotten."
        case .silentDrop: "What was sent after a silence had no answer: the path dropped it, and told nobody."
        case .resetByPath: "A RST came in the name of the peer, from somebody else."
        case .intervalExceedsIdle:
            "TCP_KEEPINTVL is longer than TCP_KEEPIDLE; on a live peer the longer one is the period."
        case .unitError: "Probes come within fractions of a second: a unit was confused."
        case .userTimeout: "The prober gave up sooner than a usual count of probes takes."
        case .dataInFlight: "Data waits to be acknowledged, or for a window; keep-alives are not sent meanwhile."
        case .tooManyProbes: "Probes come far more often than any known path needs: they cost battery and traffic."
        case .middleboxProbes: "Probes come in the name of an end that did not send them."
        case .closed: "The connection was closed or reset, and keep-alives have no part in it."
        case .unknown: "There is no probe, no long silence and no end: nothing can be said."
        default: ""
        }
    }

    /// How it is told, for people.
    public var rule: String {
        switch self {
        case .healthy:
            "At least one keep-alive probe, and each but one just before the end of the capture has an answer. Where the "
                + "end that answers then sends FIN or RST, and nothing but answered probes had passed for 30 s or longer, "
                + "the sentence says so: an application or a proxy has an idle timeout of its own."
        case .unresponsive:
            "One or more probes at the end without an answer for a second or longer, and no RST of the prober."
        case .peerDead:
            "A RST of the prober while two or more probes are unanswered; the peer's host is heard in no other connection."
        case .peerLostState: "A RST of the peer after a probe, or after data that broke a silence of 30 s or longer."
        case .peerNeverAnswers: "Probes, no answer, and segments of the peer after the first probe."
        case .noKeepalive: "A silence of 60 s or longer, and no probe."
        case .tooLateForPath:
            "As peer_dead, without any answered probe before, and the peer's host is heard later in another connection."
        case .silentDrop:
            "Data after a silence of 30 s or longer, not acknowledged for 1 s or longer; or as too_late_for_path, with "
                + "answered probes before."
        case .resetByPath: "A RST whose TTL differs by more than 2 from that of the peer's first segment."
        case .intervalExceedsIdle: "The range of intervals lies above that of idle times."
        case .unitError: "Three or more probes, all within 0.9 s of each other; no stack takes less than a second."
        case .userTimeout: "A RST of the prober after one unanswered probe."
        case .dataInFlight:
            "Data unacknowledged for 1 s or longer while its sender goes on, or probes of a closed window."
        case .tooManyProbes: "Thirty or more probes, none more than 10 s after the last."
        case .middleboxProbes: "Probes whose TTL differs by more than 2 from that of the sender's first segment."
        case .closed: "FIN or RST, no probe and no silence of 60 s."
        case .unknown: "Nothing of all that."
        default: ""
        }
    }

    /// Where that comes from.
    public var source: String {
        switch self {
        case .healthy, .unresponsive, .peerDead, .peerNeverAnswers:
            "RFC 1122 4.2.3.6, RFC 9293 3.8.4; tcp(7): TCP_KEEPCNT"
        case .peerLostState: "RFC 9293 3.5.2, reset generation"
        case .noKeepalive, .tooLateForPath, .silentDrop: "RFC 5382 REQ-5, and the idle timeouts that vendors document"
        case .resetByPath, .middleboxProbes: "RFC 791 3.2: every hop lowers the TTL, and who is elsewhere has another"
        case .intervalExceedsIdle: "Linux: the timer runs for TCP_KEEPINTVL after each probe, answered or not"
        case .unitError: "tcp(7): seconds; SIO_KEEPALIVE_VALS of Windows: milliseconds"
        case .userTimeout: "tcp(7): TCP_USER_TIMEOUT; RFC 5482"
        case .dataInFlight: "RFC 1122 4.2.3.6: probes are for connections without outstanding data; RFC 9293 3.8.6.1"
        case .tooManyProbes: "RFC 1122 4.2.3.6: the default is no less than two hours"
        case .closed: "RFC 9293 3.6"
        case .unknown: "-"
        default: "-"
        }
    }
}

extension TextBuffer {
    /// Appends what `verdict` means, how it is told, what to do, and where that comes from.
    public mutating func append(explanationOf verdict: Verdict) {
        let idleClose = "Where it was closed so: " + Verdict.idleCloseAdvice
        append("\(verdict.rawValue) (severity \(verdict.severity.rawValue))\n")
        for (name, words) in [
            ("means", verdict.meaning), ("is told by", verdict.rule),
            ("what to do", verdict == .healthy ? idleClose : verdict.advice),
            ("source", verdict.source),
        ] where !words.isEmpty {
            append("  ")
            let start = count
            append(name)
            pad(to: 12, from: start)
            append(words)
            append("\n")
        }
    }
}
