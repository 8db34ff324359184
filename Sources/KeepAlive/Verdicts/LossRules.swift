// Retransmissions and closed windows: silent_drop, blocked, data_in_flight, receiver_stalled; with ICMP errors
// peer_unreachable.

extension VerdictRules {
    mutating func applyLossRules(to end: End) {
        guard applicable[end].contains(.losses) else { return }
        add(receiverStalled(end, connection[end]))
        add(lostData(end, connection[end]))
    }

    /// Window probes are answered by a window that stays closed: the peer is alive and does not read.
    ///
    /// Alternative: players and printers do this on purpose, so confidence is low.
    private func receiverStalled(_ end: End, _ own: ConnectionSide) -> Finding? {
        guard let since = own.evidence.stalledSince, let until = own.evidence.stalledUntil,
            until &- since >= 10_000_000_000
        else { return nil }
        var finding = Finding(.receiverStalled, .low, end.other)
        finding.details.duration = until &- since
        finding.details.count = own.zeroWindowProbes
        finding.details.alternative = .slowProtocol
        finding.frames = FrameList(own.lastProbeFrame)
        return finding
    }

    /// The finding about data that `end` retransmits without an answer; nil: an everyday loss, or none.
    private func lostData(_ end: End, _ own: ConnectionSide) -> Finding? {
        let (loss, peer) = (own.evidence, connection[end.other])
        guard !context.isLight, own.hasUnacknowledged, loss.retransmissions > 0, !loss.retransmitsClose,
            !peer.hasClosedWindow, visibility.isComplete(end.other, until: loss.lossLast)
        else { return nil }
        if let errors = errors(explaining: loss, of: end), errors.lastTime ?? .min >= loss.lossStart,
            loss.retransmissions >= 2
        {
            return peerUnreachable(end, errors, isOver: resetTime != nil, since: loss.lossStart)
        }
        let duration = loss.lossLast &- loss.lossStart
        guard loss.retransmissions >= EndEvidence.seriousRetransmissions, duration >= Self.seriousLoss, loss.isRealLoss
        else { return nil }
        var finding = dropped(end, own, peer) ?? dataInFlight(end, loss, peer)
        finding.details.count = UInt64(loss.retransmissions)
        finding.details.duration = duration
        finding.frames = FrameList(loss.lossFrame, loss.lossLastFrame)
        return finding
    }

    /// The path drops what `end` sends: silent_drop after an idle period, else blocked.
    ///
    /// Alternatives: the peer died, or, if its host is alive, the path failed for another reason than the idle time; an
    /// address of several hosts.
    private func dropped(_ end: End, _ own: ConnectionSide, _ peer: ConnectionSide) -> Finding? {
        let (loss, idleness) = (own.evidence, connection.idleness)
        // An end that still hears its peer is not cut off from it, although nothing is acknowledged.
        let isHeard = peer.lastSpoke.map { $0 > loss.lossStart } ?? false
        guard !isHeard, connection.closeTime == nil else { return nil }
        let isElsewhere = isHeardElsewhere(end.other, after: loss.lossStart, until: resetTime ?? self.end)
        guard loss.idleBeforeLoss >= Idleness.threshold else {
            guard isElsewhere else { return nil }
            var finding = Finding(.blocked, .medium, end)
            finding.details.alternative = .sharedAddress
            return finding
        }
        guard idleness.exceedsSurvived(loss.idleBeforeLoss), own.unanswered == 0,
            !isProbedMoreOften(than: loss.idleBeforeLoss)
        else { return nil }
        var finding = Finding(.silentDrop, .medium, end)
        finding.details.alternative = isElsewhere ? .otherFailure : .peerDied
        finding.details.idle = loss.idleBeforeLoss
        return finding
    }

    private func dataInFlight(_ end: End, _ loss: EndEvidence, _ peer: ConnectionSide) -> Finding {
        var finding = Finding(.dataInFlight, .high, end)
        if !visibility.hears(end.other) { finding.limit(to: .medium, because: .oneDirection) }
        // If the peer is heard after the last retransmission, its acknowledgment may be missing from the capture.
        if visibility.missing(from: end.other) != nil || peer.lastSpoke.map({ $0 > loss.lossLast }) ?? false {
            finding.limit(to: .medium, because: .incompleteCapture)
        }
        // Only a timestamp echo that does not change proves that nothing arrived. One byte may probe a closed window.
        if loss.lossTimestamp == 0 || loss.lossLength <= 1 { finding.limit(to: .medium, because: .incompleteCapture) }
        return finding
    }

    /// Whether either end had probed more often than every `idle` nanoseconds: its probes stopped before the idle period
    /// was over, so the connection had failed already.
    private func isProbedMoreOften(than idle: Int64) -> Bool {
        [originator, responder].contains { prober in
            let period = max(prober.periodGaps.longest, prober.idleGaps.longest)
            return prober.answered > 0 && period > 0
                && idle > 2 * min(period, Idleness.longestCredible) &+ 10_000_000_000
        }
    }

    /// The errors that explain the loss. "Too big" counts only if the same data is lost again and again.
    private func errors(explaining loss: EndEvidence, of end: End) -> ErrorEvidence? {
        if let errors = errors(quoting: end) { return errors }
        let errors = connection.evidence.errors
        guard errors.tooBigCount > 1, self.end(ofSide: errors.side) == end,
            loss.retransmissions >= EndEvidence.seriousRetransmissions
        else { return nil }
        return errors
    }
}
