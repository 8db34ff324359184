import Wire

/// Applies the rules of all verdicts to one connection.
///
/// The rule of a verdict is the function with its name, in the file of its group; `applyInOrder` lists the groups in the
/// order in which they apply. The comment at a rule names the alternatives that it excludes.
///
/// It is not copyable: a connection is large, and each call of a rule would copy it.
struct VerdictRules: ~Copyable {
    let connection: Connection
    /// The settings that the probes of each end show.
    let policies: PerEnd<InferredPolicy>
    let context: CaptureContext
    /// When the capture ended for this connection (ns since 1970).
    let end: Int64
    let visibility: ConnectionVisibility
    /// The rules that can apply to each end. The others need no copy of its `ConnectionSide`, which is large.
    let applicable: PerEnd<ApplicableRules>
    private(set) var findings: [Finding] = []

    typealias End = Connection.End

    @inline(__always)
    init(_ connection: consuming Connection, _ policies: PerEnd<InferredPolicy>, _ context: CaptureContext) {
        let last = max(context.end ?? connection.lastTime, connection.lastTime)
        end = connection.supersededAt.map { min(last, max($0, connection.lastTime)) } ?? last
        visibility = ConnectionVisibility(connection, end: end)
        applicable = PerEnd(
            originator: ApplicableRules(connection.fromOriginator),
            responder: ApplicableRules(connection.fromResponder))
        self.connection = connection
        self.policies = policies
        self.context = context
    }

    /// All findings, the most severe first; at least one.
    mutating func apply() -> [Finding] {
        applyInOrder()
        guard findings.count > 1 else { return findings }
        // Of equal severity: first that probes are answered, then in the order of the rules.
        func rank(_ offset: Int, _ finding: Finding) -> Int { finding.verdict == .healthy ? -1 : offset }
        return findings.enumerated().sorted {
            ($1.element.severity, rank($0.offset, $0.element)) < ($0.element.severity, rank($1.offset, $1.element))
        }.map(\.element)
    }

    /// Applies the rules in the only order that is written down: a rule may look at the findings before it.
    private mutating func applyInOrder() {
        applyVisibilityRules()
        guard visibility.isEstablished else { return }
        applyResetRules()
        for end in End.allCases { applyUnansweredProbeRules(to: end) }
        for end in End.allCases { applyLossRules(to: end) }
        for end in End.allCases { applyErrorRules(to: end) }
        for end in End.allCases { applyIdentityRules(to: end) }
        for end in End.allCases { applySettingRules(to: end) }
        // If both ends probe, the one with more answers comes first.
        let first = responder.answered > originator.answered ? End.responder : .originator
        add(healthy(first))
        add(healthy(first.other))
        add(idleClose())
        applyIdleRules()
        add(applicationSilent())
        add(closedOrUnknown())
    }

    /// Adds `finding`, unless it is nil or there is one of that verdict, and lowers its confidence to what the capture
    /// as a whole allows.
    mutating func add(_ finding: Finding?) {
        guard var finding, !has(finding.verdict) else { return }
        // Missing segments prove nothing, and copies may have been taken for segments.
        if hasCopies || !visibility.isComplete, finding.verdict != .oneDirection { finding.limit(to: .medium) }
        // What came before the capture may explain what looks harmless.
        if !connection.handshakeSeen, Self.isHarmless(finding.verdict) { finding.limit(to: .medium) }
        if let loss = context.firstLoss, !connection.handshakeSeen, connection.firstTime >= loss {
            finding.limit(to: .low, because: .evicted)
        }
        if context.lacksPackets || context.isArtificial { finding.limit(to: .low, because: .missingPackets) }
        // The clock of a capture may go back.
        finding.details.idle = finding.details.idle.map { max(0, $0) }
        finding.details.duration = finding.details.duration.map { max(0, $0) }
        findings.append(finding)
    }

    private static func isHarmless(_ verdict: Verdict) -> Bool {
        switch verdict {
        case .healthy, .noKeepalive, .neverIdle, .idleClose, .closed: true
        default: false
        }
    }

    // MARK: Facts that several rules use

    /// Losses that last this long (ns) are not everyday losses: 3 s.
    static let seriousLoss: Int64 = 3_000_000_000

    /// What the originator sent.
    var originator: ConnectionSide { connection.fromOriginator }

    /// What the responder sent.
    var responder: ConnectionSide { connection.fromResponder }

    /// The end at `side` (0 or 1) of the connection's key.
    func end(ofSide side: UInt8) -> End { (side == 0) != connection.isReversed ? .originator : .responder }

    func has(_ verdict: Verdict) -> Bool { findings.contains { $0.verdict == verdict } }

    /// Whether the host of `end` was heard in another connection after `start` and until `stop` (ns since 1970).
    func isHeardElsewhere(_ end: End, after start: Int64, until stop: Int64) -> Bool {
        context.activity.wasHeard(connection.endpoint(of: end).address, after: start, until: stop)
    }

    /// Whether segments were captured twice or came from two distances: copies may have been taken for segments.
    var hasCopies: Bool {
        originator.isCopied || responder.isCopied || originator.hops.isAmbiguous || responder.hops.isAmbiguous
    }

    /// When the first RST came (ns since 1970); nil: none did.
    var resetTime: Int64? { connection.evidence.reset.time }
}

/// The groups of rules that can apply to one end.
struct ApplicableRules: OptionSet, Sendable {
    var rawValue: UInt8

    static let unansweredProbes = ApplicableRules(rawValue: 1)
    static let losses = ApplicableRules(rawValue: 2)
    static let identity = ApplicableRules(rawValue: 4)
    static let settings = ApplicableRules(rawValue: 8)
    static let answeredProbes = ApplicableRules(rawValue: 16)

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    @inline(__always)
    init(_ side: ConnectionSide) {
        self = []
        if side.unanswered > 0 || (side.probes > 0 && side.answered == 0) { formUnion(.unansweredProbes) }
        if side.hasUnacknowledged || side.evidence.stalledSince != nil { formUnion(.losses) }
        if side.foreignAnswers > 0 || side.middleboxProbes > 0 { formUnion(.identity) }
        if side.probes > 0 { formUnion(.settings) }
        // Data that follows a single probe by chance shows nothing.
        if side.probes > 0, side.answered > 0 || side.followed > 1 { formUnion(.answeredProbes) }
    }
}
