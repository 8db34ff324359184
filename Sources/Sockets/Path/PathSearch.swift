/// Brackets the idle time after which a path forgets a connection, from trials of several idle times at once.
///
/// The first round spreads its trials by a constant factor up to the maximum. Each further round divides the bracket, so it
/// becomes smaller by the number of trials plus one.
public struct PathSearch: Sendable, Equatable {
    /// The shortest idle time to try.
    public static let minimum = Duration.seconds(1)

    /// What happened to a connection after an idle time.
    public enum Outcome: String, Sendable, CaseIterable {
        /// The peer still answered.
        case survived
        /// Nothing answered: something on the path drops the packets.
        case silent
        /// A RST answered the check.
        case reset
        /// A RST came during the idle time.
        case resetWhileIdle = "reset_while_idle"
        /// A FIN came during the idle time: the peer closed the connection, or a proxy.
        case closedWhileIdle = "closed_while_idle"

        /// Whether the connection was not usable any more.
        public var isEnd: Bool { self != .survived }

        /// Whether the other end, or a proxy, ended the connection after `idle`, sooner than any trial ends. That shows
        /// nothing about the path.
        public func isEarly(after idle: Duration) -> Bool {
            idle < PathSearch.minimum && (self == .closedWhileIdle || self == .resetWhileIdle)
        }
    }

    /// The longest idle time that a connection survived, below all that it did not; zero: none.
    public private(set) var longestSurvived = Duration.zero
    /// The shortest idle time after which a connection was not usable any more; nil: none.
    public private(set) var shortestEnded: Duration?
    /// What happened after `shortestEnded`.
    public private(set) var ending: Outcome?
    /// Whether a connection survived longer than another: the path is not always the same.
    public private(set) var isInconsistent = false
    /// What the other end sends most often on connections that should be idle; nil: nothing.
    public private(set) var activity: PeerActivity?
    /// The number of connections that the other end keeps open at once, if it did not keep all of a round; nil: all of them.
    public private(set) var connectionLimit: Int?

    /// The longest idle time to try, if the other end sends nothing.
    public let maximum: Duration
    /// The longest idle time to try: the maximum, or less than what the other end lets pass before it sends something.
    public private(set) var longestTrial: Duration
    /// The width of the bracket at which the search ends.
    public let precision: Duration
    /// The number of trials at once, if the other end takes so many.
    public let width: Int

    /// The number of connections of this round.
    private var openedCount = 0
    /// How many of them were closed at once.
    private var closedCount = 0
    /// The number of connections to try after all of a round were closed at once.
    private var fewer: Int?

    /// A search for idle times up to `maximum`, with `width` trials at once, until the bracket is at most `precision` wide.
    public init(maximum: Duration, precision: Duration, width: Int) {
        self.maximum = max(maximum, Self.minimum)
        longestTrial = self.maximum
        self.precision = precision
        self.width = max(1, width)
    }

    /// Whether the bracket is narrow enough, or the longest possible trial was survived.
    public var isComplete: Bool {
        if longestTrial < Self.minimum || longestSurvived >= longestTrial { return true }
        guard let shortestEnded else { return false }
        // A trial of the minimum may end a little later than planned.
        let forgetsAtOnce = longestSurvived == .zero && shortestEnded <= Self.minimum + precision / 2
        return forgetsAtOnce || shortestEnded - longestSurvived <= precision
    }

    /// Whether any connection has shown something.
    public var hasResults: Bool {
        longestSurvived > .zero || shortestEnded != nil || activity != nil || connectionLimit != nil
    }

    /// Whether connections are closed at once, so that nothing is known about the path.
    public var closesAtOnce: Bool {
        guard let shortestEnded, let ending else { return false }
        return ending.isEarly(after: shortestEnded)
    }

    /// The idle time below which the other end is not known to send anything.
    private static let activityMargin = 0.95

    /// The idle time below which the next trials are; nil: the longest has to be tried first.
    ///
    /// A trial of the maximum may end a little later than planned. One that ended long after the maximum is from an earlier
    /// search with a larger one.
    private var upperBound: Duration? {
        guard let shortestEnded, shortestEnded <= longestTrial + precision / 2 else { return nil }
        return min(shortestEnded, longestTrial)
    }

    /// Begins a round with `opened` connections, which may be fewer than the trials if the other end refused the others.
    public mutating func begin(_ opened: Int, of trials: Int) {
        noteOpen()
        (openedCount, closedCount) = (opened, 0)
        if opened < trials { connectionLimit = opened }
    }

    /// What the early end of a connection shows.
    public enum EarlyEnd: Sendable, Equatable {
        /// Nothing yet: others of the round may stay open, or fewer at once.
        case nothing
        /// Connections are closed at once, even one alone.
        case closesAtOnce
        /// A connection alone was closed at once, although others were not before.
        case takesNoMore
    }

    /// Takes account of a connection that the other end closed sooner than any trial ends.
    ///
    /// One that limits the number of connections does so with those beyond. So the next rounds have fewer: as many as stayed
    /// open, or a quarter if none did, down to one.
    public mutating func recordEarly(_ idle: Duration, _ outcome: Outcome) -> EarlyEnd {
        closedCount += 1
        if closedCount < openedCount { return .nothing }
        if openedCount > 1 {
            fewer = max(1, openedCount / 4)
            return .nothing
        }
        if longestSurvived > .zero || shortestEnded != nil { return .takesNoMore }
        (shortestEnded, ending) = (idle, outcome)
        return .closesAtOnce
    }

    /// Takes account of a connection that was never idle for `planned`, because the other end sent something.
    public mutating func record(_ activity: PeerActivity, planned: Duration) {
        noteOpen()
        if self.activity.map({ activity.interval < $0.interval }) ?? true { self.activity = activity }
        // Always less than before, so the search ends.
        longestTrial = min(longestTrial, activity.interval, planned) * Self.activityMargin
    }

    /// Some connections of the round stayed open: their number is the limit if others were closed at once, now or before.
    private mutating func noteOpen() {
        guard closedCount < openedCount else { return }
        if closedCount > 0 { connectionLimit = openedCount - closedCount }
        if connectionLimit == nil, fewer != nil { connectionLimit = openedCount }
    }

    /// Whether the other end did not take all connections of a round.
    var isLimited: Bool { connectionLimit != nil || fewer != nil }

    /// Takes account of a connection that was idle for `idle`.
    public mutating func record(_ idle: Duration, _ outcome: Outcome) {
        noteOpen()
        if outcome.isEnd {
            if idle <= longestSurvived { isInconsistent = true }
            if shortestEnded.map({ idle < $0 }) ?? true { (shortestEnded, ending) = (idle, outcome) }
            // What ended once may not be relied on, even if a longer idle time was survived before.
            if longestSurvived >= idle { longestSurvived = .zero }
        } else if shortestEnded.map({ idle < $0 }) ?? true {
            longestSurvived = max(longestSurvived, idle)
        } else {
            isInconsistent = true
        }
    }

    /// The idle times of the next trials, ascending; empty if the search is complete.
    ///
    /// There are at most `width`, or `connectionLimit`. Each is shifted at random by up to a tenth of the distance between
    /// two, so that connections do not expire together.
    public func nextTrials(using numbers: inout some RandomNumberGenerator) -> [Duration] {
        if isComplete { return [] }
        let width = min(width, connectionLimit ?? width, fewer ?? width)
        var trials: [Duration] = []
        if let upperBound {
            let low = max(longestSurvived, Self.minimum)
            // With no survivor yet, the shortest time itself has to be tried.
            if longestSurvived == .zero { trials.append(low) }
            let between = width - trials.count
            let step = (upperBound - low) / (between + 1)
            for number in 0..<between {
                trials.append(low + step * (number + 1) + Self.shift(by: step, &numbers))
            }
        } else {
            let low = max(longestSurvived, Self.minimum)
            if longestSurvived == .zero, width > 1 { trials.append(low) }
            let between = width - trials.count - 1
            let factor = Self.root(between + 1, of: longestTrial / low)
            var idle = low
            for _ in 0..<between {
                let next = idle * factor
                trials.append(next + Self.shift(by: next - idle, &numbers))
                idle = next
            }
            trials.append(longestTrial)
        }
        return Array(trials.prefix { $0 <= longestTrial })
    }

    /// A random time of at most a tenth of `step`, before or after.
    private static func shift(by step: Duration, _ numbers: inout some RandomNumberGenerator) -> Duration {
        step * Double.random(in: -0.1...0.1, using: &numbers)
    }

    /// The `degree`th root of `value`, which is at least 1, by bisection: `pow` would need the C library.
    private static func root(_ degree: Int, of value: Double) -> Double {
        var (low, high) = (1.0, max(1, value))
        for _ in 0..<60 {
            let middle = (low + high) / 2
            // Infinity is too large as well.
            let power = repeatElement(middle, count: degree).reduce(1, *)
            if power > value { high = middle } else { low = middle }
        }
        return low
    }
}
