public import Wire

/// The idle time that the path between two networks bears, bracketed by all connections between them.
public struct PathTimeout: Sendable, Equatable {
    /// The two networks, the smaller first: /24 of IPv4, /64 of IPv6.
    public struct Networks: Sendable, Hashable {
        /// The smaller one, by its first address.
        public let first: IPAddress
        /// The greater one.
        public let second: IPAddress

        /// The networks of two addresses.
        public init(_ one: IPAddress, _ other: IPAddress) {
            let networks = (one.network, other.network)
            (first, second) = networks.0.isGreater(than: networks.1) ? (networks.1, networks.0) : networks
        }
    }

    /// The networks.
    public let networks: Networks
    /// The longest silence that a connection survived (ns); 0: none.
    public private(set) var longestSurvived: Int64 = 0
    /// The shortest silence that one did not survive (ns); 0: none.
    public private(set) var shortestFailed: Int64 = 0
    /// Connections that tell.
    public private(set) var connections = 0

    fileprivate init(networks: Networks) {
        self.networks = networks
    }

    fileprivate mutating func add(_ diagnosis: Diagnosis) {
        let silence = diagnosis.connection.silence
        connections += 1
        longestSurvived = max(longestSurvived, silence.longestSurvived)
        // A dead peer says nothing of the path.
        guard let failed = diagnosis.failedIdle else { return }
        shortestFailed = shortestFailed == 0 ? failed : min(shortestFailed, failed)
    }

    /// The largest TCP_KEEPIDLE (s) whose probes, as late as any Linux may send them, come within a silence that the path
    /// is known to bear; nil: none is known.
    public var safeIdle: Int64? {
        let second: Int64 = 1_000_000_000
        // What failed bounds what is safe, should a longer silence have been survived on another day.
        let bound = shortestFailed == 0 ? longestSurvived : min(longestSurvived, shortestFailed - 1)
        var idle = bound / second
        while idle > 0, idle * second > bound - TimerWheel.widestBucket(idle * second) { idle -= 1 }
        return idle > 0 ? idle : nil
    }
}

/// The paths that verdicts tell something of, in the order in which they first do.
public struct PathTimeouts: Sendable {
    /// The paths.
    public private(set) var paths: [PathTimeout] = []
    private var places: [PathTimeout.Networks: Int] = [:]

    /// No paths.
    public init() {}

    /// Adds what `diagnosis` tells.
    public mutating func add(_ diagnosis: Diagnosis) {
        let connection = diagnosis.connection
        guard connection.silence.longest > 0 else { return }
        let networks = PathTimeout.Networks(connection.originator.address, connection.responder.address)
        let place = places[networks] ?? paths.count
        if place == paths.count {
            places[networks] = place
            paths.append(PathTimeout(networks: networks))
        }
        paths[place].add(diagnosis)
    }
}

extension Shard {
    /// Whether what is known of the path between two networks falls into this part.
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
