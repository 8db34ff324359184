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
    /// timeout (RFC 6298 2.1); from 3 s on that is sure.
    static let deafAfter: Int64 = 1_000_000_000
    private static let surelyDeafAfter: Int64 = 3_000_000_000
    /// Silences from here on (ns) deserve keep-alives: 60 s, the shortest idle timeout of the catalogue.
    static let idle: Int64 = 60_000_000_000

    /// Diagnoses `connection`, of whose ends the hosts were last heard, in any connection, as `heard` tells (ns since
    /// 1970). With `isLight`, data was not seen: what would rest on it is not said, or is not sure.
    public init(of connection: Connection, heard: HeardHosts = HeardHosts(), isLight: Bool = false) {
        self.connection = connection
        self.isLight = isLight
        originatorPolicy = InferredPolicy(of: connection.fromOriginator, peer: connection.fromResponder)
        responderPolicy = InferredPolicy(of: connection.fromResponder, peer: connection.fromOriginator)
        isPeerAliveElsewhere =
            Self.isHeard(
                connection.responder.address, by: connection.fromOriginator, connection.fromResponder, heard)
            || Self.isHeard(
                connection.originator.address, by: connection.fromResponder, connection.fromOriginator, heard)
        judge()
        if isLight, restsOnData { doubt() }
    }

    /// Whether the host `address` of `peer` was heard in any connection after it fell silent to `own`.
    private static func isHeard(
        _ address: IPAddress, by own: ConnectionSide, _ peer: ConnectionSide, _ heard: HeardHosts
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

    private mutating func judge() {
        // Who probes more is judged first, then who opened.
        let first: End = connection.fromResponder.probes > connection.fromOriginator.probes ? .responder : .originator
        let second: End = first == .originator ? .responder : .originator
        // What is looked for, in this order.
        if let found = middlebox(first) ?? middlebox(second) ?? ended(first) ?? ended(second)
            ?? unheard(first) ?? unheard(second) ?? probing(first) ?? probing(second)
        {
            (verdict, confidence, end) = found
        } else if connection.silence.longest >= Self.idle {
            verdict = .noKeepalive
            confidence = connection.handshakeSeen ? .high : .medium
        } else if connection.ending != .open {
            verdict = .closed
        } else {
            confidence = .low
        }
    }

    /// A verdict, how sure it is, and the end that it speaks of.
    private typealias Judgement = (Verdict, Confidence, End?)

    /// `end` and its peer.
    @inline(__always)
    private func sides(_ end: End) -> (own: ConnectionSide, peer: ConnectionSide) {
        end == .originator
            ? (connection.fromOriginator, connection.fromResponder)
            : (connection.fromResponder, connection.fromOriginator)
    }

    /// What somebody else did in the name of an end.
    private func middlebox(_ end: End) -> Judgement? {
        let own = side(end)
        if own.wasResetByPath { return (.resetByPath, .high, end) }
        if own.middleboxProbes > 0 { return (.middleboxProbes, own.middleboxProbes > 2 ? .high : .medium, end) }
        return nil
    }

    /// How a connection with probes, or after a silence, came to its end.
    private func ended(_ end: End) -> Judgement? {
        let (own, peer) = sides(end)
        if own.gaveUp != nil {
            if own.unanswered == 1 { return (.userTimeout, .medium, end) }
            guard isPeerAliveElsewhere else { return (.peerDead, .high, end) }
            // Who was answered before after as long a silence was not too late.
            return own.answered == 0 ? (.tooLateForPath, .high, end) : (.silentDrop, .high, end)
        }
        if own.wasResetWhenAsking { return (.peerLostState, .high, end) }
        return peer.reset != nil && connection.silence.wasReset ? (.peerLostState, .high, end) : nil
    }

    /// Who sends and is not heard.
    private func unheard(_ end: End) -> Judgement? {
        let (own, peer) = sides(end)
        let isClosed = connection.ending == .closed
        if own.zeroWindowProbes > 0, peer.hasClosedWindow { return (.dataInFlight, .high, end) }
        // What acknowledges may ride on data, which a light capture does not see.
        guard !isLight, own.hasUnacknowledged, !isClosed, let spoke = own.lastSpoke, let heard = peer.lastSpoke,
            spoke &- heard >= Self.deafAfter
        else { return nil }
        guard connection.silence.shortestFailed > 0 else {
            return (.dataInFlight, spoke &- heard >= Self.surelyDeafAfter ? .high : .medium, end)
        }
        return (.silentDrop, isPeerAliveElsewhere ? .high : .medium, end)
    }

    /// What probes do while the connection lives.
    private func probing(_ end: End) -> Judgement? {
        let (own, peer) = sides(end)
        guard own.probes > 0, let first = own.firstProbe, let last = own.lastProbe else { return nil }
        // The last probe may have been sent just before the capture ended.
        let isWaiting = own.unanswered > 1 || (own.unanswered == 1 && connection.lastTime &- last > Silence.patience)
        if own.answered == 0, peer.lastSpoke ?? first > first { return (.peerNeverAnswers, .medium, end) }
        // When it spoke is not known where it did with data that was not seen.
        if isLight, own.answered == 0, own.unanswered == 0 { return (.peerNeverAnswers, .medium, end) }
        if own.unanswered > 0, isWaiting || own.answered == 0 {
            return (.unresponsive, own.unanswered > 1 ? .high : .low, end)
        }
        let longest = max(own.periodGaps.longest, own.intervalGaps.longest)
        if own.probes >= 3, longest > 0, longest < Self.shortestSetting { return (.unitError, .high, end) }
        let policy = policy(of: end)
        if let idle = policy.idle, let interval = policy.interval, interval.lowerBound > idle.upperBound {
            return (.intervalExceedsIdle, .high, end)
        }
        if own.probes >= 30, longest > 0, longest < Self.needlessPeriod { return (.tooManyProbes, .high, end) }
        return (.healthy, own.probes > 1 ? .high : .medium, end)
    }

    /// No stack takes less than a second (ns); a timer may be a little early.
    private static let shortestSetting: Int64 = 900_000_000
    /// A path that needs a probe more often than every 10 s (ns) is not known.
    private static let needlessPeriod: Int64 = 10_000_000_000
}
