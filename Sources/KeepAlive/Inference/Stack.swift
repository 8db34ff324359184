/// A TCP implementation that probes can be consistent with; what they are, probes cannot prove (keepalive-facts 3).
public enum Stack: String, CaseIterable, Sendable {
    case linux = "Linux"
    case macOS = "macOS"
    case freeBSD = "FreeBSD"
    case windows = "Windows"
    case illumos = "illumos"

    /// The stacks that the probes of `side`, which tell `policy`, are consistent with; none without a probe.
    public static func consistent(with side: ConnectionSide, _ policy: InferredPolicy) -> [Stack] {
        guard side.probes > 0 else { return [] }
        let hasBytes = side.byteProbes > 0
        if hasBytes, side.byteProbes < side.probes { return [] }
        let hasGaps = policy.isAccurate || policy.isTicking
        let isAccurate = policy.isAccurate || !hasGaps
        let isLinux = policy.isTicking || !hasGaps
        // A probe leaves the timestamp option out on macOS alone, where the connection has it.
        let leavesOut = side.hasTimestamps == true && side.timestampedProbes == 0
        let carries = side.timestampedProbes > 0
        return allCases.filter { stack in
            switch stack {
            case .linux: !hasBytes && !leavesOut && isLinux
            case .macOS: !hasBytes && !carries && isAccurate
            case .freeBSD: !hasBytes && !leavesOut && isAccurate
            case .windows: hasBytes && !leavesOut && isAccurate
            case .illumos: hasBytes
            }
        }
    }
}
