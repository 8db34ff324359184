import Wire

// What idle periods say: idle_close, no_keepalive, never_idle, application_silent; and the rest: closed, unknown.

extension VerdictRules {
    /// The first FIN came after an idle period.
    mutating func judgeClose() {
        let closers = [End.originator, .responder].filter { side($0).evidence.closeTime != nil }
        guard let closer = closers.min(by: { time($0) < time($1) }) else { return }
        let evidence = side(closer).evidence
        guard evidence.idleBeforeClose >= Idleness.threshold, evidence.closeTime == connection.closeTime else { return }
        addIdleClose(closer, after: evidence.idleBeforeClose, frame: evidence.closeFrame, isProven: resetTime == nil)
    }

    private func time(_ end: End) -> Int64 { side(end).evidence.closeTime ?? .max }

    mutating func judgeIdleness() {
        let probes = originator.probes + responder.probes + originator.middleboxProbes + responder.middleboxProbes
        guard probes == 0, !context.isArtificial, originator.zeroWindowProbes + responder.zeroWindowProbes == 0,
            capture.isComplete
        else { return }
        let idleness = connection.evidence.idleness
        let isOver = resetTime != nil || connection.closeTime != nil
        let isWaiting = originator.hasUnacknowledged || responder.hasUnacknowledged
        // A stretch without any packet at all is no proof that the capture went on.
        let tail = isOver || isWaiting ? 0 : context.captured(from: connection.lastActivity, to: end)
        let longest = max(idleness.longestApplication, tail)
        // Whether it was idle until the end of the capture, or the capture had stopped, nobody can tell.
        let isTailUnknown =
            !isOver && end &- connection.lastActivity >= Idleness.keepAliveDue && tail < Idleness.keepAliveDue
        let stop = tail >= idleness.longestApplication ? end : idleness.longestApplicationEnd
        if longest >= Idleness.keepAliveDue {
            if CaptureContext.isCovered(from: stop &- longest, to: stop, by: context.holes) { return }
            var finding = Finding(.noKeepalive, .high, nil)
            finding.details.idle = longest
            finding.details.duration = tail >= idleness.longestApplication ? tail : nil
            let over = isOver ? connection.lastTime : end
            let lifetime = over &- connection.firstTime
            // Nobody may have captured anything meanwhile: other packets in that time exclude it.
            if CaptureContext.isCovered(from: stop &- longest, to: stop, by: context.pauses) || context.end == nil
                || (tail == longest && !context.isLive) || resetTime != nil
                || connection.evidence.refusedResets > 0 || originator.hasRepeated || responder.hasRepeated
                || lifetime &- context.captured(from: connection.firstTime, to: over) >= Self.longestUnseen
            {
                finding.confidence = .medium
                finding.details.alternative = .missingPackets
            }
            if context.isLight { finding.confidence = .low }
            if tail < idleness.longestApplication { finding.frames.append(idleness.longestApplicationFrame) }
            return add(finding)
        }
        if !isTailUnknown { judgeNeverIdle(longest) }
    }

    /// In a stretch of this length (ns) without any packet a probe and its answer may be missing: 15 s.
    private static let longestUnseen: Int64 = 15_000_000_000

    /// Open for long and never idle for long: no probe is due.
    private mutating func judgeNeverIdle(_ longest: Int64) {
        let closeIdle = max(originator.evidence.idleBeforeClose, responder.evidence.idleBeforeClose)
        guard connection.lastTime &- connection.firstTime >= Idleness.keepAliveDue, closeIdle < Idleness.keepAliveDue,
            connection.evidence.reset.applicationIdle < Idleness.keepAliveDue, !hasFailure, !context.isLight,
            !has(.idleClose), !connection.evidence.hidesIdlePeriod,
            !context.isInterrupted(from: connection.firstTime, to: connection.lastTime)
        else { return }
        // A probe that looks like something else, or was lost before the capture, leaves no trace.
        var finding = Finding(.neverIdle, .medium)
        finding.details.idle = max(longest, connection.longestPause, closeIdle)
        add(finding)
    }

    /// The last data came from the client and was acknowledged, probes are answered, and no reply comes.
    ///
    /// Alternatives: one-way protocols, long polling; so that confidence is low.
    mutating func judgeApplication() {
        guard connection.handshakeSeen, originator.sentLastData, responder.hasSentData, !originator.hasUnacknowledged,
            resetTime == nil,
            connection.closeTime == nil, capture.isComplete, !context.isLight
        else { return }
        let waited = end &- connection.lastActivity
        let answered = [originator.lastAnswer, responder.lastAnswer].compactMap(\.self).max() ?? .min
        guard waited >= Idleness.threshold, answered > connection.lastActivity else { return }
        var finding = Finding(.applicationSilent, .low, .responder)
        finding.details.duration = waited
        finding.details.alternative = .slowProtocol
        finding.frames.append(originator.lastAnswerFrame)
        add(finding)
    }

    /// Whether a FIN was sent and never acknowledged: nothing else was lost.
    private var hasLostClose: Bool {
        [originator, responder].contains { $0.hasClosed && $0.hasUnacknowledged && $0.awaitsCloseOnly }
    }

    /// What is left to say.
    mutating func judgeRest() {
        guard !findings.contains(where: { $0.verdict != .incompleteCapture && $0.verdict != .oneDirection }) else {
            return
        }
        let isOver = resetTime != nil || connection.ending == .closed || hasLostClose
        if isOver {
            let reset = connection.evidence.reset
            // RST without ACK may come from a host that lost the connection, or from the path.
            let isSure =
                resetTime == nil || reset.senderHadClosed || reset.peerHadClosed
                || (reset.hasAcknowledgment && reset.trigger != .nothing && !reset.isForeign)
            let isDelivered = !originator.hasUnacknowledged && !responder.hasUnacknowledged && reset.trigger != .data
            add(Finding(.closed, capture.isComplete && isSure && isDelivered && resetTime == nil ? .high : .medium))
        } else if findings.isEmpty {
            add(Finding(.unknown, .low))
        }
    }
}
