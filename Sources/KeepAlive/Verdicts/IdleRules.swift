import Wire

// Idle periods without a failure: no_keepalive, never_idle, application_silent.

extension VerdictRules {
    /// In a pause of this length (ns) without any packet, a probe and its answer may be missing: 15 s.
    private static let longestUnseen: Int64 = 15_000_000_000

    /// The longest application-idle period of a connection without probes.
    private struct LongestIdle {
        /// Its length (ns).
        var length: Int64
        /// Its end (ns since 1970).
        var end: Int64
        /// Whether it lasts until the end of the capture.
        var isTail: Bool
        /// Whether the connection ended within the capture.
        var isOver: Bool
    }

    mutating func applyIdleRules() {
        let probes = originator.probes + responder.probes + originator.middleboxProbes + responder.middleboxProbes
        guard probes == 0, !context.isArtificial, originator.zeroWindowProbes + responder.zeroWindowProbes == 0,
            visibility.isComplete
        else { return }
        let idleness = connection.idleness
        let isOver = resetTime != nil || connection.closeTime != nil
        let isWaiting = originator.hasUnacknowledged || responder.hasUnacknowledged
        // Without any packet, the capture may have stopped: only time in which it provably ran counts.
        let tail = isOver || isWaiting ? 0 : context.captured(from: connection.lastActivity, to: end)
        let isTail = tail >= idleness.longestApplication
        let longest = LongestIdle(
            length: max(idleness.longestApplication, tail), end: isTail ? end : idleness.longestApplicationEnd,
            isTail: isTail, isOver: isOver)
        if longest.length >= Idleness.keepAliveDue { return add(noKeepalive(longest)) }
        // Either the connection was idle until the end of the capture, or the capture had stopped.
        let isTailUnknown =
            !isOver && end &- connection.lastActivity >= Idleness.keepAliveDue && tail < Idleness.keepAliveDue
        if !isTailUnknown { add(neverIdle(longest)) }
    }

    /// Idle for long, and neither end probes.
    ///
    /// Alternative: nothing was captured meanwhile. Other packets in that time exclude it.
    private func noKeepalive(_ longest: LongestIdle) -> Finding? {
        let start = longest.end &- longest.length
        if context.holes.coverMost(from: start, to: longest.end) { return nil }
        var finding = Finding(.noKeepalive, .high)
        finding.details.idle = longest.length
        if longest.isTail { finding.details.duration = longest.length }
        let over = longest.isOver ? connection.lastTime : end
        let unseen = over &- connection.firstTime &- context.captured(from: connection.firstTime, to: over)
        if context.pauses.coverMost(from: start, to: longest.end) || context.end == nil
            || (longest.isTail && !context.isLive) || resetTime != nil
            || connection.evidence.refusedResets > 0 || originator.hasRepeated || responder.hasRepeated
            || unseen >= Self.longestUnseen
        {
            finding.limit(to: .medium, because: .missingPackets)
        }
        if context.isLight { finding.limit(to: .low) }
        if !longest.isTail { finding.frames = FrameList(connection.idleness.longestApplicationFrame) }
        return finding
    }

    /// Open for long and never idle for long: no probe is due.
    private func neverIdle(_ longest: LongestIdle) -> Finding? {
        let closeIdle = max(originator.evidence.idleBeforeClose, responder.evidence.idleBeforeClose)
        guard connection.lastTime &- connection.firstTime >= Idleness.keepAliveDue, closeIdle < Idleness.keepAliveDue,
            connection.evidence.reset.applicationIdle < Idleness.keepAliveDue,
            !findings.contains(where: { $0.severity == .failure }), !context.isLight, !has(.idleClose),
            !connection.evidence.hidesIdlePeriod,
            !context.isInterrupted(from: connection.firstTime, to: connection.lastTime)
        else { return nil }
        // A probe that looks like something else, or was lost before the capture, leaves no trace.
        var finding = Finding(.neverIdle, .medium)
        finding.details.idle = max(longest.length, connection.longestPause, closeIdle)
        return finding
    }

    /// The last data came from the client and was acknowledged, probes are answered, and no reply comes.
    ///
    /// Alternatives: one-way protocols, long polling; hence the low confidence.
    func applicationSilent() -> Finding? {
        guard connection.handshakeSeen, originator.sentLastData, responder.hasSentData, !originator.hasUnacknowledged,
            resetTime == nil, connection.closeTime == nil, visibility.isComplete, !context.isLight
        else { return nil }
        let waited = end &- connection.lastActivity
        let answered = [originator.lastAnswer, responder.lastAnswer].compactMap(\.self).max() ?? .min
        guard waited >= Idleness.threshold, answered > connection.lastActivity else { return nil }
        var finding = Finding(.applicationSilent, .low, .responder)
        finding.details.duration = waited
        finding.details.alternative = .slowProtocol
        finding.frames = FrameList(originator.lastAnswerFrame)
        return finding
    }
}
