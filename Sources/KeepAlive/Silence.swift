/// What became of a connection after long silences: the idle times that its path is known to bear, and not to bear.
public struct Silence: Sendable, Equatable, BitwiseCopyable {
    /// Silences shorter than this (ns) tell nothing of a path: 30 s.
    public static let threshold: Int64 = 30_000_000_000

    /// An end that goes on for so long (ns) without being answered is not heard: 1 s.
    static let patience: Int64 = 1_000_000_000

    /// The longest silence (ns); 0: none was as long as `threshold`.
    public private(set) var longest: Int64 = 0
    /// When the longest silence was broken (ns since 1970); meaningful where `longest` is one.
    public private(set) var longestEnd: Int64 = 0
    /// The longest silence after which the peer was heard (ns); 0: none.
    public private(set) var longestSurvived: Int64 = 0
    /// The shortest silence after which it was not, or answered RST (ns); 0: none.
    public private(set) var shortestFailed: Int64 = 0
    /// Whether a silence was broken by a RST.
    public private(set) var wasReset = false
    /// The silence that was broken last and not answered yet (ns); 0: none.
    public private(set) var pending: Int64 = 0
    /// When it was broken (ns since 1970); meaningful where `pending` is one.
    public private(set) var brokenAt: Int64 = 0

    /// No silence.
    public init() {}

    /// An end breaks a silence of `gap` nanoseconds at `time`.
    mutating func breaks(after gap: Int64, at time: Int64) {
        if gap > longest {
            longest = gap
            longestEnd = time
        }
        guard pending == 0 else { return }
        pending = gap
        brokenAt = time
    }

    /// The other end is heard: the silence was survived.
    mutating func isAnswered() {
        longestSurvived = max(longestSurvived, pending)
        pending = 0
    }

    /// The other end, or somebody in its name, answers RST.
    mutating func isReset() {
        guard pending > 0 else { return }
        wasReset = true
        fail()
    }

    /// Nobody answers.
    mutating func fail() {
        guard pending > 0 else { return }
        shortestFailed = shortestFailed == 0 ? pending : min(shortestFailed, pending)
        pending = 0
    }
}
