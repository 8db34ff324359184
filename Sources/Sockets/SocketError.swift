/// One address that was tried, and why it could not be connected to.
public struct ConnectAttempt: Sendable, Equatable, CustomStringConvertible {
    /// Why an attempt failed.
    public enum Failure: Sendable, Equatable {
        /// No answer within the connect timeout, which is given.
        case noAnswer(within: Duration)
        /// What the system said: refused, unreachable, and the like (connect(2)).
        case failed(SystemError)
        /// The same, because of an ICMP error.
        case reported(SystemError, ICMPError)
        /// The address to bind to could not be used (bind(2)), and why.
        case cannotBind(String, reason: String)
    }

    /// The address that was tried.
    public let endpoint: Endpoint
    /// Why it did not connect.
    public let failure: Failure

    /// The attempt at `endpoint` that ended in `failure`.
    public init(endpoint: Endpoint, failure: Failure) {
        self.endpoint = endpoint
        self.failure = failure
    }

    /// A clause for a person, as in `[::1]:80: Connection refused`.
    public var description: String {
        switch failure {
        case .noAnswer(let limit): "\(endpoint): no answer within \(limit.secondsText)"
        case .failed(let error): "\(endpoint): \(error)"
        case .reported(let error, let report): "\(endpoint): \(error); \(report)"
        case .cannotBind(let address, let reason): "\(endpoint): cannot bind to \(address): \(reason)"
        }
    }
}

/// Why a socket could not do what it was asked to: what, where, and what to do, in one sentence.
public enum SocketError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A value that the kernel would refuse.
    case outOfRange(KeepAliveOption, Int)
    /// A name or a port without an address.
    case unresolved(name: String, reason: String)
    /// None of the addresses that were tried could be connected to.
    case notConnected([ConnectAttempt])
    /// A watched descriptor became readable while connecting.
    case interrupted
    /// Any other failure of the system, and what it was about.
    case system(String, SystemError)

    /// One sentence for a person.
    public var description: String {
        switch self {
        case .outOfRange(let option, let value):
            "\(option.name): \(value) is not between \(option.bounds.lowerBound) and \(option.bounds.upperBound)"
                + (option.unit.isEmpty ? "" : " \(option.unit)") + ", the bounds of the kernel"
        case .unresolved(let name, let reason): "\(name): \(reason)"
        case .notConnected(let attempts):
            "could not connect: " + attempts.map(\.description).joined(separator: "; ")
        case .interrupted: "interrupted while connecting"
        case .system(let subject, let error): "\(subject): \(error)"
        }
    }
}
