public import Wire

/// The idle timeout of the path between two networks, bracketed by all connections between them.
public struct PathTimeout: Sendable, Equatable {
    /// Two networks, the smaller first: /24 of IPv4, /64 of IPv6.
    public struct Networks: Sendable, Hashable {
        /// The first address of the smaller network.
        public let first: IPAddress
        /// The first address of the greater network.
        public let second: IPAddress

        /// The networks of two addresses.
        public init(_ one: IPAddress, _ other: IPAddress) {
            let networks = (one.network, other.network)
            (first, second) = networks.0.isGreater(than: networks.1) ? (networks.1, networks.0) : networks
        }
    }

    /// The networks.
    public let networks: Networks
    /// The longest idle period that a connection survived (ns); 0: none.
    public private(set) var longestSurvived: Int64 = 0
    /// The shortest idle period that a connection did not survive (ns); 0: none.
    public private(set) var shortestFailed: Int64 = 0
    /// The number of connections that had idle periods.
    public private(set) var connections = 0

    fileprivate init(networks: Networks) {
        self.networks = networks
    }

    fileprivate mutating func add(_ diagnosis: Diagnosis) {
        connections += 1
        longestSurvived = max(longestSurvived, diagnosis.connection.idleness.longestSurvived)
        guard let failed = diagnosis.failedIdle else { return }
        shortestFailed = shortestFailed == 0 ? failed : min(shortestFailed, failed)
    }

    /// The largest TCP_KEEPIDLE (s) whose probes come within an idle period that the path survived, even if Linux sends
    /// them with the largest possible delay; nil: none is known.
    public var safeIdle: Int64? {
        // A failure bounds what is safe, even if a longer idle period was survived on another day.
        Self.safeIdle(within: shortestFailed == 0 ? longestSurvived : min(longestSurvived, shortestFailed - 1))
    }

    /// The largest TCP_KEEPIDLE (s) whose probes come within an idle period of `bound` (ns), even if Linux sends them with the
    /// largest possible delay; nil: none does.
    package static func safeIdle(within bound: Int64) -> Int64? {
        let second: Int64 = 1_000_000_000
        var idle = bound / second
        while idle > 0, idle * second > bound - TimerWheel.widestBucket(idle * second) { idle -= 1 }
        return idle > 0 ? idle : nil
    }
}

/// The paths with idle periods, in the order in which the diagnoses mention them.
public struct PathTimeouts: Sendable {
    /// The paths.
    public private(set) var paths: [PathTimeout] = []
    private var indices: [PathTimeout.Networks: Int] = [:]

    /// The most paths.
    private let limit: Int
    /// Bytes of a path and its index, which grow by doubling.
    private static let bytesPerPath = 320

    /// No paths, and room for as many as there are.
    public init() {
        limit = .max
    }

    /// No paths, and room for those that fit into `memory` bytes.
    package init(memory: Int) {
        limit = memory / Self.bytesPerPath
    }

    /// Adds the idle periods of the connection of `diagnosis`.
    public mutating func add(_ diagnosis: Diagnosis) {
        let connection = diagnosis.connection
        guard connection.idleness.longest > 0 else { return }
        let networks = PathTimeout.Networks(connection.originator.address, connection.responder.address)
        let index = indices[networks] ?? paths.count
        if index == paths.count {
            guard paths.count < limit else { return }
            indices[networks] = index
            paths.append(PathTimeout(networks: networks))
        }
        paths[index].add(diagnosis)
    }
}

extension Shard {
    /// Whether this shard reports the path between two networks.
    public func holds(_ networks: PathTimeout.Networks) -> Bool {
        holds(Endpoint(networks.first, 0), Endpoint(networks.second, 0))
    }
}

extension IPAddress {
    /// The first address of its network: /24 of IPv4, /64 of IPv6.
    fileprivate var network: IPAddress {
        version == .v4 ? IPAddress(v4: UInt32(truncatingIfNeeded: low) & 0xFFFF_FF00) : IPAddress(v6: high, 0)
    }
}
