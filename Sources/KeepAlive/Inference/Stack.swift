/// A TCP implementation. Probes can be consistent with it, but never prove it (keepalive-facts 3).
public enum Stack: String, CaseIterable, Sendable {
    case linux = "Linux"
    case macOS = "macOS"
    case freeBSD = "FreeBSD"
    case windows = "Windows"
    case illumos = "illumos"

    /// The stacks that are consistent with the probes of `side` and their `policy`; none without a probe.
    package static func consistent(with side: ConnectionSide, _ policy: InferredPolicy) -> [Stack] {
        guard side.probes > 0 else { return [] }
        let hasBytes = side.byteProbes > 0
        if hasBytes, side.byteProbes < side.probes { return [] }
        let hasGaps = policy.isAccurate || policy.isTicking
        let isAccurate = policy.isAccurate || !hasGaps
        let isTicking = policy.isTicking || !hasGaps
        // Only macOS leaves the timestamp option out of probes if the connection uses it.
        let lacksTimestamps = side.hasTimestamps == true && side.timestampedProbes == 0
        let hasTimestamps = side.timestampedProbes > 0
        return allCases.filter { stack in
            switch stack {
            case .linux: !hasBytes && !lacksTimestamps && isTicking
            case .macOS: !hasBytes && !hasTimestamps && isAccurate
            case .freeBSD: !hasBytes && !lacksTimestamps && isAccurate
            case .windows: hasBytes && !lacksTimestamps && isAccurate
            case .illumos: hasBytes
            }
        }
    }
}
