import Wire

/// The probes of one end, both keep-alive and zero-window probes, and their answers. Only ends that have probed have a
/// history.
///
/// There may be as many histories as ends. State that most of them do not need is in `ProbeDetails`.
struct ProbeHistory: BitwiseCopyable {
    /// The time of the last probe (ns since 1970); meaningful if `hasAsked`.
    private(set) var askedTime: Int64 = 0
    /// The time of the last answer (ns since 1970); nil: none.
    @OptionalTime private(set) var lastAnswer: Int64?
    /// When a segment other than a probe or an answer last passed before a probe (ns since 1970); if that is not known,
    /// the time of the first probe; nil: no probe.
    @OptionalTime private(set) var quietSince: Int64?

    // As in `ConnectionSide`.
    @OptionalTime private var firstUnanswered: Int64?
    @OptionalTime private var firstProbe: Int64?
    @OptionalTime private var lastProbe: Int64?
    /// How long the first probe waited (ns); meaningful with `firstSince`.
    private var firstGap: Int64 = 0
    private var replies = Gaps()
    @Count32 private var probes: UInt64 = 0
    @Count32 private var answered: UInt64 = 0
    @Count32 private(set) var unanswered: UInt64 = 0
    /// Probes that nothing of the peer followed in time, and those that a segment other than an answer followed.
    @Count32 private var ignored: UInt64 = 0
    @Count32 private var followed: UInt64 = 0

    /// The last probe; meaningful if `hasAsked`.
    private(set) var asked = SegmentClassifier.Asked(kind: .probe, sequence: SequenceNumber(0), end: SequenceNumber(0))
    private var timestampValue: UInt32 = 0
    /// The timestamp that the last probe echoes. While nothing arrives, the next probe echoes the same.
    private(set) var timestampEcho: UInt32 = 0
    /// The handle of the `ProbeDetails`; 0: none.
    var details: UInt32 = 0
    private var identification: UInt16 = 0
    /// The number of probes that may still be answered, up to `ProbeDetails.sentLimit`.
    private var outstanding: UInt8 = 0
    /// The number of probes before the one that the last answer was assigned to. Further answers show that they were
    /// answered, too.
    private var passedOver: UInt8 = 0
    private(set) var hasAsked = false
    var hasGivenUp = false
    private var firstSince: Wait.Since?
    private var isFirstDisturbed = false

    /// The last probe; nil: none.
    var lastAsked: SegmentClassifier.Asked? {
        @inline(__always) get { hasAsked ? asked : nil }
    }

    /// The time of the last probe (ns since 1970); nil: none.
    var lastAskedTime: Int64? { hasAsked ? askedTime : nil }

    /// The number of unanswered probes since the peer was last heard.
    var unansweredCount: UInt64 { unanswered }

    /// Whether an answer to a probe may still arrive at `time` (ns since 1970), although the peer was heard since.
    func hasOutstanding(at time: Int64) -> Bool { outstanding > 0 && time &- askedTime <= patience }

    /// How long an answer may take (ns): a second, or three times the slowest answer if that is longer.
    var patience: Int64 {
        max(Idleness.patience, replies.longest < .max / 4 ? 3 * replies.longest : .max)
    }

    /// Sets the properties of `side`, which is empty, that depend on the probes of this end.
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

    /// Sets the properties of `peer`, the other end, that depend on the probes of this end.
    func describePeer(_ peer: inout ConnectionSide, _ store: borrowing ProbeDetailsStore) {
        peer.answers = answered
        if details != 0 { peer.reset = peer.reset ?? store[details].peerReset }
    }

    /// Records that this end retransmitted one byte of data.
    mutating func recordRetransmission(_ store: inout ProbeDetailsStore) {
        store.change(&details) { $0.retransmissions = $0.retransmissions.next }
    }

    /// Records that the last probe does not continue the IP identifications of this end.
    mutating func recordOddProbe(_ store: inout ProbeDetailsStore) {
        store.change(&details) { $0.oddProbes = $0.oddProbes.next }
    }

    /// Records that `segment`, the answer to the last probe, was captured before the probe.
    mutating func recordEarlyAnswer(_ segment: Segment) {
        unanswered = 0
        outstanding = 0
        answered &+= 1
        lastAnswer = segment.time
        replies.add(0)
    }

    /// Records that the peer sent something at `time` (ns since 1970) that answers no probe.
    mutating func recordSignOfLife(at time: Int64) {
        if asked.kind == .probe, unanswered > 0 {
            let isPrompt = time &- askedTime <= patience
            if isPrompt { followed &+= 1 }
            ignored &+= unanswered &- (isPrompt ? 1 : 0)
        }
        unanswered = 0
        outstanding = 0
    }

    /// Records that earlier segments at `times` (ns since 1970), with `sequence`, were probes. They were not recognized
    /// then.
    mutating func recordEarlierProbes(at times: [Int64], sequence: SequenceNumber, _ store: inout ProbeDetailsStore) {
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

    /// Records a probe of this end and completes its `event`.
    ///
    /// - Parameters:
    ///   - event: The event of the probe.
    ///   - peerSpoke: When the peer last sent something other than a probe (ns since 1970); nil: never.
    ///   - quiet: When a segment other than a probe or an answer last passed (ns since 1970); nil: not known.
    ///   - isAwaiting: Whether the previous probe is unanswered.
    ///   - knowsStart: Whether the capture has the handshake. If not, what the peer sent last before the first probe
    ///     may be the answer to an earlier one.
    ///   - isLight: Whether the capture lacks data.
    ///   - peerAsked: When the peer last probed (ns since 1970), which restarts the timers of some stacks; nil: never.
    ///   - store: The details of all histories.
    mutating func recordProbe(
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
        // Without the data, the last segment of the peer may be the answer to a probe that was not recognized.
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

    /// Records that the peer closes at `time`, if only answered probes have passed for a long time. The peer was last
    /// `heard` before and this end last `spoke` at these times (ns since 1970).
    mutating func recordPeerClose(at time: Int64, heard: Int64?, spoke: Int64?, _ store: inout ProbeDetailsStore) {
        guard asked.kind == .probe, unanswered == 0, let quietSince, let lastAnswer,
            heard == lastAnswer, spoke ?? .min <= quietSince, time >= quietSince,
            time &- quietSince >= Idleness.threshold, store[details].closedIdle == nil
        else { return }
        store.change(&details) { $0.closedIdle = time &- quietSince }
    }

    /// Whether `segment` is a copy of the last probe: it has the same identification and timestamp and comes within
    /// 100 ms, or within 1 ms if it has neither.
    func isCopy(_ segment: Segment) -> Bool {
        guard hasAsked, asked.sequence == segment.sequence, asked.end == segment.sequence + segment.payloadLength,
            identification == segment.identification, timestampValue == segment.timestampValue
        else { return false }
        return Self.isClose(segment, askedTime)
    }

    /// Whether `segment` is so close to `time` (ns since 1970) that it may be a copy of a segment at that time.
    private static func isClose(_ segment: Segment, _ time: Int64) -> Bool {
        let isIdentified = segment.identification != 0 || segment.hasTimestamps
        // A copy from another interface may have an earlier time.
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
        // The clock may have been set back.
        guard let start, time >= start else { return nil }
        return Wait(since: since, gap: time &- start)
    }

    private mutating func count(
        _ event: SegmentEvent, knowsStart: Bool, isDisturbed: Bool, previous: Int64, _ store: inout ProbeDetailsStore
    ) {
        // If the capture began midway, the last segment of the peer may be the answer to an earlier probe.
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
            // The answer to the previous probe may be on its way, so its time is needed.
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

    /// Records an answer of the peer and completes its `event`.
    ///
    /// With `isAwaiting`, the last probe is unanswered. `roundTrip` is how long the peer took to answer in the
    /// handshake (ns); nil: not known.
    mutating func recordAnswer(
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
                // With as many answers as probes, the last answer belongs to the last probe.
                let reply = segment.time &- askedTime
                if passedOver == 0, reply >= 0 {
                    event.reply = reply
                    replies.add(reply)
                }
                return
            }
            // The peer sent something else before, but the D-SACK in this segment identifies the probe.
            guard segment.hasSelectiveAcknowledgment, followed > 0, asked.kind == .probe else {
                event.isCopy = true
                return
            }
            followed &-= 1
            answered &+= 1
            event.reply = segment.time &- askedTime
            return
        }
        let reply = segment.time &- settleProbe(answeredBy: segment, roundTrip, &store)
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

    /// Finds the probe that `segment` answers, removes it and earlier ones from the outstanding probes, and returns its
    /// time (ns since 1970). It is the last probe, unless the peer cannot have answered that so soon.
    private mutating func settleProbe(
        answeredBy segment: Segment, _ roundTrip: Int64?, _ store: inout ProbeDetailsStore
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
}

extension UInt32 {
    /// The number plus 1, or the same number if it is the highest.
    fileprivate var next: UInt32 { self < .max ? self + 1 : self }
}
