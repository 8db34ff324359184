import KeepAlive
import Testing
import Wire

/// Each verdict and its near misses: scripts of A, which opens the connection, and B, with times in seconds.
@Suite("Diagnosis")
struct DiagnosisTests {
    private static func diagnose(_ lines: [(Double, String)]) -> [Diagnosis] {
        var tracker = ConnectionTracker(seed: 8, keepsAll: true)
        var events: [SegmentEvent] = []
        tracker.track(SegmentBatch(SegmentScript(timed: lines).segments), events: &events)
        return tracker.diagnoses(all: true)
    }

    private static let handshake: [(Double, String)] = [
        (0, "AB S 999 0"), (0.0001, "BA AS 4999 1000"), (0.0002, "AB A 1000 5000"),
    ]

    /// `count` probes of A from `start` on, every `period`; each answered, or none.
    private static func probes(
        _ count: Int, from start: Double, every period: Double, answered: Bool, words: String = ""
    ) -> [(Double, String)] {
        (0..<count).flatMap { number -> [(Double, String)] in
            let time = start + Double(number) * period
            let probe = (time, "AB A 999 5000 \(words)")
            return answered ? [probe, (time + 0.0003, "BA A 5000 1000")] : [probe]
        }
    }

    private static let abort = "AB AR 1000 5000"
    private static let data = "AB AP 1000 5000 len=10"

    private static func answered(_ count: Int, _ start: Double, _ period: Double, _ words: String = "") -> [(
        Double, String
    )] {
        probes(count, from: start, every: period, answered: true, words: words)
    }

    private static func lost(_ count: Int, _ start: Double, _ period: Double) -> [(Double, String)] {
        probes(count, from: start, every: period, answered: false)
    }

    private static func script(_ text: String) -> [(Double, String)] { SegmentScript.timed(text) }

    @Test(
        "Gaps of centuries, as a damaged capture may have, are no trap",
        arguments: [50, 100, 146, 200, 290] as [Double], [true, false])
    func centuries(years: Double, isAnswered: Bool) {
        let gap = years * 365 * 86_400
        let probes = Self.probes(4, from: 0.5, every: gap / 4, answered: isAnswered)
        #expect(Self.diagnose(Self.handshake + probes).count == 1)
        let late = Self.probes(3, from: gap, every: 1, answered: isAnswered) + [(gap + 4, Self.abort)]
        #expect(Self.diagnose(Self.handshake + late).count == 1)
        let far = [(gap, "AB A 999 5000"), (gap + 1, "AB A 999 5000"), (gap + 2, "BA A 5000 1000")]
        #expect(
            Self.diagnose(Self.handshake + Self.probes(2, from: 0, every: gap, answered: isAnswered) + far).count == 1)
    }

    /// Scripts with the verdicts that they must get; a near miss follows the case that it resembles.
    private static let cases: [(name: String, lines: [(Double, String)])] = {
        var cases: [(name: String, lines: [(Double, String)])] = []
        func add(_ name: String, _ lines: [(Double, String)]) { cases.append((name, lines)) }
        add("healthy", answered(3, 60.1, 61.44))
        // The last probe has no answer yet, as the capture ends.
        add("healthy", answered(3, 60.1, 61.44) + script("244.5 AB A 999 5000"))
        add("unresponsive", answered(2, 60.1, 61.44) + lost(3, 183, 15.104))
        // The last of two may still be answered.
        add("healthy", answered(2, 60.1, 61.44) + lost(2, 183, 15.104))
        add("peer_dead", lost(4, 60.1, 15.104) + script("120.6 AB AR 1000 5000"))
        // The RST of an end that hears its peer is a close.
        add("healthy", answered(2, 60.1, 61.44) + script("130 AB AR 1000 5000"))
        add("user_timeout", lost(1, 60.1, 15.104) + script("75.3 AB AR 1000 5000"))
        add("peer_lost_state", script("60.1 AB A 999 5000 | 60.1004 BA R 5000 0"))
        add("peer_lost_state", script("400 AB AP 1000 5000 len=10 | 400.001 BA R 5000 0"))
        // A RST without an idle period or a probe before it is a close.
        add("closed", script("4 AB AP 1000 5000 len=10 | 4.001 BA R 5000 0"))
        add("reset_by_path", script("60.1 AB A 999 5000 | 60.1004 BA R 5000 0 ttl=250"))
        add("reset_by_path", script("400 AB AP 1000 5000 len=10 | 400.001 BA R 5000 0 ttl=250"))
        add("peer_lost_state", script("60.1 AB A 999 5000 | 60.1004 BA R 5000 0 ttl=63"))
        add("middlebox_probes", answered(3, 60.1, 15, "ttl=200"))
        // Another initial TTL, and the same distance.
        add("healthy", answered(3, 60.1, 15, "ttl=255"))
        add("healthy", answered(3, 60.1, 15, "ttl=63"))
        // Two hops are a difference, one is not.
        add("middlebox_probes", answered(3, 60.1, 15, "ttl=62"))
        add("peer_never_answers", lost(3, 60.1, 5.1) + script("80 BA AP 5000 1000 len=5 | 80.1 AB A 1000 5005"))
        add(
            "interval_exceeds_idle",
            answered(1, 5.2, 1) + answered(3, 13.4, 8.192) + lost(2, 38, 8.192) + script("46.2 BA A 5000 1000"))
        add("unit_error", answered(5, 0.06, 0.06))
        add("healthy", answered(5, 1.01, 1.02))
        add("too_many_probes", answered(40, 5.1, 5.12))
        add("healthy", answered(29, 5.1, 5.12))
        add("healthy", answered(40, 15.1, 15.104))
        // A period of 10 s is the limit.
        add("too_many_probes", answered(40, 9.9, 9.984))
        add("healthy", answered(40, 10.1, 10.24))
        add("no_keepalive", script("300 AB AP 1000 5000 len=10 | 300.001 BA A 5000 1010"))
        add(
            "closed",
            script("59 AB AP 1000 5000 len=10 | 59.001 BA A 5000 1010 | 59.1 AB AF 1010 5000 | 59.2 BA AF 5000 1011"))
        add(
            "silent_drop",
            script(
                "400 AB AP 1000 5000 len=10 | 400.3 AB AP 1000 5000 len=10 | 401 AB AP 1000 5000 len=10 | 404 AB AP 1000 5000 len=10"
            ))
        // Answered at last: it was only slow.
        add(
            "no_keepalive",
            script(
                "400 AB AP 1000 5000 len=10 | 400.3 AB AP 1000 5000 len=10 | 404 AB AP 1000 5000 len=10 | 404.1 BA A 5000 1010"
            ))
        add(
            "data_in_flight",
            script(
                "1 AB AP 1000 5000 len=10 | 1.3 AB AP 1000 5000 len=10 | 2 AB AP 1000 5000 len=10 | 5 AB AP 1000 5000 len=10"
            ))
        // The time between retransmissions is not an idle period.
        add(
            "data_in_flight",
            script(
                "1 AB AP 1000 5000 len=10 | 31 AB AP 1000 5000 len=10 | 91 AB AP 1000 5000 len=10 | 211 AB AP 1000 5000 len=10"
            ))
        add(
            "receiver_stalled",
            script(
                "1 BA A 5000 1000 win=0 | 1.2 AB A 999 5000 | 1.2001 BA A 5000 1000 win=0 | 12 AB A 999 5000 | 12.001 BA A 5000 1000 win=0"
            ))
        add("closed", script("1 AB AP 1000 5000 len=10 | 1.1 BA A 5000 1010 | 2 BA AF 5000 1010 | 2.1 AB AF 1010 5001"))
        add("unknown", script("1 AB AP 1000 5000 len=10 | 1.1 BA A 5000 1010"))
        return cases
    }()

    @Test("Each script gets its verdict, and each near miss another one", arguments: cases.indices)
    func verdict(index: Int) {
        let (name, lines) = Self.cases[index]
        let diagnoses = Self.diagnose(Self.handshake + lines)
        #expect(diagnoses.map(\.verdict.rawValue) == [name])
    }

    @Test(
        "The idle time at a close counts only if nothing but answered probes passed before it",
        arguments: [
            (probes(3, from: 20, every: 15, answered: true), "62.1 BA AF 5000 1000", 62.0998),
            (probes(3, from: 20, every: 15, answered: true), "62.1 BA AR 5000 1000", 62.0998),
            // Data after the handshake began another idle period.
            (script("10 BA AP 5000 1000 len=1") + script("10.1 AB A 1000 5001"), "62.1 BA AF 5001 1000", nil),
            (
                script("10 AB AP 1000 5000 len=9 | 10.1 BA A 5000 1009 | 25.1 AB A 1008 5000 | 25.1003 BA A 5000 1009"),
                "62.1 BA AF 5000 1009", 52
            ),
            // The prober closes; a probe has no answer; the peer or the prober sent data meanwhile; the time is short.
            (probes(3, from: 20, every: 15, answered: true), "62.1 AB AF 1000 5000", nil),
            (probes(3, from: 20, every: 15, answered: true) + script("61 AB A 999 5000"), "62.1 BA AF 5000 1000", nil),
            (
                probes(3, from: 20, every: 15, answered: true) + script("61 BA AP 5000 1000 len=4"),
                "62.1 BA AF 5004 1000", nil
            ),
            (
                probes(3, from: 20, every: 15, answered: true) + script("61 AB AP 1000 5000 len=4"),
                "62.1 BA AF 5000 1004", nil
            ),
            (probes(1, from: 20, every: 15, answered: true), "29.9 BA AF 5000 1000", nil),
            // The clock was set back.
            (probes(3, from: 20, every: 15, answered: true), "-900 BA AF 5000 1000", nil),
        ] as [([(Double, String)], String, Double?)])
    func closedIdle(lines: [(Double, String)], close: String, seconds: Double?) {
        let diagnosis = Self.diagnose(Self.handshake + lines + Self.script(close)).first
        #expect(diagnosis?.connection.closedIdle == seconds.map { Int64(($0 * 1e9).rounded()) })
        #expect(diagnosis?.connection.fromResponder.closedIdle == nil)
    }

    @Test("Only the first close counts, and extreme times do not trap")
    func closedTwice() {
        let probes = Self.probes(2, from: 20, every: 15, answered: true)
        let twice = Self.script("62.1 BA AF 5000 1000 | 99 BA AF 5000 1000 | 99.1 BA AR 5001 1000")
        #expect(Self.diagnose(Self.handshake + probes + twice).first?.connection.closedIdle == 62_099_800_000)
        for (first, last) in [(-9.2e9, 9.2e9), (9.2e9, -9.2e9)] {
            let far = Self.probes(2, from: first, every: 1, answered: true) + [(last, "BA AF 5000 1000")]
            #expect(Self.diagnose(Self.handshake + far).count == 1)
        }
    }

    @Test("If the peer's host is heard in another connection meanwhile, the path has failed and not the peer")
    func elsewhere() {
        let other: [(Double, String)] = [(0, "CB S 99 0"), (0.1, "BC AS 9 100"), (0.2, "CB A 100 10")]
        let dead = Self.handshake + Self.probes(4, from: 400, every: 15.104, answered: false) + [(460.5, Self.abort)]
        let heard: [(Double, String)] = [(430, "CB AP 100 10 len=4"), (430.1, "BC A 10 104")]
        #expect(Self.diagnose(other + dead).map(\.verdict) == [.noKeepalive, .peerDead])
        #expect(
            Self.diagnose((other + dead + heard).sorted { $0.0 < $1.0 }).map(\.verdict) == [
                .noKeepalive, .tooLateForPath,
            ])
        // If it is heard only later, it may have been away meanwhile.
        let late: [(Double, String)] = [(470, "CB AP 100 10 len=4"), (470.1, "BC A 10 104")]
        #expect(Self.diagnose(other + dead + late).map(\.verdict) == [.noKeepalive, .peerDead])
        // If an equal idle period was survived before, no timeout of the path explains it.
        let before =
            Self.handshake + Self.probes(2, from: 400, every: 400, answered: true)
            + Self.probes(4, from: 1200, every: 15.104, answered: false) + [(1260.5, Self.abort)]
        let later: [(Double, String)] = [(1230, "CB AP 100 10 len=4"), (1230.1, "BC A 10 104")]
        let diagnoses = Self.diagnose((other + before + later).sorted { $0.0 < $1.0 })
        #expect(diagnoses.map(\.verdict) == [.noKeepalive, .peerDead])
        #expect(diagnoses.last?.failedIdle == nil)
    }

    @Test(
        "All connections between two networks bracket the idle timeout of their path")
    func path() throws {
        let survived: [(Double, String)] = [
            (0, "CB S 99 0"), (0.1, "BC AS 9 100"), (0.2, "CB A 100 10"), (300.2, "CB AP 100 10 len=4"),
            (300.3, "BC A 10 104"), (900, "CB AF 104 10"), (900.1, "BC AF 10 105"),
        ]
        let failed = Self.handshake + [(360, Self.data), (360.3, Self.data), (361, Self.data), (364, Self.data)]
        let paths = Self.diagnose(survived + failed).paths
        let path = try #require(paths.first)
        #expect(paths.count == 1 && path.connections == 2)
        // The close after 600 s says nothing: half-closed connections have other timers.
        #expect(path.longestSurvived == 300_000_000_000)
        #expect(path.shortestFailed > 359_900_000_000 && path.shortestFailed < 360_000_000_000)
        // The bucket of a timer of 300 s and more is up to 32.768 s wide.
        let idle = try #require(path.safeIdle)
        #expect(idle * 1_000_000_000 + TimerWheel.widestBucket(idle * 1_000_000_000) <= path.longestSurvived)
        #expect((idle + 1) * 1_000_000_000 + TimerWheel.widestBucket((idle + 1) * 1_000_000_000) > path.longestSurvived)
    }

    @Test(
        "Times that are centuries apart, or go back, do not trap",
        arguments: [
            [-9e9, 0, 9e9, 9.1e9], [-9e9, -9e9, -4e9, 1e9, 6e9], [0, 5e9, -5e9, 5e9, -5e9, 9e9], [9e9, -9e9, 9e9],
            [0, 4.7e9, 9.2e9, 9.21e9],
        ], [false, true])
    func extremeTimes(times: [Double], isAnswered: Bool) {
        var lines = SegmentScript.opened.map { (times[0], $0) }
        for time in times {
            lines.append((time, "AB A 1099 5000"))
            if isAnswered { lines.append((time, "BA A 5000 1100")) }
        }
        let findings = Self.diagnose(lines).flatMap(\.findings)
        #expect(findings.allSatisfy { ($0.details.duration ?? 0) >= 0 && ($0.details.idle ?? 0) >= 0 })
        #expect(!findings.isEmpty)
    }
}
