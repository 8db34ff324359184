// What retransmissions and closed windows say: silent_drop, blocked, data_in_flight, peer_unreachable, receiver_stalled.

extension VerdictRules {
    mutating func judgeLoss(_ end: End) {
        guard candidates(end).contains(.loss) else { return }
        let own = side(end)
        let peer = side(end.other)
        judgeStall(end, own)
        guard !context.isLight, own.hasUnacknowledged, own.evidence.retransmissions > 0, !own.evidence.retransmitsClose,
            !peer.hasClosedWindow
        else { return }
        let loss = own.evidence
        guard capture.isComplete(end.other, until: loss.lossLast) else { return }
        let lasted = loss.lossLast &- loss.lossStart
        if let errors = unreachable(end, loss), errors.lastTime ?? .min >= loss.lossStart, loss.retransmissions >= 2 {
            return addUnreachable(end, errors, isOver: resetTime != nil, since: loss.lossStart)
        }
        guard loss.retransmissions >= EndEvidence.seriousRetransmissions, lasted >= Self.seriousLoss, loss.isRealLoss
        else {
            return
        }
        // An end that still hears its peer is not cut off from it, although nothing is acknowledged.
        let isHeard = peer.lastSpoke.map { $0 > loss.lossStart } ?? false
        let isElsewhere = isHeardElsewhere(end.other, after: loss.lossStart, until: resetTime ?? self.end)
        let idleness = connection.evidence.idleness
        var finding: Finding
        if !isHeard, connection.closeTime == nil, loss.idleBeforeLoss >= Idleness.threshold,
            idleness.exceedsSurvived(loss.idleBeforeLoss), own.unanswered == 0,
            !isProbedMoreOften(than: loss.idleBeforeLoss)
        {
            // Even where the peer's host is alive, the path may have failed for another reason than the idle time.
            finding = Finding(.silentDrop, .medium, end)
            finding.details.alternative = isElsewhere ? .otherFailure : .peerDied
            finding.details.idle = loss.idleBeforeLoss
        } else if !isHeard, isElsewhere, connection.closeTime == nil, loss.idleBeforeLoss < Idleness.threshold {
            finding = Finding(.blocked, .medium, end)
            finding.details.alternative = .sharedAddress
        } else {
            finding = Finding(.dataInFlight, limited(.high, bySilenceOf: end.other), end)
            if !capture.hears(end.other) { finding.details.alternative = .oneDirection }
            // If the peer is heard after the last retransmission, its acknowledgment may be what is missing.
            if capture.missing(from: end.other) != nil || peer.lastSpoke.map({ $0 > loss.lossLast }) ?? false {
                finding.confidence = .medium
                finding.details.alternative = finding.details.alternative ?? .incompleteCapture
            }
            // As for probes: an echo that stands still shows that nothing arrived. One byte may probe a closed window.
            if loss.lossTimestamp == 0 || loss.lossLength <= 1, finding.confidence == .high {
                finding.confidence = .medium
                finding.details.alternative = .incompleteCapture
            }
        }
        finding.details.count = UInt64(loss.retransmissions)
        finding.details.duration = lasted
        finding.frames.append(loss.lossFrame)
        finding.frames.append(loss.lossLastFrame)
        add(finding)
    }

    /// Segments that were not captured, or too few to judge, were answered by errors, and nothing of the peer came since.
    mutating func judgeErrors(_ end: End) {
        guard let errors = errors(quoting: end), errors.count > 1, let first = errors.firstTime,
            let last = errors.lastTime, last > side(end.other).lastSpoke ?? .min, connection.ending != .closed
        else { return }
        addUnreachable(end, errors, isOver: resetTime != nil, since: first)
    }

    /// Whether either end had probed more often than every `idle` nanoseconds: when its probes stopped, something had
    /// happened already, and the idle period says nothing.
    private func isProbedMoreOften(than idle: Int64) -> Bool {
        [originator, responder].contains { prober in
            let period = max(prober.periodGaps.longest, prober.idleGaps.longest)
            return prober.answered > 0 && period > 0
                && idle > 2 * min(period, Idleness.longestCredible) &+ 10_000_000_000
        }
    }

    /// The errors that explain the loss: "too big" counts only where the same is lost again and again.
    private func unreachable(_ end: End, _ loss: EndEvidence) -> ErrorEvidence? {
        if let errors = errors(quoting: end) { return errors }
        let errors = connection.evidence.errors
        guard errors.tooBigCount > 1, self.end(ofSide: errors.side) == end,
            loss.retransmissions >= EndEvidence.seriousRetransmissions
        else { return nil }
        return errors
    }

    /// Window probes are answered by a window that stays closed: the peer is alive and does not read.
    ///
    /// Alternative: players and printers do this on purpose, so that confidence is low.
    private mutating func judgeStall(_ end: End, _ own: ConnectionSide) {
        guard let since = own.evidence.stalledSince, let until = own.evidence.stalledUntil,
            until &- since >= 10_000_000_000
        else { return }
        var finding = Finding(.receiverStalled, .low, end.other)
        finding.details.duration = until &- since
        finding.details.count = own.zeroWindowProbes
        finding.details.alternative = .slowProtocol
        finding.frames.append(own.lastProbeFrame)
        add(finding)
    }
}
