/// When to look for new findings in the connections of a live capture, and for how long: at most 1 % of the time.
///
/// Looking delays the reading of packets, and the kernel's buffer for them is limited. So a look at many connections is
/// split: each part starts at the connection after the last one of the part before.
struct LookSchedule {
    /// The number of the connection at which the next look starts; nil: at the first.
    var next: UInt64?

    private var due = ContinuousClock.now + Self.shortest
    private var start = ContinuousClock.now
    private var count = 0

    /// The time between two looks is at least this, and at least `share` times the duration of the look.
    private static let shortest = Duration.seconds(1)
    private static let share = 100
    /// The maximum duration of a look.
    private static let longestLook = Duration.milliseconds(100)
    /// The maximum number of findings of a look, which are in memory until it ends.
    private static let findingLimit = 1000
    /// The clock is read after this many connections.
    private static let connectionsAtOnce = 64

    /// Whether a look is due.
    var isDue: Bool { ContinuousClock.now >= due }

    /// Starts a look.
    mutating func begin() {
        start = .now
        count = 0
    }

    /// Counts a connection, and returns whether the look continues after it, with `findings` to print so far.
    mutating func advance(withFindings findings: Int) -> Bool {
        count += 1
        if findings >= Self.findingLimit { return false }
        return count % Self.connectionsAtOnce != 0 || start.duration(to: .now) < Self.longestLook
    }

    /// Ends the look.
    mutating func end() {
        let end = ContinuousClock.now
        due = end + max(Self.shortest, start.duration(to: end) * Self.share)
    }
}
