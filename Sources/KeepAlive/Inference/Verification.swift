/// Compares the probes on the wire with the options of their socket, one quantity at a time.
package struct Verification: Sendable {
    /// The checks, in order.
    package private(set) var checks: [Check] = []
    /// Why there is no result; nil: there is one.
    package private(set) var obstacle: Obstacle?
    /// Whether a decided check depends on the options; some hold for any options.
    private var hasJudgedOptions = false

    /// Whether there is a result and no check fails.
    package var passes: Bool { obstacle == nil && !checks.contains { $0.outcome == .fails } }

    /// How late the host may send a packet after its timer fires, and capture it (ns).
    package static let slack: Int64 = 50_000_000

    /// How long a program may take, beyond that, to wake up and see the error (ns).
    package static let wakingSlack: Int64 = 200_000_000

    /// Compares the probes of `prober`, one end of a connection, with `expectation`; `peer` is the other end.
    ///
    /// `ending` is the result of recv(2); nil: the connection is open, or the result is not known. `kernelProbes` is the
    /// increase of the kernel's counter TcpExt TCPKeepAlive; nil: not known. `othersProbe`: that counter may include
    /// probes of other connections. `delay`: for how long (ns) the connection may have been idle when its
    /// options were set; the timer counts from then (tcp(7)). `judgesAnswers`: whether a probe without an answer is a failure; it
    /// is none of the options.
    package init(
        of prober: ConnectionSide, peer: ConnectionSide, expecting expectation: Expectation, ending: Ending?,
        kernelProbes: Int?, othersProbe: Bool = false, optionsDelay delay: Int64 = 0, judgesAnswers: Bool = true
    ) {
        var missed = expectation.missedProbe(by: prober, afterDelay: delay)
        if let wait = prober.firstWait?.gap, missed ?? 0 <= wait, Self.mayBeSetLate(prober, expectation, delay) {
            missed = nil
        }
        if peer.lastSpoke == nil {
            obstacle = .peerNotCaptured
        } else if prober.probes == 0, missed == nil,
            (kernelProbes ?? 0) == 0 || (othersProbe && ending?.error != .timedOut)
        {
            obstacle =
                Self.whyNoneWasDue(prober) ?? expectation.idle.map { .notYetDue(idle: $0) } ?? .idleTimeUnknown
        } else if prober.probes > 0, prober.gaveUp == nil, missed == nil, prober.firstWait == nil,
            [prober.idleGaps, prober.intervalGaps, prober.periodGaps].allSatisfy({ $0.count == 0 })
        {
            obstacle = .beganTooLate
        }
        guard obstacle == nil else { return }
        checkFirst(prober, expectation, delay)
        if let interval = expectation.intervalTime { check(.interval, prober.intervalGaps, interval) }
        checkPeriod(prober, expectation)
        // If an idle period ended with a late probe, the checks before have failed already.
        if let missed, let idle = expectation.idleTime, !checks.contains(where: { $0.outcome == .fails }) {
            addMissed(prober.probes == 0 ? .firstProbe : .idlePeriod, idle, .noProbe(idle: missed))
        }
        checkLength(prober)
        if ending.map({ $0.error == .timedOut }) ?? (prober.gaveUp != nil) {
            checkCount(prober, expectation)
            checkReset(prober, expectation)
            if let ending { checkTime(ending, peer, expectation) }
        } else {
            checkAnswers(prober, peer, expectation, judgesAnswers)
        }
        if let ending { checkError(ending, prober, peer, expectation, kernelProbes) }
        if let kernelProbes { checkKernel(kernelProbes, prober, othersProbe) }
        if !hasJudgedOptions {
            let reason = checks.first { $0.outcome == .notJudged }?.reason
            obstacle = reason.map { .undecided($0) } ?? .nothingToCompare(expectation)
        }
    }

    /// Compares a connection with the ends `first` and `second`, neither of which sent a probe, with `expectation`: a
    /// failure. nil: no probe was due, or that is not known.
    package init?(ofNeither first: ConnectionSide, nor second: ConnectionSide, expecting expectation: Expectation) {
        guard first.probes == 0, second.probes == 0, first.lastSpoke != nil, second.lastSpoke != nil,
            let idle = expectation.idleTime,
            let missed = [first, second].compactMap({ expectation.missedProbe(by: $0) }).max()
        else { return nil }
        addMissed(.firstProbe, idle, .neitherProbed(idle: missed))
    }

    /// The verification of a capture without probes in which none is known to have been due by `expectation`.
    package init(withoutProbesExpecting expectation: Expectation) {
        obstacle = .noProbes(idle: expectation.idleTime.map { max(Idleness.threshold, $0 + Self.lateness($0)) })
    }

    /// A verification without a result.
    package init(obstacle: Obstacle) {
        self.obstacle = obstacle
    }

    /// Makes the checks of `quantities` that fail undecided, for `reason`. If no other fails, there is no result.
    package mutating func excuseFailures(of quantities: [Quantity], _ reason: Reason) {
        var isExcused = false
        for index in checks.indices where checks[index].outcome == .fails {
            guard quantities.contains(checks[index].quantity) else { continue }
            (checks[index].outcome, checks[index].reason) = (.notJudged, reason)
            isExcused = true
        }
        if isExcused, obstacle == nil, !checks.contains(where: { $0.outcome == .fails }) {
            obstacle = .undecided(reason)
        }
    }

    /// Why no keep-alive was due at `side`, which sent none: its peer's window was zero, or something was in flight. nil:
    /// neither is known.
    package static func whyNoneWasDue(_ side: ConnectionSide) -> Obstacle? {
        guard side.probes == 0 else { return nil }
        if side.zeroWindowProbes > 0 { return .zeroWindow(probes: side.zeroWindowProbes) }
        guard side.hasUnacknowledged else { return nil }
        return side.awaitsCloseOnly ? .closeInFlight : .dataInFlight
    }

    /// How much too early (ns) a first probe may seem: the kernel counts the time since the last segment in ticks, and a timer that
    /// ran already when that came may fire within the last one (the slowest tick of Linux; measured with 4 ms: 998.7 ms for 1 s).
    static let tick: Int64 = 10_000_000

    /// How late a timer of `expected` nanoseconds may appear in a capture (ns).
    static func lateness(_ expected: Int64) -> Int64 { TimerWheel.widestBucket(expected) + slack }

    /// Whether a wait of `gap` nanoseconds is too long for a timer of `expected` nanoseconds.
    static func isLate(_ gap: Int64, expected: Int64) -> Bool { gap > expected + lateness(expected) }

    /// Adds a decided check; `isGeneral`: it holds for any options.
    private mutating func add(
        _ quantity: Quantity, _ expected: Value, _ actual: Value, lateness: Int64? = nil, earliness: Int64 = 0,
        isGeneral: Bool = false, passes: Bool
    ) {
        if !isGeneral || !passes { hasJudgedOptions = true }
        checks.append(
            Check(
                quantity: quantity, expected: expected, actual: actual, lateness: lateness, earliness: earliness,
                outcome: passes ? .passes : .fails))
    }

    private mutating func addMissed(_ quantity: Quantity, _ idle: Int64, _ actual: Value) {
        add(
            quantity, .duration(idle), actual, lateness: Self.lateness(idle),
            earliness: quantity == .firstProbe ? Self.tick : 0, passes: false)
    }

    /// Whether the first probe is late, but not if the timer was set `delay` (ns) after the last segment. Later waits are shorter:
    /// those that are late as well cannot be distinguished.
    private static func mayBeSetLate(_ prober: ConnectionSide, _ expectation: Expectation, _ delay: Int64) -> Bool {
        guard let idle = expectation.idleTime, let wait = prober.firstWait, wait.since == .segment else { return false }
        return prober.idleGaps.longest <= wait.gap && isLate(wait.gap, expected: idle)
            && !isLate(wait.gap &- delay, expected: idle)
    }

    private mutating func checkFirst(_ prober: ConnectionSide, _ expectation: Expectation, _ delay: Int64) {
        guard let idle = expectation.idleTime else { return }
        var (first, all) = (Gaps(), prober.idleGaps)
        var excuse: Reason?
        if let wait = prober.firstWait, wait.since == .segment {
            first.add(wait.gap)
            if prober.isFirstWaitDisturbed {
                all.add(wait.gap)
                // Only that wait is excused: a late wait that nothing disturbed fails.
                if !Self.isLate(prober.idleGaps.longest, expected: idle) { excuse = .peerProbed }
            }
            if excuse == nil, Self.mayBeSetLate(prober, expectation, delay) { excuse = .mayBeSetLate }
        }
        if let interval = expectation.intervalTime {
            // If the interval is longer, a timer may already run when a later idle period begins.
            return check(.firstProbe, idle >= interval ? all : first, idle, early: Self.tick, excuse: excuse)
        }
        // Before the first probe no timer waits for the interval.
        if Self.isLate(first.longest, expected: idle) {
            // The disturbed wait alone would hide a late wait that nothing disturbed.
            let isHidden = prober.isFirstWaitDisturbed && Self.isLate(prober.idleGaps.longest, expected: idle)
            return check(.firstProbe, isHidden ? prober.idleGaps : first, idle, early: Self.tick, excuse: excuse)
        }
        check(.firstProbe, all, idle, early: Self.tick, excuse: self.excuse(prober, idle: idle))
    }

    /// An answered probe is followed by one after the greater of idle time and interval.
    private mutating func checkPeriod(_ prober: ConnectionSide, _ expectation: Expectation) {
        switch (expectation.idleTime, expectation.intervalTime) {
        case (let idle?, let interval?): check(.period, prober.periodGaps, max(idle, interval))
        case (let idle?, nil): check(.period, prober.periodGaps, idle, excuse: excuse(prober, idle: idle))
        case (nil, let interval?):
            let isKnown = prober.idleGaps.count > 0 && !Self.isLate(prober.idleGaps.longest, expected: interval)
            check(.period, prober.periodGaps, interval, excuse: isKnown ? nil : .mayBeIdleTime)
        case (nil, nil): break
        }
    }

    /// Why a wait longer than `idle` may be correct when the interval is not given; nil: the captured intervals show that
    /// it is not.
    private func excuse(_ prober: ConnectionSide, idle: Int64) -> Reason? {
        let isKnown = prober.intervalGaps.count > 0 && !Self.isLate(prober.intervalGaps.longest, expected: idle)
        return isKnown ? nil : .mayBeInterval
    }

    /// Checks `gaps`, which may be `early` (ns); `excuse` is why gaps that are too long do not decide the check.
    private mutating func check(
        _ quantity: Quantity, _ gaps: Gaps, _ expected: Int64, early: Int64 = 0, excuse: Reason? = nil
    ) {
        guard gaps.count > 0 else { return }
        let isEarly = gaps.shortest < expected - early
        let isLate = Self.isLate(gaps.longest, expected: expected)
        // The gap that is wrong, or the range of all.
        let actual: Value =
            if isEarly { .duration(gaps.shortest) } else if isLate { .duration(gaps.longest) } else {
                .durations(shortest: gaps.shortest, longest: gaps.longest)
            }
        let lateness = Self.lateness(expected)
        if isLate, !isEarly, let excuse {
            checks.append(
                Check(
                    quantity: quantity, expected: .duration(expected), actual: actual, lateness: lateness,
                    earliness: early, outcome: .notJudged, reason: excuse))
            return
        }
        add(
            quantity, .duration(expected), actual, lateness: lateness, earliness: early, passes: !isEarly && !isLate)
    }

    private mutating func checkLength(_ prober: ConnectionSide) {
        guard prober.probes > 0 else { return }
        add(
            .probeLength, .probesWithByte(0, of: prober.probes), .probesWithByte(prober.byteProbes, of: prober.probes),
            isGeneral: true, passes: prober.byteProbes == 0)
    }

    private mutating func checkCount(_ prober: ConnectionSide, _ expectation: Expectation) {
        guard let count = expectation.count, let least = expectation.leastCount else { return }
        add(
            .probesBeforeGivingUp,
            least == count ? .count(Int64(count)) : .counts(least: Int64(least), most: Int64(count)),
            .count(Int64(clamping: prober.unanswered)),
            passes: prober.unanswered >= UInt64(clamping: least) && prober.unanswered <= UInt64(clamping: count))
    }

    private mutating func checkReset(_ prober: ConnectionSide, _ expectation: Expectation) {
        guard let interval = expectation.intervalTime else { return }
        let gap: Int64? = if let reset = prober.gaveUp, let last = prober.lastProbe { reset &- last } else { nil }
        add(
            .resetAfterLastProbe, .duration(interval), gap.map { .duration($0) } ?? .nothing,
            lateness: Self.lateness(interval),
            passes: gap.map { $0 >= interval && !Self.isLate($0, expected: interval) } ?? false)
    }

    private mutating func checkTime(_ ending: Ending, _ peer: ConnectionSide, _ expectation: Expectation) {
        guard let heard = peer.lastSpoke, let idle = expectation.idleTime, let interval = expectation.intervalTime,
            let most = expectation.count.map(Int64.init), let least = expectation.leastCount.map(Int64.init)
        else { return }
        let expected = idle + least * interval
        let lateness =
            (most - least) * interval + Self.lateness(idle) + most * TimerWheel.widestBucket(interval)
            + Self.wakingSlack
        let actual = ending.time &- heard
        add(
            .errorTime, .duration(expected), .duration(actual), lateness: lateness, earliness: Self.tick,
            passes: actual >= expected - Self.tick && actual <= expected + lateness)
    }

    private mutating func checkAnswers(
        _ prober: ConnectionSide, _ peer: ConnectionSide, _ expectation: Expectation, _ judgesAnswers: Bool
    ) {
        // The last ones may still be answered; their number shows whether the prober should have given up.
        if let count = expectation.count, prober.unanswered > UInt64(clamping: count), peer.reset == nil {
            checkCount(prober, expectation)
        }
        guard judgesAnswers, prober.answered > 0 else { return }
        let pending = prober.unanswered
        add(
            .answers, .allAnswered, .answered(prober.answered, of: prober.probes, pending: pending), isGeneral: true,
            passes: prober.answered + pending == prober.probes)
    }

    private mutating func checkError(
        _ ending: Ending, _ prober: ConnectionSide, _ peer: ConnectionSide, _ expectation: Expectation,
        _ kernelProbes: Int?
    ) {
        // The kernel gives up after the probes that it sent, even if they did not leave the host.
        let lost = UInt64(exactly: kernelProbes ?? 0).map { $0 &- min($0, prober.probes) } ?? 0
        let unanswered = prober.unanswered &+ (ending.error == .timedOut ? lost : 0)
        let expected: ErrorName? =
            if peer.reset != nil {
                .connectionReset
            } else if let count = ending.error == .timedOut ? expectation.leastCount : expectation.count,
                unanswered >= UInt64(clamping: count)
            {
                .timedOut
            } else {
                nil
            }
        guard expected != nil || (ending.error != nil && expectation.count != nil) else { return }
        add(.error, .error(expected), .error(ending.error), passes: ending.error == expected)
    }

    private mutating func checkKernel(_ counted: Int, _ prober: ConnectionSide, _ othersProbe: Bool) {
        var check = Check(
            quantity: .kernelProbes, expected: .count(Int64(counted)), actual: .count(Int64(clamping: prober.probes)),
            outcome: UInt64(exactly: counted) == prober.probes ? .passes : .fails)
        if let counted = UInt64(exactly: counted), counted > prober.probes {
            if othersProbe {
                (check.outcome, check.reason) = (.notJudged, .otherConnectionsProbe)
            } else {
                check.reason = .probesNeverSent(counted: counted, captured: prober.probes)
            }
        }
        if check.outcome != .notJudged { hasJudgedOptions = true }
        checks.append(check)
    }
}
