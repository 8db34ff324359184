public import Wire

/// The idle periods of a connection, by two clocks, and what became of the first segment after each.
///
/// *Application idle* counts from the last segment that was neither a probe nor an answer; *path idle* counts from the last
/// segment of any kind. Stretches at the end of the capture are added when the report is made.
public struct Idleness: Sendable, Equatable, BitwiseCopyable {
    /// Idle periods shorter than this (ns) are not judged: 30 s.
    public static let threshold: Int64 = 30_000_000_000
    /// Idle periods from here on (ns) deserve keep-alives: 60 s, the shortest idle timeout of the catalogue.
    static let keepAliveDue: Int64 = 60_000_000_000
    /// Pauses from here on (ns) take the full path, so that the longest one is known: 5 s.
    static let pause: Int64 = 5_000_000_000
    /// An answer that takes longer (ns) does not count as prompt: 1 s.
    static let patience: Int64 = 1_000_000_000
    /// Gaps from here on (ns) are errors of clocks, or between captures that were merged: 7 days.
    static let longestCredible: Int64 = 604_800_000_000_000
    /// No stack's keep-alive interval is shorter (ns): 0.9 s, for timers that are a little early.
    static let shortestInterval: Int64 = 900_000_000

    /// The longest application-idle period (ns); 0: none was as long as `threshold`.
    public internal(set) var longestApplication: Int64 = 0
    /// When that one ended (ns since 1970).
    public internal(set) var longestApplicationEnd: Int64 = 0
    /// The packet that ended it.
    public internal(set) var longestApplicationFrame = FrameReference.none
    /// The longest path-idle period (ns); 0: none was as long as `threshold`.
    public internal(set) var longest: Int64 = 0
    /// When that one ended (ns since 1970); meaningful where `longest` is one.
    public internal(set) var longestEnd: Int64 = 0
    /// The packet that ended it.
    public internal(set) var longestFrame = FrameReference.none
    /// The longest path-idle period after which the other end was heard (ns); 0: none.
    public internal(set) var longestSurvived: Int64 = 0
    /// The shortest path-idle period after which the path did not deliver (ns), as the diagnosis has it; 0: none.
    public internal(set) var shortestFailed: Int64 = 0
    /// The path-idle period that was ended last and not answered yet (ns); 0: none.
    public internal(set) var pending: Int64 = 0
    /// When it was ended (ns since 1970); meaningful where `pending` is one.
    public internal(set) var brokenAt: Int64 = 0
    /// The packet that ended it.
    public internal(set) var pendingFrame = FrameReference.none
    /// The side that ended it.
    var pendingSide: UInt8 = 0

    /// No idle periods.
    public init() {}

    /// A segment of `side` at `time` ends a path-idle period of `gap` nanoseconds.
    mutating func end(after gap: Int64, at time: Int64, frame: FrameReference, side: Int) {
        note(gap, at: time, frame: frame)
        guard pending == 0 else { return }
        pending = gap
        brokenAt = time
        pendingFrame = frame
        pendingSide = UInt8(truncatingIfNeeded: side)
    }

    /// Notes a path-idle period of `gap` nanoseconds that ended at `time`.
    mutating func note(_ gap: Int64, at time: Int64, frame: FrameReference) {
        guard gap > longest else { return }
        (longest, longestEnd, longestFrame) = (gap, time, frame)
    }

    /// Notes an application-idle period of `gap` nanoseconds that ended at `time`.
    mutating func noteApplication(_ gap: Int64, at time: Int64, frame: FrameReference) {
        guard gap > longestApplication else { return }
        (longestApplication, longestApplicationEnd, longestApplicationFrame) = (gap, time, frame)
    }

    /// The other end is heard: the path delivered after the idle period.
    mutating func survive() {
        longestSurvived = max(longestSurvived, pending)
        pending = 0
    }

    /// Whether `gap` is longer than any that was survived, by more than the timer slack of a probe.
    public func exceedsSurvived(_ gap: Int64) -> Bool {
        longestSurvived == 0 || gap > longestSurvived &+ TimerWheel.widestBucket(longestSurvived) / 8 &+ 500_000_000
    }
}
