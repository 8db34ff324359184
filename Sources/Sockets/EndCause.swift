/// How a connection ended, as recv(2) or send(2) told it.
public enum EndCause: Sendable, Equatable {
    /// The peer said that it will send no more (FIN).
    case closedByPeer
    /// The peer answered with a RST (ECONNRESET).
    case reset
    /// Nothing came from the peer for too long (ETIMEDOUT).
    case timedOut
    /// A router, or this host, found no way to the peer (EHOSTUNREACH, ENETUNREACH).
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

    /// What it means, in a sentence or two for a person.
    ///
    /// `options` are those read back from the socket, `silence` is the time since the peer was last heard, and
    /// `unacknowledged` the number of octets that were sent and never acknowledged; nil: not known.
    public func explanation(options: KeepAliveOptions, silence: Duration?, unacknowledged: UInt64?) -> String {
        switch self {
        case .closedByPeer:
            "Closed by the peer (FIN): it sent all that it had to send and ended the connection in order."
        case .reset:
            "Reset by the peer (ECONNRESET): it answered that it knows no such connection. It was restarted, gave the "
                + "connection up, or closed it with data unread; or something on the way answered in its name."
        case .timedOut:
            Self.timeoutExplanation(options: options, silence: silence, unacknowledged: unacknowledged)
        case .unreachable(let error):
            "Unreachable (\(error)): sent data was not acknowledged, and a router or this host reported that there is "
                + "no way to the peer. An idle connection never ends like this: there the report is ignored and the "
                + "probes go on until they time out."
        case .failed(let error):
            "The connection failed: \(error)."
        }
    }

    private static func timeoutExplanation(
        options: KeepAliveOptions, silence: Duration?, unacknowledged: UInt64?
    ) -> String {
        let heard = silence.map { " The peer was last heard \($0.preciseSecondsText) ago." } ?? ""
        let timeout = options.userTimeout ?? 0
        if let unacknowledged, unacknowledged > 0 {
            let octets = "\(unacknowledged) octet\(unacknowledged == 1 ? "" : "s")"
            return
                "Timed out (ETIMEDOUT): \(octets) sent and never acknowledged. While data is in flight no keep-alive "
                + "probes are sent; "
                + (timeout > 0
                    ? "the user timeout of \(Duration.milliseconds(timeout).secondsText) ended the retransmissions."
                    : "the retransmissions decide, and they were given up (net.ipv4.tcp_retries2).") + heard
        }
        guard let schedule = ProbeSchedule(options) else {
            return "Timed out (ETIMEDOUT): the peer did not answer." + heard
        }
        let probes = "\(schedule.probes) keep-alive probe\(schedule.probes == 1 ? "" : "s")"
        let sum =
            "\(schedule.firstProbe.secondsText) idle + \(schedule.probes) × \(schedule.interval.secondsText) "
            + "= \(schedule.givesUpAfter.secondsText)"
        guard schedule.isByUserTimeout else {
            return "Timed out (ETIMEDOUT): \(probes) unanswered. By the options that takes \(sum)." + heard
        }
        let user = Duration.milliseconds(timeout).secondsText
        let counted = options.count.map { " instead of the \($0) of TCP_KEEPCNT" } ?? ""
        return "Timed out (ETIMEDOUT): \(probes) unanswered. The user timeout of \(user) decides\(counted): the "
            + "connection is given up when the keep-alive timer first fires after it, with a probe out; that takes "
            + "\(sum)." + heard
    }
}
