// What the gaps between probes say about settings: interval_exceeds_idle, unit_error, too_many_probes.

extension VerdictRules {
    /// A path that needs a probe more often than every 10 s (ns) is not known.
    private static let needlessPeriod: Int64 = 10_000_000_000
    /// Shorter gaps (ns) are made by no timer: 1 ms.
    private static let shortestGap: Int64 = 1_000_000

    mutating func judgeSettings(_ end: End) {
        // Repeated acknowledgments of one direction may be answers as well.
        guard candidates(end).contains(.settings), !context.isArtificial, capture.hears(end.other) else { return }
        let own = side(end)
        let (probes, frame) = (own.probes, own.lastProbeFrame)
        let gaps = own.periodGaps.merged(with: own.intervalGaps)
        let (shortest, longest) = (gaps.shortest, gaps.longest)
        if probes >= 3, longest < Idleness.shortestInterval, shortest >= Self.shortestGap {
            var finding = Finding(.unitError, .medium, end)
            finding.details.count = probes
            finding.details.duration = longest
            finding.frames.append(frame)
            return add(finding)
        }
        if let idle = policy(end).idle, let interval = policy(end).interval, interval.lowerBound > idle.upperBound {
            // Answers that were lost, or not captured, make the same gaps.
            var finding = Finding(.intervalExceedsIdle, .medium, end)
            finding.details.alternative = .incompleteCapture
            finding.frames.append(frame)
            add(finding)
        }
        if probes >= 30, longest > 0, longest < Self.needlessPeriod {
            // Repeated acknowledgments of a connection that began before the capture may be answers.
            var finding = Finding(.tooManyProbes, connection.handshakeSeen ? .high : .medium, end)
            finding.details.count = probes
            finding.details.duration = longest
            finding.frames.append(frame)
            add(finding)
        }
    }
}
