package import KeepAlive

/// Decides which findings of a live capture are ready to be printed, each once.
///
/// Later packets may change a finding: the peer may reject a RST, a late answer may arrive. So a finding is ready when it
/// appears in each round for at least a second. Memory is bounded.
package struct LiveFindings: Sendable {
    /// The identity of a finding. The severity is part of it: it rises when the connection ends.
    private struct Name: Hashable {
        var connection: UInt64
        var verdict: Verdict
        var severity: Severity

        init(_ finding: Finding, in diagnosis: Diagnosis) {
            connection = diagnosis.connection.number
            verdict = finding.verdict
            severity = finding.severity
        }
    }

    /// When a finding first appeared (ns since 1970), and the last round that had it.
    private struct Wait {
        var since: Int64
        var round: UInt32
    }

    /// How long a finding must last (ns).
    private static let patience: Int64 = 1_000_000_000

    private var waiting: [Name: Wait] = [:]
    private var printed: Set<Name> = []
    private var round: UInt32 = 0

    private let limit: Int
    /// Whether no more findings can be printed during the capture for lack of memory: they follow at its end.
    package var isFull: Bool { waiting.count + printed.count >= limit }
    /// Bytes of a finding in a table that grows by doubling.
    private static let bytesPerFinding = 96

    /// No findings, and room for those that fit into `memory` bytes.
    package init(memory: Int = 32 << 20) {
        limit = memory / Self.bytesPerFinding
    }

    /// Adds the findings of a connection at `time` (ns since 1970), and returns those that are now ready.
    package mutating func take(_ diagnosis: Diagnosis, at time: Int64) -> [Finding] {
        var ready: [Finding] = []
        for finding in diagnosis.findings where Self.isWanted(finding, in: diagnosis) {
            let name = Name(finding, in: diagnosis)
            if printed.contains(name) || (isFull && waiting[name] == nil) { continue }
            let since = waiting[name]?.since ?? time
            if time &- since >= Self.patience {
                waiting[name] = nil
                printed.insert(name)
                ready.append(finding)
            } else {
                waiting[name] = Wait(since: since, round: round)
            }
        }
        return ready
    }

    /// Ends a round over all connections: a finding that did not appear in it starts to wait again.
    package mutating func endRound() {
        waiting = waiting.filter { $0.value.round == round }
        round &+= 1
    }

    /// Whether `finding` of `diagnosis` was printed.
    func hasPrinted(_ finding: Finding, in diagnosis: Diagnosis) -> Bool {
        !printed.isEmpty && printed.contains(Name(finding, in: diagnosis))
    }

    /// Whether `finding` is printed during the capture: its severity is above `ok`, or a connection with keep-alives ended.
    private static func isWanted(_ finding: Finding, in diagnosis: Diagnosis) -> Bool {
        finding.severity > .ok || (diagnosis.connection.hasEvents && diagnosis.connection.isOver)
    }
}

extension Connection {
    /// Whether the connection is over: both ends closed, one end reset it, or a FIN is not acknowledged.
    fileprivate var isOver: Bool {
        switch ending {
        case .open: false
        case .closedByOriginator: fromOriginator.hasUnacknowledged
        case .closedByResponder: fromResponder.hasUnacknowledged
        case .closed, .resetByOriginator, .resetByResponder: true
        }
    }
}
