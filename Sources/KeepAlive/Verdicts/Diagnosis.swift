import Wire

/// What was found about one connection, and what it rests on.
public struct Diagnosis: Sendable, Equatable {
    /// The connection.
    public var connection: Connection
    /// All findings, the most severe first, of equals the first rule's; there is at least one.
    public private(set) var findings: [Finding]
    /// What the probes of the originator say about its settings.
    public let originatorPolicy: InferredPolicy
    /// What the probes of the responder say about its settings.
    public let responderPolicy: InferredPolicy
    /// How long the path had been idle when it failed (ns), by the evidence rules; nil: it did not, or something else did.
    public let failedIdle: Int64?

    /// An end of the connection.
    public typealias End = Connection.End

    /// Diagnoses `connection`, of a capture of which `context` is known.
    ///
    /// The connection is large, so it is passed on and not copied.
    public init(of connection: consuming Connection, in context: CaptureContext = CaptureContext()) {
        Self.readPeriods(of: &connection)
        originatorPolicy = InferredPolicy(of: connection.fromOriginator, peer: connection.fromResponder)
        responderPolicy = InferredPolicy(of: connection.fromResponder, peer: connection.fromOriginator)
        var rules = VerdictRules(connection, originatorPolicy, responderPolicy, context)
        var findings = rules.conclude()
        if context.isLight {
            for index in findings.indices where Self.restsOnData(findings[index].verdict) {
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

    /// The name of the most severe finding.
    public var verdict: Verdict { primary.verdict }

    /// How much the most severe finding matters.
    public var severity: Severity { primary.severity }

    /// How sure the most severe finding is.
    public var confidence: Confidence { primary.confidence }

    /// The end that the most severe finding speaks of; nil: neither, or both.
    public var end: End? { primary.end }

    /// Whether there is something to say about the connection: it has probes, or anything above `ok`, or was idle for long.
    public var isNotable: Bool {
        severity > .ok || connection.hasEvents || connection.evidence.idleness.longest >= Idleness.keepAliveDue
    }

    /// Whether data that was not seen might change a finding of this name.
    private static func restsOnData(_ verdict: Verdict) -> Bool {
        switch verdict {
        case .noKeepalive, .closed, .silentDrop, .tooLateForPath, .userTimeout, .dataInFlight, .unknown, .idleClose,
            .neverIdle, .applicationSilent, .blocked, .staleReuse, .incompleteCapture, .notEstablished:
            true
        default: false
        }
    }

    /// Probes at a steady distance in a capture of one direction are those of a prober that is answered: their distance is
    /// the period, not the interval.
    private static func readPeriods(of connection: inout Connection) {
        if connection.fromResponder.isUnseen { connection.fromOriginator.takeIntervalsAsPeriods() }
        if connection.fromOriginator.isUnseen { connection.fromResponder.takeIntervalsAsPeriods() }
    }

    /// What the probes of `end` say about its settings.
    public func policy(of end: End) -> InferredPolicy {
        end == .originator ? originatorPolicy : responderPolicy
    }

    /// What `end` sent.
    public func side(_ end: End) -> ConnectionSide {
        end == .originator ? connection.fromOriginator : connection.fromResponder
    }
}

extension ConnectionSide {
    /// Whether nothing of it was captured, although something must have been there.
    fileprivate var isUnseen: Bool { lastSpoke == nil && probes == 0 && !evidence.missing.isEmpty }

    /// What lies between its probes is their period.
    fileprivate mutating func takeIntervalsAsPeriods() {
        guard periodGaps.count == 0 else { return }
        periodGaps = intervalGaps
        intervalGaps = Gaps()
    }
}

extension Finding {
    /// How long the path had been idle when it failed (ns); nil: this is no evidence about the path.
    fileprivate var failedIdle: Int64? {
        switch verdict {
        case .silentDrop, .tooLateForPath, .resetWhenIdle, .peerLostState:
            details.idle.flatMap { $0 >= Idleness.threshold ? $0 : nil }
        default: nil
        }
    }
}
