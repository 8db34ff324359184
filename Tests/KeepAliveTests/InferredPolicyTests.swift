import Seeded
import Testing
import Wire

@testable import KeepAlive

/// Compares settings that are inferred from gaps with a model of the timers that made the gaps.
@Suite("Inferred policy")
struct InferredPolicyTests {
    /// The kernel's keep-alive timer (keepalive-facts 2): it fires at the end of a bucket of the wheel. It is never moved; if
    /// it fires too early, it is armed for the rest.
    private struct Timer {
        let tickRate: Int64
        private static let second: Int64 = 1_000_000_000

        /// When a timer fires (ns) that is armed at `now` for `delay` (ns): the end of the bucket.
        func fires(_ now: Int64, _ delay: Int64) -> Int64 {
            guard tickRate > 0 else { return now + delay + 300_000 }
            let tick = Self.second / tickRate
            let width = TimerWheel.bucket(delay, tickRate: tickRate) / tick
            // The bucket with the first tick at or after the end of the delay.
            let due = now / tick + (delay + tick - 1) / tick
            return ((due + width) / width * width) * tick
        }
    }

    /// A connection of A, with these settings, and B, which answers `answered` probes and then none.
    private static func record(
        idle: Int64, interval: Int64, count: Int, answered: Int, tickRate: Int64, start: Int64
    ) -> (prober: ConnectionSide, peer: ConnectionSide) {
        let second: Int64 = 1_000_000_000
        let timer = Timer(tickRate: tickRate)
        var lines: [(Int64, String)] = [
            (start, "AB S 999 0"), (start + 100_000, "BA AS 4999 1000"), (start + 150_000, "AB A 1000 5000"),
        ]
        var heard = start + 100_000
        var now = start + 150_000
        var delay = idle * second
        var probes = 0
        var unanswered = 0
        while true {
            now = timer.fires(now, delay)
            let elapsed = now - heard
            if elapsed < idle * second {
                delay = idle * second - elapsed
                continue
            }
            if unanswered >= count {
                lines.append((now, "AB AR 1000 5000"))
                break
            }
            lines.append((now, "AB A 999 5000"))
            probes += 1
            if probes <= answered {
                heard = now + 200_000
                lines.append((heard, "BA A 5000 1000"))
            } else {
                unanswered += 1
            }
            delay = interval * second
        }
        var tracker = ConnectionTracker(seed: 2)
        var events: [SegmentEvent] = []
        var batch = SegmentBatch()
        for (segment, line) in zip(SegmentScript(lines.map(\.1)).segments, lines) {
            var segment = segment
            segment.time = line.0
            batch.append(segment)
        }
        tracker.track(batch, events: &events)
        let connection = tracker.connections(all: true).first
        return (connection?.fromOriginator ?? ConnectionSide(), connection?.fromResponder ?? ConnectionSide())
    }

    @Test(
        "The true settings lie in the ranges, and the ranges are no wider than the wheel makes them",
        arguments: [Int64(100), 250, 300, 1000, 0])
    func ranges(tickRate: Int64) {
        var numbers = SeededNumbers(UInt64(tickRate) &* 7919 &+ 1)
        for _ in 0..<250 {
            let idle = Int64.random(in: 1...7200, using: &numbers)
            let interval = Int64.random(in: 1...600, using: &numbers)
            let count = Int.random(in: 1...20, using: &numbers)
            let answered = Int.random(in: 0...5, using: &numbers)
            let start = Int64.random(in: 0..<1_000_000_000, using: &numbers)
            let (prober, peer) = Self.record(
                idle: idle, interval: interval, count: count, answered: answered, tickRate: tickRate,
                start: start + 1_700_000_000_000_000_000)
            let policy = InferredPolicy(of: prober, peer: peer)
            let truth = "\(idle)/\(interval)/\(count), \(answered) answered, \(tickRate) Hz: \(policy)"
            #expect(policy.idle?.contains(idle) == true, "\(truth)")
            // A RST after one probe may be an abort: it shows no interval. A longer period than the idle time does.
            let isShown = count > 1
            #expect(policy.interval?.contains(interval) ?? !isShown, "\(truth)")
            #expect(policy.count == (isShown ? UInt64(count) : nil), "\(truth)")
            #expect(tickRate == 0 ? policy.isAccurate : policy.tickRates.contains(tickRate), "\(truth)")
            if answered > 1 { #expect(policy.period?.contains(max(idle, interval)) == true, "\(truth)") }
            for (range, setting) in [(policy.idle, idle), (policy.interval, interval)] {
                let second: Int64 = 1_000_000_000
                let width = Double((range?.count ?? 0) - 1)
                #expect(width <= Double(TimerWheel.widestBucket((setting + 1) * second)) / 1e9, "\(truth)")
            }
        }
    }

    @Test("Without a probe no setting is inferred, and a mean is not a setting")
    func nothing() {
        let policy = InferredPolicy(of: ConnectionSide(), peer: ConnectionSide())
        #expect(policy.isEmpty && policy.tickRates.isEmpty && !policy.isAccurate)
        // Gaps of 5.12 s and 6.9 s: no one setting explains both.
        var prober = ConnectionSide()
        prober.probes = 3
        prober.intervalGaps.add(5_120_000_000)
        prober.intervalGaps.add(6_900_000_000)
        #expect(InferredPolicy(of: prober, peer: ConnectionSide()).interval == nil)
    }

    @Test(
        "Gaps of whole seconds fit accurate stacks and Linux; gaps with random delays fit no accurate stack"
    )
    func accurate() {
        var prober = ConnectionSide()
        prober.probes = 4
        for gap: Int64 in [74_999_000_000, 75_001_000_000, 75_000_000_000] { prober.periodGaps.add(gap) }
        let policy = InferredPolicy(of: prober, peer: ConnectionSide())
        #expect(policy.isAccurate && policy.period?.contains(75) == true)
        prober.periodGaps.add(76_100_000_000)
        #expect(!InferredPolicy(of: prober, peer: ConnectionSide()).isAccurate)
    }

    @Test(
        "A gap of forged times shows no setting, and costs no time",
        arguments: [Int64.max, Int64.max - 1, 1 << 62, 1 << 60, 1 << 59, -1, .min])
    func forged(gap: Int64) {
        var side = ConnectionSide()
        (side.probes, side.firstProbe, side.lastProbe) = (2, 0, gap)
        side.firstWait = Wait(since: .segment, gap: gap)
        side.idleGaps.add(gap)
        side.periodGaps.add(gap)
        side.replies.add(gap)
        let policy = InferredPolicy(of: side, peer: ConnectionSide())
        let isPlausible = gap == 1 << 59
        #expect((policy.idle != nil) == isPlausible && (policy.period != nil) == isPlausible)
        #expect(policy.interval == nil)
    }

    private static let second: Int64 = 1_000_000_000

    /// A prober whose first wait took `first`, with gaps after answered and unanswered probes (s).
    private static func prober(first: Int64, periods: [Int64] = [], intervals: [Int64] = []) -> ConnectionSide {
        var prober = ConnectionSide()
        prober.probes = 3
        prober.firstWait = Wait(since: .segment, gap: first * second)
        prober.idleGaps.add(first * second)
        for gap in periods { prober.periodGaps.add(gap * second) }
        for gap in intervals { prober.intervalGaps.add(gap * second) }
        return prober
    }

    private static func policy(_ prober: ConnectionSide, heard: Int64? = nil) -> InferredPolicy {
        var peer = ConnectionSide()
        peer.lastSpoke = heard
        return InferredPolicy(of: prober, peer: peer)
    }

    @Test("Idle time and period explain each other")
    func idleAndPeriod() {
        // Keep-alives were enabled late: the first wait does not show the idle time.
        let late = Self.policy(Self.prober(first: 100, periods: [60]))
        #expect(late.idle == nil && late.period?.contains(60) == true)
        // Only the interval can make the period longer than the idle time.
        let longInterval = Self.policy(Self.prober(first: 10, periods: [60]))
        #expect(longInterval.idle?.contains(10) == true && longInterval.interval?.contains(60) == true)
        var disturbed = Self.prober(first: 10)
        #expect(Self.policy(disturbed).idle?.contains(10) == true)
        disturbed.isFirstWaitDisturbed = true
        #expect(Self.policy(disturbed).idle == nil)
    }

    @Test("Far from the prober, the first wait may be longer than the idle time by the round trip")
    func distance() {
        var prober = Self.prober(first: 61)
        #expect(Self.policy(prober).idle?.contains(55) == false)
        prober.handshakeReply = 3 * Self.second
        #expect(Self.policy(prober).idle?.contains(55) == true)
    }

    @Test("A count is inferred from steady gaps only, with the user timeouts that would end at the same time")
    func count() {
        var prober = Self.prober(first: 60, intervals: [15, 15])
        prober.unanswered = 3
        (prober.firstProbe, prober.lastProbe) = (60 * Self.second, 90 * Self.second)
        (prober.hasGivenUp, prober.reset) = (true, 105 * Self.second)
        let policy = Self.policy(prober, heard: 0)
        #expect(policy.count == 3 && policy.userTimeout == 90 * Self.second...105 * Self.second)
        prober.intervalGaps.add(5 * Self.second)
        #expect(Self.policy(prober, heard: 0).count == nil)
    }

    @Test("Bytes and timestamps of probes exclude stacks")
    func stacks() {
        func stacks(bytes: UInt64 = 0, timestamps: UInt64 = 0, offered: Bool = false) -> [Stack] {
            var prober = ConnectionSide()
            (prober.probes, prober.byteProbes, prober.timestampedProbes) = (2, bytes, timestamps)
            prober.hasTimestamps = offered
            return Stack.consistent(with: prober, InferredPolicy(of: prober, peer: ConnectionSide()))
        }
        #expect(stacks() == [.linux, .macOS, .freeBSD])
        #expect(stacks(offered: true) == [.macOS])
        #expect(stacks(timestamps: 2, offered: true) == [.linux, .freeBSD])
        #expect(stacks(bytes: 2) == [.windows, .illumos])
        #expect(stacks(bytes: 1).isEmpty)
    }
}
