/// An option of tcp(7) that keep-alive depends on.
public enum KeepAliveOption: Sendable, Equatable, CaseIterable {
    /// Seconds without a received segment before the first probe (TCP_KEEPIDLE, on macOS TCP_KEEPALIVE).
    case idle
    /// Seconds between unanswered probes (TCP_KEEPINTVL).
    case interval
    /// Unanswered probes before the connection is given up (TCP_KEEPCNT).
    case count
    /// Milliseconds that sent data or probes may stay unanswered (TCP_USER_TIMEOUT); 0: the other options decide.
    case userTimeout

    /// The unit of its values: `s`, `ms`, or empty.
    public var unit: String {
        switch self {
        case .idle, .interval: "s"
        case .count: ""
        case .userTimeout: "ms"
        }
    }
}
