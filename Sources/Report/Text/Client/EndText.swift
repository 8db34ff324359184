package import Sockets

extension EndCause {
    /// A few sentences: how the connection ended, why, and what to check.
    package func explanation(_ known: EndContext) -> String {
        switch self {
        case .closedByPeer: Self.closeExplanation(known)
        case .reset: Self.resetExplanation(known) + known.reports.text
        case .timedOut: Self.timeoutExplanation(known) + known.heardText + known.reports.text + known.ignoredText
        case .unreachable(let error):
            "Unreachable (\(error)): sent data was not acknowledged, and a router or this host reported that it has "
                + "no route to the peer. Only a connection with data in flight ends like this: on an idle connection "
                + "the kernel ignores the report, and the probes go on until they time out." + known.reports.text
        case .failed(let error):
            "The connection failed: \(error)." + known.reports.text
        }
    }

    private static func closeExplanation(_ known: EndContext) -> String {
        if let window = known.windowText { return "Closed by the peer (FIN). \(window)" }
        if let bytes = known.unacknowledgedBytes, bytes > 0 {
            return "Closed by the peer (FIN) before it acknowledged \(counted(bytes, "byte")) sent from here."
        }
        guard let idle = known.longIdle else {
            return "Closed by the peer (FIN): it sent all its data and closed the connection normally."
        }
        return
            "Closed by the peer (FIN): \(known.idleClause(idle)). This looks like an idle timeout of the application "
            + "or of a proxy. Keep-alives do not refresh it: make it longer, or send data."
    }

    private static func resetExplanation(_ known: EndContext) -> String {
        if let window = known.windowText { return "Reset by the peer (ECONNRESET). \(window)" }
        if let bytes = known.unacknowledgedBytes, bytes > 0 {
            let idle = known.idleBeforeData.flatMap { $0 >= EndContext.idleThreshold ? $0 : nil }
            let before = idle.map { ", the first after \($0.preciseSecondsText) without any," } ?? ""
            return "Reset by the peer (ECONNRESET): the data sent from here\(before) was answered with RST. "
                + lostState(pathIdle: idle)
        }
        if let unanswered = known.unansweredProbes, unanswered > 0 {
            return "Reset by the peer (ECONNRESET): a keep-alive probe was answered with RST. "
                + lostState(pathIdle: known.silence)
        }
        guard let idle = known.longIdle else {
            return "Reset by the peer (ECONNRESET): the application there aborted the connection or closed it with "
                + "unread data, or a middlebox reset it."
        }
        return "Reset by the peer (ECONNRESET): \(known.idleClause(idle)). This looks like an idle timeout of the "
            + "application, of a proxy, or of a middlebox on the path. Keep-alives refresh only the last of these; in a "
            + "capture, the hop distance of the RST shows who sent it."
    }

    /// The two causes of a RST that answers a segment, and what to do if the path is the cause.
    private static func lostState(pathIdle: Duration?) -> String {
        let text = "The peer restarted or closed the connection, or a middlebox lost its state."
        guard let pathIdle else { return text }
        return text
            + " If this happens again after the same \(pathIdle.preciseSecondsText) of silence, it is the path: "
            + "set TCP_KEEPIDLE below that."
    }

    private static func timeoutExplanation(_ known: EndContext) -> String {
        let options = known.options
        let timeout = options.userTimeout ?? 0
        if let window = known.windowText {
            return "Timed out (ETIMEDOUT) while the peer's window was closed, when no keep-alive probes are sent. "
                + window
        }
        if let bytes = known.unacknowledgedBytes, bytes > 0 {
            return
                "Timed out (ETIMEDOUT): \(counted(bytes, "byte")) sent and never acknowledged. No keep-alive "
                + "probes are sent while data is in flight; "
                + (timeout > 0
                    ? "the user timeout of \(Duration.milliseconds(timeout).secondsText) ended the retransmissions."
                    : "the kernel retransmitted it until it gave up (net.ipv4.tcp_retries2).")
        }
        guard let schedule = ProbeSchedule(options) else {
            return "Timed out (ETIMEDOUT): the peer did not answer."
        }
        let count = known.unansweredProbes.flatMap { $0 > 0 ? $0 : nil } ?? schedule.probes
        let probes = counted(count, "keep-alive probe")
        let sum =
            "\(schedule.firstProbe.secondsText) idle + \(schedule.probes) × \(schedule.interval.secondsText) "
            + "= \(schedule.givesUpAfter.secondsText)"
        guard schedule.isByUserTimeout else {
            return "Timed out (ETIMEDOUT): \(probes) unanswered. With these options that takes \(sum)."
        }
        let user = Duration.milliseconds(timeout).secondsText
        let instead = options.count.map { " instead of the \($0) of TCP_KEEPCNT" } ?? ""
        return "Timed out (ETIMEDOUT): \(probes) unanswered. The user timeout of \(user) decides\(instead): the kernel "
            + "gives up when the keep-alive timer first fires after it with a probe unanswered. That takes \(sum)."
    }
}

extension EndContext {
    /// The shortest idle time that makes an end an idle timeout, the same as for the verdict `idle_close`.
    fileprivate static let idleThreshold = Duration.seconds(30)

    /// The idle time before the end, if it is long enough for an idle timeout.
    fileprivate var longIdle: Duration? { idle.flatMap { $0 >= Self.idleThreshold ? $0 : nil } }

    /// A clause, as in `no data for 75.0 s, only 3 answered probes`.
    fileprivate func idleClause(_ idle: Duration) -> String {
        let probes = "\(mayMissAnswers ? "at least " : "")\(counted(answeredSinceData, "answered probe"))"
        return "no data for \(idle.preciseSecondsText)\(answeredSinceData == 0 ? "" : ", only \(probes)")"
    }

    /// A sentence after a space, as in ` The peer was last heard 5.0 s ago.`; or empty.
    fileprivate var heardText: String { silence.map { " The peer was last heard \($0.preciseSecondsText) ago." } ?? "" }

    /// A sentence after a space about ICMP errors that may explain unanswered probes; or empty.
    fileprivate var ignoredText: String {
        guard reports.isEmpty, ignoredICMPErrors > 0 else { return "" }
        return " The kernel ignored \(counted(ignoredICMPErrors, "ICMP error")) meanwhile "
            + "(OutOfWindowIcmps, all connections of this network namespace). They may explain it; with the capability "
            + "cap_net_raw their text is shown here."
    }

    /// A sentence about a closed window; nil if it is open.
    fileprivate var windowText: String? {
        guard let windowClosed else { return nil }
        let probes = "\(mayMissWindowProbes ? "at least " : "")\(counted(windowProbes, "window probe"))"
        let duration = "window closed for \(windowClosed.secondsText), \(probes)"
        // The answer to one probe may be in flight.
        guard let unansweredProbes, unansweredProbes < 2 else {
            return "The peer's \(duration)\(unansweredProbes.map { ", the last \($0) unanswered" } ?? "")."
        }
        return "The peer is alive but does not read: \(duration)."
    }

    /// Sentences after a space about the state of a connection that is closed from this end; empty if nothing is known.
    package var stateText: String {
        if let windowText { return " \(windowText)" + reports.text }
        if let unacknowledgedBytes, unacknowledgedBytes > 0 {
            return " \(counted(unacknowledgedBytes, "byte")) sent and not acknowledged." + heardText + reports.text
        }
        if let unansweredProbes, unansweredProbes > 0 {
            return " \(counted(unansweredProbes, "probe")) unanswered." + heardText + reports.text + ignoredText
        }
        guard answeredProbes > 0 else { return reports.text }
        let answers = "\(mayMissAnswers ? "at least " : "")\(counted(answeredProbes, "probe"))"
        return " The peer answered \(answers)." + reports.text
    }
}
