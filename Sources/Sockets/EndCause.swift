public import Platform

/// How a connection ended, as recv(2) or send(2) reported it.
public enum EndCause: Sendable, Equatable {
    /// The peer closed its direction (FIN).
    case closedByPeer
    /// A RST arrived (ECONNRESET, or EPIPE after a FIN).
    case reset
    /// The peer did not answer for too long (ETIMEDOUT).
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

    /// The error of recv(2); nil after FIN.
    public var error: SystemError? {
        switch self {
        case .closedByPeer: nil
        case .reset: .connectionReset
        case .timedOut: .timedOut
        case .unreachable(let error), .failed(let error): error
        }
    }

    /// The C name of the error of recv(2), as in `ETIMEDOUT`, or its description for `failed`; nil after FIN.
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
}

/// The facts about a connection when it ends or is closed from this end. Nil and 0 mean unknown or none.
public struct EndContext: Sendable, Equatable {
    /// The options read back from the socket.
    public var options: KeepAliveOptions
    /// Time since the last segment of the peer.
    public var silence: Duration?
    /// Time since data was last sent or received; before any data, since the connection began.
    public var idle: Duration?
    /// How long the connection was idle before the data that was last sent or received.
    public var idleBeforeData: Duration?
    /// Bytes that were sent and not acknowledged.
    public var unacknowledgedBytes: UInt64?
    /// Keep-alive or window probes sent since the peer last answered.
    public var unansweredProbes: Int?
    /// Keep-alive probes that the peer answered.
    public var answeredProbes = 0
    /// Keep-alive probes that the peer answered since data was last sent or received.
    public var answeredSinceData = 0
    /// Whether both counts of answers may be too low.
    public var mayMissAnswers = false
    /// How long the peer's window has been closed; nil: it is open.
    public var windowClosed: Duration?
    /// Window probes sent since the window closed.
    public var windowProbes = 0
    /// Whether the count of window probes may be too low.
    public var mayMissWindowProbes = false
    /// The ICMP errors about the connection.
    public var reports = ICMPReports()
    /// ICMP errors about any connection of this network namespace that the kernel ignored meanwhile (`KernelCounters`);
    /// 0 if this process receives ICMP errors itself, and so knows which are about this connection.
    public var ignoredICMPErrors = 0

    /// A connection with `options`, and no other facts.
    public init(options: KeepAliveOptions) {
        self.options = options
    }
}
