import Wire

/// What one end asked of its peer, and what came of it: the cold part of its state, kept of ends that have asked.
///
/// There may be as many of these as there are ends. What most of them do not need is in `ProbeDetails`.
struct ProbeHistory: BitwiseCopyable {
    /// When this end last asked something (ns since 1970); meaningful where `hasAsked`.
    private var askedTime: Int64 = 0
    /// When the peer last answered (ns since 1970).
    @Moment private(set) var lastAnswer: Int64?
    /// When something other than probes and answers last passed before a probe (ns since 1970), or the first probe where
    /// that is not known.
    @Moment private(set) var quietSince: Int64?

    // What the report says of it, as in `ConnectionSide`.
    @Moment private var firstUnanswered: Int64?
    @Moment private var firstProbe: Int64?
    @Moment private var lastProbe: Int64?
    /// The gap of what the first probe waited for; meaningful with `firstSince`.
    private var firstGap: Int64 = 0
    private var replies = Gaps()
    @Tally private var probes: UInt64 = 0
    @Tally private var answered: UInt64 = 0
    @Tally private var unanswered: UInt64 = 0
    /// Probes that nothing of the peer followed in time, and those that something else than an answer followed.
    @Tally private var ignored: UInt64 = 0
    @Tally private var followed: UInt64 = 0

    /// What it asked last; meaningful where `hasAsked`.
    private var asked = SegmentClassifier.Asked(kind: .probe, sequence: SequenceNumber(0), end: SequenceNumber(0))
    private var timestampValue: UInt32 = 0
    /// What the last probe echoes: as long as nothing arrives, the next one echoes the same.
    private(set) var timestampEcho: UInt32 = 0
    /// The handle of the rest, of ends that have any.
    private(set) var details: UInt32 = 0
    private var identification: UInt16 = 0
    /// Probes that have no answer of their own yet.
    private var outstanding: UInt8 = 0
    /// Probes before the one that the last answer was taken for: more answers than that show that they had answers too.
    private var passedOver: UInt8 = 0
    private var hasAsked = false
    private var hasGivenUp = false
    private var firstSince: Wait.Since?
    private var isFirstDisturbed = false

    /// The last thing that this end asked; nil: nothing.
    var lastAsked: SegmentClassifier.Asked? {
        @inline(__always) get { hasAsked ? asked : nil }
    }

    /// When this end last asked something (ns since 1970); nil: never.
    var lastAskedTime: Int64? { hasAsked ? askedTime : nil }

    /// Whether the last probes of this end have no answer.
    var isUnanswered: Bool { unanswered > 0 }

    /// How many of its last probes have no answer.
    var unansweredCount: UInt64 { unanswered }

    /// Whether at `time` (ns since 1970) an answer to some probe may still come, although the peer was heard since.
    func hasOutstanding(at time: Int64) -> Bool { outstanding > 0 && time &- askedTime <= patience }

    /// How long an answer may take (ns): the longest of a second and three times the slowest answer.
    var patience: Int64 {
        max(Idleness.patience, replies.longest < .max / 4 ? 3 * replies.longest : .max)
    }

    /// Notes in `side`, which is empty, what the report says of this end, as far as its own history says.
    func describe(_ side: inout ConnectionSide, _ store: borrowing ProbeDetailsStore) {
        side.probes = probes
        side.answered = answered
        side.unanswered = unanswered
        side.ignored = ignored
        side.followed = followed
        side.hasGivenUp = hasGivenUp
        side.firstUnanswered = unanswered == 0 ? nil : firstUnanswered
        side.lastAnswer = lastAnswer
        side.quietSince = quietSince
        side.firstProbe = firstProbe
        side.lastProbe = lastProbe
        side.firstWait = firstSince.map { Wait(since: $0, gap: firstGap) }
        side.isFirstWaitDisturbed = isFirstDisturbed
        side.replies = replies
        if details == 0 { return }
        let rest = store[details]
        side.firstUnansweredFrame = rest.firstUnansweredFrame
        side.lastProbeFrame = rest.lastProbeFrame
        side.lastAnswerFrame = rest.lastAnswerFrame
        side.byteProbes = UInt64(rest.byteProbes)
        side.timestampedProbes = UInt64(rest.timestampedProbes)
        side.answerTimeToLive = rest.answerTimeToLive
        side.oddProbes = UInt64(rest.oddProbes)
        side.periodGaps = rest.periodGaps
        side.middleboxProbes = UInt64(rest.middleboxProbes)
        side.idleGaps = rest.idleGaps
        side.zeroWindowProbes = UInt64(rest.zeroWindowProbes)
        side.intervalGaps = rest.intervalGaps
        side.retransmissions = UInt64(rest.retransmissions)
        side.foreignAnswers = UInt64(rest.foreignAnswers)
        side.foreignReplies = rest.foreignReplies
        side.foreignTimeToLive = rest.foreignTimeToLive
        side.reset = rest.reset
        side.closedIdle = rest.closedIdle
    }

    /// Adds to `peer`, the other end's, what the history of this end says of it.
    func complete(_ peer: inout ConnectionSide, _ store: borrowing ProbeDetailsStore) {
        peer.answers = answered
        if details != 0 { peer.reset = peer.reset ?? store[details].peerReset }
    }

    /// This end sent one byte again.
    mutating func retransmit(_ store: inout ProbeDetailsStore) {
        store.change(&details) { $0.retransmissions = $0.retransmissions.next }
    }

    /// The last probe does not continue the identifications of this end.
    mutating func noteOdd(_ store: inout ProbeDetailsStore) {
        store.change(&details) { $0.oddProbes = $0.oddProbes.next }
    }

    /// The answer to the last probe, `segment`, was captured before it.
    mutating func takeEarlyAnswer(_ segment: Segment) {
        unanswered = 0
        outstanding = 0
        answered &+= 1
        lastAnswer = segment.time
        replies.add(0)
    }

    /// The peer gave a sign of life at `time` that answers no probe.
    mutating func hearLife(at time: Int64) {
        if asked.kind == .probe, unanswered > 0 {
            let isPrompt = time &- askedTime <= patience
            if isPrompt { followed &+= 1 }
            ignored &+= unanswered &- (isPrompt ? 1 : 0)
        }
        unanswered = 0
        outstanding = 0
    }

    /// Segments at `times` (ns since 1970), with the next number of this end, were probes one before it.
    mutating func adopt(probesAt times: [Int64], sequence: SequenceNumber, _ store: inout ProbeDetailsStore) {
        for time in times {
            if let lastProbe, time > lastProbe {
                store.change(&details) { $0.intervalGaps.add(time &- lastProbe) }
            }
            if unanswered == 0 { firstUnanswered = time }
            probes &+= 1
            unanswered &+= 1
            if firstProbe == nil { firstProbe = time }
            lastProbe = time
            askedTime = time
        }
        quietSince = quietSince ?? times.first
        hasAsked = true
        asked = SegmentClassifier.Asked(kind: .probe, sequence: sequence, end: sequence)
    }

    /// This end asks for a sign of life: `event` is completed by what passed before.
    ///
    /// `quiet` is when anything but probes and answers last passed before (ns since 1970); `isAwaiting`: what it asked
    /// last has no answer; `knowsStart`: what its peer sent last before the first probe was no answer to an earlier one;
    /// `peerAsked`: when the peer last probed, which restarts the timers of some stacks.
    mutating func ask(
        _ event: inout SegmentEvent, peerSpoke: Int64?, quiet: Int64?, isAwaiting: Bool, knowsStart: Bool,
        isLight: Bool, peerAsked: Int64?, _ store: inout ProbeDetailsStore
    ) {
        let segment = event.segment
        if isCopy(segment) {
            event.isCopy = true
            event.trainNumber = UInt32(clamping: unanswered)
            event.ordinal = probes
            return
        }
        event.wait = wait(at: segment.time, isAwaiting: isAwaiting, peerSpoke: peerSpoke)
        // Without the data, what the peer sent last may be the answer to a probe that nothing told apart.
        if isLight, !knowsStart, probes == 0 { event.wait = nil }
        event.unanswered = UInt32(clamping: unanswered)
        quietSince = quiet ?? segment.time
        asked = SegmentClassifier.Asked(
            kind: event.kind, sequence: segment.sequence, end: segment.sequence + segment.payloadLength)
        hasAsked = true
        let previous = askedTime
        askedTime = segment.time
        identification = segment.identification
        timestampValue = segment.timestampValue
        timestampEcho = segment.timestampEcho
        switch event.kind {
        case .probe:
            let start = event.wait.map { segment.time &- $0.gap } ?? .max
            let isDisturbed = peerAsked.map { $0 > start } ?? false
            count(event, knowsStart: knowsStart, isDisturbed: isDisturbed, previous: previous, &store)
            event.trainNumber = UInt32(clamping: unanswered)
            event.ordinal = probes
        case .middleboxProbe:
            let isOnly = probes == 0
            store.change(&details) {
                $0.middleboxProbes = $0.middleboxProbes.next
                if isOnly { $0.lastProbeFrame = segment.frame }
            }
            event.trainNumber = store[details].middleboxProbes
        default:
            let isOnly = probes == 0
            store.change(&details) {
                $0.zeroWindowProbes = $0.zeroWindowProbes.next
                if isOnly { $0.lastProbeFrame = segment.frame }
            }
            event.trainNumber = store[details].zeroWindowProbes
        }
    }

    /// The peer closes at `time`, having been `heard` before, while this end `spoke` last (ns since 1970): notes how long
    /// nothing had passed but answered probes, where that is long.
    mutating func hearClose(at time: Int64, heard: Int64?, spoke: Int64?, _ store: inout ProbeDetailsStore) {
        guard asked.kind == .probe, unanswered == 0, let quietSince, let lastAnswer,
            heard == lastAnswer, spoke ?? .min <= quietSince, time >= quietSince,
            time &- quietSince >= Idleness.threshold, store[details].closedIdle == nil
        else { return }
        store.change(&details) { $0.closedIdle = time &- quietSince }
    }

    /// Whether `segment` is a copy of the last one that asked: the same identification and timestamp within a tenth of a
    /// second; without both, within a millisecond.
    func isCopy(_ segment: Segment) -> Bool {
        guard hasAsked, asked.sequence == segment.sequence, asked.end == segment.sequence + segment.payloadLength,
            identification == segment.identification, timestampValue == segment.timestampValue
        else { return false }
        return Self.isClose(segment, askedTime)
    }

    /// Whether `segment` came so close to `time` that it may be a copy of what came then.
    private static func isClose(_ segment: Segment, _ time: Int64) -> Bool {
        let isIdentified = segment.identification != 0 || segment.hasTimestamps
        // A copy of another interface may come with an earlier time.
        return (segment.time &- time).magnitude < (isIdentified ? 100_000_000 : 1_000_000)
    }

    private func wait(at time: Int64, isAwaiting: Bool, peerSpoke: Int64?) -> Wait? {
        let (since, start): (Wait.Since, Int64?) =
            if isAwaiting, hasAsked {
                (.unansweredProbe, askedTime)
            } else if hasAsked, let lastAnswer, lastAnswer == peerSpoke {
                (.answeredProbe, askedTime)
            } else {
                (.segment, peerSpoke)
            }
        // A clock that was set back says nothing.
        guard let start, time >= start else { return nil }
        return Wait(since: since, gap: time &- start)
    }

    private mutating func count(
        _ event: SegmentEvent, knowsStart: Bool, isDisturbed: Bool, previous: Int64, _ store: inout ProbeDetailsStore
    ) {
        // Where the capture began midway, what the peer sent last may be the answer to a probe before it.
        let isSure = probes > 0 || knowsStart
        probes &+= 1
        let isFirst = unanswered == 0
        if isFirst { firstUnanswered = event.segment.time }
        store.change(&details) { details in
            if isFirst { details.firstUnansweredFrame = event.segment.frame }
            details.lastProbeFrame = event.segment.frame
            if event.segment.payloadLength == 1 { details.byteProbes = details.byteProbes.next }
            if event.segment.hasTimestamps { details.timestampedProbes = details.timestampedProbes.next }
        }
        unanswered &+= 1
        if firstProbe == nil {
            firstProbe = event.segment.time
            if isSure, let wait = event.wait {
                (firstSince, firstGap, isFirstDisturbed) = (wait.since, wait.gap, isDisturbed)
            }
        }
        if outstanding > 0 {
            // Its answer may be on its way: then the one before keeps its time.
            let index = Int(outstanding) - 1
            store.change(&details) { if index < $0.sent.count { $0.sent[index] = previous } }
        }
        if outstanding < UInt8(ProbeDetails.sentLimit) { outstanding += 1 }
        passedOver = 0
        lastProbe = event.segment.time
        guard let wait = event.wait, isSure, !isDisturbed else { return }
        store.change(&details) { details in
            switch wait.since {
            case .segment: details.idleGaps.add(wait.gap)
            case .unansweredProbe: details.intervalGaps.add(wait.gap)
            case .answeredProbe: details.periodGaps.add(wait.gap)
            }
        }
    }

    /// The peer answers: `event` is completed. `isAwaiting`: what this end asked last had no answer yet.
    ///
    /// `roundTrip` is how long the peer took to answer in the handshake (ns); nil: not known.
    mutating func hear(
        _ event: inout SegmentEvent, isAwaiting: Bool, isForeign: Bool, roundTrip: Int64?,
        _ store: inout ProbeDetailsStore
    ) {
        let segment = event.segment
        let isSame =
            store[details].answerIdentification == segment.identification
            && store[details].answerTimestamp == segment.timestampValue
        if let lastAnswer, isSame, Self.isClose(segment, lastAnswer) {
            event.isCopy = true
            return
        }
        lastAnswer = segment.time
        store.change(&details) { details in
            details.lastAnswerFrame = segment.frame
            details.answerIdentification = segment.identification
            details.answerTimestamp = segment.timestampValue
            details.answerTimeToLive = segment.timeToLive
        }
        guard isAwaiting || outstanding > 0 else {
            if passedOver > 0, asked.kind == .probe {
                passedOver -= 1
                ignored &-= 1
                answered &+= 1
                // With as many answers as probes, the last one answers the last probe.
                let reply = segment.time &- askedTime
                if passedOver == 0, reply >= 0 {
                    event.reply = reply
                    replies.add(reply)
                }
                return
            }
            // Something else of the peer came before, but this names the probe.
            guard segment.hasSelectiveAcknowledgment, followed > 0, asked.kind == .probe else {
                event.isCopy = true
                return
            }
            followed &-= 1
            answered &+= 1
            event.reply = segment.time &- askedTime
            return
        }
        let reply = segment.time &- takeAnswered(by: segment, roundTrip, &store)
        if reply >= 0 { event.reply = reply }
        unanswered = 0
        guard asked.kind == .probe else { return }
        answered &+= 1
        if reply >= 0 { replies.add(reply) }
        guard isForeign else { return }
        store.change(&details) { details in
            details.foreignAnswers = details.foreignAnswers.next
            details.foreignTimeToLive = segment.timeToLive
            if reply >= 0 { details.foreignReplies.add(reply) }
        }
    }

    /// When the probe was sent that `segment` answers (ns since 1970): the last one, unless the peer cannot have answered so
    /// soon. Those before it are lost.
    private mutating func takeAnswered(
        by segment: Segment, _ roundTrip: Int64?, _ store: inout ProbeDetailsStore
    ) -> Int64 {
        let isLast = segment.hasTimestamps && segment.timestampEcho == timestampValue
        let soonest = (roundTrip ?? 0) / 2
        guard outstanding > 1, !isLast, segment.time &- askedTime < soonest else {
            if outstanding > 1 {
                passedOver = outstanding - 1
                ignored &+= UInt64(passedOver)
            }
            outstanding = 0
            return askedTime
        }
        let earlier = min(Int(outstanding) - 1, ProbeDetails.sentLimit - 1)
        let sent = store[details].sent
        var answered = 0
        for index in (0..<earlier).reversed() where segment.time &- sent[index] >= soonest {
            answered = index
            break
        }
        ignored &+= UInt64(answered)
        store.change(&details) { details in
            for index in 0..<earlier - answered - 1 { details.sent[index] = sent[index + answered + 1] }
        }
        outstanding -= UInt8(truncatingIfNeeded: answered + 1)
        return sent[answered]
    }

    /// Whether a RST of this end at `time` (ns since 1970) fits its keep-alive timer, which ends the connection one interval
    /// after the last unanswered probe.
    /// With `exactly`, the interval must be that of the probes before, to a few milliseconds.
    ///
    /// It may come later where probes before it were not captured.
    func fits(resetAt time: Int64, _ store: borrowing ProbeDetailsStore, exactly: Bool = false) -> Bool {
        guard asked.kind == .probe else { return time &- askedTime >= Idleness.shortestInterval }
        let gap = time &- askedTime
        let gaps = store[details].intervalGaps
        if gaps.count > 0 {
            if exactly {
                let margin = 30_000_000 &+ gaps.longest / 500
                return gaps.count > 0 && gap >= gaps.shortest &- margin && gap <= gaps.longest &+ margin
            }
            let slack = TimerWheel.widestBucket(gaps.longest) &+ 250_000_000 &+ gaps.longest / 100
            return gap >= gaps.shortest &- slack
        }
        // The interval is no longer than the period to a live peer.
        let period = store[details].periodGaps
        if period.count > 0, gap > period.longest &+ TimerWheel.widestBucket(period.longest) { return false }
        return gap >= Idleness.shortestInterval
    }

    /// This end gives up: `event` is completed.
    mutating func giveUp(_ event: inout SegmentEvent, _ store: inout ProbeDetailsStore) {
        reset(&event, &store)
        if asked.kind == .probe, store[details].reset == event.segment.time { hasGivenUp = true }
    }

    /// This end resets the connection: `event` is completed.
    mutating func reset(_ event: inout SegmentEvent, _ store: inout ProbeDetailsStore) {
        let time = event.segment.time
        event.unanswered = UInt32(clamping: unanswered)
        if hasAsked, unanswered > 0 || asked.kind != .probe, time >= askedTime {
            event.wait = Wait(since: .unansweredProbe, gap: time &- askedTime)
        }
        guard store[details].reset == nil else { return }
        store.change(&details) { $0.reset = time }
    }

    /// The peer resets the connection in which this end has asked: `event` is completed.
    mutating func hearReset(_ event: inout SegmentEvent, isAwaiting: Bool, _ store: inout ProbeDetailsStore) {
        let time = event.segment.time
        if event.kind == .peerReset, store[details].peerReset == nil {
            store.change(&details) { $0.peerReset = time }
        }
        event.unanswered = UInt32(clamping: unanswered)
        let reply = time &- askedTime
        guard isAwaiting, hasAsked else { return }
        if reply >= 0 { event.reply = reply }
    }

    /// The reset of the connection was refused: nothing ended.
    mutating func withdrawReset(_ store: inout ProbeDetailsStore) {
        hasGivenUp = false
        guard details != 0 else { return }
        store.change(&details) {
            $0.reset = nil
            $0.peerReset = nil
            $0.closedIdle = nil
        }
    }
}

extension UInt32 {
    /// One more; it stays at the highest.
    fileprivate var next: UInt32 { self < .max ? self + 1 : self }
}
