public import Platform

/// Why an operation on a socket failed.
public enum SocketError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A value that the kernel would refuse.
    case outOfRange(KeepAliveOption, Int)
    /// A host name or a service name without an address.
    case unresolved(name: String, reason: String)
    /// None of the addresses could be connected to.
    case notConnected([ConnectAttempt])
    /// A watched descriptor became readable while connecting.
    case interrupted
    /// An error of the system, with what failed, as in `cannot listen on 127.0.0.1:80`.
    case system(String, SystemError)

    /// One sentence.
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
