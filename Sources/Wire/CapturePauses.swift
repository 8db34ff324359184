/// What packet times reveal about the capture itself: when it captured nothing, and whether the times are real.
public struct CapturePauses: Sendable, Equatable {
    /// A period without any packet.
    public struct Pause: Sendable, Equatable {
        /// Time of the last packet before it (ns since 1970).
        public var start: Int64
        /// Time of the first packet after it (ns since 1970).
        public var end: Int64
    }

    /// Shorter periods do not count as pauses: 30 s, in ns.
    public static let threshold: Int64 = 30_000_000_000
    /// Number of pauses that are kept, the longest ones.
    private static let limit = 32
    /// Number of gaps needed to judge whether the times are real.
    private static let fewestGaps: UInt64 = 6

    /// The longest pauses, in no particular order.
    public private(set) var pauses: [Pause] = []
    /// Whether two gaps between packets differ by more than they do in generated captures.
    private(set) var hasVariedTimes = false
    private var shortest = Int64.max
    private var longest: Int64 = 0
    private var gaps: UInt64 = 0

    /// No packets yet.
    public init() {}

    /// Whether the times are artificial: all gaps between packets are equal or zero.
    public var isArtificial: Bool { !hasVariedTimes && gaps >= Self.fewestGaps }

    /// Records a packet at `time` after one at `last` (ns since 1970; `Int64.min` if there was none).
    public mutating func add(after last: Int64, at time: Int64) {
        guard last != .min else { return }
        let (gap, overflows) = time.subtractingReportingOverflow(last)
        if overflows { return }
        if gap >= Self.threshold { keep(Pause(start: last, end: time)) }
        if hasVariedTimes { return }
        gaps &+= 1
        if gap == 0 { return }
        shortest = min(shortest, gap)
        longest = max(longest, gap)
        // Generated times advance by a fixed step, which the file format may round.
        hasVariedTimes = longest &- shortest > max(5_000, longest / 200) || shortest < 0
    }

    private mutating func keep(_ pause: Pause) {
        if pauses.count < Self.limit { return pauses.append(pause) }
        guard let index = pauses.indices.min(by: { pauses[$0].length < pauses[$1].length }) else { return }
        if pauses[index].length < pause.length { pauses[index] = pause }
    }
}

extension CapturePauses.Pause {
    fileprivate var length: Int64 { end &- start }
}
