public import Platform
public import Wire

/// A failed attempt to connect to one address.
public struct ConnectAttempt: Sendable, Equatable, CustomStringConvertible {
    /// Why the attempt failed.
    public enum Failure: Sendable, Equatable {
        /// No answer within this connect timeout.
        case noAnswer(within: Duration)
        /// It was connected, and what answered was not `tcpalive listen` (`PathCheck`).
        case noListener
        /// It was connected, and closed at once, unlike earlier connections.
        case closedAtOnce
        /// An error of the system: refused, unreachable, and so on (connect(2)).
        case failed(SystemError)
        /// An error of the system that an ICMP error caused.
        case reported(SystemError, ICMPError)
        /// The socket could not be bound to this local address (bind(2)), with the reason.
        case cannotBind(String, reason: String)
    }

    /// The address that was tried.
    public let address: SocketAddress
    /// Why the attempt failed.
    public let failure: Failure

    /// A failed attempt to connect to `address`.
    public init(address: SocketAddress, failure: Failure) {
        self.address = address
        self.failure = failure
    }

    /// A clause, as in `[::1]:80: Connection refused`.
    public var description: String {
        switch failure {
        case .noAnswer(let limit): "\(address): no answer within \(limit.secondsText)"
        case .noListener: "\(address): it does not answer as tcpalive listen does"
        case .closedAtOnce: "\(address): it closes new connections at once, so it may limit their number"
        case .failed(let error), .reported(let error, _): "\(address): \(error)"
        case .cannotBind(let local, let reason): "\(address): cannot bind to \(local): \(reason)"
        }
    }
}
