import Wire

// How a connection ended without a failure: idle_close, closed; and unknown if no rule applies.

extension VerdictRules {
    /// The first FIN came after an idle period.
    func idleClose() -> Finding? {
        let closers = End.allCases.filter { connection[$0].evidence.closeTime != nil }
        guard let closer = closers.min(by: { closeTime($0) < closeTime($1) }) else { return nil }
        let evidence = connection[closer].evidence
        guard evidence.idleBeforeClose >= Idleness.threshold, evidence.closeTime == connection.closeTime else {
            return nil
        }
        return idleClose(
            closer, after: evidence.idleBeforeClose, frame: evidence.closeFrame, isProven: resetTime == nil)
    }

    private func closeTime(_ end: End) -> Int64 { connection[end].evidence.closeTime ?? .max }

    /// `end` closed the connection, in the packet `frame`, after `idle` nanoseconds: keep-alives do not refresh that
    /// timeout.
    ///
    /// Alternative, unless the segment proves its origin: a device on the path.
    func idleClose(_ end: End, after idle: Int64, frame: FrameReference, isProven: Bool) -> Finding? {
        guard !context.isArtificial, visibility.isComplete else { return nil }
        var finding = Finding(.idleClose, .high, end)
        if !isProven { finding.limit(to: .medium, because: .pathDevice) }
        finding.details.idle = idle
        finding.frames = FrameList(frame)
        let time = connection[end].evidence.closeTime ?? resetTime ?? self.end
        if context.pauses.coverMost(from: time &- idle, to: time) { finding.limit(to: .medium) }
        return finding
    }

    /// The finding if no other rule says more than that packets are missing; nil: one does.
    func closedOrUnknown() -> Finding? {
        guard findings.allSatisfy({ $0.verdict == .incompleteCapture || $0.verdict == .oneDirection }) else {
            return nil
        }
        if resetTime != nil || connection.ending == .closed || hasLostClose { return closed() }
        return findings.isEmpty ? Finding(.unknown, .low) : nil
    }

    private func closed() -> Finding {
        // A RST may come from a host that lost the connection, or from the path.
        let isSure =
            resetTime == nil && visibility.isComplete && !originator.hasUnacknowledged && !responder.hasUnacknowledged
        return Finding(.closed, isSure ? .high : .medium)
    }

    /// Whether a FIN was sent and never acknowledged, and nothing else was lost.
    private var hasLostClose: Bool {
        [originator, responder].contains { $0.hasClosed && $0.hasUnacknowledged && $0.awaitsCloseOnly }
    }
}
