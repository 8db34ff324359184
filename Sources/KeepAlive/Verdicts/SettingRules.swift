// Settings that the gaps between probes show: unit_error, interval_exceeds_idle, too_many_probes.

extension VerdictRules {
    /// No known path needs probes more often than this (ns): 10 s.
    private static let needlessPeriod: Int64 = 10_000_000_000
    /// No timer makes shorter gaps (ns): 1 ms.
    private static let shortestGap: Int64 = 1_000_000

    mutating func applySettingRules(to end: End) {
        // If only one direction was captured, repeated acknowledgments may also be answers.
        guard applicable[end].contains(.settings), !context.isArtificial, visibility.hears(end.other) else { return }
        let own = connection[end]
        let gaps = own.periodGaps.merged(with: own.intervalGaps)
        if let unitError = unitError(end, own, gaps) { return add(unitError) }
        add(intervalExceedsIdle(end, own))
        add(tooManyProbes(end, own, gaps))
    }

    private func unitError(_ end: End, _ own: ConnectionSide, _ gaps: Gaps) -> Finding? {
        guard own.probes >= 3, gaps.longest < Idleness.shortestInterval, gaps.shortest >= Self.shortestGap else {
            return nil
        }
        return settingFinding(.unitError, .medium, end, own, gaps)
    }

    /// Alternative: answers that were lost or not captured make the same gaps.
    private func intervalExceedsIdle(_ end: End, _ own: ConnectionSide) -> Finding? {
        guard let idle = policies[end].idle, let interval = policies[end].interval,
            interval.lowerBound > idle.upperBound
        else { return nil }
        var finding = Finding(.intervalExceedsIdle, .medium, end)
        finding.details.alternative = .incompleteCapture
        finding.frames = FrameList(own.lastProbeFrame)
        return finding
    }

    private func tooManyProbes(_ end: End, _ own: ConnectionSide, _ gaps: Gaps) -> Finding? {
        guard own.probes >= 30, gaps.longest > 0, gaps.longest < Self.needlessPeriod else { return nil }
        // In a connection that began before the capture, repeated acknowledgments may be answers.
        return settingFinding(.tooManyProbes, connection.handshakeSeen ? .high : .medium, end, own, gaps)
    }

    private func settingFinding(
        _ verdict: Verdict, _ confidence: Confidence, _ end: End, _ own: ConnectionSide, _ gaps: Gaps
    ) -> Finding {
        var finding = Finding(verdict, confidence, end)
        finding.details.count = own.probes
        finding.details.duration = gaps.longest
        finding.frames = FrameList(own.lastProbeFrame)
        return finding
    }
}
