import Wire

/// What was found about one connection, and what it rests on.
public struct Diagnosis: Sendable, Equatable {
    /// The connection.
    public var connection: Connection
    /// The most severe finding; of equals, the first rule's.
    public private(set) var primary = Finding(.unknown, .low)
    /// The other findings, the most severe first.
    public private(set) var others: [Finding] = []
    /// What the probes of the originator tell of its settings.
    public let originatorPolicy: InferredPolicy
    /// What the probes of the responder tell of its settings.
    public let responderPolicy: InferredPolicy
    /// Whether the peer's host was heard in another connection after it had fallen silent in this one.
    public let isPeerAliveElsewhere: Bool
    /// Whether segments with more than one octet were not seen.
    private let isLight: Bool

    /// An end of a connection.
    public enum End: Sendable {
        /// The one that opened it.
        case originator
        /// The other one.
        case responder
    }

    /// An end that sends on without being answered for so long (ns) is not heard: 1 s, the longest first retransmission
    /// timeout (RFC 6298 2.1).
    static let deafAfter: Int64 = 1_000_000_000
    /// Silences from here on (ns) deserve keep-alives: 60 s, the shortest idle timeout of the catalogue.
    static let idle: Int64 = 60_000_000_000

    /// Diagnoses `connection`, of whose ends the hosts were last heard, in any connection, as `heard` tells (ns since
    /// 1970). With `isLight`, data was not seen: what would rest on it is not said, or is not sure.
    public init(of connection: Connection, heard: borrowing HeardHosts = HeardHosts(), isLight: Bool = false) {
        self.connection = connection
        self.isLight = isLight
        let (originator, responder) = (connection.fromOriginator, connection.fromResponder)
        originatorPolicy = InferredPolicy(of: originator, peer: responder)
        responderPolicy = InferredPolicy(of: responder, peer: originator)
        isPeerAliveElsewhere =
            Self.isHeard(connection.responder.address, by: originator, responder, heard)
            || Self.isHeard(connection.originator.address, by: responder, originator, heard)
        let judge = Judge(
            ending: connection.ending, lastTime: connection.lastTime, silence: connection.silence,
            handshakeSeen: connection.handshakeSeen, originatorPolicy: originatorPolicy,
            responderPolicy: responderPolicy, isPeerAliveElsewhere: isPeerAliveElsewhere, isLight: isLight)
        let (verdict, confidence, end) = judge.judgement(originator, responder)
        primary = Finding(verdict, confidence, end)
        if isLight, restsOnData { doubt() }
    }

    /// All findings, the most severe first; there is at least one.
    public var findings: [Finding] { [primary] + others }

    /// The name of the most severe finding.
    public var verdict: Verdict { primary.verdict }

    /// How much the most severe finding matters.
    public var severity: Severity { primary.severity }

    /// How sure the most severe finding is.
    public var confidence: Confidence { primary.confidence }

    /// The end that the most severe finding speaks of; nil: neither, or both.
    public var end: End? { primary.end }

    /// Whether the host `address` of `peer` was heard in any connection after it fell silent to `own`.
    private static func isHeard(
        _ address: IPAddress, by own: ConnectionSide, _ peer: ConnectionSide, _ heard: borrowing HeardHosts
    ) -> Bool {
        guard own.isWaiting, let last = peer.lastSpoke, let time = heard[address] else { return false }
        return time > max(last, own.firstUnanswered ?? last)
    }

    /// Whether data that was not seen might change the verdict.
    private var restsOnData: Bool {
        switch verdict {
        case .noKeepalive, .closed, .silentDrop, .tooLateForPath, .userTimeout, .dataInFlight, .unknown: true
        default: false
        }
    }

    /// Takes away what is sure: packets that were dropped may say otherwise.
    public mutating func doubt() {
        primary.confidence = .low
        for index in others.indices { others[index].confidence = .low }
    }

    /// What the probes of `end` tell of its settings.
    public func policy(of end: End) -> InferredPolicy {
        end == .originator ? originatorPolicy : responderPolicy
    }

    /// What `end` sent.
    public func side(_ end: End) -> ConnectionSide {
        end == .originator ? connection.fromOriginator : connection.fromResponder
    }
}
