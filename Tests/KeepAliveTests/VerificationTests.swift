import KeepAlive
import Testing
import Wire

@Suite("Timer wheel")
struct TimerWheelTests {
    @Test(
        "A bucket is as wide as the table of the facts says",
        arguments: [
            // seconds, then milliseconds of a bucket at 100, 250, 300 and 1000 Hz
            (Int64(1), [80, 32, 26.667, 64]), (5, [80, 256, 213.333, 512]), (15, [640, 256, 1706.667, 512]),
            (30, [640, 2048, 1706.667, 512]), (60, [5120, 2048, 1706.667, 4096]),
            (75, [5120, 2048, 1706.667, 4096]), (300, [5120, 16384, 13653.333, 32768]),
            (7200, [327_680, 131_072, 873_813.333, 262_144]),
        ] as [(Int64, [Double])]
    )
    func buckets(seconds: Int64, milliseconds: [Double]) {
        for (rate, expected) in zip(TimerWheel.tickRates, milliseconds) {
            let width = Double(TimerWheel.bucket(seconds * 1_000_000_000, tickRate: rate)) / 1e6
            #expect(abs(width - expected) < 0.01, "\(seconds) s at \(rate) Hz: \(width) ms")
        }
        let widest = Double(TimerWheel.widestBucket(seconds * 1_000_000_000)) / 1e6
        #expect(abs(widest - (milliseconds.max() ?? 0)) < 0.01)
    }
}

/// A connection of A (the prober) and B with scripted times, and what is judged of it.
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
        _ lines: [(Int64, String)], _ expectation: Verification.Expectation, error: String? = nil,
        at time: Int64? = nil, kernel: Int? = nil, othersProbe: Bool = false
    ) throws -> Verification {
        let (prober, peer) = observe(lines)
        let ending = time.map { Verification.Ending(error: error, time: $0 * 1_000_000) }
        return Verification(
            of: prober, peer: peer, expecting: expectation, ending: ending, kernelProbes: kernel,
            othersProbe: othersProbe)
    }

    private static let usual = Verification.Expectation(idle: 60, interval: 15, count: 4)

    @Test("A dead peer that is given up as the options promise passes in every field")
    func deadPeer() throws {
        let verification = try Self.judge(Self.dead, Self.usual, error: "ETIMEDOUT", at: 121_857, kernel: 4)
        #expect(verification.passes, "\(verification.checks)")
        #expect(
            verification.checks.map(\.field) == [
                "first probe", "interval", "shape of the probe", "probes before giving up", "RST after the last probe",
                "time of the error", "error of recv", "probes by the kernel's count",
            ])
    }

    @Test("A live peer passes, with the period that is the greater of idle and interval")
    func livePeer() throws {
        let verification = try Self.judge(Self.live, Self.usual, kernel: 2)
        #expect(verification.passes, "\(verification.checks)")
        #expect(
            verification.checks.map(\.field) == [
                "first probe", "period", "shape of the probe", "answers", "probes by the kernel's count",
            ])
    }

    @Test(
        "Where one thing differs, its fields fail and no other",
        arguments: [
            (Verification.Expectation(idle: 61, interval: 15, count: 4), []),  // at 61.44 s: within
            (Verification.Expectation(idle: 62, interval: 15, count: 4), ["first probe", "time of the error"]),
            (Verification.Expectation(idle: 40, interval: 15, count: 4), ["first probe", "time of the error"]),
            (
                Verification.Expectation(idle: 60, interval: 20, count: 4),
                ["interval", "RST after the last probe", "time of the error"]
            ),
            (
                Verification.Expectation(idle: 60, interval: 15, count: 5),
                ["probes before giving up", "time of the error", "error of recv"]
            ),
        ])
    func differences(expectation: Verification.Expectation, fields: [String]) throws {
        let verification = try Self.judge(Self.dead, expectation, error: "ETIMEDOUT", at: 121_857, kernel: 4)
        let failed = verification.checks.filter { !$0.passes }.map(\.field)
        #expect(failed == fields, "\(verification.checks)")
    }

    @Test("A probe that is early fails, however little")
    func early() throws {
        var lines = Self.dead
        lines[3].0 = 59_999
        let verification = try Self.judge(lines, Self.usual, error: "ETIMEDOUT", at: 121_857)
        #expect(verification.checks.first { $0.field == "first probe" }?.passes == false)
    }

    @Test("Forged probes are told by the kernel's count, and by their shape")
    func forged() throws {
        let forged = Self.live.map { ($0.0, $0.1 == Self.probe ? Self.probe + " len=1" : $0.1) }
        let verification = try Self.judge(forged, Self.usual, kernel: 0)
        #expect(
            verification.checks.filter { !$0.passes }.map(\.field)
                == ["shape of the probe", "probes by the kernel's count"])
    }

    @Test(
        "Probes that the kernel counts and the wire does not show are told with what that means, and ETIMEDOUT follows",
        arguments: [
            (0, "the kernel counted 4 probes, none of which was seen on the wire: they never left the host"),
            (1, "the kernel counted 4 probes, only 1 of which was seen on the wire: the others never left the host"),
            (2, "the kernel counted 4 probes, only 2 of which were seen on the wire: the others never left the host"),
        ])
    func neverLeft(seen: Int, reason: String) throws {
        let lines = Self.handshake + Self.dead.dropFirst(Self.handshake.count).prefix(seen)
        let verification = try Self.judge(lines, Self.usual, error: "ETIMEDOUT", at: 121_857, kernel: 4)
        let check = try #require(verification.checks.first { $0.field == "probes by the kernel's count" })
        #expect(check.outcome == .fails && check.reason?.hasPrefix(reason) == true, "\(check)")
        let error = try #require(verification.checks.first { $0.field == "error of recv" })
        #expect(error.passes && error.expected == "ETIMEDOUT", "\(error)")
        #expect(!verification.passes)
    }

    @Test("Fewer probes than the options promise explain no ETIMEDOUT, wherever they were counted")
    func tooFew() throws {
        let verification = try Self.judge(Self.handshake, Self.usual, error: "ETIMEDOUT", at: 121_857, kernel: 3)
        #expect(verification.checks.first { $0.field == "error of recv" }?.outcome == .fails)
    }

    @Test(
        "Where other connections probe, more probes by the kernel's count are not judged, fewer fail, as many pass",
        arguments: [
            (2, true, Verification.Outcome.passes), (5, true, .notJudged), (1, true, .fails), (2, false, .passes),
            (5, false, .fails), (1, false, .fails),
        ])
    func others(counted: Int, othersProbe: Bool, outcome: Verification.Outcome) throws {
        let verification = try Self.judge(Self.live, Self.usual, kernel: counted, othersProbe: othersProbe)
        let check = try #require(verification.checks.last)
        #expect(check.field == "probes by the kernel's count" && check.outcome == outcome, "\(check)")
        #expect((check.outcome == .notJudged) == (check.reason?.contains("other connections") ?? false))
        #expect(verification.passes == (outcome != .fails))
    }

    @Test("Probes of other connections do not make one's own due")
    func othersOnly() throws {
        let verification = try Self.judge(Self.handshake, Self.usual, kernel: 3, othersProbe: true)
        #expect(verification.obstacle?.contains("no probe was due yet") == true)
    }

    @Test("A peer that forgot the connection answers RST, which recv tells as ECONNRESET")
    func forgot() throws {
        let lines = Self.handshake + [(61_440, Self.probe), (61_441, "BA R 5000 0")]
        let verification = try Self.judge(lines, Self.usual, error: "ECONNRESET", at: 61_442, kernel: 1)
        #expect(verification.passes, "\(verification.checks)")
        #expect(verification.checks.contains { $0.field == "error of recv" && $0.actual == "ECONNRESET" })
    }

    @Test("Without a probe that was due, or without the connection, nothing is judged")
    func obstacles() throws {
        #expect(try Self.judge(Self.handshake, Self.usual, kernel: 0).obstacle != nil)
        let nothing = try Self.judge([], Self.usual, kernel: 3)
        #expect(nothing.obstacle != nil && !nothing.passes && nothing.checks.isEmpty)
        // What B sends first may be the answer to a probe before the capture began: its time tells nothing.
        let midway: [(Int64, String)] = [(0, Self.answer), (61_440, Self.probe), (61_441, Self.answer)]
        #expect(try Self.judge(midway, Self.usual).obstacle != nil)
        let longer = midway + [(122_880, Self.probe), (122_881, Self.answer)]
        #expect(try Self.judge(longer, Self.usual).passes)
    }

    @Test(
        "Only the options that are given are judged",
        arguments: [
            (Verification.Expectation(idle: 60), ["first probe"]),
            (Verification.Expectation(interval: 15), ["interval", "RST after the last probe"]),
            (Verification.Expectation(count: 4), ["probes before giving up"]),
            (Verification.Expectation(idle: 60, count: 4), ["first probe", "probes before giving up"]),
        ])
    func subsets(expectation: Verification.Expectation, fields: [String]) throws {
        let verification = try Self.judge(Self.dead, expectation)
        #expect(verification.checks.map(\.field).filter { $0 != "shape of the probe" } == fields)
        #expect(verification.passes, "\(verification.checks)")
        // One second more of each: each of these fields fails, whatever else is not given.
        let more = Verification.Expectation(
            idle: expectation.idle.map { $0 + 10 }, interval: expectation.interval.map { $0 + 10 },
            count: expectation.count.map { $0 + 10 })
        let failing = try Self.judge(Self.dead, more)
        #expect(failing.checks.filter { $0.outcome == .fails }.map(\.field) == fields, "\(failing.checks)")
    }

    @Test("With the idle time alone, the healthy connection of a live peer passes, and one that probes early fails")
    func idleOnly() throws {
        let verification = try Self.judge(Self.live, Verification.Expectation(idle: 60))
        #expect(verification.passes)
        #expect(
            verification.checks.map(\.field) == ["first probe", "period", "shape of the probe", "answers"])
        let early = try Self.judge(Self.live, Verification.Expectation(idle: 90))
        #expect(
            early.checks.filter { $0.outcome == .fails }.map(\.field) == ["first probe", "period"], "\(early.checks)")
    }

    @Test("A first probe that is late fails without the interval too, because no interval runs before it")
    func lateFirst() throws {
        let verification = try Self.judge(Self.live, Verification.Expectation(idle: 10))
        let first = try #require(verification.checks.first)
        #expect(first.field == "first probe" && first.outcome == .fails && first.actual == "61.440 s", "\(first)")
        // The period alone might be the interval.
        #expect(verification.checks.first { $0.field == "period" }?.outcome == .notJudged)
    }

    @Test("A long wait is not judged where it may come from an option that is not given, and fails where it cannot")
    func excused() throws {
        // The capture begins midway: the wait before the first probe is not known.
        let midway: [(Int64, String)] = [
            (0, Self.answer), (61_440, Self.probe), (61_441, Self.answer), (122_880, Self.probe),
            (122_881, Self.answer),
        ]
        for expectation in [Verification.Expectation(idle: 10), Verification.Expectation(interval: 15)] {
            let verification = try Self.judge(midway, expectation)
            #expect(verification.checks.first?.outcome == .notJudged, "\(verification.checks)")
            #expect(verification.obstacle?.hasSuffix("which is not given") == true && !verification.passes)
        }
        // Unanswered probes every 15 s: the period of 61 s is no interval.
        let known = midway + [(184_320, Self.probe), (199_424, Self.probe)]
        let verification = try Self.judge(known, Verification.Expectation(idle: 20))
        #expect(verification.checks.first { $0.field == "period" }?.outcome == .fails, "\(verification.checks)")
    }

    @Test("A count that was not reached is not judged")
    func countNotReached() throws {
        let verification = try Self.judge(Self.live, Verification.Expectation(count: 4))
        #expect(verification.obstacle == "nothing was captured that depends on count" && !verification.passes)
    }

    /// An end that was heard, sent no probe, and was idle for up to `idle` seconds.
    private static func unprobed(_ idle: Double) -> ConnectionSide {
        var side = ConnectionSide()
        side.lastSpoke = 1
        side.longestUnprobed = Int64(idle * 1e9)
        return side
    }

    @Test("An idle period in which a probe was due and none came is a failure")
    func missed() throws {
        let side = Self.unprobed(65.19)
        let verification = Verification(
            of: side, peer: side, expecting: Verification.Expectation(idle: 10, interval: 5, count: 3), ending: nil,
            kernelProbes: nil)
        let check = try #require(verification.checks.first)
        #expect(verification.checks.count == 1 && check.field == "first probe" && check.outcome == .fails)
        #expect(check.expected == "10.000 s" && check.tolerance == "up to 0.690 s late, never early")
        #expect(check.actual == "no probe in 65.1 s of idleness")
        #expect(verification.obstacle == nil && !verification.passes)
    }

    @Test(
        "A connection of which neither end probed fails once, where one was due",
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
            #expect(verification.checks[0].actual == "neither end probed in \(max(first, second)) s of idleness")
        }
        var probing = Self.unprobed(65)
        probing.probes = 1
        let expectation = Verification.Expectation(idle: 10)
        #expect(Verification(ofNeither: probing, nor: Self.unprobed(65), expecting: expectation) == nil)
        #expect(Verification(ofNeither: ConnectionSide(), nor: Self.unprobed(65), expecting: expectation) == nil)
    }

    @Test(
        "An end that probed and later did not fails, unless an interval that is not known may be the reason",
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
        let check = verification.checks.first { $0.field == "every idle period" }
        #expect((check?.outcome == .fails) == fails, "\(verification.checks)")
    }

    @Test("Where no keep-alive was due, the reason is named")
    func notDue() throws {
        let expectation = Verification.Expectation(idle: 5, interval: 3, count: 3)
        func obstacle(_ expectation: Verification.Expectation, _ change: (inout ConnectionSide) -> Void) -> String? {
            var side = Self.unprobed(0)
            change(&side)
            return Verification(
                of: side, peer: Self.unprobed(0), expecting: expectation, ending: nil, kernelProbes: 0
            ).obstacle
        }
        #expect(
            obstacle(expectation) { $0.zeroWindowProbes = 3 }
                == "the peer's window was zero, so no keep-alive was due; 3 window probes were sent")
        #expect(obstacle(expectation) { $0.zeroWindowProbes = 1 }?.hasSuffix("; 1 window probe was sent") == true)
        #expect(
            obstacle(expectation) { $0.hasUnacknowledged = true }
                == "data was in flight and unacknowledged, so no keep-alive was due")
        #expect(obstacle(expectation) { _ in } == "no probe was due yet: it takes 5 s of idleness")
        #expect(obstacle(Verification.Expectation(count: 3)) { _ in }?.contains("expected idle time") == true)
        #expect(
            Verification(withoutProbesExpecting: expectation).obstacle
                == "no keep-alive probe was seen, and no connection is known to have been idle for more than 30.0 s")
    }

    @Test("Zero-window probes, data of one byte and the peer's own probes are no probes of this end")
    func others() throws {
        let closed = Self.handshake + [(500, "BA A 5000 1000 win=0"), (700, Self.probe), (1100, Self.probe)]
        #expect(Self.observe(closed).prober.probes == 0)
        #expect(Self.observe(closed).prober.zeroWindowProbes == 2)
        let data = Self.handshake + [(500, "AB AP 1000 5000 len=1"), (700, "AB AP 1000 5000 len=1")]
        #expect(Self.observe(data).prober.probes == 0)
        #expect(Self.observe(data).prober.retransmissions == 1)
        // The peer's probe restarts the timer of BSD and not that of Linux: the wait tells no setting, but may fit one.
        let both = Self.handshake + [(30_000, "BA A 4999 1000"), (30_001, "AB A 1000 5000"), (61_440, Self.probe)]
        let observed = Self.observe(both)
        #expect(observed.prober.probes == 1 && observed.prober.idleGaps.count == 0)
        #expect(observed.prober.firstWait?.gap == 61_440_000_000 && observed.prober.isFirstWaitDisturbed)
        #expect(InferredPolicy(of: observed.prober, peer: observed.peer).idle == nil)
        for (idle, outcome) in [(Int64(60), Verification.Outcome.passes), (90, .fails), (30, .notJudged)] {
            let verification = try Self.judge(both, Verification.Expectation(idle: idle, interval: 15))
            let first = verification.checks.first { $0.field == "first probe" }
            #expect(first?.outcome == outcome, "\(verification.checks)")
        }
        // A later wait, which nothing disturbed, is late too: this fails, and is not excused by the first one.
        let later =
            both + [(61_441, Self.answer), (62_000, "BA AP 5000 1000 len=1"), (62_001, "AB A 1000 5001")]
            + [(123_441, "AB A 999 5001")]
        let expectation = Verification.Expectation(idle: 30, interval: 15)
        let late = try Self.judge(later, expectation).checks.first { $0.field == "first probe" }
        #expect(late?.outcome == .fails, "\(String(describing: late))")
    }
}
