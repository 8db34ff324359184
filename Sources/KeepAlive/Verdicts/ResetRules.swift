import Wire

// The first RST: aborted, peer_lost_state, reset_by_path, reset_when_idle, close_wait, stale_reuse; or idle_close.
//
// `ConnectionEvidence.reset` never holds a RST that was refused: the segments after a RST show that (RFC 5961 3.2).

extension VerdictRules {
    mutating func applyResetRules() {
        let reset = connection.evidence.reset
        guard let time = reset.time, !isVoid(reset) else { return }
        switch reset.prober {
        case .aborted: return add(aborted(reset, at: time))
        case .gaveUp: return  // See `applyUnansweredProbeRules`.
        case .none: break
        }
        switch reset.trigger {
        case .probe, .windowProbe: add(answered(by: reset, at: time, isProbe: true))
        case .data: add(answered(by: reset, at: time, isProbe: false))
        case .close: break  // Nothing was lost: see `closed`.
        case .nothing: add(unprompted(reset, at: time))
        }
    }

    /// The end that `reset` names as its sender.
    func sender(of reset: ResetEvidence) -> End { end(ofSide: reset.side) }

    /// Whether the other end heard the sender of `reset` afterwards: then that end did not send it.
    private func isVoid(_ reset: ResetEvidence) -> Bool {
        let evidence = connection[sender(of: reset)].evidence
        guard let time = reset.time else { return false }
        return evidence.missing.contains(.echoed) && evidence.missingSince > time
    }

    // MARK: The prober sent it

    /// The application ended the connection itself while a probe was unanswered: the time fits no keep-alive timer.
    private func aborted(_ reset: ResetEvidence, at time: Int64) -> Finding? {
        let sender = sender(of: reset)
        let own = connection[sender]
        guard let last = own.lastProbe, time >= last else { return nil }
        let isSure =
            own.intervalGaps.count > 0 && own.answered > 0 && own.middleboxProbes == 0 && visibility.isComplete
            && !mayHideProbe(own.intervalGaps, time &- last) && !hasUsualGaps(own) && isFromSocket(reset)
        var finding = Finding(.aborted, isSure ? .high : .medium, sender)
        finding.details.duration = time &- last
        finding.details.count = own.unanswered
        finding.frames = FrameList(own.lastProbeFrame, reset.frame)
        return finding
    }

    /// Whether the longest of `gaps` is two or three times `interval` (ns): then a probe or two may have been lost before
    /// the capture, and the RST may have come when the timer fired.
    private func mayHideProbe(_ gaps: Gaps, _ interval: Int64) -> Bool {
        guard interval > 0 else { return false }
        let longest = min(gaps.longest, Idleness.longestCredible)
        let number = (longest &+ interval / 2) / interval
        return (2...3).contains(number) && abs(longest &- number * interval) <= TimerWheel.widestBucket(longest)
    }

    /// Whether nothing contradicts that the prober's own socket sent the RST: a socket sends RST with ACK.
    func isFromSocket(_ reset: ResetEvidence) -> Bool {
        reset.hasAcknowledgment && !reset.isForeign && reset.continuesIdentification != false
    }

    // MARK: It answers a probe or data

    /// The finding about a RST that answers a probe, or data if not `isProbe`.
    private func answered(by reset: ResetEvidence, at time: Int64, isProbe: Bool) -> Finding? {
        if let staleReuse = staleReuse(reset, at: time) { return staleReuse }
        if reset.senderHadClosed { return isProbe ? closeWait(reset, at: time) : nil }
        let wasIdle = isProbe || reset.pathIdle >= Idleness.threshold
        if reset.isForeign, reset.continuesIdentification != true { return resetByPath(reset) }
        return wasIdle ? peerLostState(reset, at: time, isProbe: isProbe) : nil
    }

    /// The receiver of the RST had sent new data long after the peer's FIN; not if it was closing, too.
    private func staleReuse(_ reset: ResetEvidence, at time: Int64) -> Finding? {
        let sender = sender(of: reset)
        let (own, peer) = (connection[sender.other].evidence, connection[sender].evidence)
        guard let reuse = own.reuse, let closed = peer.closeTime, time >= reuse else { return nil }
        if let close = own.closeTime, close &- reuse <= Idleness.patience { return nil }
        // Never sure: data that was sent at once, and lost before the capture, is retransmitted for minutes.
        var finding = Finding(.staleReuse, .medium, sender.other)
        finding.details.duration = reuse &- closed
        finding.details.idle = peer.idleBeforeClose > 0 ? peer.idleBeforeClose : nil
        finding.frames = FrameList(peer.closeFrame, own.reuseFrame, reset.frame)
        return finding
    }

    /// One end had closed long ago, the other never did, and its probe met RST: the application leaks the socket.
    ///
    /// Alternative, if the RST has the TTL of another host: a device on the path that dropped its state.
    private func closeWait(_ reset: ResetEvidence, at time: Int64) -> Finding? {
        guard !reset.peerHadClosed, let closed = connection.closeTime, time &- closed >= Idleness.threshold else {
            return nil
        }
        let sender = sender(of: reset)
        var finding = Finding(.closeWait, .high, sender.other)
        if reset.isForeign { finding.limit(to: .medium, because: .pathDevice) }
        finding.details.duration = time &- closed
        finding.frames = FrameList(
            connection[sender].evidence.closeFrame, connection[sender.other].lastProbeFrame, reset.frame)
        return finding
    }

    /// The peer has no such connection any more. It sends RST without ACK (RFC 9293 3.10.7.1); RST with ACK comes from a
    /// socket that knows the connection, whose application closed it.
    ///
    /// Alternative: a device on the path dropped its state.
    private func peerLostState(_ reset: ResetEvidence, at time: Int64, isProbe: Bool) -> Finding? {
        let sender = sender(of: reset)
        guard !reset.hasAcknowledgment, reset.isExact, !reset.peerHadClosed,
            visibility.isComplete(sender, until: time)
        else { return nil }
        let own = connection[sender.other]
        var finding = Finding(.peerLostState, .medium, sender.other)
        finding.details.idle = reset.pathIdle > 0 ? reset.pathIdle : isProbe ? own.firstWait?.gap : nil
        finding.details.duration = max(0, time &- reset.triggerTime)
        finding.details.alternative = .pathForgot
        if isNearer(reset) { finding.details.distances = distances(reset) }
        finding.frames = FrameList(reset.triggerFrame)
        if isProbe { finding.frames.append(own.lastProbeFrame) }
        finding.frames.append(reset.frame)
        return finding
    }

    // MARK: It answers nothing

    private func unprompted(_ reset: ResetEvidence, at time: Int64) -> Finding? {
        if reset.senderHadClosed || reset.peerHadClosed { return nil }
        let wasIdle = reset.pathIdle >= Idleness.threshold
        if wasIdle, let resetWhenIdle = resetWhenIdle(reset, at: time) { return resetWhenIdle }
        if reset.isForeign, reset.continuesIdentification != true { return resetByPath(reset) }
        guard reset.applicationIdle >= Idleness.threshold else { return nil }
        // Not proven: an answer may have been lost after the capture point, and a prober may have given up.
        return idleClose(sender(of: reset), after: reset.applicationIdle, frame: reset.frame, isProven: false)
    }

    /// A device on the path reset the idle connection: the RST comes from another distance, both ends were reset at once,
    /// or no host sends such a RST. Its identification may continue the counter of the end.
    ///
    /// Alternative: the application aborted.
    private func resetWhenIdle(_ reset: ResetEvidence, at time: Int64) -> Finding? {
        let sender = sender(of: reset)
        let trip = max(
            connection[sender].handshakeReply ?? 0, connection[sender.other].handshakeReply ?? 0, 10_000_000)
        let isOfBoth = reset.otherTime.map { $0 &- time <= trip && reset.otherIsUnprompted } ?? false
        // A host without a socket sends RST only as an answer, and a socket sends RST with ACK.
        let isOfNoHost =
            !reset.hasAcknowledgment && reset.continuesIdentification != true
            && HopHistory.distance(reset.timeToLive) < HopHistory.distance(reset.hops.recent)
        guard reset.isForeign || isOfBoth || isOfNoHost else { return nil }
        let isSure = isOfBoth || (reset.isForeign && reset.continuesIdentification == false)
        let doubtful = reset.continuesIdentification == true ? Confidence.low : .medium
        var finding = Finding(.resetWhenIdle, isSure ? .high : doubtful, sender)
        finding.details.idle = reset.pathIdle
        if reset.isForeign || isOfNoHost { finding.details.distances = distances(reset) }
        if !isSure { finding.details.alternative = .applicationAbort }
        finding.frames = FrameList(reset.frame, reset.otherFrame)
        return finding
    }

    // MARK: A device on the path sent it

    /// The RST comes from another distance, and its identification does not continue the counter of the end.
    ///
    /// Alternatives: a changed route; a RST of the end's own kernel with another initial TTL, which has the same distance.
    private func resetByPath(_ reset: ResetEvidence) -> Finding {
        let isSure = reset.continuesIdentification == false && reset.isExact && visibility.isComplete
        var finding = Finding(.resetByPath, .high, sender(of: reset).other)
        if !isSure { finding.limit(to: .medium, because: .routeChange) }
        finding.details.idle = reset.pathIdle > 0 ? reset.pathIdle : nil
        finding.details.distances = distances(reset)
        finding.frames = FrameList(reset.triggerFrame, reset.frame)
        return finding
    }

    /// The TTL of the RST and that of the end's own segments.
    private func distances(_ reset: ResetEvidence) -> Finding.Distances? {
        reset.hops.own == 0 ? nil : Finding.Distances(foreign: reset.timeToLive, own: reset.hops.own)
    }

    /// Whether the RST comes from fewer hops away than the end's own segments. One hop is weak evidence.
    private func isNearer(_ reset: ResetEvidence) -> Bool {
        HopHistory.distance(reset.timeToLive) < HopHistory.distance(reset.hops.own)
    }
}
