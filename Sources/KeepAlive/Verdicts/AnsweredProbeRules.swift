import Wire

// Answered probes: healthy.

extension VerdictRules {
    /// `end` sends probes, and the peer itself answers them.
    ///
    /// Alternatives: a middlebox answers; a changed route; one byte of data that is retransmitted.
    func healthy(_ end: End) -> Finding? {
        guard applicable[end].contains(.answeredProbes) else { return nil }
        let own = connection[end]
        // Earlier answers do not make up for what is wrong now.
        if has(.closeWait) || (has(.aborted) && own.unanswered > 1) { return nil }
        let isWrong = findings.contains {
            $0.severity >= .warning && $0.verdict != .middleboxProbes && $0.verdict != .unitError
        }
        if isWrong { return nil }
        let answered = own.answered + own.followed
        var finding = Finding(.healthy, own.answered > 1 ? .high : .medium, end)
        if own.foreignAnswers > 0 { finding.limit(to: .low, because: .routeChange) }
        if isHealthDoubtful(end, own) || answered * 5 < own.probes * 4 { finding.limit(to: .medium) }
        finding.details.count = answered
        finding.details.idle = own.closedIdle
        finding.frames = FrameList(own.lastProbeFrame, own.lastAnswerFrame)
        return finding
    }

    private func isHealthDoubtful(_ end: End, _ own: ConnectionSide) -> Bool {
        // The peer's own data shows its distance; a middlebox may answer from another one.
        let hops = connection[end.other].hops
        // One byte again and again at growing distances is retransmitted data.
        let isBackingOff =
            own.periodGaps.count > 0 && own.byteProbes == own.probes
            && own.periodGaps.longest > 2 * own.periodGaps.shortest
        return !visibility.isComplete || resetTime != nil || hops.isForeign(own.answerTimeToLive) || !hops.isProven
            || hasCopies || own.oddProbes * 2 > own.probes || own.middleboxProbes > 0 || hasStopped(end, own)
            || isBackingOff
    }

    /// Whether a probe of `end` was due before the capture or the connection ended, and did not come.
    private func hasStopped(_ end: End, _ own: ConnectionSide) -> Bool {
        guard let last = own.lastProbe, resetTime == nil, connection.ending != .closed else { return false }
        let setting = (policies[end].period ?? policies[end].idle).map { $0.upperBound * 1_000_000_000 }
        let due = min(setting ?? max(own.periodGaps.longest, own.idleGaps.longest), Idleness.longestCredible)
        return self.end &- max(last, own.lastSpoke ?? .min) > due &+ TimerWheel.widestBucket(due) &+ Self.seriousLoss
    }
}
