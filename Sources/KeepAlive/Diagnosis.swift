import Wire

/// The verdict on one connection, and what it rests on.
public struct Diagnosis: Sendable, Equatable {
    /// The connection.
    public var connection: Connection
    /// The verdict.
    public private(set) var verdict = Verdict.unknown
    /// How sure it is.
    public private(set) var confidence = Confidence.high
    /// The end that the verdict speaks of: the prober, or the one that was not answered; nil: none, or both.
    public private(set) var end: End?
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
        (verdict, confidence, end) = judge.judgement(originator, responder)
        if isLight, restsOnData { doubt() }
    }

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
        case .healthy, .unresponsive, .peerDead, .peerLostState, .peerNeverAnswers, .resetByPath: false
        case .intervalExceedsIdle, .unitError, .tooManyProbes, .middleboxProbes: false
        }
    }

    /// Takes away what is sure: packets that were dropped may say otherwise.
    public mutating func doubt() {
        confidence = .low
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
