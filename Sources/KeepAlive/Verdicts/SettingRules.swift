// What the gaps between probes say about settings: interval_exceeds_idle, unit_error, too_many_probes.

extension VerdictRules {
    /// A path that needs a probe more often than every 10 s (ns) is not known.
    private static let needlessPeriod: Int64 = 10_000_000_000
    /// Shorter gaps (ns) are made by no timer: 1 ms.
    private static let shortestGap: Int64 = 1_000_000

    mutating func judgeSettings(_ end: End) {
        let own = side(end)
        // Repeated acknowledgments of one direction may be answers as well.
        guard own.probes > 0, !context.isArtificial, capture.hears(end.other) else { return }
        let gaps = [own.periodGaps, own.intervalGaps].filter { $0.count > 0 }
        let longest = gaps.map(\.longest).max() ?? 0
        let shortest = gaps.map(\.shortest).min() ?? 0
        if own.probes >= 3, longest < Idleness.shortestInterval, shortest >= Self.shortestGap {
            var finding = Finding(.unitError, .medium, end)
            finding.details.count = own.probes
            finding.details.duration = longest
            finding.frames.append(own.lastProbeFrame)
            return add(finding)
        }
        if let idle = policy(end).idle, let interval = policy(end).interval, interval.lowerBound > idle.upperBound {
            // Answers that were lost, or not captured, make the same gaps.
            var finding = Finding(.intervalExceedsIdle, .medium, end)
            finding.details.alternative = .incompleteCapture
            finding.frames.append(own.lastProbeFrame)
            add(finding)
        }
        if own.probes >= 30, longest > 0, longest < Self.needlessPeriod {
            // Repeated acknowledgments of a connection that began before the capture may be answers.
            var finding = Finding(.tooManyProbes, connection.handshakeSeen ? .high : .medium, end)
            finding.details.count = own.probes
            finding.details.duration = longest
            finding.frames.append(own.lastProbeFrame)
            add(finding)
        }
    }
}
