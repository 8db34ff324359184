import Wire

// What a RST says: peer_lost_state, reset_by_path, reset_when_idle, idle_close, close_wait, stale_reuse, aborted.
//
// A RST that was refused is not here: what follows it decides (RFC 5961 3.2), and `ConnectionEvidence.reset` is then empty.

extension VerdictRules {
    mutating func judgeReset() {
        let reset = connection.evidence.reset
        guard let time = reset.time, !isVoid(reset) else { return }
        let sender = end(ofSide: reset.side)
        let victim = sender.other
        if reset.prober == .aborted { return judgeAbort(reset, sender, at: time) }
        if reset.prober == .gaveUp { return }  // judgeUnanswered
        switch reset.trigger {
        case .probe, .windowProbe: judgeAnswer(reset, from: sender, to: victim, at: time, isProbe: true)
        case .data: judgeAnswer(reset, from: sender, to: victim, at: time, isProbe: false)
        case .close: break  // Nothing was lost: judgeClose.
        case .nothing: judgeUnprompted(reset, sender, at: time)
        }
    }

    /// The application ended the connection itself while a probe was unanswered: no keep-alive timer fits.
    private mutating func judgeAbort(_ reset: ResetEvidence, _ sender: End, at time: Int64) {
        let own = side(sender)
        guard let last = own.lastProbe, time >= last else { return }
        let isSure =
            own.intervalGaps.count > 0 && own.answered > 0 && own.middleboxProbes == 0 && capture.isComplete
            && !hidesProbe(own.intervalGaps, time &- last) && !hasUsualGaps(own)
            // A socket that is closed sends RST with ACK.
            && reset.hasAcknowledgment && !reset.isForeign && reset.continuesIdentification != false
        var finding = Finding(.aborted, isSure ? .high : .medium, sender)
        finding.details.duration = time &- last
        finding.details.count = own.unanswered
        finding.frames.append(own.lastProbeFrame)
        finding.frames.append(reset.frame)
        add(finding)
    }

    /// Whether the longest of `gaps` is two or three times `interval` (ns): a probe or two may have been lost before the
    /// capture, and the RST be timely.
    private func hidesProbe(_ gaps: Gaps, _ interval: Int64) -> Bool {
        guard interval > 0 else { return false }
        let longest = min(gaps.longest, Idleness.longestCredible)
        let number = (longest &+ interval / 2) / interval
        return (2...3).contains(number) && abs(longest &- number * interval) <= TimerWheel.widestBucket(longest)
    }

    /// A RST answered a probe or data.
    private mutating func judgeAnswer(
        _ reset: ResetEvidence, from sender: End, to victim: End, at time: Int64, isProbe: Bool
    ) {
        let own = side(victim)
        if judgeReuse(reset, by: victim, at: time) { return }
        if reset.senderHadClosed {
            if isProbe { judgeCloseWait(reset, sender, victim, at: time) }
            return
        }
        let wasIdle = isProbe || reset.pathIdle >= Idleness.threshold
        if reset.isForeign, reset.continuesIdentification != true {
            return add(resetByPath(reset, victim, isIdle: wasIdle))
        }
        // RST with ACK comes from a socket that knows the connection: its application closed it.
        guard wasIdle, !reset.hasAcknowledgment, reset.isExact, !reset.peerHadClosed,
            capture.isComplete(sender, until: time)
        else { return }
        var finding = Finding(.peerLostState, .medium, victim)
        finding.details.idle = reset.pathIdle > 0 ? reset.pathIdle : isProbe ? own.firstWait?.gap : nil
        finding.details.duration = max(0, time &- reset.triggerTime)
        finding.details.alternative = .pathForgot
        finding.details.distances = nearer(reset)
        finding.frames.append(reset.triggerFrame)
        if isProbe { finding.frames.append(own.lastProbeFrame) }
        finding.frames.append(reset.frame)
        add(finding)
    }

    /// One end had closed long ago, the other never did, and its probe met RST: the application leaks the socket.
    private mutating func judgeCloseWait(_ reset: ResetEvidence, _ sender: End, _ victim: End, at time: Int64) {
        guard !reset.peerHadClosed, let closed = connection.closeTime, time &- closed >= Idleness.threshold else {
            return
        }
        // A device that forgot the connection answers the same way.
        var finding = Finding(.closeWait, reset.isForeign ? .medium : .high, victim)
        if reset.isForeign { finding.details.alternative = .pathDevice }
        finding.details.duration = time &- closed
        finding.frames.append(side(sender).evidence.closeFrame)
        finding.frames.append(side(victim).lastProbeFrame)
        finding.frames.append(reset.frame)
        add(finding)
    }

    /// New data was sent long after the peer's FIN, and answered by RST; not where the sender was closing too.
    private mutating func judgeReuse(_ reset: ResetEvidence, by user: End, at time: Int64) -> Bool {
        let own = side(user)
        let peer = side(user.other)
        guard let reuse = own.evidence.reuse, let closed = peer.evidence.closeTime, time >= reuse else { return false }
        if let close = own.evidence.closeTime, close &- reuse <= Idleness.patience { return false }
        // What was sent at once, and lost before the capture, is retransmitted for minutes.
        var finding = Finding(.staleReuse, .medium, user)
        finding.details.duration = reuse &- closed
        finding.details.idle = peer.evidence.idleBeforeClose > 0 ? peer.evidence.idleBeforeClose : nil
        finding.frames.append(peer.evidence.closeFrame)
        finding.frames.append(own.evidence.reuseFrame)
        finding.frames.append(reset.frame)
        add(finding)
        return true
    }

    /// A device on the path sent the RST.
    ///
    /// Alternatives: a changed route; a RST of the end's own kernel with another initial TTL, which has the same distance.
    private func resetByPath(_ reset: ResetEvidence, _ victim: End, isIdle: Bool) -> Finding {
        var finding = Finding(
            .resetByPath,
            reset.continuesIdentification == false && reset.isExact && capture.isComplete ? .high : .medium, victim)
        finding.details.idle = reset.pathIdle > 0 ? reset.pathIdle : nil
        finding.details.alternative = finding.confidence == .high ? nil : .routeChange
        finding.details.distances = distances(reset)
        finding.frames.append(reset.triggerFrame)
        finding.frames.append(reset.frame)
        return finding
    }

    /// A RST that answers nothing.
    private mutating func judgeUnprompted(_ reset: ResetEvidence, _ sender: End, at time: Int64) {
        if reset.senderHadClosed || reset.peerHadClosed { return }
        let isIdle = reset.pathIdle >= Idleness.threshold
        // An idle path is reset by a device that may continue the counter: then distance is all there is.
        let isForeign = reset.isForeign && (isIdle || reset.continuesIdentification != true)
        let trip = max(side(sender).handshakeReply ?? 0, side(sender.other).handshakeReply ?? 0, 10_000_000)
        let resetBoth = reset.otherTime.map { $0 &- time <= trip && reset.otherIsUnprompted } ?? false
        // A host without a socket sends RST only as an answer, and a socket sends RST with ACK.
        let isNearer =
            !reset.hasAcknowledgment && reset.continuesIdentification != true
            && HopHistory.distance(reset.timeToLive) < HopHistory.distance(reset.hops.recent)
        if isIdle, isForeign || resetBoth || isNearer {
            var finding = Finding(.resetWhenIdle, .medium, sender)
            if resetBoth || (isForeign && reset.continuesIdentification == false) { finding.confidence = .high }
            if !resetBoth, reset.continuesIdentification == true { finding.confidence = .low }
            finding.details.idle = reset.pathIdle
            finding.details.distances = isForeign || isNearer ? distances(reset) : nil
            finding.details.alternative = finding.confidence == .high ? nil : .applicationAbort
            finding.frames.append(reset.frame)
            finding.frames.append(reset.otherFrame)
            return add(finding)
        }
        if isForeign { return add(resetByPath(reset, sender.other, isIdle: isIdle)) }
        guard reset.applicationIdle >= Idleness.threshold else { return }
        // An answer may have been lost behind the capture, and a prober have given up.
        addIdleClose(sender, after: reset.applicationIdle, frame: reset.frame, isProven: false)
    }

    /// The TTL of the RST and that of the end's own segments.
    private func distances(_ reset: ResetEvidence) -> Finding.Distances? {
        let own = reset.hops.recent == 0 ? reset.hops.first : reset.hops.recent
        return own == 0 ? nil : Finding.Distances(foreign: reset.timeToLive, own: own)
    }

    /// The same where the RST comes from one hop nearer, which is weak by itself.
    private func nearer(_ reset: ResetEvidence) -> Finding.Distances? {
        guard let distances = distances(reset),
            HopHistory.distance(distances.foreign) < HopHistory.distance(distances.own)
        else { return nil }
        return distances
    }

    /// An end closed the connection after it had been idle: keep-alives do not refresh that timeout.
    ///
    /// Alternative, where the segment does not prove its origin: a device on the path.
    mutating func addIdleClose(_ end: End, after idle: Int64, frame: FrameReference, isProven: Bool) {
        guard !context.isArtificial, capture.isComplete else { return }
        var finding = Finding(.idleClose, isProven ? .high : .medium, end)
        if !isProven { finding.details.alternative = .pathDevice }
        finding.details.idle = idle
        finding.frames.append(frame)
        if CaptureContext.isCovered(from: frameTime(end, idle) &- idle, to: frameTime(end, idle), by: context.pauses),
            context.pauses.count > 0
        {
            finding.confidence = .medium
        }
        add(finding)
    }

    private func frameTime(_ end: End, _ idle: Int64) -> Int64 {
        side(end).evidence.closeTime ?? resetTime ?? self.end
    }
}
