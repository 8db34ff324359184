/// How a connection ended, as recv(2) or send(2) reported it.
public enum EndCause: Sendable, Equatable {
    /// The peer closed its direction (FIN).
    case closedByPeer
    /// A RST arrived (ECONNRESET).
    case reset
    /// The peer was silent for too long (ETIMEDOUT).
    case timedOut
    /// A router, or this host, has no route to the peer (EHOSTUNREACH, ENETUNREACH).
    case unreachable(SystemError)
    /// Any other error.
    case failed(SystemError)

    /// The end that `error` of recv(2) or send(2) means.
    public init(_ error: SystemError) {
        switch error {
        // EPIPE: the RST came after the FIN.
        case .connectionReset, .brokenPipe: self = .reset
        case .timedOut: self = .timedOut
        case .hostUnreachable, .networkUnreachable: self = .unreachable(error)
        default: self = .failed(error)
        }
    }

    /// The error that recv(2) gave; nil for FIN.
    public var error: SystemError? {
        switch self {
        case .closedByPeer: nil
        case .reset: .connectionReset
        case .timedOut: .timedOut
        case .unreachable(let error), .failed(let error): error
        }
    }

    /// The C name of the error that recv(2) gave, as in `ETIMEDOUT`; nil for FIN. Of other errors, their description.
    public var errorName: String? {
        switch self {
        case .closedByPeer: nil
        case .timedOut: "ETIMEDOUT"
        case .reset: "ECONNRESET"
        case .unreachable(.networkUnreachable): "ENETUNREACH"
        case .unreachable: "EHOSTUNREACH"
        case .failed(let error): "\(error)"
        }
    }

    /// What it means given what is known, in a few sentences for a person.
    public func explanation(_ known: EndContext) -> String {
        switch self {
        case .closedByPeer: Self.closeExplanation(known)
        case .reset: Self.resetExplanation(known) + known.reportText
        case .timedOut: Self.timeoutExplanation(known) + known.heardText + known.reportText + known.ignoredText
        case .unreachable(let error):
            "Unreachable (\(error)): sent data was not acknowledged, and a router or this host reported that it has "
                + "no route to the peer. Only a connection with data in flight ends like this: on an idle connection "
                + "the kernel ignores the report, and the probes go on until they time out." + known.reportText
        case .failed(let error):
            "The connection failed: \(error)." + known.reportText
        }
    }

    private static func closeExplanation(_ known: EndContext) -> String {
        if let window = known.windowText { return "Closed by the peer (FIN). \(window)" }
        if let bytes = known.unacknowledgedBytes, bytes > 0 {
            return "Closed by the peer (FIN) before it acknowledged \(EndContext.bytesText(bytes)) sent from here."
        }
        guard let idle = known.longIdle else {
            return "Closed by the peer (FIN): it sent all its data and closed the connection in order."
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
            + "application, of a proxy, or of a middlebox on the path. Keep-alives refresh only the last of these; a capture shows "
            + "by the hop distance of the RST who sent it."
    }

    /// The two reasons for a RST that answers a segment, and what to do if it was the path.
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
                "Timed out (ETIMEDOUT): \(EndContext.bytesText(bytes)) sent and never acknowledged. No keep-alive "
                + "probes are sent while data is in flight; "
                + (timeout > 0
                    ? "the user timeout of \(Duration.milliseconds(timeout).secondsText) ended the retransmissions."
                    : "the kernel retransmitted it until it gave up (net.ipv4.tcp_retries2).")
        }
        guard let schedule = ProbeSchedule(options) else {
            return "Timed out (ETIMEDOUT): the peer did not answer."
        }
        let count = known.unansweredProbes.flatMap { $0 > 0 ? $0 : nil } ?? schedule.probes
        let probes = "\(count) keep-alive probe\(count == 1 ? "" : "s")"
        let sum =
            "\(schedule.firstProbe.secondsText) idle + \(schedule.probes) × \(schedule.interval.secondsText) "
            + "= \(schedule.givesUpAfter.secondsText)"
        guard schedule.isByUserTimeout else {
            return "Timed out (ETIMEDOUT): \(probes) unanswered. By the options that takes \(sum)."
        }
        let user = Duration.milliseconds(timeout).secondsText
        let counted = options.count.map { " instead of the \($0) of TCP_KEEPCNT" } ?? ""
        return "Timed out (ETIMEDOUT): \(probes) unanswered. The user timeout of \(user) decides\(counted): the kernel "
            + "gives up when the keep-alive timer first fires after it with a probe unanswered; that takes \(sum)."
    }
}
