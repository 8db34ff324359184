/// What the times of the packets say about the capture itself: when nothing at all was captured, and whether the times are
/// real.
public struct CapturePauses: Sendable, Equatable {
    /// A stretch in which no packet of any kind was captured.
    public struct Pause: Sendable, Equatable {
        /// Time of the packet before (ns since 1970).
        public var start: Int64
        /// Time of the packet after (ns since 1970).
        public var end: Int64
    }

    /// Stretches shorter than this (ns) are not kept: 30 s.
    public static let threshold: Int64 = 30_000_000_000
    /// Longest stretches that are kept.
    private static let limit = 32
    /// Fewer gaps than this say nothing about whether the times are real.
    private static let fewestGaps: UInt64 = 6

    /// The longest pauses, in no particular order.
    public private(set) var pauses: [Pause] = []
    /// Whether two gaps between packets differ by more than a generator would make them differ.
    private(set) var hasVariedTimes = false
    private var shortest = Int64.max
    private var longest: Int64 = 0
    private var gaps: UInt64 = 0

    /// No packets yet.
    public init() {}

    /// Whether the times were made up: all gaps between packets are equal or zero.
    public var isArtificial: Bool { !hasVariedTimes && gaps >= Self.fewestGaps }

    /// Notes a packet at `time` after one at `last` (ns since 1970; `Int64.min`: there was none).
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
        // Generators step by a fixed amount, which a file format may round.
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
