/// The rules of verdicts, and what they go by beside what the ends of a connection sent.
///
/// That is large, and handed from rule to rule: to take it from the connection each time would be to copy it.
struct Judge {
    /// How the connection ended.
    let ending: Connection.Ending
    /// Time of its last segment (ns since 1970).
    let lastTime: Int64
    /// What became of it after long silences.
    let silence: Silence
    /// Whether a SYN said who opened it.
    let handshakeSeen: Bool
    /// What the probes of the originator tell of its settings.
    let originatorPolicy: InferredPolicy
    /// What the probes of the responder tell of its settings.
    let responderPolicy: InferredPolicy
    /// Whether the peer's host was heard in another connection after it had fallen silent in this one.
    let isPeerAliveElsewhere: Bool
    /// Whether segments with more than one octet were not seen.
    let isLight: Bool

    /// A verdict, how sure it is, and the end that it speaks of.
    typealias Judgement = (Verdict, Confidence, Diagnosis.End?)
    private typealias End = Diagnosis.End

    /// An end that sends on without being answered for so long (ns) is surely not heard; from `Diagnosis.deafAfter` on
    /// that is likely.
    private static let surelyDeafAfter: Int64 = 3_000_000_000
    /// No stack takes less than a second (ns); a timer may be a little early.
    private static let shortestSetting: Int64 = 900_000_000
    /// A path that needs a probe more often than every 10 s (ns) is not known.
    private static let needlessPeriod: Int64 = 10_000_000_000

    /// The judgement on a connection, by what its `originator` and its `responder` sent.
    func judgement(_ originator: ConnectionSide, _ responder: ConnectionSide) -> Judgement {
        // Who probes more is judged first, then who opened.
        responder.probes > originator.probes
            ? judgement(.responder, responder, .originator, originator)
            : judgement(.originator, originator, .responder, responder)
    }

    /// The judgement on what the `first` end sent, `own`, and the `second` one, its peer.
    private func judgement(_ first: End, _ own: ConnectionSide, _ second: End, _ peer: ConnectionSide) -> Judgement {
        // What is looked for, in this order.
        if let found = middlebox(first, own) ?? middlebox(second, peer)
            ?? ended(first, own, peer) ?? ended(second, peer, own)
            ?? unheard(first, own, peer) ?? unheard(second, peer, own)
            ?? probing(first, own, peer) ?? probing(second, peer, own)
        {
            return found
        }
        if silence.longest >= Diagnosis.idle { return (.noKeepalive, handshakeSeen ? .high : .medium, nil) }
        return ending != .open ? (.closed, .high, nil) : (.unknown, .low, nil)
    }

    /// What somebody else did in the name of an end.
    private func middlebox(_ end: End, _ own: ConnectionSide) -> Judgement? {
        if own.wasResetByPath { return (.resetByPath, .high, end) }
        if own.middleboxProbes > 0 { return (.middleboxProbes, own.middleboxProbes > 2 ? .high : .medium, end) }
        return nil
    }

    /// How a connection with probes, or after a silence, came to its end.
    private func ended(_ end: End, _ own: ConnectionSide, _ peer: ConnectionSide) -> Judgement? {
        if own.gaveUp != nil {
            if own.unanswered == 1 { return (.userTimeout, .medium, end) }
            guard isPeerAliveElsewhere else { return (.peerDead, .high, end) }
            // Who was answered before after as long a silence was not too late.
            return own.answered == 0 ? (.tooLateForPath, .high, end) : (.silentDrop, .high, end)
        }
        if own.wasResetWhenAsking { return (.peerLostState, .high, end) }
        return peer.reset != nil && silence.wasReset ? (.peerLostState, .high, end) : nil
    }

    /// Who sends and is not heard.
    private func unheard(_ end: End, _ own: ConnectionSide, _ peer: ConnectionSide) -> Judgement? {
        let isClosed = ending == .closed
        if own.zeroWindowProbes > 0, peer.hasClosedWindow { return (.dataInFlight, .high, end) }
        // What acknowledges may ride on data, which a light capture does not see.
        guard !isLight, own.hasUnacknowledged, !isClosed, let spoke = own.lastSpoke, let heard = peer.lastSpoke,
            spoke &- heard >= Diagnosis.deafAfter
        else { return nil }
        guard silence.shortestFailed > 0 else {
            return (.dataInFlight, spoke &- heard >= Self.surelyDeafAfter ? .high : .medium, end)
        }
        return (.silentDrop, isPeerAliveElsewhere ? .high : .medium, end)
    }

    /// What probes do while the connection lives.
    private func probing(_ end: End, _ own: ConnectionSide, _ peer: ConnectionSide) -> Judgement? {
        guard own.probes > 0, let first = own.firstProbe, let last = own.lastProbe else { return nil }
        // The last probe may have been sent just before the capture ended.
        let isWaiting = own.unanswered > 1 || (own.unanswered == 1 && lastTime &- last > Silence.patience)
        if own.answered == 0, peer.lastSpoke ?? first > first { return (.peerNeverAnswers, .medium, end) }
        // When it spoke is not known where it did with data that was not seen.
        if isLight, own.answered == 0, own.unanswered == 0 { return (.peerNeverAnswers, .medium, end) }
        if own.unanswered > 0, isWaiting || own.answered == 0 {
            return (.unresponsive, own.unanswered > 1 ? .high : .low, end)
        }
        let longest = max(own.periodGaps.longest, own.intervalGaps.longest)
        if own.probes >= 3, longest > 0, longest < Self.shortestSetting { return (.unitError, .high, end) }
        let policy = end == .originator ? originatorPolicy : responderPolicy
        if let idle = policy.idle, let interval = policy.interval, interval.lowerBound > idle.upperBound {
            return (.intervalExceedsIdle, .high, end)
        }
        if own.probes >= 30, longest > 0, longest < Self.needlessPeriod { return (.tooManyProbes, .high, end) }
        return (.healthy, own.probes > 1 ? .high : .medium, end)
    }
}
