import Wire

// What unanswered and answered probes say: unresponsive, peer_dead, peer_unreachable, too_late_for_path, blocked,
// user_timeout, peer_never_answers, healthy.

extension VerdictRules {
    /// The last probes of `end` that nobody answered.
    private struct Unanswered {
        var count: UInt64
        var first: Int64
        var last: Int64
        /// When the prober gave up (ns since 1970); nil: the capture ended first.
        var gaveUp: Int64?
        /// Whether a RST says that it gave up.
        var isByReset: Bool
    }

    mutating func judgeUnanswered(_ end: End) {
        guard candidates(end).contains(.unanswered) else { return }
        let own = side(end)
        let peer = side(end.other)
        judgeNeverAnswers(end, own, peer)
        guard let probes = unanswered(end, own) else { return }
        // Nothing is known about answers that were not captured. Only who hears nothing gives up.
        guard capture.isComplete(end.other, until: probes.last), !isEndless(probes) else { return }
        if probes.count == 1 {
            if probes.isByReset { judgeSingle(end, own, probes) }
            return
        }
        if let errors = errors(quoting: end), errors.lastTime ?? .min >= probes.first {
            return addUnreachable(end, errors, isOver: probes.gaveUp != nil, since: probes.first)
        }
        if judgePath(end, probes) { return }
        add(probes.gaveUp == nil ? unresponsive(end, own, probes) : peerDead(end, own, probes))
    }

    /// Whether a prober that heard nothing would have given up long ago: then the answers were not captured.
    private func isEndless(_ probes: Unanswered) -> Bool {
        !probes.isByReset && probes.count > Self.mostProbes
    }

    /// No default is above 10 probes, and few people set more than this.
    private static let mostProbes: UInt64 = 30

    private func unanswered(_ end: End, _ own: ConnectionSide) -> Unanswered? {
        guard own.unanswered > 0, let first = own.firstUnanswered, let last = own.lastProbe else { return nil }
        let reset = connection.evidence.reset
        let isOwnReset = reset.time != nil && self.end(ofSide: reset.side) == end
        if let time = reset.time {
            // Another RST, or an abort, ended the wait.
            guard isOwnReset, reset.prober == .gaveUp else { return nil }
            return Unanswered(count: own.unanswered, first: first, last: last, gaveUp: time, isByReset: true)
        }
        // The kernel of Windows may give up without a RST: then no probe follows.
        if own.intervalGaps.count > 0, own.unanswered > 1, !own.hasUnacknowledged, !own.hasClosed, !context.isLight,
            self.end &- last > 2 * own.intervalGaps.longest &+ TimerWheel.widestBucket(own.intervalGaps.longest),
            own.lastSpoke ?? .min <= last
        {
            return Unanswered(
                count: own.unanswered, first: first, last: last, gaveUp: last &+ own.intervalGaps.longest,
                isByReset: false)
        }
        // The answer to the last one may be on its way when the capture ends.
        let patience = own.replies.longest < .max / 4 ? max(Idleness.patience, 3 * own.replies.longest) : .max
        let count = self.end &- last >= patience ? own.unanswered : own.unanswered - 1
        guard count > 1 else { return nil }
        return Unanswered(count: count, first: first, last: last, gaveUp: nil, isByReset: false)
    }

    /// The path dropped the connection: after an idle period, or while it was in use. The peer's host was heard meanwhile.
    ///
    /// Alternative: an address that stands for several hosts, so that another one was heard.
    private mutating func judgePath(_ end: End, _ probes: Unanswered) -> Bool {
        let stop = probes.gaveUp ?? self.end
        guard connection.closeTime == nil, isHeardElsewhere(end.other, after: probes.first, until: stop) else {
            return false
        }
        let idleness = connection.evidence.idleness
        let wasIdle = idleness.pending >= Idleness.threshold && idleness.brokenAt == probes.first
        if wasIdle {
            // As long an idle period was survived before, so that no timeout explains it.
            guard idleness.exceedsSurvived(idleness.pending) else { return false }
            var finding = Finding(.tooLateForPath, .medium, end)
            finding.details.idle = idleness.pending
            finding.details.count = probes.count
            finding.details.alternative = .sharedAddress
            finding.frames = frames(end, probes)
            add(finding)
        } else {
            var finding = Finding(.blocked, .medium, end)
            finding.details.count = probes.count
            finding.details.alternative = .sharedAddress
            finding.frames = frames(end, probes)
            add(finding)
        }
        return true
    }

    private func frames(_ end: End, _ probes: Unanswered) -> FrameList {
        var frames = FrameList()
        frames.append(side(end).firstUnansweredFrame)
        frames.append(side(end).lastProbeFrame)
        if probes.isByReset { frames.append(connection.evidence.reset.frame) }
        return frames
    }

    /// The probes have no answer so far. Alternatives: one direction, missing packets.
    private func unresponsive(_ end: End, _ own: ConnectionSide, _ probes: Unanswered) -> Finding {
        var finding = Finding(.unresponsive, limited(.high, bySilenceOf: end.other), end)
        if !capture.hears(end.other) { finding.details.alternative = .oneDirection }
        // A timestamp echo that stands still shows that nothing arrived; without it the answers may not have been captured.
        if own.timestampedProbes < own.probes {
            finding.confidence = min(finding.confidence, .medium)
            finding.details.alternative = finding.details.alternative ?? .incompleteCapture
        }
        // The peer may be alive and answer no probe at all.
        if own.answered == 0, own.probes > own.unanswered { finding.confidence = min(finding.confidence, .medium) }
        if hasUsualGaps(own) {
            finding.confidence = min(finding.confidence, .medium)
            finding.details.alternative = finding.details.alternative ?? .oneDirection
        }
        finding.details.count = probes.count
        finding.details.duration = self.end &- probes.first
        finding.frames = frames(end, probes)
        if own.evidence.retransmissions > 0 { finding.frames.append(own.evidence.lossLastFrame) }
        return finding
    }

    /// Whether the unanswered probes are as rare as answered ones: they may have answers that were not captured.
    func hasUsualGaps(_ own: ConnectionSide) -> Bool {
        let usual = own.periodGaps.count > 0 ? own.periodGaps : own.idleGaps
        guard usual.count > 0, own.intervalGaps.count > 0 else { return false }
        return own.intervalGaps.longest &+ TimerWheel.widestBucket(own.intervalGaps.longest) >= usual.shortest
    }

    /// The kernel gave up. Alternative: one direction, unless something of the peer was captured.
    private func peerDead(_ end: End, _ own: ConnectionSide, _ probes: Unanswered) -> Finding {
        var finding = Finding(.peerDead, limited(.high, bySilenceOf: end.other), end)
        if !capture.hears(end.other) { finding.details.alternative = .oneDirection }
        if !probes.isByReset {
            finding.confidence = min(finding.confidence, .medium)
            finding.details.alternative = finding.details.alternative ?? .incompleteCapture
        }
        // Two probes have one gap between them, which an abort may match by chance.
        let isIrregular = own.intervalGaps.longest > own.intervalGaps.shortest / 2 * 3
        // So many, or at such a rate, were hardly left unanswered.
        let isUnusual = probes.count > Self.mostProbes || own.intervalGaps.longest < Idleness.shortestInterval
        if own.intervalGaps.count == 0 || isIrregular || isUnusual || own.hasClosedWindow || hasCopies
            || (probes.isByReset && !isProven(connection.evidence.reset))
        {
            finding.confidence = min(finding.confidence, .medium)
            finding.details.alternative = finding.details.alternative ?? .applicationAbort
        }
        // Answers that were not captured may be among the probes that are counted.
        if hasUsualGaps(own), own.timestampedProbes < own.probes {
            finding.confidence = min(finding.confidence, .medium)
            finding.details.alternative = finding.details.alternative ?? .oneDirection
        }
        // Some stacks count afresh when the peer probes.
        let isAsked = side(end.other).lastProbe.map { $0 >= probes.first } ?? false
        if isAsked || side(end.other).middleboxProbes > 0 {
            finding.confidence = min(finding.confidence, .medium)
        }
        // Repeated acknowledgments of a connection that began before the capture may be answers.
        if !connection.handshakeSeen, own.answered == 0, own.timestampedProbes < own.probes {
            finding.confidence = min(finding.confidence, .medium)
            finding.details.alternative = finding.details.alternative ?? .incompleteCapture
        }
        finding.details.count = probes.count
        // Probes of the peer are signs of life too.
        let heard = max(side(end.other).lastSpoke ?? .min, side(end.other).lastProbe ?? .min)
        if let gaveUp = probes.gaveUp { finding.details.duration = gaveUp &- (heard == .min ? probes.first : heard) }
        finding.frames = frames(end, probes)
        return finding
    }

    /// Whether a RST came just when the prober's timer fired, and from its own socket: that sends RST with ACK.
    private func isProven(_ reset: ResetEvidence) -> Bool {
        reset.isTimely && reset.hasAcknowledgment && !reset.isForeign && reset.continuesIdentification != false
    }

    /// Given up after one probe. Alternatives: a count of 1, an abort by the application.
    private mutating func judgeSingle(_ end: End, _ own: ConnectionSide, _ probes: Unanswered) {
        guard let gaveUp = probes.gaveUp else { return }
        var finding = Finding(.userTimeout, own.intervalGaps.count > 0 ? .medium : .low, end)
        finding.details.count = 1
        finding.details.duration = gaveUp &- probes.last
        finding.details.alternative = .countOfOne
        finding.frames = frames(end, probes)
        add(finding)
    }

    mutating func addUnreachable(_ end: End, _ errors: ErrorEvidence, isOver: Bool, since start: Int64) {
        var finding = Finding(.peerUnreachable, .high, end, severity: isOver ? .failure : .warning)
        finding.details.count = errors.count
        finding.details.duration = (errors.lastTime ?? start) &- start
        finding.frames.append(errors.firstFrame)
        finding.frames.append(errors.lastFrame)
        add(finding)
    }

    /// The peer is heard, and answers no probe in time.
    private mutating func judgeNeverAnswers(_ end: End, _ own: ConnectionSide, _ peer: ConnectionSide) {
        guard own.probes >= 3, own.answered == 0, own.followed == 0, own.ignored >= 3, peer.hasSentData,
            capture.isComplete, !context.isArtificial, let first = own.firstProbe, peer.lastSpoke ?? .min > first
        else { return }
        var finding = Finding(.peerNeverAnswers, .medium, end)
        finding.details.count = own.probes
        finding.details.alternative = .incompleteCapture
        finding.frames.append(own.firstUnansweredFrame)
        finding.frames.append(own.lastProbeFrame)
        add(finding)
    }

    /// Whether probes of `end` stopped before the capture or the connection ended: one was due, and none came.
    func hasStopped(_ end: End) -> Bool {
        let own = side(end)
        guard let last = own.lastProbe, resetTime == nil, connection.ending != .closed else { return false }
        let settings = policy(end)
        let setting = (settings.period ?? settings.idle).map { $0.upperBound * 1_000_000_000 }
        let due = min(setting ?? max(own.periodGaps.longest, own.idleGaps.longest), Idleness.longestCredible)
        return self.end &- max(last, own.lastSpoke ?? .min) > due &+ TimerWheel.widestBucket(due) &+ Self.seriousLoss
    }

    /// Probes are sent, and the peer itself answers them.
    mutating func judgeHealth(_ end: End) {
        guard candidates(end).contains(.health) else { return }
        let own = side(end)
        let answered = own.answered + own.followed
        // Whatever is wrong now is not made good by earlier answers.
        if has(.closeWait) || (has(.aborted) && own.unanswered > 1) { return }
        if findings.contains(where: {
            $0.severity >= .warning && $0.verdict != .middleboxProbes && $0.verdict != .unitError
        }) {
            return
        }
        var finding = Finding(.healthy, own.answered > 1 ? .high : .medium, end)
        if own.foreignAnswers > 0 {
            finding.confidence = .low
            finding.details.alternative = .routeChange
        }
        if capture.missing(from: end) != nil || capture.missing(from: end.other) != nil {
            finding.confidence = min(finding.confidence, .medium)
        }
        // Its own data says where the peer is; a middlebox may answer otherwise.
        let hops = side(end.other).hops
        if resetTime != nil || hops.isForeign(own.answerTimeToLive) || !hops.isProven || hasCopies
            || own.oddProbes * 2 > own.probes || own.middleboxProbes > 0 || hasStopped(end)
        {
            finding.confidence = min(finding.confidence, .medium)
        }
        // One byte again and again, ever more rarely, is retransmitted data.
        let isBackingOff = own.byteProbes == own.probes && own.periodGaps.longest > 2 * own.periodGaps.shortest
        if own.periodGaps.count > 0, isBackingOff { finding.confidence = min(finding.confidence, .medium) }
        if answered * 5 < own.probes * 4 { finding.confidence = min(finding.confidence, .medium) }
        finding.details.count = answered
        finding.details.idle = own.closedIdle
        finding.frames.append(own.lastProbeFrame)
        finding.frames.append(own.lastAnswerFrame)
        add(finding)
    }
}
