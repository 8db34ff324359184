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
