/// One of the options that tcp(7) has for keep-alives.
public enum KeepAliveOption: Sendable, Equatable, CaseIterable {
    /// Seconds without a received segment before the first probe.
    case idle
    /// Seconds between probes that get no answer.
    case interval
    /// How many unanswered probes make a peer dead.
    case count
    /// Milliseconds that sent data, or probes, may stay unanswered; 0: as the system decides.
    case userTimeout

    /// The unit of its values: `s`, `ms`, or none.
    public var unit: String {
        switch self {
        case .idle, .interval: "s"
        case .count: ""
        case .userTimeout: "ms"
        }
    }
}
