public import Wire

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
    public init(of connection: Connection, heard: [IPAddress: Int64] = [:], isLight: Bool = false) {
        self.connection = connection
        self.isLight = isLight
        let (originator, responder) = (connection.fromOriginator, connection.fromResponder)
        originatorPolicy = InferredPolicy(of: originator, peer: responder)
        responderPolicy = InferredPolicy(of: responder, peer: originator)
        // Who probes more is judged first, then who opened.
        let ends: [End] = responder.probes > originator.probes ? [.responder, .originator] : [.originator, .responder]
        isPeerAliveElsewhere = ends.contains { end in
            let (own, peer, address) = Self.sides(connection, end)
            guard own.unanswered > 0 || own.hasUnacknowledged, let last = peer.lastSpoke else { return false }
            return heard[address].map { $0 > max(last, own.firstUnanswered ?? last) } ?? false
        }
        judge(ends)
        if isLight, restsOnData { doubt() }
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

    private static func sides(
        _ connection: Connection, _ end: End
    ) -> (own: ConnectionSide, peer: ConnectionSide, peerAddress: IPAddress) {
        end == .originator
            ? (connection.fromOriginator, connection.fromResponder, connection.responder.address)
            : (connection.fromResponder, connection.fromOriginator, connection.originator.address)
    }

    private mutating func judge(_ ends: [End]) {
        for rule in Rule.allCases {
            for end in ends {
                guard let (verdict, confidence) = verdict(by: rule, end) else { continue }
                (self.verdict, self.confidence, self.end) = (verdict, confidence, end)
                return
            }
        }
        if connection.silence.longest >= Self.idle {
            verdict = .noKeepalive
            confidence = connection.handshakeSeen ? .high : .medium
        } else if connection.ending != .open {
            verdict = .closed
        } else {
            confidence = .low
        }
    }

    /// What is looked for, in this order.
    private enum Rule: CaseIterable {
        case middlebox, ended, unheard, probing
    }

    private func verdict(by rule: Rule, _ end: End) -> (Verdict, Confidence)? {
        let (own, peer, _) = Self.sides(connection, end)
        return switch rule {
        case .middlebox: middlebox(own)
        case .ended: ended(own, peer)
        case .unheard: unheard(own, peer)
        case .probing: probing(end, own, peer)
        }
    }

    /// What somebody else did in the name of an end.
    private func middlebox(_ own: ConnectionSide) -> (Verdict, Confidence)? {
        if own.wasResetByPath { return (.resetByPath, .high) }
        if own.middleboxProbes > 0 { return (.middleboxProbes, own.middleboxProbes > 2 ? .high : .medium) }
        return nil
    }

    /// How a connection with probes, or after a silence, came to its end.
    private func ended(_ own: ConnectionSide, _ peer: ConnectionSide) -> (Verdict, Confidence)? {
        if own.gaveUp != nil {
            if own.unanswered == 1 { return (.userTimeout, .medium) }
            guard isPeerAliveElsewhere else { return (.peerDead, .high) }
            // Who was answered before after as long a silence was not too late.
            return own.answered == 0 ? (.tooLateForPath, .high) : (.silentDrop, .high)
        }
        if own.wasResetWhenAsking { return (.peerLostState, .high) }
        return peer.reset != nil && connection.silence.wasReset ? (.peerLostState, .high) : nil
    }

    /// Who sends and is not heard.
    private func unheard(_ own: ConnectionSide, _ peer: ConnectionSide) -> (Verdict, Confidence)? {
        let isClosed = connection.ending == .closed
        if own.zeroWindowProbes > 0, peer.hasClosedWindow { return (.dataInFlight, .high) }
        // What acknowledges may ride on data, which a light capture does not see.
        guard !isLight, own.hasUnacknowledged, !isClosed, let spoke = own.lastSpoke, let heard = peer.lastSpoke,
            spoke &- heard >= Self.deafAfter
        else { return nil }
        guard connection.silence.shortestFailed > 0 else {
            return (.dataInFlight, spoke &- heard >= Self.surelyDeafAfter ? .high : .medium)
        }
        return (.silentDrop, isPeerAliveElsewhere ? .high : .medium)
    }

    /// What probes do while the connection lives.
    private func probing(_ end: End, _ own: ConnectionSide, _ peer: ConnectionSide) -> (Verdict, Confidence)? {
        guard own.probes > 0, let first = own.firstProbe, let last = own.lastProbe else { return nil }
        // The last probe may have been sent just before the capture ended.
        let isWaiting = own.unanswered > 1 || (own.unanswered == 1 && connection.lastTime &- last > Silence.patience)
        if own.answered == 0, peer.lastSpoke ?? first > first { return (.peerNeverAnswers, .medium) }
        // When it spoke is not known where it did with data that was not seen.
        if isLight, own.answered == 0, own.unanswered == 0 { return (.peerNeverAnswers, .medium) }
        if own.unanswered > 0, isWaiting || own.answered == 0 {
            return (.unresponsive, own.unanswered > 1 ? .high : .low)
        }
        let longest = max(own.periodGaps.longest, own.intervalGaps.longest)
        if own.probes >= 3, longest > 0, longest < Self.shortestSetting { return (.unitError, .high) }
        let policy = policy(of: end)
        if let idle = policy.idle, let interval = policy.interval, interval.lowerBound > idle.upperBound {
            return (.intervalExceedsIdle, .high)
        }
        if own.probes >= 30, longest > 0, longest < Self.needlessPeriod { return (.tooManyProbes, .high) }
        return (.healthy, own.probes > 1 ? .high : .medium)
    }

    /// No stack takes less than a second (ns); a timer may be a little early.
    private static let shortestSetting: Int64 = 900_000_000
    /// A path that needs a probe more often than every 10 s (ns) is not known.
    private static let needlessPeriod: Int64 = 10_000_000_000
}
