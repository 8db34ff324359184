import Testing

@testable import KeepAlive
@testable import Wire

/// The facts that decide a rule, one at a time: each case changes one fact of a tracked connection or its capture, and with
/// it the finding of one verdict.
@Suite("Verdict rules")
struct VerdictRuleTests {
    typealias Change = @Sendable (inout Connection, inout CaptureContext) -> Void

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var verdict: Verdict
        var script: String
        var setUp, change: Change
        /// The finding before and after the change: its confidence and alternative, or `-`.
        var before, after: String
    }

    private static let second: Int64 = 1_000_000_000
    private static let opened = """
        0 AB S 999 0 | 0.0001 BA AS 4999 1000 | 0.0002 AB A 1000 5000 | 1 AB AP 1000 5000 len=10 | \
        1.0001 BA AP 5000 1010 len=10 | 1.0002 AB A 1010 5010 |
        """
    private static let answered = """
        \(opened) 61.1 AB A 1009 5010 | 61.1003 BA A 5010 1010 | 122.5 AB A 1009 5010 | 122.5003 BA A 5010 1010 |
        """
    private static let unanswered = "\(answered) 183.9 AB A 1009 5010 | 199 AB A 1009 5010 | 214.1 AB A 1009 5010 |"
    private static let lost = """
        400 AB AP 1010 5010 len=10 | 400.3 AB AP 1010 5010 len=10 | 401 AB AP 1010 5010 len=10 | \
        404 AB AP 1010 5010 len=10
        """
    private static let lostWhenIdle = "\(opened) \(lost)"
    private static let lostInUse = """
        \(opened) 2 AB AP 1010 5010 len=10 | 2.3 AB AP 1010 5010 len=10 | 3 AB AP 1010 5010 len=10 | \
        6 AB AP 1010 5010 len=10
        """
    private static let longIdle = """
        \(opened) 301 AB AP 1010 5010 len=10 | 301.0001 BA A 5010 1020
        """
    private static let closedByPeer = "\(opened) 10 BA AF 5010 1010 | 10.0001 AB A 1010 5011 |"
    private static let resetWhenIdle = "\(opened) 101 BA AR 5010 1010"

    private static func pause(_ start: Int64, _ end: Int64) -> CapturePauses.Pause {
        CapturePauses.Pause(start: start * second, end: end * second)
    }

    private static func errors(_ count: UInt64, at time: Int64) -> ErrorEvidence {
        var errors = ErrorEvidence()
        errors.count = count
        (errors.firstTime, errors.lastTime) = (time, time)
        return errors
    }

    private static let cases: [Case] = {
        var cases: [Case] = []
        func add(
            _ name: String, _ verdict: Verdict, _ script: String, _ before: String, _ after: String,
            setUp: @escaping Change = { _, _ in }, _ change: @escaping Change
        ) {
            cases.append(
                Case(
                    testDescription: name, verdict: verdict, script: script, setUp: setUp, change: change,
                    before: before, after: after))
        }

        add("no handshake", .healthy, answered, "high", "medium") { connection, _ in connection.handshakeSeen = false }
        add("dropped packets", .healthy, answered, "high", "low missingPackets") { $1.lacksPackets = true }
        add("few answers", .healthy, answered, "high", "medium") { connection, _ in connection.fromOriginator.probes = 3
        }
        add("a probe is overdue", .healthy, answered, "high", "medium") { $1.end = 1000 * second }
        add("growing gaps of byte probes", .healthy, answered, "high", "medium") { connection, _ in
            connection.fromOriginator.byteProbes = 2
            connection.fromOriginator.periodGaps.add(200 * second)
        }
        add("odd identifications", .healthy, answered, "high", "medium") { connection, _ in
            connection.fromOriginator.oddProbes = 2
        }

        add("copies", .noKeepalive, longIdle, "high", "medium", setUp: { $1.end = 302 * second }) { connection, _ in
            connection.fromResponder.isCopied = true
        }
        add("15 s without any packet", .noKeepalive, longIdle, "high", "medium missingPackets") {
            $1.end = 302 * second
        } _: {
            $1.pauses = [pause(100, 115)]
        }
        add("a live capture does not pause", .noKeepalive, longIdle, "medium missingPackets", "high") {
            $1.end = 302 * second
            $1.pauses = [pause(100, 115)]
        } _: {
            $1.isLive = true
        }
        add("a hole of more than half", .noKeepalive, longIdle, "high", "-") {
            $1.end = 302 * second
            $1.holes = [pause(1, 150)]
        } _: {
            $1.holes = [pause(1, 152)]
        }

        add("3 s without a retransmission", .incompleteCapture, "\(opened) 2 AB AP 1010 5010 len=10", "-", "medium") {
            $1.end = 4 * second + 900_000_000
        } _: {
            $1.end = 5 * second
        }
        add(
            "no pure acknowledgment for 1 s", .incompleteCapture,
            "0 AB S 999 0 | 0.0001 BA AS 4999 1000 | 0.2 AB AP 1000 5000 len=9 | 0.3 BA AP 5000 1009 len=9 | "
                + "0.9 AB AP 1009 5009 len=9 | 0.9001 BA A 5009 1018", "-", "medium"
        ) { connection, _ in
            connection.lastTime = second
        }
        add(
            "a RST shows the other direction", .oneDirection,
            "0 AB S 999 0 | 0.1 AB A 1000 5000 | 1 AB AP 1000 5000 len=10 | 2 AB A 1010 5100 | 3 AB A 1010 5200",
            "high", "medium"
        ) { connection, _ in
            connection.evidence.reset.time = 4 * second
        }
        add("an older connection was closed", .halfOpen, answered, "low timeWait", "-") { connection, _ in
            connection.evidence.challenge.time = second
        } _: { connection, _ in
            connection.evidence.challenge.wasClosed = true
        }

        add("half a round trip", .answeredByMiddlebox, answered, "medium routeChange", "-") { connection, _ in
            connection.fromResponder.handshakeReply = 20_000_000
            connection.fromOriginator.foreignAnswers = 3
            connection.fromOriginator.foreignReplies.add(9_000_000)
        } _: { connection, _ in
            connection.fromOriginator.foreignReplies.add(11_000_000)
        }
        add("three probes of a middlebox", .middleboxProbes, answered, "-", "medium routeChange") { connection, _ in
            connection.fromOriginator.middleboxProbes = 2
        } _: { connection, _ in
            connection.fromOriginator.middleboxProbes = 3
        }
        add("a period of 10 s", .tooManyProbes, answered, "high", "-") { connection, _ in
            connection.fromOriginator.setPeriods(30, of: 9_950_000_000)
        } _: { connection, _ in
            connection.fromOriginator.periodGaps.add(10_050_000_000)
        }
        add("gaps below 1 ms", .unitError, answered, "medium", "-") { connection, _ in
            connection.fromOriginator.setPeriods(3, of: 2_000_000)
        } _: { connection, _ in
            connection.fromOriginator.periodGaps.add(500_000)
        }

        add("probed more often", .silentDrop, lostWhenIdle, "medium peerDied", "-") { connection, _ in
            connection.fromOriginator.answered = 1
            connection.fromOriginator.idleGaps.add(300 * second)
        } _: { connection, _ in
            connection.fromOriginator.idleGaps = Gaps()
            connection.fromOriginator.idleGaps.add(60 * second)
        }
        add("a window closed for 10 s", .receiverStalled, answered, "low slowProtocol", "-") { connection, _ in
            connection.fromOriginator.evidence.stalledSince = 0
            connection.fromOriginator.evidence.stalledUntil = 10 * second
        } _: { connection, _ in
            connection.fromOriginator.evidence.stalledUntil = 9 * second
        }
        add("two retransmissions and an error", .peerUnreachable, lostInUse, "high", "-") { connection, _ in
            connection.evidence.errors = errors(1, at: 7 * second)
            connection.evidence.errors.side = connection.isReversed ? 1 : 0
            connection.fromOriginator.evidence.retransmissions = 2
        } _: { connection, _ in
            connection.fromOriginator.evidence.retransmissions = 1
        }
        add("two errors", .peerUnreachable, answered, "high", "-") { connection, _ in
            connection.evidence.errors = errors(2, at: 200 * second)
            connection.evidence.errors.side = connection.isReversed ? 1 : 0
        } _: { connection, _ in
            connection.evidence.errors.count = 1
        }
        add("one lost byte", .dataInFlight, lostInUse, "high", "medium incompleteCapture") { connection, _ in
            connection.fromOriginator.evidence.lossTimestamp = 1
        } _: { connection, _ in
            connection.fromOriginator.evidence.lossLength = 1
        }

        let abort = "\(unanswered) 216.1 AB AR 1010 5010"
        add("a probe may be missing", .aborted, abort, "high", "medium") { connection, _ in
            connection.fromOriginator.intervalGaps = Gaps()
            connection.fromOriginator.intervalGaps.add(4_100_000_000)
        }
        add("usual gaps", .aborted, abort, "high", "medium") { connection, _ in
            connection.fromOriginator.intervalGaps.add(61 * second)
        }
        let reuse = "\(closedByPeer) 30 AB AP 1010 5011 len=10 | 30.001 BA R 5011 0"
        add("the user closes, too", .staleReuse, reuse, "medium", "-") { connection, _ in
            connection.fromOriginator.evidence.closeTime = 31 * second
        }
        let leak = "\(closedByPeer) 60.1 AB A 1009 5011 | 60.1004 BA R 5011 0"
        add("closed for less than 30 s", .closeWait, leak, "high", "-") { connection, _ in
            connection.closeTime = 31 * second
        }
        let stateless = "\(opened) 61.1 AB A 1009 5010 | 61.1004 BA R 5010 0"
        add("a RST with another number", .peerLostState, stateless, "medium pathForgot", "-") { connection, _ in
            connection.evidence.reset.isExact = false
        }
        add("missing packets before the RST", .peerLostState, stateless, "medium pathForgot", "-") { connection, _ in
            connection.fromResponder.evidence.missing = .acknowledged
            connection.fromResponder.evidence.missingSince = 2 * second
        }
        add("both ends are reset within 10 ms", .resetWhenIdle, resetWhenIdle, "high", "-") { connection, _ in
            connection.evidence.reset.otherIsUnprompted = true
            connection.evidence.reset.otherTime = 101 * second + 10_000_000
        } _: { connection, _ in
            connection.evidence.reset.otherTime = 101 * second + 11_000_000
        }
        add("a RST without ACK of a nearer host", .resetWhenIdle, resetWhenIdle, "medium applicationAbort", "-") {
            connection, _ in
            connection.evidence.reset.hasAcknowledgment = false
            connection.evidence.reset.hops.recent = 60
            connection.evidence.reset.timeToLive = 61
        } _: { connection, _ in
            connection.evidence.reset.timeToLive = 60
        }

        add("more than 30 unanswered probes", .unresponsive, unanswered, "medium incompleteCapture", "-") {
            connection, _ in
            connection.fromOriginator.unanswered = 31
        } _: { connection, _ in
            connection.fromOriginator.unanswered = 32
        }
        add("no probe for two intervals", .peerDead, unanswered, "-", "medium incompleteCapture") {
            $1.end = 245 * second
        } _: {
            $1.end = 247 * second
        }
        add("three times the slowest answer", .unresponsive, unanswered, "-", "medium incompleteCapture") {
            connection, context in
            connection.fromOriginator.unanswered = 2
            connection.fromOriginator.replies.add(2 * second)
            context.end = 219 * second
        } _: {
            $1.end = 221 * second
        }
        add("usual gaps of unanswered probes", .unresponsive, unanswered, "high", "medium incompleteCapture") {
            connection, _ in
            connection.fromOriginator.timestampedProbes = connection.fromOriginator.probes
        } _: { connection, _ in
            connection.fromOriginator.intervalGaps.add(61 * second)
        }
        let dead = "\(unanswered) 229.2 AB AR 1010 5010"
        add("irregular gaps", .peerDead, dead, "high", "medium applicationAbort") { connection, _ in
            connection.fromOriginator.intervalGaps.add(10 * second)
        }
        add("the peer probes, too", .peerDead, dead, "high", "medium") { connection, _ in
            connection.fromResponder.lastProbe = 184 * second
        }
        let single = "\(opened) 61.1 AB A 1009 5010 | 76.3 AB AR 1010 5010"
        add("a known interval", .userTimeout, single, "low countOfOne", "medium countOfOne") { connection, _ in
            connection.fromOriginator.intervalGaps.add(15 * second)
        }
        let late = "\(opened) 401 AB A 1009 5010 | 416.1 AB A 1009 5010 | 431.2 AB A 1009 5010 | 446.3 AB AR 1010 5010"
        add("the first probe ended the idle period", .tooLateForPath, late, "medium sharedAddress", "-") {
            connection, context in
            context.activity.watch(connection.responder.address)
            context.activity.record(connection.responder.address, at: 420 * second, since: 0, longestPause: nil)
        } _: { connection, _ in
            connection.evidence.idleness.brokenAt -= 1
        }

        add("the first FIN", .idleClose, "\(opened) 101 BA AF 5010 1010 | 101.1 AB AF 1010 5011", "high", "-") {
            connection, _ in
            connection.closeTime = 100 * second
        }
        let busy = (1..<6).map {
            " \($0 * 20).1 AB AP \(990 + $0 * 20) 5010 len=20 | \($0 * 20).2 BA A 5010 \(1010 + $0 * 20)"
        }
        let inUse = opened + busy.joined(separator: " |")
        add("a minute without any packet", .neverIdle, inUse, "medium", "-") { $1.pauses = [pause(10, 70)] }
        add("packets are missing from a gap", .neverIdle, inUse, "medium", "-") { connection, _ in
            connection.evidence.hidesIdlePeriod = true
        }
        let request = """
            \(opened) 2 AB AP 1010 5010 len=10 | 2.0001 BA A 5010 1020 | 62.1 AB A 1019 5010 | 62.1003 BA A 5010 1020
            """
        add("answered since the request", .applicationSilent, request, "low slowProtocol", "-") { connection, _ in
            connection.fromOriginator.lastAnswer = connection.lastActivity
        }
        return cases
    }()

    @Test("One fact changes the finding", arguments: cases)
    func fact(_ row: Case) throws {
        var connection = try #require(SegmentScript(timed: SegmentScript.timed(row.script)).connections().first)
        var context = CaptureContext()
        row.setUp(&connection, &context)
        #expect(Self.found(row.verdict, connection, context) == row.before, "before the change")
        row.change(&connection, &context)
        #expect(Self.found(row.verdict, connection, context) == row.after, "after the change")
    }

    private static func found(_ verdict: Verdict, _ connection: Connection, _ context: CaptureContext) -> String {
        let findings = Diagnosis(of: connection, in: context).findings
        guard let finding = findings.first(where: { $0.verdict == verdict }) else { return "-" }
        return finding.confidence.rawValue + (finding.details.alternative.map { " \($0)" } ?? "")
    }

    @Test("The shortest failed idle period bounds what is safe on a path, even if a longer one was survived")
    func path() throws {
        var timeouts = PathTimeouts()
        for idle: Int64 in [400, 200, 300] {
            let script = SegmentScript(timed: SegmentScript.timed(Self.lostWhenIdle))
            var connection = try #require(script.connections().first)
            connection.fromOriginator.evidence.idleBeforeLoss = idle * Self.second
            timeouts.add(Diagnosis(of: connection))
        }
        #expect(timeouts.paths.map(\.shortestFailed) == [200 * Self.second])
        var survivor = try #require(SegmentScript(SegmentScript.opened).connections().first)
        survivor.evidence.idleness.longest = 500 * Self.second
        survivor.evidence.idleness.longestSurvived = 500 * Self.second
        timeouts.add(Diagnosis(of: survivor))
        #expect(timeouts.paths.map(\.longestSurvived) == [500 * Self.second])
        #expect(timeouts.paths.allSatisfy { ($0.safeIdle ?? .max) < 200 })
    }

    @Test("If only one direction was captured, steady gaps are periods")
    func oneDirection() throws {
        let lines =
            "0 AB S 999 0 | 0.1 AB A 1000 5000 | 1 AB A 1000 5100 | 61 AB A 999 5100 | 121 AB A 999 5100 | 181 AB A 999 5100"
        let connection = try #require(SegmentScript(timed: SegmentScript.timed(lines)).connections().first)
        let policy = Diagnosis(of: connection).originatorPolicy
        #expect(policy.period?.contains(60) == true && policy.interval == nil)
    }

    @Test("An idle period exceeds a survived one only by more than the timer slack")
    func slack() {
        var idleness = Idleness()
        idleness.longestSurvived = 300 * Self.second
        // An eighth of the widest bucket, 32.768 s, and 0.5 s.
        #expect(!idleness.exceedsSurvived(304_596_000_000))
        #expect(idleness.exceedsSurvived(304_596_000_001))
    }
}

extension ConnectionSide {
    /// Sets the number of probes, and the only gap between them (ns).
    fileprivate mutating func setPeriods(_ count: UInt64, of gap: Int64) {
        probes = count
        periodGaps = Gaps()
        periodGaps.add(gap)
    }
}
