package import KeepAlive
import Sockets
package import Wire

/// The totals of an audit, and its worst rows. The memory is limited however many sockets there are.
package struct AuditTotals: Sendable {
    /// Sockets counted by severity and keep-alive.
    package struct Counts: Sendable, Equatable {
        package var sockets: UInt64 = 0
        package var off: UInt64 = 0
        package var notices: UInt64 = 0
        package var warnings: UInt64 = 0

        fileprivate mutating func add(_ row: AuditedSocket) {
            sockets += 1
            if row.isOn == false { off += 1 }
            switch row.assessment.severity {
            case .ok: break
            case .notice: notices += 1
            case .warning, .failure: warnings += 1
            }
        }

        /// Whether these matter more than `other`.
        fileprivate func isWorse(than other: Counts) -> Bool {
            (warnings, notices, sockets) > (other.warnings, other.notices, other.sockets)
        }
    }

    /// What connections have in common as a service.
    package enum Service: Hashable, Sendable {
        /// The remote end of connections that this host opened.
        case remote(Endpoint)
        /// A port of this host, on which connections were accepted.
        case local(UInt16)
        /// A remote port, of services beyond the limit.
        case port(UInt16)
    }

    /// A process; nil: unknown.
    package struct Process: Hashable, Sendable {
        package var number: Int32?
        package var name: String?
    }

    package private(set) var all = Counts()
    package private(set) var verdicts: [Verdict: UInt64] = [:]
    package private(set) var processes: [Process: Counts] = [:]
    package private(set) var services: [Service: Counts] = [:]
    /// Sockets of which only the timer is known, although a process has them.
    package private(set) var unread: UInt64 = 0
    /// Sockets with an inode, whose process is not known.
    package private(set) var ownerless: UInt64 = 0
    /// The most severe finding.
    package private(set) var severity = Severity.ok
    /// Whether a row has a setting that may be the one or the other, or only a bound.
    package private(set) var hasInferred = false

    /// The worst rows; after `finish` the worst first, and no more than the limit.
    package private(set) var rows: [AuditedSocket] = []
    /// The number of rows to keep; nil: all.
    private let limit: Int?
    /// Ports on which this host accepts connections.
    package var listeningPorts: Set<UInt16> = []

    /// More services than that are counted by port.
    private static let serviceLimit = 10_000

    /// Totals with at most `limit` rows; nil: all rows.
    package init(limit: Int?) {
        self.limit = limit
    }

    /// Counts `row`, and keeps it if it is among the worst.
    package mutating func add(_ row: AuditedSocket, looksForProcesses: Bool) {
        all.add(row)
        processes[Process(number: row.owner?.process, name: row.program), default: Counts()].add(row)
        services[service(of: row.socket), default: Counts()].add(row)
        for (verdict, _) in row.assessment.findings { verdicts[verdict, default: 0] += 1 }
        severity = max(severity, row.assessment.severity)
        if looksForProcesses, row.socket.inode != 0, row.owner == nil { ownerless += 1 }
        if row.options == nil, row.isOn != false { hasInferred = true }
        if row.options == nil, row.socket.inode != 0 { unread += 1 }
        guard let limit else { return rows.append(row) }
        if limit == 0 { return }
        if rows.count >= limit * 2 + 64 {
            rows.sort { $0.isWorse(than: $1) }
            rows.removeSubrange(limit...)
            worst = rows.last
        }
        // Most rows of a long list are no worse than those that were kept.
        if let worst, !row.isWorse(than: worst) { return }
        rows.append(row)
    }

    /// The least bad of the rows that were kept last.
    private var worst: AuditedSocket?

    private func service(of socket: HostSocket) -> Service {
        if listeningPorts.contains(socket.local.port) { return .local(socket.local.port) }
        let service = Service.remote(socket.remote)
        if services.count < Self.serviceLimit || services[service] != nil { return service }
        return .port(socket.remote.port)
    }

    /// Sorts the rows, when all were added.
    package mutating func finish() {
        // In place: a copy of all rows may take much memory.
        rows.sort { $0.isWorse(than: $1) }
        if let limit, rows.count > limit { rows.removeSubrange(limit...) }
    }

    /// Gives up the rows, which another owner has now.
    mutating func forgetRows() {
        rows = []
        worst = nil
    }

    /// The processes with their counts, the worst first.
    var worstProcesses: [(key: Process, value: Counts)] {
        processes.sorted {
            $0.value == $1.value
                ? ($0.key.number ?? .max) < ($1.key.number ?? .max) : $0.value.isWorse(than: $1.value)
        }
    }

    /// The services with their counts, the worst first.
    var worstServices: [(key: Service, value: Counts)] {
        services.sorted {
            $0.value == $1.value ? $0.key.text < $1.key.text : $0.value.isWorse(than: $1.value)
        }
    }
}

extension AuditTotals.Service {
    /// The service in text: `192.0.2.1:443`, `accepted on :443`.
    var text: String {
        switch self {
        case .remote(let end): end.description
        case .local(let port): "accepted on :\(port)"
        case .port(let port): "*:\(port)"
        }
    }
}
