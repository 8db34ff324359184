/// When to look at the connections of a live capture, and how far: looks take at most 1 % of the time.
///
/// A look delays the reading of packets, for which the kernel has limited room. So a look at many connections is split, and the
/// next part goes on where the last one stopped.
struct LookSchedule {
    /// The number of the connection at which the next look begins; nil: at the first.
    var next: UInt64?

    private var due = ContinuousClock.now + Self.shortest
    private var start = ContinuousClock.now
    private var count = 0

    /// The time between two looks is this, or `share` times as long as the look took.
    private static let shortest = Duration.seconds(1)
    private static let share = 100
    /// After this time a look stops.
    private static let longestLook = Duration.milliseconds(100)
    /// After this many findings too: each is kept until the look ends.
    private static let findingLimit = 1000
    /// Connections from one look at the clock to the next.
    private static let connectionsAtOnce = 64

    /// Whether it is time to look.
    var isDue: Bool { ContinuousClock.now >= due }

    /// A look begins.
    mutating func begin() {
        start = .now
        count = 0
    }

    /// Whether the look goes on after one more connection, with `findings` to print so far.
    mutating func goesOn(with findings: Int) -> Bool {
        count += 1
        if findings >= Self.findingLimit { return false }
        return count % Self.connectionsAtOnce != 0 || start.duration(to: .now) < Self.longestLook
    }

    /// The look has ended.
    mutating func end() {
        let end = ContinuousClock.now
        due = end + max(Self.shortest, start.duration(to: end) * Self.share)
    }
}
