public import KeepAlive

/// Decides which findings of a live capture are ready to be printed, each once.
///
/// Later packets may change a finding: a RST may be refused, a late answer may arrive. So a finding is ready when two looks
/// at its connection, at least a second apart, both show it. Memory grows with the findings, not with the connections.
public struct LiveFindings: Sendable {
    /// What makes a finding another one than those before: a severity rises when a connection that was in trouble ends.
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

    /// Since when a finding has been there (ns since 1970), and the last round that showed it.
    private struct Wait {
        var since: Int64
        var round: UInt32
    }

    /// A finding must last this long (ns).
    private static let patience: Int64 = 1_000_000_000

    private var waiting: [Name: Wait] = [:]
    private var printed: Set<Name> = []
    private var round: UInt32 = 0

    /// Nothing is known yet.
    public init() {}

    /// Takes what is found about a connection at `time` (ns since 1970), and returns the findings that are now ready.
    public mutating func take(_ diagnosis: Diagnosis, at time: Int64) -> [Finding] {
        var ready: [Finding] = []
        for finding in diagnosis.findings where Self.isWanted(finding, in: diagnosis) {
            let name = Name(finding, in: diagnosis)
            if printed.contains(name) { continue }
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

    /// Ends a round of looks at all connections: a finding that none of them showed has to wait from the start.
    public mutating func endRound() {
        waiting = waiting.filter { $0.value.round == round }
        round &+= 1
    }

    /// Whether `finding` of `diagnosis` was printed.
    func hasPrinted(_ finding: Finding, in diagnosis: Diagnosis) -> Bool {
        !printed.isEmpty && printed.contains(Name(finding, in: diagnosis))
    }

    /// Whether a reader wants to see `finding` while the capture goes on: something is wrong or could be better, or a
    /// connection with keep-alives ended well.
    private static func isWanted(_ finding: Finding, in diagnosis: Diagnosis) -> Bool {
        finding.severity > .ok || (diagnosis.connection.hasEvents && diagnosis.connection.isOver)
    }
}

extension Connection {
    /// Whether nothing more is due: both ends closed, one was reset, or nobody acknowledges a FIN.
    fileprivate var isOver: Bool {
        switch ending {
        case .open: false
        case .closedByOriginator: fromOriginator.hasUnacknowledged
        case .closedByResponder: fromResponder.hasUnacknowledged
        case .closed, .resetByOriginator, .resetByResponder: true
        }
    }
}
