import Wire

// Unanswered probes: peer_never_answers, user_timeout, too_late_for_path, blocked, unresponsive, peer_dead; with ICMP
// errors peer_unreachable.

/// The unanswered probes of an end since its peer was last heard.
private struct UnansweredProbes {
    var prober: Connection.End
    var count: UInt64
    /// Times of the first and the last one (ns since 1970).
    var first: Int64
    var last: Int64
    /// When the prober gave up (ns since 1970); nil: the capture ended first.
    var gaveUp: Int64?
    /// Whether a RST shows that it gave up.
    var isByReset: Bool
}

extension VerdictRules {
    /// No default is above 10 probes, and few people set more than this.
    private static let mostProbes: UInt64 = 30

    mutating func applyUnansweredProbeRules(to end: End) {
        guard applicable[end].contains(.unansweredProbes) else { return }
        let own = connection[end]
        add(peerNeverAnswers(end, own))
        guard let probes = unansweredProbes(of: end, own), visibility.isComplete(end.other, until: probes.last),
            !isEndless(probes)
        else { return }
        add(unanswered(probes, own))
    }

    /// The finding about probes whose answers would have been captured.
    private func unanswered(_ probes: UnansweredProbes, _ own: ConnectionSide) -> Finding? {
        if probes.count == 1 { return probes.isByReset ? userTimeout(probes, own) : nil }
        if let errors = errors(quoting: probes.prober), errors.lastTime ?? .min >= probes.first {
            return peerUnreachable(probes.prober, errors, isOver: probes.gaveUp != nil, since: probes.first)
        }
        let idleness = connection.idleness
        let isAfterIdle = idleness.pending >= Idleness.threshold && idleness.brokenAt == probes.first
        if isPeerHeardElsewhere(probes) {
            if !isAfterIdle { return blocked(probes) }
            // If an equal idle period was survived before, no timeout of the path explains the failure.
            if idleness.exceedsSurvived(idleness.pending) { return tooLateForPath(probes) }
        }
        return probes.gaveUp == nil ? unresponsive(probes, own) : peerDead(probes, own)
    }

    /// Whether a prober that heard nothing would have given up long ago: then the answers were not captured.
    private func isEndless(_ probes: UnansweredProbes) -> Bool {
        !probes.isByReset && probes.count > Self.mostProbes
    }

    private func unansweredProbes(of end: End, _ own: ConnectionSide) -> UnansweredProbes? {
        guard own.unanswered > 0, let first = own.firstUnanswered, let last = own.lastProbe else { return nil }
        var probes = UnansweredProbes(
            prober: end, count: own.unanswered, first: first, last: last, gaveUp: nil, isByReset: false)
        let reset = connection.evidence.reset
        if let time = reset.time {
            // Any other RST, such as that of an abort, ends the wait.
            guard sender(of: reset) == end, reset.prober == .gaveUp else { return nil }
            probes.gaveUp = time
            probes.isByReset = true
            return probes
        }
        // The kernel of Windows may give up without a RST: then no probe follows.
        let interval = own.intervalGaps.longest
        if own.intervalGaps.count > 0, own.unanswered > 1, !own.hasUnacknowledged, !own.hasClosed, !context.isLight,
            self.end &- last > 2 * interval &+ TimerWheel.widestBucket(interval), own.lastSpoke ?? .min <= last
        {
            probes.gaveUp = last &+ interval
            return probes
        }
        // The answer to the last one may be on its way when the capture ends.
        let patience = own.replies.longest < .max / 4 ? max(Idleness.patience, 3 * own.replies.longest) : .max
        if self.end &- last < patience { probes.count -= 1 }
        return probes.count > 1 ? probes : nil
    }

    /// The peer is heard, and answers no probe in time.
    ///
    /// Alternative: missing packets.
    private func peerNeverAnswers(_ end: End, _ own: ConnectionSide) -> Finding? {
        let peer = connection[end.other]
        guard own.probes >= 3, own.answered == 0, own.followed == 0, own.ignored >= 3, peer.hasSentData,
            visibility.isComplete, !context.isArtificial, let first = own.firstProbe, peer.lastSpoke ?? .min > first
        else { return nil }
        var finding = Finding(.peerNeverAnswers, .medium, end)
        finding.details.count = own.probes
        finding.details.alternative = .incompleteCapture
        finding.frames = FrameList(own.firstUnansweredFrame, own.lastProbeFrame)
        return finding
    }

    /// Given up after one probe.
    ///
    /// Alternatives: a count of 1, an abort by the application.
    private func userTimeout(_ probes: UnansweredProbes, _ own: ConnectionSide) -> Finding? {
        guard let gaveUp = probes.gaveUp else { return nil }
        var finding = Finding(.userTimeout, own.intervalGaps.count > 0 ? .medium : .low, probes.prober)
        finding.details.count = 1
        finding.details.duration = gaveUp &- probes.last
        finding.details.alternative = .countOfOne
        finding.frames = frames(probes)
        return finding
    }

    // MARK: The path failed

    /// Whether the peer's host was heard in another connection while it did not answer here, which had not been closed.
    private func isPeerHeardElsewhere(_ probes: UnansweredProbes) -> Bool {
        connection.closeTime == nil
            && isHeardElsewhere(probes.prober.other, after: probes.first, until: probes.gaveUp ?? end)
    }

    /// The path dropped its state in an idle period, before the first probe.
    ///
    /// Alternative: several hosts share the address, and another one was heard.
    private func tooLateForPath(_ probes: UnansweredProbes) -> Finding {
        var finding = Finding(.tooLateForPath, .medium, probes.prober)
        finding.details.idle = connection.idleness.pending
        finding.details.count = probes.count
        finding.details.alternative = .sharedAddress
        finding.frames = frames(probes)
        return finding
    }

    /// The path began to drop the connection while it was in use.
    ///
    /// Alternative: several hosts share the address, and another one was heard.
    private func blocked(_ probes: UnansweredProbes) -> Finding {
        var finding = Finding(.blocked, .medium, probes.prober)
        finding.details.count = probes.count
        finding.details.alternative = .sharedAddress
        finding.frames = frames(probes)
        return finding
    }

    // MARK: The peer is gone

    /// The probes have no answer so far.
    ///
    /// Alternatives: one direction, missing packets.
    private func unresponsive(_ probes: UnansweredProbes, _ own: ConnectionSide) -> Finding {
        var finding = Finding(.unresponsive, .high, probes.prober)
        if !visibility.hears(probes.prober.other) { finding.limit(to: .medium, because: .oneDirection) }
        // Only a timestamp echo that does not change proves that nothing arrived: else answers may be missing.
        if own.timestampedProbes < own.probes { finding.limit(to: .medium, because: .incompleteCapture) }
        // The peer may be alive and answer no probe at all.
        if own.answered == 0, own.probes > own.unanswered { finding.limit(to: .medium) }
        if hasUsualGaps(own) { finding.limit(to: .medium, because: .incompleteCapture) }
        finding.details.count = probes.count
        finding.details.duration = end &- probes.first
        finding.frames = frames(probes)
        if own.evidence.retransmissions > 0 { finding.frames.append(own.evidence.lossLastFrame) }
        return finding
    }

    /// The kernel gave up.
    ///
    /// Alternatives: one direction, missing packets, an abort by the application.
    private func peerDead(_ probes: UnansweredProbes, _ own: ConnectionSide) -> Finding {
        let peer = connection[probes.prober.other]
        var finding = Finding(.peerDead, .high, probes.prober)
        if !visibility.hears(probes.prober.other) { finding.limit(to: .medium, because: .oneDirection) }
        if !probes.isByReset { finding.limit(to: .medium, because: .incompleteCapture) }
        if mayBeAbort(probes, own) { finding.limit(to: .medium, because: .applicationAbort) }
        let mayLackAnswers = own.timestampedProbes < own.probes
        if mayLackAnswers, hasUsualGaps(own) { finding.limit(to: .medium, because: .incompleteCapture) }
        // Some stacks restart their count when the peer probes.
        let isProbed = peer.lastProbe.map { $0 >= probes.first } ?? false
        if isProbed || peer.middleboxProbes > 0 { finding.limit(to: .medium) }
        // In a connection that began before the capture, repeated acknowledgments may be answers.
        if mayLackAnswers, !connection.handshakeSeen, own.answered == 0 {
            finding.limit(to: .medium, because: .incompleteCapture)
        }
        finding.details.count = probes.count
        // Probes of the peer are signs of life, too.
        let heard = max(peer.lastSpoke ?? .min, peer.lastProbe ?? .min)
        if let gaveUp = probes.gaveUp { finding.details.duration = gaveUp &- (heard == .min ? probes.first : heard) }
        finding.frames = frames(probes)
        return finding
    }

    /// Whether the prober may have been ended by its application and not by its timer.
    private func mayBeAbort(_ probes: UnansweredProbes, _ own: ConnectionSide) -> Bool {
        let reset = connection.evidence.reset
        let gaps = own.intervalGaps
        let isIrregular = gaps.count == 0 || gaps.longest > gaps.shortest / 2 * 3
        // So many probes, or probes at such a rate, are hardly ever unanswered.
        let isUnusual = probes.count > Self.mostProbes || gaps.longest < Idleness.shortestInterval
        return isIrregular || isUnusual || own.hasClosedWindow || hasCopies
            || (probes.isByReset && !(reset.isTimely && isFromSocket(reset)))
    }

    /// Whether the unanswered probes are as far apart as the answered ones were: they may have answers, too, which were
    /// not captured.
    func hasUsualGaps(_ own: ConnectionSide) -> Bool {
        let usual = own.periodGaps.count > 0 ? own.periodGaps : own.idleGaps
        guard usual.count > 0, own.intervalGaps.count > 0 else { return false }
        return own.intervalGaps.longest &+ TimerWheel.widestBucket(own.intervalGaps.longest) >= usual.shortest
    }

    /// The packets of the first and the last unanswered probe, and that of the RST of a prober that gave up.
    private func frames(_ probes: UnansweredProbes) -> FrameList {
        let own = connection[probes.prober]
        return FrameList(
            own.firstUnansweredFrame, own.lastProbeFrame, probes.isByReset ? connection.evidence.reset.frame : .none)
    }
}
