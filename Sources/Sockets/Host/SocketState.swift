/// The state of a TCP socket, with the numbers of Linux (include/net/tcp_states.h).
package struct SocketState: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let established = SocketState(rawValue: 1)
    package static let synSent = SocketState(rawValue: 2)
    package static let synReceived = SocketState(rawValue: 3)
    package static let finWait1 = SocketState(rawValue: 4)
    package static let finWait2 = SocketState(rawValue: 5)
    package static let timeWait = SocketState(rawValue: 6)
    package static let closeWait = SocketState(rawValue: 8)
    package static let lastAck = SocketState(rawValue: 9)
    package static let listen = SocketState(rawValue: 10)
    package static let closing = SocketState(rawValue: 11)

    /// The names of ss(8), each at the index of its number.
    private static let names = [
        "unknown", "established", "syn-sent", "syn-recv", "fin-wait-1", "fin-wait-2", "time-wait", "closed",
        "close-wait", "last-ack", "listening", "closing",
    ]

    /// The name, as in ss(8): `established`.
    package var name: String { Self.names[rawValue < 12 ? Int(rawValue) : 0] }

    /// The name as ss(8) prints it in its table: `ESTAB`, `CLOSE-WAIT`.
    package var shortName: String {
        switch self {
        case .established: "ESTAB"
        case .listen: "LISTEN"
        default: name.uppercased()
        }
    }

    /// The names of single states, in the order of their numbers.
    package static var allNames: [String] { Array(names.dropFirst()) }
}

/// A set of states, as sock_diag(7) takes it: one bit per number.
package struct SocketStates: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The set of these states.
    package init(_ states: SocketState...) {
        rawValue = states.reduce(0) { $0 | 1 << UInt32($1.rawValue & 31) }
    }

    /// All states.
    package static let all = SocketStates(rawValue: 0xFFF)
    /// Those in which a connection is up and its program can still use it.
    package static let open = SocketStates(.established, .closeWait)
    /// Those before a connection is up.
    package static let opening = SocketStates(.synSent, .synReceived)
    /// Those in which the kernel sends probes.
    package static let probing = SocketStates(.established, .finWait1, .finWait2, .closeWait, .lastAck, .closing)

    /// The states with a name or group of ss(8), such as `established` or `connected`; nil: there is no such name.
    package init?(name: some StringProtocol) {
        let all = Self.all.rawValue
        let (listen, closed) = (UInt32(1 << 10), UInt32(1 << 7))
        switch name.lowercased() {
        case "all": rawValue = all
        case "connected": rawValue = all & ~listen & ~closed
        case "synchronized": rawValue = all & ~listen & ~closed & ~(1 << 2)
        case "bucket": rawValue = 1 << 6 | 1 << 3
        case "big": rawValue = all & ~(1 << 6 | 1 << 3)
        case "listen": rawValue = listen
        case "estab": rawValue = 1 << 1
        case let name:
            guard let index = SocketState.allNames.firstIndex(of: name) else { return nil }
            rawValue = 1 << UInt32(index + 1)
        }
    }

    /// Whether `state` is in the set.
    package func contains(_ state: SocketState) -> Bool { rawValue & 1 << UInt32(state.rawValue & 31) != 0 }
}
