import KeepAlive
import Testing
import Wire

/// A connection of A (the prober) and B with scripted times, and its verification.
@Suite("Verification")
struct VerificationTests {
    /// The ends of the connection of A and B: segments by their time in milliseconds, `line` as `SegmentScript` reads it.
    private static func observe(_ lines: [(Int64, String)]) -> (prober: ConnectionSide, peer: ConnectionSide) {
        var tracker = ConnectionTracker(seed: 5)
        var events: [SegmentEvent] = []
        var batch = SegmentBatch()
        for (segment, line) in zip(SegmentScript(lines.map(\.1)).segments, lines) {
            var segment = segment
            segment.time = line.0 * 1_000_000
            batch.append(segment)
        }
        tracker.track(batch, events: &events)
        let connection = tracker.connections(all: true).first
        return (connection?.fromOriginator ?? ConnectionSide(), connection?.fromResponder ?? ConnectionSide())
    }

    private static let handshake: [(Int64, String)] = [
        (0, "AB S 999 0"), (0, "BA AS 4999 1000"), (1, "AB A 1000 5000"),
    ]
    private static let probe = "AB A 999 5000"
    private static let answer = "BA A 5000 1000"

    /// 60 s, 15 s, 4 probes against a dead peer, as Linux with 250 Hz has it.
    private static let dead =
        handshake + [
            (61_440, probe), (76_544, probe), (91_648, probe), (106_752, probe), (121_856, "AB AR 1000 5000"),
        ]
    private static let live =
        handshake + [(61_440, probe), (61_441, answer), (122_880, probe), (122_881, answer)]

    private static func judge(
        _ lines: [(Int64, String)], _ expectation: Verification.Expectation, error: Verification.ErrorName? = nil,
        at time: Int64? = nil, kernel: Int? = nil, othersProbe: Bool = false, delay: Int64 = 0,
        judgesAnswers: Bool = true
    ) throws -> Verification {
        let (prober, peer) = observe(lines)
        let ending = time.map { Verification.Ending(error: error, time: $0 * 1_000_000) }
        return Verification(
            of: prober, peer: peer, expecting: expectation, ending: ending, kernelProbes: kernel,
            othersProbe: othersProbe, optionsDelay: delay * 1_000_000, judgesAnswers: judgesAnswers)
    }

    private static let usual = Verification.Expectation(idle: 60, interval: 15, count: 4)

    @Test(
        "With a user timeout, timers that fire late leave room for fewer probes",
        arguments: [(45, .fails), (46, .passes), (48, .passes), (49, .passes), (50, .fails)]
            as [(Int, Verification.Outcome)])
    func userTimeout(probes: Int, outcome: Verification.Outcome) throws {
        // The end comes when a timer fires after 50 s. Linux fires those of 1 s after 1.00 to 1.08 s, by its tick rate.
        let period = Int64(50_000 + probes) / Int64(probes + 1) + 1
        let fires = (1...Int64(probes + 1)).map { $0 * period }
        let end = fires[probes]
        let lines = Self.handshake + fires.dropLast().map { ($0, Self.probe) } + [(end, "AB AR 1000 5000")]
        let schedule = Verification.Expectation(
            idle: 1, interval: 1, count: 49, userTimeout: 50_000_000_000)
        let verification = try Self.judge(lines, schedule, error: .timedOut, at: end + 1)
        let check = try #require(verification.checks.first { $0.quantity == .probesBeforeGivingUp })
        #expect(check.outcome == outcome && check.actual == .count(Int64(probes)))
        #expect(check.expected == .counts(least: 46, most: 49))
        if outcome == .passes {
            for quantity in [Verification.Quantity.error, .errorTime] {
                #expect(verification.checks.first { $0.quantity == quantity }?.passes == true, "\(quantity)")
            }
        }
    }

    @Test("A probe without an answer is a failure only where answers are judged", arguments: [true, false])
    func lostAnswer(judgesAnswers: Bool) throws {
        let lines =
            Self.handshake + [
                (61_440, Self.probe), (76_544, Self.probe), (76_545, Self.answer), (137_984, Self.probe),
                (137_985, Self.answer),
            ]
        let verification = try Self.judge(lines, Self.usual, judgesAnswers: judgesAnswers)
        #expect(verification.passes == !judgesAnswers)
        #expect(verification.checks.contains { $0.quantity == .answers } == judgesAnswers)
        #expect(verification.checks.contains { $0.quantity == .firstProbe && $0.passes })
    }

    @Test("If the options were changed, what fails is not judged, and what passes stays")
    func changed() throws {
        var verification = try Self.judge(
            Self.dead, Verification.Expectation(idle: 60, interval: 20, count: 4), error: .timedOut, at: 121_857)
        #expect(!verification.passes && verification.obstacle == nil)
        let before = verification.checks
        var partly = verification
        partly.excuseFailures(of: [.interval], .optionsChanged)
        #expect(partly.obstacle == nil && !partly.passes)
        #expect(partly.checks.first { $0.quantity == .interval }?.outcome == .notJudged)
        verification.excuseFailures(of: [.interval, .resetAfterLastProbe, .errorTime], .optionsChanged)
        #expect(verification.obstacle == .undecided(.optionsChanged))
        for (check, earlier) in zip(verification.checks, before) {
            #expect(check.outcome == (earlier.outcome == .fails ? .notJudged : earlier.outcome))
            #expect((check.reason == .optionsChanged) == (earlier.outcome == .fails))
        }
        #expect(verification.checks.first { $0.quantity == .interval }?.outcome == .notJudged)
        var passing = try Self.judge(Self.live, Self.usual)
        passing.excuseFailures(of: [.firstProbe, .interval, .period], .optionsChanged)
        #expect(passing.passes)
    }

    @Test(
        "A first probe may be late by the time in which the options were set, and by no more",
        arguments: [(0, .fails), (300, .fails), (500, .notJudged)] as [(Int64, Verification.Outcome)])
    func setLate(delay: Int64, outcome: Verification.Outcome) throws {
        let lines =
            Self.handshake + [
                (1_501, Self.probe), (1_502, Self.answer), (2_510, Self.probe), (2_511, Self.answer),
            ]
        let verification = try Self.judge(
            lines, Verification.Expectation(idle: 1, interval: 1, count: 4), delay: delay)
        let check = try #require(verification.checks.first)
        #expect(check.quantity == .firstProbe && check.outcome == outcome, "\(check)")
        #expect(check.reason == (outcome == .notJudged ? .mayBeSetLate : nil))
        // The period passes.
        #expect(verification.passes == (outcome == .notJudged) && verification.obstacle == nil)
    }

    @Test("A long wait for the first probe is no missing probe, if it may be that late")
    func setLateLongWait() throws {
        let lines = Self.handshake + [(40_599, Self.probe), (41_603, Self.probe), (42_607, Self.probe)]
        for (delay, isExcused) in [(10_000, true), (1_000, false)] as [(Int64, Bool)] {
            let verification = try Self.judge(
                lines, Verification.Expectation(idle: 30, interval: 1, count: 9), delay: delay)
            #expect(verification.passes == isExcused, "\(verification.checks)")
            #expect(verification.checks.first { $0.quantity == .interval }?.passes == true)
        }
    }

    @Test("A missing probe may be due later by that time", arguments: [0, 2000, 3000] as [Int64])
    func setLateWithoutProbe(delay: Int64) throws {
        let lines = Self.handshake + [(8_000, "AB A 1000 5000 10"), (8_001, "BA A 5000 1010")]
        let verification = try Self.judge(
            lines, Verification.Expectation(idle: 5, interval: 1, count: 4), delay: delay)
        #expect((verification.obstacle == .notYetDue(idle: 5)) == (delay == 3000), "\(verification)")
    }

    @Test("A prober that gives up as its options imply passes every check")
    func deadPeer() throws {
        let verification = try Self.judge(Self.dead, Self.usual, error: .timedOut, at: 121_857, kernel: 4)
        #expect(verification.passes, "\(verification.checks)")
        #expect(
            verification.checks.map(\.quantity) == [
                .firstProbe, .interval, .probeLength, .probesBeforeGivingUp, .resetAfterLastProbe,
                .errorTime, .error, .kernelProbes,
            ])
    }

    @Test("A live peer passes; the period is the greater of idle time and interval")
    func livePeer() throws {
        let verification = try Self.judge(Self.live, Self.usual, kernel: 2)
        #expect(verification.passes, "\(verification.checks)")
        #expect(
            verification.checks.map(\.quantity) == [
                .firstProbe, .period, .probeLength, .answers, .kernelProbes,
            ])
    }

    @Test(
        "One wrong option fails its own checks and no other",
        arguments: [
            (Verification.Expectation(idle: 61, interval: 15, count: 4), []),  // at 61.44 s: within
            (Verification.Expectation(idle: 62, interval: 15, count: 4), [.firstProbe, .errorTime]),
            (Verification.Expectation(idle: 40, interval: 15, count: 4), [.firstProbe, .errorTime]),
            (
                Verification.Expectation(idle: 60, interval: 20, count: 4),
                [.interval, .resetAfterLastProbe, .errorTime]
            ),
            (
                Verification.Expectation(idle: 60, interval: 15, count: 5),
                [.probesBeforeGivingUp, .errorTime, .error]
            ),
        ] as [(Verification.Expectation, [Verification.Quantity])])
    func differences(expectation: Verification.Expectation, quantities: [Verification.Quantity]) throws {
        let verification = try Self.judge(Self.dead, expectation, error: .timedOut, at: 121_857, kernel: 4)
        let failed = verification.checks.filter { !$0.passes }.map(\.quantity)
        #expect(failed == quantities, "\(verification.checks)")
    }

    @Test(
        "A first probe may be early by a tick of the kernel, and no other, even by one millisecond",
        arguments: [
            (3, 59_990, .firstProbe, true), (3, 59_989, .firstProbe, false), (4, 76_440, .interval, true),
            (4, 76_439, .interval, false),
        ] as [(Int, Int64, Verification.Quantity, Bool)])
    func early(index: Int, time: Int64, quantity: Verification.Quantity, passes: Bool) throws {
        var lines = Self.dead
        lines[index].0 = time
        let verification = try Self.judge(lines, Self.usual, error: .timedOut, at: 121_857)
        let check = try #require(verification.checks.first { $0.quantity == quantity })
        #expect(check.passes == passes && check.earliness == (quantity == .firstProbe ? 10_000_000 : 0))
    }

    @Test("Forged probes fail by the kernel's count and by their length")
    func forged() throws {
        let forged = Self.live.map { ($0.0, $0.1 == Self.probe ? Self.probe + " len=1" : $0.1) }
        let verification = try Self.judge(forged, Self.usual, kernel: 0)
        #expect(
            verification.checks.filter { !$0.passes }.map(\.quantity)
                == [.probeLength, .kernelProbes])
    }

    @Test(
        "Probes that the kernel counts and the capture lacks fail with a reason, and ETIMEDOUT is right",
        arguments: 0...2)
    func neverLeft(seen: Int) throws {
        let lines = Self.handshake + Self.dead.dropFirst(Self.handshake.count).prefix(seen)
        let verification = try Self.judge(lines, Self.usual, error: .timedOut, at: 121_857, kernel: 4)
        let check = try #require(verification.checks.first { $0.quantity == .kernelProbes })
        #expect(
            check.outcome == .fails && check.reason == .probesNeverSent(counted: 4, captured: UInt64(seen)), "\(check)")
        let error = try #require(verification.checks.first { $0.quantity == .error })
        #expect(error.passes && error.expected == .error(.timedOut), "\(error)")
        #expect(!verification.passes)
    }

    @Test("Fewer probes than the options imply do not explain ETIMEDOUT, on the wire or by the kernel's count")
    func tooFew() throws {
        let verification = try Self.judge(Self.handshake, Self.usual, error: .timedOut, at: 121_857, kernel: 3)
        #expect(verification.checks.first { $0.quantity == .error }?.outcome == .fails)
    }

    @Test(
        "When other connections probe, a higher kernel count is undecided, a lower one fails, an equal one passes",
        arguments: [
            (2, true, Verification.Outcome.passes), (5, true, .notJudged), (1, true, .fails), (2, false, .passes),
            (5, false, .fails), (1, false, .fails),
        ])
    func others(counted: Int, othersProbe: Bool, outcome: Verification.Outcome) throws {
        let verification = try Self.judge(Self.live, Self.usual, kernel: counted, othersProbe: othersProbe)
        let check = try #require(verification.checks.last)
        #expect(check.quantity == .kernelProbes && check.outcome == outcome, "\(check)")
        #expect((check.outcome == .notJudged) == (check.reason == .otherConnectionsProbe))
        #expect(verification.passes == (outcome != .fails))
    }

    @Test("Probes of other connections do not make a probe of this one due")
    func othersOnly() throws {
        let verification = try Self.judge(Self.handshake, Self.usual, kernel: 3, othersProbe: true)
        #expect(verification.obstacle == .notYetDue(idle: 60))
    }

    @Test("A peer that lost the connection answers with RST, and recv returns ECONNRESET")
    func forgot() throws {
        let lines = Self.handshake + [(61_440, Self.probe), (61_441, "BA R 5000 0")]
        let verification = try Self.judge(lines, Self.usual, error: .connectionReset, at: 61_442, kernel: 1)
        #expect(verification.passes, "\(verification.checks)")
        #expect(verification.checks.contains { $0.quantity == .error && $0.actual == .error(.connectionReset) })
    }

    @Test("Without a due probe, or without the connection, there is no result")
    func obstacles() throws {
        #expect(try Self.judge(Self.handshake, Self.usual, kernel: 0).obstacle != nil)
        let nothing = try Self.judge([], Self.usual, kernel: 3)
        #expect(nothing.obstacle != nil && !nothing.passes && nothing.checks.isEmpty)
        // The first segment of B may answer a probe from before the capture began: the wait before the next probe is unknown.
        let midway: [(Int64, String)] = [(0, Self.answer), (61_440, Self.probe), (61_441, Self.answer)]
        #expect(try Self.judge(midway, Self.usual).obstacle != nil)
        let longer = midway + [(122_880, Self.probe), (122_881, Self.answer)]
        #expect(try Self.judge(longer, Self.usual).passes)
    }

    @Test(
        "Only the given options are checked",
        arguments: [
            (Verification.Expectation(idle: 60), [.firstProbe]),
            (Verification.Expectation(interval: 15), [.interval, .resetAfterLastProbe]),
            (Verification.Expectation(count: 4), [.probesBeforeGivingUp]),
            (Verification.Expectation(idle: 60, count: 4), [.firstProbe, .probesBeforeGivingUp]),
        ] as [(Verification.Expectation, [Verification.Quantity])])
    func subsets(expectation: Verification.Expectation, quantities: [Verification.Quantity]) throws {
        let verification = try Self.judge(Self.dead, expectation)
        #expect(verification.checks.map(\.quantity).filter { $0 != .probeLength } == quantities)
        #expect(verification.passes, "\(verification.checks)")
        // Ten more of each given option: each of these checks fails, even without the other options.
        let more = Verification.Expectation(
            idle: expectation.idle.map { $0 + 10 }, interval: expectation.interval.map { $0 + 10 },
            count: expectation.count.map { $0 + 10 })
        let failing = try Self.judge(Self.dead, more)
        #expect(failing.checks.filter { $0.outcome == .fails }.map(\.quantity) == quantities, "\(failing.checks)")
    }

    @Test("With the idle time alone, a live peer passes, and a prober that is early fails")
    func idleOnly() throws {
        let verification = try Self.judge(Self.live, Verification.Expectation(idle: 60))
        #expect(verification.passes)
        #expect(
            verification.checks.map(\.quantity) == [.firstProbe, .period, .probeLength, .answers])
        let early = try Self.judge(Self.live, Verification.Expectation(idle: 90))
        #expect(
            early.checks.filter { $0.outcome == .fails }.map(\.quantity) == [.firstProbe, .period], "\(early.checks)")
    }

    @Test("A late first probe fails even if the interval is not given, because no interval precedes it")
    func lateFirst() throws {
        let verification = try Self.judge(Self.live, Verification.Expectation(idle: 10))
        let first = try #require(verification.checks.first)
        #expect(
            first.quantity == .firstProbe && first.outcome == .fails && first.actual == .duration(61_440_000_000),
            "\(first)")
        // The period may be the interval.
        #expect(verification.checks.first { $0.quantity == .period }?.outcome == .notJudged)
    }

    @Test("A long wait is undecided if an option that is not given may explain it, and fails otherwise")
    func excused() throws {
        // The capture begins midway: the wait before the first probe is not known.
        let midway: [(Int64, String)] = [
            (0, Self.answer), (61_440, Self.probe), (61_441, Self.answer), (122_880, Self.probe),
            (122_881, Self.answer),
        ]
        for expectation in [Verification.Expectation(idle: 10), Verification.Expectation(interval: 15)] {
            let verification = try Self.judge(midway, expectation)
            #expect(verification.checks.first?.outcome == .notJudged, "\(verification.checks)")
            let reason: Verification.Reason = expectation.idle == nil ? .mayBeIdleTime : .mayBeInterval
            #expect(verification.obstacle == .undecided(reason) && !verification.passes)
        }
        // Unanswered probes every 15 s: the period of 61 s is no interval.
        let known = midway + [(184_320, Self.probe), (199_424, Self.probe)]
        let verification = try Self.judge(known, Verification.Expectation(idle: 20))
        #expect(verification.checks.first { $0.quantity == .period }?.outcome == .fails, "\(verification.checks)")
    }

    @Test("A count that was not reached is not checked")
    func countNotReached() throws {
        let expectation = Verification.Expectation(count: 4)
        let verification = try Self.judge(Self.live, expectation)
        #expect(verification.obstacle == .nothingToCompare(expectation) && !verification.passes)
    }

    /// An end that sent segments but no probe, and was idle for up to `idle` seconds.
    private static func unprobed(_ idle: Double) -> ConnectionSide {
        var side = ConnectionSide()
        side.lastSpoke = 1
        side.longestUnprobed = Int64(idle * 1e9)
        return side
    }

    @Test("An idle period with a due probe and none sent is a failure")
    func missed() throws {
        let side = Self.unprobed(65.19)
        let verification = Verification(
            of: side, peer: side, expecting: Verification.Expectation(idle: 10, interval: 5, count: 3), ending: nil,
            kernelProbes: nil)
        let check = try #require(verification.checks.first)
        #expect(verification.checks.count == 1 && check.quantity == .firstProbe && check.outcome == .fails)
        #expect(check.expected == .duration(10_000_000_000) && check.lateness == 690_000_000)
        #expect(check.actual == .noProbe(idle: 65_190_000_000))
        #expect(verification.obstacle == nil && !verification.passes)
    }

    @Test(
        "A connection in which neither end probes fails once, if a probe was due",
        arguments: [
            (0.0, 65.0, Int64?(10), true), (65, 0, 10, true), (10.68, 10.68, 10, false), (10.7, 0, 10, true),
            (0, 0, 10, false), (65, 65, 65, false), (65, 65, nil, false),
        ])
    func neither(first: Double, second: Double, idle: Int64?, fails: Bool) throws {
        let verification = Verification(
            ofNeither: Self.unprobed(first), nor: Self.unprobed(second),
            expecting: Verification.Expectation(idle: idle, interval: 5))
        #expect((verification != nil) == fails)
        if let verification {
            #expect(!verification.passes && verification.checks.count == 1)
            #expect(verification.checks[0].actual == .neitherProbed(idle: Int64(max(first, second) * 1e9)))
        }
        var probing = Self.unprobed(65)
        probing.probes = 1
        let expectation = Verification.Expectation(idle: 10)
        #expect(Verification(ofNeither: probing, nor: Self.unprobed(65), expecting: expectation) == nil)
        #expect(Verification(ofNeither: ConnectionSide(), nor: Self.unprobed(65), expecting: expectation) == nil)
    }

    @Test(
        "An end that stops probing fails, unless an unknown interval may be the reason",
        arguments: [
            (Verification.Expectation(idle: 60, interval: 15), 100.0, UInt64(0), true),
            (Verification.Expectation(idle: 60, interval: 15), 62, 0, false),
            (Verification.Expectation(idle: 60, interval: 100), 101, 0, false),
            (Verification.Expectation(idle: 60), 100, 0, false),
            // It waits for answers, or has given up without a RST.
            (Verification.Expectation(idle: 60, interval: 15), 100, 4, false),
        ])
    func missedLater(
        expectation: Verification.Expectation, idle: Double, unanswered: UInt64, fails: Bool
    ) throws {
        var (prober, peer) = Self.observe(Self.live)
        prober.longestUnprobed = Int64(idle * 1e9)
        prober.unanswered = unanswered
        peer.longestUnprobed = Int64(idle * 1e9)
        let verification = Verification(of: prober, peer: peer, expecting: expectation, ending: nil, kernelProbes: nil)
        let check = verification.checks.first { $0.quantity == .idlePeriod }
        #expect((check?.outcome == .fails) == fails, "\(verification.checks)")
    }

    @Test("If no keep-alive was due, the obstacle says why")
    func notDue() throws {
        let expectation = Verification.Expectation(idle: 5, interval: 3, count: 3)
        func obstacle(
            _ expectation: Verification.Expectation, _ change: (inout ConnectionSide) -> Void = { _ in }
        ) -> Verification.Obstacle? {
            var side = Self.unprobed(0)
            change(&side)
            return Verification(
                of: side, peer: Self.unprobed(0), expecting: expectation, ending: nil, kernelProbes: 0
            ).obstacle
        }
        #expect(obstacle(expectation) { $0.zeroWindowProbes = 3 } == .zeroWindow(probes: 3))
        #expect(obstacle(expectation) { $0.hasUnacknowledged = true } == .dataInFlight)
        #expect(obstacle(expectation) { ($0.hasUnacknowledged, $0.awaitsCloseOnly) = (true, true) } == .closeInFlight)
        #expect(obstacle(expectation) == .notYetDue(idle: 5))
        #expect(obstacle(Verification.Expectation(count: 3)) == .idleTimeUnknown)
        #expect(Verification(withoutProbesExpecting: expectation).obstacle == .noProbes(idle: 30_000_000_000))
        #expect(Verification(withoutProbesExpecting: Verification.Expectation()).obstacle == .noProbes(idle: nil))
    }

    @Test("Zero-window probes, one byte of data and the peer's probes do not count as probes of this end")
    func others() throws {
        let closed = Self.handshake + [(500, "BA A 5000 1000 win=0"), (700, Self.probe), (1100, Self.probe)]
        #expect(Self.observe(closed).prober.probes == 0)
        #expect(Self.observe(closed).prober.zeroWindowProbes == 2)
        let data = Self.handshake + [(500, "AB AP 1000 5000 len=1"), (700, "AB AP 1000 5000 len=1")]
        #expect(Self.observe(data).prober.probes == 0)
        #expect(Self.observe(data).prober.retransmissions == 1)
        // The peer's probe restarts the timer of BSD and not that of Linux: the wait shows no setting, but may match one.
        let both = Self.handshake + [(30_000, "BA A 4999 1000"), (30_001, "AB A 1000 5000"), (61_440, Self.probe)]
        let observed = Self.observe(both)
        #expect(observed.prober.probes == 1 && observed.prober.idleGaps.count == 0)
        #expect(observed.prober.firstWait?.gap == 61_440_000_000 && observed.prober.isFirstWaitDisturbed)
        #expect(InferredPolicy(of: observed.prober, peer: observed.peer).idle == nil)
        for (idle, outcome) in [(Int64(60), Verification.Outcome.passes), (90, .fails), (30, .notJudged)] {
            let verification = try Self.judge(both, Verification.Expectation(idle: idle, interval: 15))
            let first = verification.checks.first { $0.quantity == .firstProbe }
            #expect(first?.outcome == outcome, "\(verification.checks)")
        }
        // A later wait, which nothing disturbed, is late too: it fails; only the first one is excused.
        let later =
            both + [(61_441, Self.answer), (62_000, "BA AP 5000 1000 len=1"), (62_001, "AB A 1000 5001")]
            + [(123_441, "AB A 999 5001")]
        let expectation = Verification.Expectation(idle: 30, interval: 15)
        let late = try Self.judge(later, expectation).checks.first { $0.quantity == .firstProbe }
        #expect(late?.outcome == .fails, "\(String(describing: late))")
    }
}
