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
    }

    /// The longest idle time that a connection survived, below all that it did not; zero: none.
    public private(set) var longestSurvived = Duration.zero
    /// The shortest idle time after which a connection was not usable any more; nil: none.
    public private(set) var shortestEnded: Duration?
    /// What happened after `shortestEnded`.
    public private(set) var ending: Outcome?
    /// Whether a connection survived longer than another: the path is not always the same.
    public private(set) var isInconsistent = false

    /// The longest idle time to try.
    public let maximum: Duration
    /// The width of the bracket at which the search ends.
    public let precision: Duration
    /// The number of trials at once.
    public let width: Int

    /// A search for idle times up to `maximum`, with `width` trials at once, until the bracket is at most `precision` wide.
    public init(maximum: Duration, precision: Duration, width: Int) {
        self.maximum = max(maximum, Self.minimum)
        self.precision = precision
        self.width = max(1, width)
    }

    /// Whether the bracket is narrow enough, or the maximum was survived.
    public var isComplete: Bool {
        guard let shortestEnded else { return longestSurvived >= maximum }
        // A trial of the minimum may end a little later than planned.
        let forgetsAtOnce = longestSurvived == .zero && shortestEnded <= Self.minimum + precision / 2
        return forgetsAtOnce || shortestEnded - longestSurvived <= precision || longestSurvived >= maximum
    }

    /// The idle time below which the next trials are; nil: the maximum has to be tried first.
    ///
    /// A trial of the maximum may end a little later than planned. One that ended long after the maximum is from an earlier
    /// search with a larger one.
    private var upperBound: Duration? {
        guard let shortestEnded, shortestEnded <= maximum + precision / 2 else { return nil }
        return min(shortestEnded, maximum)
    }

    /// Takes account of a connection that was idle for `idle`.
    public mutating func record(_ idle: Duration, _ outcome: Outcome) {
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
    /// There are at most `width`. Each is shifted at random by up to a tenth of the distance between two, so that connections do
    /// not expire together.
    public func nextTrials(using numbers: inout some RandomNumberGenerator) -> [Duration] {
        if isComplete { return [] }
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
            let factor = Self.root(between + 1, of: maximum / low)
            var idle = low
            for _ in 0..<between {
                let next = idle * factor
                trials.append(next + Self.shift(by: next - idle, &numbers))
                idle = next
            }
            trials.append(maximum)
        }
        return Array(trials.prefix { $0 <= maximum })
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
