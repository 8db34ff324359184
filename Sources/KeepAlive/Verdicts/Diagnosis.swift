import Wire

/// The findings about one connection, and the facts behind them.
public struct Diagnosis: Sendable, Equatable {
    /// The connection.
    public var connection: Connection
    /// All findings, the most severe first; equal ones in the order of their rules. There is at least one.
    public private(set) var findings: [Finding]
    /// How long the path had been idle (ns) when it failed because of that; nil: it did not.
    package let failedIdle: Int64?
    /// The settings that the probes of each end show.
    private let policies: PerEnd<InferredPolicy>

    /// An end of the connection.
    public typealias End = Connection.End

    /// Diagnoses `connection`, part of the capture that `context` describes.
    ///
    /// The connection is large: it is moved, not copied.
    public init(of connection: consuming Connection, in context: CaptureContext = CaptureContext()) {
        Self.takeIntervalsAsPeriods(of: &connection)
        policies = PerEnd(
            originator: InferredPolicy(of: connection.fromOriginator, peer: connection.fromResponder),
            responder: InferredPolicy(of: connection.fromResponder, peer: connection.fromOriginator))
        var rules = VerdictRules(connection, policies, context)
        var findings = rules.apply()
        if context.isLight {
            for index in findings.indices where Self.dependsOnData(findings[index].verdict) {
                findings[index].confidence = .low
            }
        }
        failedIdle = findings.lazy.compactMap(\.failedIdle).first
        self.findings = findings
        self.connection = rules.connection
        if let failedIdle { self.connection.evidence.idleness.shortestFailed = failedIdle }
    }

    /// The most severe finding.
    public var primary: Finding { findings[0] }

    /// The verdict of the most severe finding.
    public var verdict: Verdict { primary.verdict }

    /// The severity of the most severe finding.
    public var severity: Severity { primary.severity }

    /// The confidence of the most severe finding.
    public var confidence: Confidence { primary.confidence }

    /// The end that the most severe finding is about; nil: neither or both.
    public var end: End? { primary.end }

    /// Whether a report mentions the connection: it has probes, a finding above `ok`, or a long idle period.
    package var isNotable: Bool {
        severity > .ok || connection.hasEvents || connection.idleness.longest >= Idleness.keepAliveDue
    }

    /// The settings that the probes of the originator show.
    public var originatorPolicy: InferredPolicy { policies.originator }

    /// The settings that the probes of the responder show.
    public var responderPolicy: InferredPolicy { policies.responder }

    /// The settings that the probes of `end` show.
    public func policy(of end: End) -> InferredPolicy { policies[end] }

    /// What `end` sent.
    package func side(_ end: End) -> ConnectionSide { connection[end] }

    /// Whether data that a light capture lacks might change a finding of this verdict.
    private static func dependsOnData(_ verdict: Verdict) -> Bool {
        switch verdict {
        case .noKeepalive, .closed, .silentDrop, .tooLateForPath, .userTimeout, .dataInFlight, .unknown, .idleClose,
            .neverIdle, .applicationSilent, .blocked, .staleReuse, .incompleteCapture, .notEstablished:
            true
        default: false
        }
    }

    /// If only one direction was captured, probes at a steady distance are probably answered: the distance is their
    /// period, not their interval.
    private static func takeIntervalsAsPeriods(of connection: inout Connection) {
        if connection.fromResponder.isUnseen { connection.fromOriginator.takeIntervalsAsPeriods() }
        if connection.fromOriginator.isUnseen { connection.fromResponder.takeIntervalsAsPeriods() }
    }
}

extension ConnectionSide {
    /// Whether it sent something, but nothing of that was captured.
    fileprivate var isUnseen: Bool { lastSpoke == nil && probes == 0 && !evidence.missing.isEmpty }

    fileprivate mutating func takeIntervalsAsPeriods() {
        guard periodGaps.count == 0 else { return }
        periodGaps = intervalGaps
        intervalGaps = Gaps()
    }
}

extension Finding {
    /// How long the path had been idle when it failed (ns); nil: the finding says nothing about the path.
    fileprivate var failedIdle: Int64? {
        switch verdict {
        case .silentDrop, .tooLateForPath, .resetWhenIdle, .peerLostState:
            details.idle.flatMap { $0 >= Idleness.threshold ? $0 : nil }
        default: nil
        }
    }
}
