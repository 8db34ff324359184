package import Wire

/// The idle periods of a connection, by two clocks, and whether the path delivered the first segment after each.
///
/// *Application idle* counts from the last segment that was neither a probe nor an answer; *path idle* counts from the last
/// segment of any kind. The diagnosis adds the period that lasts until the end of the capture.
public struct Idleness: Sendable, Equatable, BitwiseCopyable {
    /// Idle periods shorter than this (ns) are not judged: 30 s.
    package static let threshold: Int64 = 30_000_000_000
    /// Idle periods of at least this length (ns) deserve keep-alives: 60 s, the shortest idle timeout of the catalogue.
    static let keepAliveDue: Int64 = 60_000_000_000
    /// Segments after a pause of at least this length (ns) take the full path, which records the longest pause: 5 s.
    static let pause: Int64 = 5_000_000_000
    /// Answers that take longer than this (ns) are not prompt: 1 s.
    static let patience: Int64 = 1_000_000_000
    /// Gaps of at least this length (ns) are clock errors or lie between merged captures: 7 days.
    static let longestCredible: Int64 = 604_800_000_000_000
    /// No stack has a shorter keep-alive interval (ns): 1 s, less 0.1 s because timers may be a little early.
    static let shortestInterval: Int64 = 900_000_000

    /// The longest application-idle period (ns); 0: none reached `threshold`.
    package internal(set) var longestApplication: Int64 = 0
    /// When that one ended (ns since 1970).
    package internal(set) var longestApplicationEnd: Int64 = 0
    /// The packet that ended it.
    package internal(set) var longestApplicationFrame = FrameReference.none
    /// The longest path-idle period (ns); 0: none reached `threshold`.
    public internal(set) var longest: Int64 = 0
    /// When that one ended (ns since 1970); meaningful unless `longest` is 0.
    public internal(set) var longestEnd: Int64 = 0
    /// The packet that ended it.
    package internal(set) var longestFrame = FrameReference.none
    /// The longest path-idle period after which the other end was heard (ns); 0: none.
    public internal(set) var longestSurvived: Int64 = 0
    /// The shortest path-idle period after which the path did not deliver (ns), from the diagnosis; 0: none.
    public internal(set) var shortestFailed: Int64 = 0
    /// The last path-idle period, while the other end has not been heard after it (ns); 0: none.
    package internal(set) var pending: Int64 = 0
    /// When that one ended (ns since 1970); meaningful unless `pending` is 0.
    package internal(set) var brokenAt: Int64 = 0
    /// The packet that ended it.
    package internal(set) var pendingFrame = FrameReference.none
    /// The side that ended it.
    var pendingSide: UInt8 = 0

    /// No idle periods.
    public init() {}

    /// Records a path-idle period of `gap` nanoseconds that a segment of `side` ended at `time`; whether it was survived
    /// is open.
    mutating func recordPending(_ gap: Int64, at time: Int64, frame: FrameReference, side: Int) {
        record(gap, at: time, frame: frame)
        guard pending == 0 else { return }
        pending = gap
        brokenAt = time
        pendingFrame = frame
        pendingSide = UInt8(truncatingIfNeeded: side)
    }

    /// Records a path-idle period of `gap` nanoseconds that ended at `time`.
    mutating func record(_ gap: Int64, at time: Int64, frame: FrameReference) {
        guard gap > longest else { return }
        (longest, longestEnd, longestFrame) = (gap, time, frame)
    }

    /// Records an application-idle period of `gap` nanoseconds that ended at `time`.
    mutating func recordApplication(_ gap: Int64, at time: Int64, frame: FrameReference) {
        guard gap > longestApplication else { return }
        (longestApplication, longestApplicationEnd, longestApplicationFrame) = (gap, time, frame)
    }

    /// Records that the other end is heard: the path delivered after the pending idle period.
    mutating func recordSurvival() {
        longestSurvived = max(longestSurvived, pending)
        pending = 0
    }

    /// Whether `gap` (ns) is longer than any survived idle period, by more than the timer slack of a probe.
    package func exceedsSurvived(_ gap: Int64) -> Bool {
        longestSurvived == 0 || gap > longestSurvived &+ TimerWheel.widestBucket(longestSurvived) / 8 &+ 500_000_000
    }
}
