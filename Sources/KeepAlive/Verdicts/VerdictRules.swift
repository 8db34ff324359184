import Wire

/// What the rules of verdicts go by: one connection, what its capture can show, and what follows from both.
///
/// The rules are in the other files of this folder, one function each, next to the alternatives that they exclude.
struct VerdictRules {
    let connection: Connection
    let originatorPolicy: InferredPolicy
    let responderPolicy: InferredPolicy
    let context: CaptureContext
    /// When the capture ended, for this connection (ns since 1970).
    let end: Int64
    let capture: ConnectionVisibility
    private let originatorCandidates: Candidates
    private let responderCandidates: Candidates
    var findings: [Finding] = []

    typealias End = Connection.End

    /// Losses that last this long (ns) are more than an everyday loss: 3 s.
    static let seriousLoss: Int64 = 3_000_000_000

    @inline(__always)
    init(
        _ connection: consuming Connection, _ originatorPolicy: InferredPolicy, _ responderPolicy: InferredPolicy,
        _ context: CaptureContext
    ) {
        let last = max(context.end ?? connection.lastTime, connection.lastTime)
        end = connection.supersededAt.map { min(last, max($0, connection.lastTime)) } ?? last
        capture = ConnectionVisibility(connection, end: end)
        originatorCandidates = Candidates(connection.fromOriginator)
        responderCandidates = Candidates(connection.fromResponder)
        self.connection = connection
        self.originatorPolicy = originatorPolicy
        self.responderPolicy = responderPolicy
        self.context = context
    }

    /// All findings, the most severe first; at least one.
    mutating func conclude() -> [Finding] {
        judge()
        if findings.isEmpty { add(Finding(.unknown, .low)) }
        guard findings.count > 1 else { return findings }
        // Of equals, that probes are answered comes first, then the rule that was asked first.
        func rank(_ offset: Int, _ finding: Finding) -> Int { finding.verdict == .healthy ? -1 : offset }
        return findings.enumerated().sorted {
            ($1.element.severity, rank($0.offset, $0.element)) < ($0.element.severity, rank($1.offset, $1.element))
        }.map(\.element)
    }

    private mutating func judge() {
        judgeVisibility()
        guard capture.isEstablished else {
            if findings.isEmpty { add(Finding(.unknown, .low)) }
            return
        }
        judgeReset()
        judgeUnanswered(.originator)
        judgeUnanswered(.responder)
        judgeLoss(.originator)
        judgeLoss(.responder)
        judgeErrors(.originator)
        judgeErrors(.responder)
        judgeIdentity(.originator)
        judgeIdentity(.responder)
        judgeSettings(.originator)
        judgeSettings(.responder)
        // Of two ends that probe, the one with more answers.
        let first = responder.answered > originator.answered ? End.responder : .originator
        judgeHealth(first)
        judgeHealth(first.other)
        judgeClose()
        judgeIdleness()
        judgeApplication()
        judgeRest()
    }

    // MARK: What the rules use

    /// What the originator sent.
    var originator: ConnectionSide { connection.fromOriginator }

    /// What the responder sent.
    var responder: ConnectionSide { connection.fromResponder }

    /// Which rules may apply to `end`: the others need no look at it, which would copy it.
    func candidates(_ end: End) -> Candidates { end == .originator ? originatorCandidates : responderCandidates }

    /// What `end` sent.
    func side(_ end: End) -> ConnectionSide {
        end == .originator ? connection.fromOriginator : connection.fromResponder
    }

    /// The end at `side` of the connection's key.
    func end(ofSide side: UInt8) -> End { (side == 0) != connection.isReversed ? .originator : .responder }

    /// The address of `end`.
    func address(_ end: End) -> IPAddress {
        end == .originator ? connection.originator.address : connection.responder.address
    }

    /// What the probes of `end` say about its settings.
    func policy(_ end: End) -> InferredPolicy { end == .originator ? originatorPolicy : responderPolicy }

    /// Adds `finding`, unless there is one of that name; what packets are missing for is not sure.
    mutating func add(_ finding: Finding) {
        guard !findings.contains(where: { $0.verdict == finding.verdict }) else { return }
        var finding = finding
        // Nothing is proven where segments are missing, or some may be copies of others.
        if hasCopies || !capture.isComplete, finding.verdict != .oneDirection {
            finding.confidence = min(finding.confidence, .medium)
        }
        // What came before the capture may explain otherwise what looks harmless.
        if !connection.handshakeSeen, Self.isHarmless(finding.verdict) {
            finding.confidence = min(finding.confidence, .medium)
        }
        if context.lacksPackets || context.isArtificial {
            finding.confidence = .low
            finding.details.alternative = finding.details.alternative ?? .missingPackets
        }
        findings.append(finding)
    }

    private static func isHarmless(_ verdict: Verdict) -> Bool {
        switch verdict {
        case .healthy, .noKeepalive, .neverIdle, .idleClose, .closed: true
        default: false
        }
    }

    func has(_ verdict: Verdict) -> Bool { findings.contains { $0.verdict == verdict } }

    /// Whether something worse than a notice was found.
    var hasFailure: Bool { findings.contains { $0.severity == .failure } }

    /// The lesser of `confidence` and what the visibility of `end`'s packets allows.
    func limited(_ confidence: Confidence, bySilenceOf end: End) -> Confidence {
        capture.hears(end) ? confidence : min(confidence, .medium)
    }

    /// Whether the host of `end` was heard in another connection after `start` and until `stop` (ns since 1970).
    func isHeardElsewhere(_ end: End, after start: Int64, until stop: Int64) -> Bool {
        context.activity.wasHeard(address(end), after: start, until: stop)
    }

    /// The ICMP errors that say why segments of `end` were not delivered; nil: there are none.
    func errors(quoting end: End) -> ErrorEvidence? {
        let errors = connection.evidence.errors
        guard errors.count > 0, self.end(ofSide: errors.side) == end else { return nil }
        return errors
    }

    /// Whether segments were captured twice, or came from two distances: then copies may have been taken for segments.
    var hasCopies: Bool {
        originator.isCopied || responder.isCopied || originator.hops.isAmbiguous || responder.hops.isAmbiguous
    }

    /// When the first RST came (ns since 1970); nil: none did.
    var resetTime: Int64? { connection.evidence.reset.time }

    /// Whether the end that a RST names was heard by the other end afterwards: then it was not that end's.
    func isVoid(_ reset: ResetEvidence) -> Bool {
        let own = side(end(ofSide: reset.side)).evidence
        guard let time = reset.time else { return false }
        return own.missing.contains(.echoed) && own.missingSince > time
    }
}

/// The rules that may apply to an end.
struct Candidates: OptionSet {
    var rawValue: UInt8

    /// Those about unanswered probes.
    static let unanswered = Candidates(rawValue: 1)
    /// Those about retransmissions and closed windows.
    static let loss = Candidates(rawValue: 2)
    /// Those about other hosts that speak in the name of an end.
    static let identity = Candidates(rawValue: 4)
    /// Those about the settings of a prober.
    static let settings = Candidates(rawValue: 8)
    /// Those about answered probes.
    static let health = Candidates(rawValue: 16)

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    @inline(__always)
    init(_ side: ConnectionSide) {
        self = []
        if side.unanswered > 0 || (side.probes > 0 && side.answered == 0) { formUnion(.unanswered) }
        if side.hasUnacknowledged || side.evidence.stalledSince != nil { formUnion(.loss) }
        if side.foreignAnswers > 0 || side.middleboxProbes > 0 { formUnion(.identity) }
        if side.probes > 0 { formUnion(.settings) }
        // One probe that data happened to follow shows nothing.
        if side.probes > 0, side.answered > 0 || side.followed > 1 { formUnion(.health) }
    }
}

/// What the capture shows of a connection, and what it cannot (verdicts: step 1).
struct ConnectionVisibility {
    /// Whether there was data or a completed handshake, or probes that prove themselves.
    let isEstablished: Bool
    /// The end of which nothing was captured, although the other end hears it.
    let uncaptured: Connection.End?
    /// Since when packets of each end are missing (ns since 1970); nil: none are.
    let missingFromOriginator: Int64?
    let missingFromResponder: Int64?
    /// Whether anything of each end was captured.
    let hearsOriginator: Bool
    let hearsResponder: Bool

    init(_ connection: Connection, end: Int64) {
        let (originator, responder) = (connection.fromOriginator, connection.fromResponder)
        hearsOriginator = originator.lastSpoke != nil || originator.probes + originator.zeroWindowProbes > 0
        hearsResponder = responder.lastSpoke != nil || responder.probes + responder.zeroWindowProbes > 0
        let hasData =
            (originator.hasSentData && originator.isEstablished) || (responder.hasSentData && responder.isEstablished)
        let completed = connection.sawSYNACK && originator.isEstablished
        let midway =
            !connection.handshakeSeen
            && (originator.isEstablished && responder.isEstablished || !originator.evidence.missing.isEmpty
                || !responder.evidence.missing.isEmpty)
        isEstablished = hasData || completed || midway || originator.probes + responder.probes > 0
        uncaptured =
            if !hearsResponder, !responder.evidence.missing.isEmpty {
                .responder
            } else if !hearsOriginator, !originator.evidence.missing.isEmpty {
                .originator
            } else {
                nil
            }
        // A capture of data alone has no acknowledgment at all, not even that of the handshake.
        let isLong = connection.lastTime &- connection.firstTime >= Idleness.patience
        let heard = hearsOriginator && hearsResponder
        func missing(_ own: ConnectionSide, _ peer: ConnectionSide, isOriginator: Bool) -> Int64? {
            if !own.evidence.missing.isEmpty { return own.evidence.missingSince }
            if heard, isLong, peer.hasSentData, !own.hasSentPureAcknowledgment, own.probes == 0, peer.probes == 0,
                (isOriginator && connection.sawSYNACK)
                    || (!peer.hasSentPureAcknowledgment && !connection.handshakeSeen)
            {
                return connection.firstTime
            }
            // A sender without an acknowledgment retransmits within seconds.
            if peer.hasUnacknowledged, !peer.awaitsCloseOnly, connection.evidence.errors.last == nil,
                peer.evidence.retransmissions == 0,
                connection.evidence.reset.time == nil, peer.zeroWindowProbes == 0, !own.hasClosedWindow,
                let sent = peer.lastSpoke, end &- sent >= VerdictRules.seriousLoss, peer.unanswered == 0
            {
                return sent
            }
            return nil
        }
        missingFromOriginator = missing(originator, responder, isOriginator: true)
        missingFromResponder = missing(responder, originator, isOriginator: false)
    }

    /// Whether anything of `end` was captured.
    func hears(_ end: Connection.End) -> Bool { end == .originator ? hearsOriginator : hearsResponder }

    /// Since when packets of `end` are missing (ns since 1970); nil: none are.
    func missing(from end: Connection.End) -> Int64? {
        end == .originator ? missingFromOriginator : missingFromResponder
    }

    /// Whether all that `end` sent until `time` (ns since 1970) was captured, as far as the capture can say.
    func isComplete(_ end: Connection.End, until time: Int64) -> Bool {
        guard let missing = missing(from: end) else { return true }
        return missing > time
    }

    /// Whether nothing is missing of either end.
    var isComplete: Bool { missingFromOriginator == nil && missingFromResponder == nil }
}
