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
