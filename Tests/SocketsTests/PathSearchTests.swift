import Seeded
import Sockets
import Testing

@Suite("Search for the idle timeout of a path")
struct PathSearchTests {
    /// Runs `search` on a simulated path that forgets after `timeout`; returns how long that takes.
    private static func run(_ search: inout PathSearch, timeout: Duration?, seed: UInt64) -> Duration {
        var numbers = SeededNumbers(seed)
        var elapsed = Duration.zero
        for _ in 0..<100 where !search.isComplete {
            let trials = search.nextTrials(using: &numbers)
            #expect(!trials.isEmpty && trials == trials.sorted())
            for trial in trials {
                // No trial ends exactly as planned.
                let idle = trial + .milliseconds(1)
                let isForgotten = timeout.map { idle >= $0 } ?? false
                search.record(idle, isForgotten ? .silent : .survived)
                if isForgotten || trial == trials.last {
                    elapsed += trial
                    break
                }
            }
        }
        return elapsed
    }

    @Test(
        "The bracket holds the timeout, and is as narrow as wanted",
        arguments: [1.5, 8, 20, 45, 60, 240, 349.9, 350, 900, 3600, 7199], [1, 16, 64])
    func brackets(timeout: Double, width: Int) throws {
        for seed in 0..<20 as Range<UInt64> {
            var search = PathSearch(maximum: .seconds(7200), precision: .seconds(1), width: width)
            let elapsed = Self.run(&search, timeout: .seconds(timeout), seed: seed)
            #expect(search.isComplete && !search.isInconsistent)
            let ended = try #require(search.shortestEnded)
            #expect(search.longestSurvived < .seconds(timeout) && ended >= .seconds(timeout))
            #expect(ended - search.longestSurvived <= .seconds(1) && search.ending == .silent)
            // A few rounds, each about as long as the timeout.
            if width == 16 { #expect(elapsed < .seconds(timeout * 5 + 10), "\(elapsed)") }
        }
    }

    @Test("A path that forgets nothing is tried once up to the maximum")
    func forgetsNothing() {
        var search = PathSearch(maximum: .seconds(600), precision: .seconds(1), width: 8)
        #expect(Self.run(&search, timeout: nil, seed: 1) == .seconds(600))
        #expect(search.isComplete && search.longestSurvived == .milliseconds(600_001) && search.shortestEnded == nil)
    }

    @Test("A search that goes on from any results of an earlier one comes to an end", arguments: [1, 2, 16])
    func goesOn(width: Int) {
        var numbers = SeededNumbers(UInt64(width))
        for seed in 0..<500 as Range<UInt64> {
            let maximum = Duration.milliseconds(Int.random(in: 2000...120_000, using: &numbers))
            let precision = Duration.milliseconds(Int.random(in: 100...5000, using: &numbers))
            let timeout = Duration.milliseconds(Int.random(in: 500...240_000, using: &numbers))
            var search = PathSearch(maximum: maximum, precision: precision, width: width)
            for _ in 0..<Int.random(in: 0...4, using: &numbers) {
                let idle = Duration.milliseconds(Int.random(in: 1000...240_000, using: &numbers))
                search.record(idle, idle >= timeout ? .silent : .survived)
            }
            _ = Self.run(&search, timeout: timeout, seed: seed)
            let ended = search.shortestEnded ?? .zero
            #expect(search.isComplete, "\(search)")
            #expect(
                search.longestSurvived >= maximum || ended <= PathSearch.minimum + precision / 2
                    || ended - search.longestSurvived <= precision, "\(search)")
        }
    }

    @Test("A trial of the maximum that ended a little late is not tried again")
    func lateMaximum() {
        var search = PathSearch(maximum: .seconds(11), precision: .seconds(1), width: 1)
        search.record(.seconds(9), .survived)
        search.record(.milliseconds(11020), .silent)
        var numbers = SeededNumbers(1)
        #expect(search.nextTrials(using: &numbers).allSatisfy { $0 > .seconds(9) && $0 < .seconds(11) })
        search.record(.milliseconds(10500), .survived)
        #expect(search.isComplete)
    }

    @Test("A path that forgets sooner than can be tried has no survivor")
    func forgetsAtOnce() {
        var search = PathSearch(maximum: .seconds(600), precision: .seconds(1), width: 8)
        _ = Self.run(&search, timeout: .milliseconds(500), seed: 1)
        #expect(
            search.isComplete && search.longestSurvived == .zero
                && search.shortestEnded == PathSearch.minimum + .milliseconds(1))
    }

    @Test("What ended once is not taken for safe, even if a longer idle time was survived")
    func inconsistent() {
        var search = PathSearch(maximum: .seconds(600), precision: .seconds(1), width: 8)
        search.record(.seconds(100), .survived)
        search.record(.seconds(50), .reset)
        #expect(search.isInconsistent && search.longestSurvived == .zero && search.shortestEnded == .seconds(50))
        search.record(.seconds(40), .survived)
        search.record(.seconds(60), .survived)
        #expect(search.longestSurvived == .seconds(40) && search.ending == .reset)
    }

    @Test(
        "What the other end sends limits the idle times, and those below are still measured", arguments: [nil, 5.0, 27])
    func activity(timeout: Double?) throws {
        var search = PathSearch(maximum: .seconds(7200), precision: .seconds(1), width: 16)
        let period = Duration.seconds(30)
        var numbers = SeededNumbers(1)
        var rounds = 0
        while !search.isComplete, rounds < 100 {
            rounds += 1
            let trials = search.nextTrials(using: &numbers)
            #expect(!trials.isEmpty && trials.allSatisfy { $0 <= search.longestTrial })
            search.begin(trials.count, of: trials.count)
            for trial in trials {
                if let timeout, trial >= .seconds(timeout) {
                    search.record(trial, .silent)
                    break
                }
                if trial >= period {
                    search.record(PeerActivity(.keepAlives, every: period), planned: trial)
                    break
                }
                search.record(trial, .survived)
            }
        }
        #expect(search.isComplete && !search.isInconsistent)
        if let timeout {
            let ended = try #require(search.shortestEnded)
            #expect(search.longestSurvived < .seconds(timeout) && ended >= .seconds(timeout))
            #expect(ended - search.longestSurvived <= .seconds(1) && search.activity == nil)
        } else {
            #expect(search.activity == PeerActivity(.keepAlives, every: period) && search.shortestEnded == nil)
            #expect(search.longestSurvived == .seconds(28.5) && search.longestTrial == .seconds(28.5))
        }
    }

    @Test("If the other end never is idle as long as the shortest trial, nothing is known")
    func alwaysActive() {
        var search = PathSearch(maximum: .seconds(600), precision: .seconds(1), width: 8)
        search.record(PeerActivity(.data, every: .seconds(1)), planned: .seconds(10))
        #expect(search.isComplete && search.longestSurvived == .zero && search.shortestEnded == nil)
    }

    /// Runs `search` against a server that closes all but `limit` connections at once; returns what it does with the last.
    private static func run(_ search: inout PathSearch, limit: Int) -> PathSearch.EarlyEnd {
        var numbers = SeededNumbers(1)
        var last = PathSearch.EarlyEnd.nothing
        for _ in 0..<20 where !search.isComplete && last != .takesNoMore {
            let trials = search.nextTrials(using: &numbers)
            search.begin(trials.count, of: trials.count)
            for _ in trials.dropFirst(limit) { last = search.recordEarly(.milliseconds(3), .closedWhileIdle) }
            for trial in trials.prefix(limit) { search.record(trial, .survived) }
        }
        return last
    }

    @Test("A server that closes connections beyond a limit is measured with fewer", arguments: [1, 3, 15])
    func limited(limit: Int) {
        var search = PathSearch(maximum: .seconds(600), precision: .seconds(1), width: 16)
        #expect(Self.run(&search, limit: limit) == .nothing)
        #expect(search.isComplete && !search.closesAtOnce && search.connectionLimit == limit)
        #expect(search.longestSurvived == .seconds(600) && search.shortestEnded == nil)
    }

    @Test("Only a server that closes a connection alone closes connections at once", arguments: [1, 2, 16])
    func closesAll(width: Int) {
        var search = PathSearch(maximum: .seconds(600), precision: .seconds(1), width: width)
        #expect(Self.run(&search, limit: 0) == .closesAtOnce)
        #expect(search.isComplete && search.closesAtOnce && search.connectionLimit == nil)
        // What was known before remains known.
        var known = PathSearch(maximum: .seconds(600), precision: .seconds(1), width: width)
        known.record(.seconds(20), .survived)
        known.record(.seconds(30), .silent)
        #expect(Self.run(&known, limit: 0) == .takesNoMore)
        #expect(!known.closesAtOnce && known.longestSurvived == .seconds(20) && known.ending == .silent)
    }

    @Test("If all of a round are closed at once, fewer may stay open")
    func fewer() {
        var search = PathSearch(maximum: .seconds(600), precision: .seconds(1), width: 16)
        search.begin(16, of: 16)
        for _ in 0..<16 { #expect(search.recordEarly(.milliseconds(3), .resetWhileIdle) == .nothing) }
        var numbers = SeededNumbers(1)
        #expect(search.nextTrials(using: &numbers).count == 4 && search.connectionLimit == nil)
        search.begin(4, of: 4)
        search.record(.seconds(1), .survived)
        #expect(search.connectionLimit == 4 && !search.closesAtOnce)
    }

    @Test("Connections that the other end refuses limit the next rounds, too")
    func refused() {
        var search = PathSearch(maximum: .seconds(600), precision: .seconds(1), width: 16)
        search.begin(5, of: 16)
        var numbers = SeededNumbers(1)
        #expect(search.connectionLimit == 5 && search.nextTrials(using: &numbers).count == 5)
    }
}
