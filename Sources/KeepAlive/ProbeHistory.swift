import Wire

/// What one end asked of its peer, and what came of it: the cold part of its state, kept of ends that have asked.
///
/// 128 octets: there may be as many of these as there are ends. What most of them have no use for is in `ProbeDetails`.
struct ProbeHistory: BitwiseCopyable {
    /// When this end last asked something (ns since 1970); meaningful where `hasAsked`.
    private var askedTime: Int64 = 0
    /// When the peer last answered (ns since 1970).
    @Moment private var lastAnswer: Int64?
    /// When something other than probes and answers last passed before a probe (ns since 1970), or the first probe where
    /// that is not known.
    @Moment private var quietSince: Int64?

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
    @Tally private var octetProbes: UInt64 = 0
    @Tally private var timestampedProbes: UInt64 = 0

    /// What it asked last; meaningful where `hasAsked`.
    private var asked = SegmentKind.Asked(kind: .probe, sequence: SequenceNumber(0), end: SequenceNumber(0))
    private var timestampValue: UInt32 = 0
    private var trainNumber: UInt32 = 0
    /// The handle of the rest, of ends that have any.
    private(set) var details: UInt32 = 0
    private var identification: UInt16 = 0
    private var hasAsked = false
    private var hasGivenUp = false
    private var wasResetWhenAsking = false
    private var wasResetByPath = false
    private var firstSince: Wait.Since?

    /// The last thing that this end asked; nil: nothing.
    var lastAsked: SegmentKind.Asked? {
        @inline(__always) get { hasAsked ? asked : nil }
    }

    /// When this end last asked something (ns since 1970); nil: never.
    var lastAskedTime: Int64? { hasAsked ? askedTime : nil }

    /// Whether the last probes of this end have no answer.
    var isUnanswered: Bool { unanswered > 0 }

    /// Notes in `side`, which is empty, what the report says of this end, as far as its own history tells.
    func describe(_ side: inout ConnectionSide, _ store: borrowing ProbeDetailsStore) {
        side.probes = probes
        side.answered = answered
        side.unanswered = unanswered
        side.octetProbes = octetProbes
        side.timestampedProbes = timestampedProbes
        side.hasGivenUp = hasGivenUp
        side.wasResetWhenAsking = wasResetWhenAsking
        side.wasResetByPath = wasResetByPath
        side.firstUnanswered = unanswered == 0 ? nil : firstUnanswered
        side.firstProbe = firstProbe
        side.lastProbe = lastProbe
        side.firstWait = firstSince.map { Wait(since: $0, gap: firstGap) }
        side.replies = replies
        if details == 0 { return }
        let rest = store[details]
        side.periodGaps = rest.periodGaps
        side.middleboxProbes = UInt64(rest.middleboxProbes)
        side.idleGaps = rest.idleGaps
        side.zeroWindowProbes = UInt64(rest.zeroWindowProbes)
        side.intervalGaps = rest.intervalGaps
        side.retransmissions = UInt64(rest.retransmissions)
        side.reset = rest.reset
        side.closedIdle = rest.closedIdle
    }

    /// Adds to `peer`, the other end's, what the history of this end tells of it.
    func complete(_ peer: inout ConnectionSide, _ store: borrowing ProbeDetailsStore) {
        peer.answers = answered
        if details != 0 { peer.reset = peer.reset ?? store[details].peerReset }
    }

    /// This end sent one octet again.
    mutating func retransmit(_ store: inout ProbeDetailsStore) {
        store.change(&details) { $0.retransmissions = $0.retransmissions.next }
    }

    /// The peer gave a sign of life that answers nothing.
    mutating func hearLife() {
        unanswered = 0
    }

    /// This end asks for a sign of life: `event` is completed by what passed before.
    mutating func ask(
        _ event: inout SegmentEvent, _ sender: inout WiresharkSide, _ peer: WiresharkSide,
        _ store: inout ProbeDetailsStore
    ) {
        let segment = event.segment
        if isCopy(segment, event.kind) {
            event.isCopy = true
            event.trainNumber = trainNumber
            return
        }
        event.wait = wait(at: segment.time, isAwaiting: sender.facts.contains(.awaitsAnswer), peerSpoke: peer.spoke)
        event.unanswered = UInt32(truncatingIfNeeded: unanswered)
        let continues = event.wait.map { $0.since != .segment } ?? false
        trainNumber = continues && asked.kind == event.kind ? trainNumber &+ 1 : 1
        event.trainNumber = trainNumber
        noteQuiet(before: segment.time, spoke: sender.spoke, heard: peer.spoke)
        asked = SegmentKind.Asked(
            kind: event.kind, sequence: segment.sequence, end: segment.sequence + segment.payloadLength)
        hasAsked = true
        askedTime = segment.time
        identification = segment.identification
        timestampValue = segment.timestampValue
        switch event.kind {
        case .probe: count(event, sender.facts.union(peer.facts), &store)
        case .middleboxProbe: store.change(&details) { $0.middleboxProbes = $0.middleboxProbes.next }
        default: store.change(&details) { $0.zeroWindowProbes = $0.zeroWindowProbes.next }
        }
        sender.facts.formUnion(.awaitsAnswer)
    }

    /// Notes what passed last before a probe at `time`: when this end `spoke`, and when the peer was `heard`.
    private mutating func noteQuiet(before time: Int64, spoke: Int64?, heard: Int64?) {
        let last = max(spoke ?? .min, heard == lastAnswer ? .min : heard ?? .min, quietSince ?? .min)
        quietSince = last == .min ? time : last
    }

    /// The peer closes at `time`, having been `heard` before, while this end `spoke` last (ns since 1970): notes how long
    /// nothing had passed but answered probes, where that is long.
    mutating func hearClose(at time: Int64, heard: Int64?, spoke: Int64?, _ store: inout ProbeDetailsStore) {
        guard asked.kind == .probe, unanswered == 0, let quietSince, let lastAnswer,
            heard == lastAnswer, spoke ?? .min <= quietSince, time >= quietSince,
            time &- quietSince >= Silence.threshold, store[details].closedIdle == nil
        else { return }
        store.change(&details) { $0.closedIdle = time &- quietSince }
    }

    /// A copy has the same identification and timestamp within a tenth of a second; without both, within 1 ms.
    private func isCopy(_ segment: Segment, _ kind: SegmentKind) -> Bool {
        guard hasAsked, asked.kind == kind, asked.sequence == segment.sequence,
            asked.end == segment.sequence + segment.payloadLength,
            identification == segment.identification, timestampValue == segment.timestampValue
        else { return false }
        let isTold = segment.identification != 0 || segment.hasTimestamps
        // A copy of another interface may come with an earlier time.
        return (segment.time &- askedTime).magnitude < (isTold ? 100_000_000 : 1_000_000)
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
        // A clock that was set back tells nothing.
        guard let start, time >= start else { return nil }
        return Wait(since: since, gap: time &- start)
    }

    private mutating func count(
        _ event: SegmentEvent, _ facts: WiresharkSide.Facts, _ store: inout ProbeDetailsStore
    ) {
        // Where the capture began midway, what the peer sent last may be the answer to a probe before it.
        let isSure = probes > 0 || !facts.isDisjoint(with: [.sentSYN, .sentSYNACK])
        probes &+= 1
        if unanswered == 0 { firstUnanswered = event.segment.time }
        unanswered &+= 1
        if event.segment.payloadLength == 1 { octetProbes &+= 1 }
        if event.segment.hasTimestamps { timestampedProbes &+= 1 }
        if firstProbe == nil {
            firstProbe = event.segment.time
            if isSure, let wait = event.wait { (firstSince, firstGap) = (wait.since, wait.gap) }
        }
        lastProbe = event.segment.time
        guard let wait = event.wait, isSure else { return }
        store.change(&details) { details in
            switch wait.since {
            case .segment: details.idleGaps.add(wait.gap)
            case .unansweredProbe: details.intervalGaps.add(wait.gap)
            case .answeredProbe: details.periodGaps.add(wait.gap)
            }
        }
    }

    /// The peer answers: `event` is completed. `this` is this end.
    mutating func hear(_ event: inout SegmentEvent, _ this: inout WiresharkSide) {
        lastAnswer = event.segment.time
        guard this.facts.contains(.awaitsAnswer) else {
            event.isCopy = true
            return
        }
        this.facts.subtract(.awaitsAnswer)
        unanswered = 0
        let reply = event.segment.time &- askedTime
        if reply >= 0 { event.reply = reply }
        guard asked.kind == .probe else { return }
        answered &+= 1
        if reply >= 0 { replies.add(reply) }
    }

    /// This end gives up: `event` is completed.
    mutating func giveUp(_ event: inout SegmentEvent, _ store: inout ProbeDetailsStore) {
        let time = event.segment.time
        event.unanswered = UInt32(truncatingIfNeeded: unanswered)
        if hasAsked, time >= askedTime { event.wait = Wait(since: .unansweredProbe, gap: time &- askedTime) }
        guard store[details].reset == nil else { return }
        store.change(&details) { $0.reset = time }
        hasGivenUp = asked.kind == .probe
    }

    /// The peer resets the connection in which this end has asked: `event` is completed.
    mutating func hearReset(
        _ event: inout SegmentEvent, _ facts: WiresharkSide.Facts, _ store: inout ProbeDetailsStore
    ) {
        let time = event.segment.time
        if event.kind == .pathReset {
            wasResetByPath = true
        } else if store[details].peerReset == nil {
            store.change(&details) { $0.peerReset = time }
        }
        event.unanswered = UInt32(truncatingIfNeeded: unanswered)
        let reply = time &- askedTime
        guard facts.contains(.awaitsAnswer) else { return }
        if event.kind == .peerReset { wasResetWhenAsking = true }
        if reply >= 0 { event.reply = reply }
    }
}

extension UInt32 {
    /// One more; it stays at the highest.
    fileprivate var next: UInt32 { self < .max ? self + 1 : self }
}
