import KeepAlive

/// A documented idle timeout, from the catalogue `idle-timeouts.tsv`.
struct IdleTimeout: Sendable, Equatable {
    /// What ends a connection.
    enum Role: String, Sendable {
        /// A server, a client or a proxy, which ends its own connections. Relevant when an end closes.
        case application
        /// A device between the ends: NAT, firewall, load balancer. Relevant when the path drops a connection.
        case path
    }

    /// The idle time (s).
    var seconds: Int64
    var role: Role
    /// The product, and the setting if it has a name.
    var name: String
    /// How the connection ends.
    var ending: String
    /// Whether a TCP keep-alive counts as traffic: `yes` or `no`, with a condition if there is one.
    var isRefreshed: String
    /// The documentation.
    var source: String

    /// The catalogue, shortest timeout first.
    static let catalogue: [IdleTimeout] = {
        let text = String(decoding: PackageResources.idle_timeouts_tsv, as: UTF8.self)
        return text.split(separator: "\n").dropFirst().compactMap { line in
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard cells.count == 6, let seconds = Int64(cells[0]), let role = Role(rawValue: cells[1]) else {
                return nil
            }
            return IdleTimeout(
                seconds: seconds, role: role, name: cells[2], ending: cells[3], isRefreshed: cells[4], source: cells[5])
        }
    }()

    private static let second: Int64 = 1_000_000_000

    /// The path devices that may have dropped a connection: their timeout is at least the longest idle period that was
    /// `survived` and at most the shortest one that `failed` (ns; 0: none). If the two conflict, only `failed` counts.
    static func candidates(survived: Int64, failed: Int64) -> [IdleTimeout] {
        guard failed > 0 else { return [] }
        let least = survived < failed ? survived : 0
        return catalogue.filter { $0.role == .path && $0.seconds * second >= least && $0.seconds * second <= failed }
    }

    /// Whether this timeout may belong to the end that closed: a client, or a server on `port`.
    func fits(isClient: Bool, port: UInt16) -> Bool {
        let isOfClient = name.contains("as clients")
        if isClient || isOfClient { return isClient && isOfClient }
        let ports: [UInt16]? =
            if name.contains("SMB") {
                [139, 445]
            } else if name.contains("LDAP") {
                [389, 636, 3268, 3269]
            } else if name.contains("stream") {
                nil
            } else {
                [80, 443, 3000, 5000, 8000, 8080, 8081, 8443]
            }
        return ports?.contains(port) ?? true
    }

    /// The entries of `role` whose timeout is within 2 % plus 1.5 s of `duration` (ns), nearest first.
    static func nearest(to duration: Int64, among role: Role) -> [IdleTimeout] {
        let distance = { (entry: IdleTimeout) in (entry.seconds * second &- duration).magnitude }
        let near = catalogue.filter { entry in
            entry.role == role && distance(entry) <= UInt64(entry.seconds * second / 50 + 1_500_000_000)
        }
        return near.sorted { distance($0) < distance($1) }
    }
}
