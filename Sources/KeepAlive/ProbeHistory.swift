import Wire

/// What one end asked of its peer, and what came of it: the cold part of its state, kept of ends that have asked.
struct ProbeHistory: BitwiseCopyable {
    /// When this end last asked something (ns since 1970); meaningful where `hasAsked`.
    private var askedTime: Int64 = 0
    /// What that was; likewise.
    private var asked = SegmentKind.Asked(kind: .probe, sequence: SequenceNumber(0), end: SequenceNumber(0))
    private var hasAsked = false
    private var identification: UInt16 = 0
    private var timestampValue: UInt32 = 0
    private var trainNumber: UInt32 = 0
    /// When the peer last answered (ns since 1970).
    @Moment private var lastAnswer: Int64?
    /// When something other than probes and answers last passed before a probe (ns since 1970), or the first probe where
    /// that is not known.
    @Moment private var quietSince: Int64?

    /// What the report says of it.
    private var own = ConnectionSide()
    /// When the peer sent its first RST (ns since 1970).
    @Moment private var peerReset: Int64?

    /// The last thing that this end asked; nil: nothing.
    var lastAsked: SegmentKind.Asked? {
        @inline(__always) get { hasAsked ? asked : nil }
    }

    /// When this end last asked something (ns since 1970); nil: never.
    var lastAskedTime: Int64? { hasAsked ? askedTime : nil }

    /// Whether the last probes of this end have no answer.
    var isUnanswered: Bool { own.unanswered > 0 }

    /// What the report says of this end, as far as its own history tells.
    var side: ConnectionSide {
        var side = own
        if side.unanswered == 0 { side.firstUnanswered = nil }
        return side
    }

    /// Adds to `peer`, the other end's, what the history of this end tells of it.
    func complete(_ peer: inout ConnectionSide) {
        peer.answers = own.answered
        peer.reset = peer.reset ?? peerReset
    }

    /// This end sent one octet again.
    mutating func retransmit() {
        own.retransmissions &+= 1
    }

    /// The peer gave a sign of life that answers nothing.
    mutating func hearLife() {
        own.unanswered = 0
    }

    /// This end asks for a sign of life: `event` is completed by what passed before.
    mutating func ask(_ event: inout SegmentEvent, _ sender: inout WiresharkSide, _ peer: WiresharkSide) {
        let segment = event.segment
        if isCopy(segment, event.kind) {
            event.isCopy = true
            event.trainNumber = trainNumber
            return
        }
        event.wait = wait(at: segment.time, isAwaiting: sender.facts.contains(.awaitsAnswer), peerSpoke: peer.spoke)
        event.unanswered = UInt32(truncatingIfNeeded: own.unanswered)
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
        case .probe: count(event, sender.facts.union(peer.facts))
        case .middleboxProbe: own.middleboxProbes &+= 1
        default: own.zeroWindowProbes &+= 1
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
    mutating func hearClose(at time: Int64, heard: Int64?, spoke: Int64?) {
        guard own.closedIdle == nil, asked.kind == .probe, own.unanswered == 0, let quietSince, let lastAnswer,
            heard == lastAnswer, spoke ?? .min <= quietSince, time >= quietSince,
            time &- quietSince >= Silence.threshold
        else { return }
        own.closedIdle = time &- quietSince
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

    private mutating func count(_ event: SegmentEvent, _ facts: WiresharkSide.Facts) {
        // Where the capture began midway, what the peer sent last may be the answer to a probe before it.
        let isSure = own.probes > 0 || !facts.isDisjoint(with: [.sentSYN, .sentSYNACK])
        own.probes &+= 1
        if own.unanswered == 0 { own.firstUnanswered = event.segment.time }
        own.unanswered &+= 1
        if event.segment.payloadLength == 1 { own.octetProbes &+= 1 }
        if event.segment.hasTimestamps { own.timestampedProbes &+= 1 }
        if own.firstProbe == nil {
            own.firstProbe = event.segment.time
            if isSure { own.firstWait = event.wait }
        }
        own.lastProbe = event.segment.time
        guard let wait = event.wait, isSure else { return }
        switch wait.since {
        case .segment: own.idleGaps.add(wait.gap)
        case .unansweredProbe: own.intervalGaps.add(wait.gap)
        case .answeredProbe: own.periodGaps.add(wait.gap)
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
        own.unanswered = 0
        let reply = event.segment.time &- askedTime
        if reply >= 0 { event.reply = reply }
        guard asked.kind == .probe else { return }
        own.answered &+= 1
        if reply >= 0 { own.replies.add(reply) }
    }

    /// This end gives up: `event` is completed.
    mutating func giveUp(_ event: inout SegmentEvent) {
        let time = event.segment.time
        event.unanswered = UInt32(truncatingIfNeeded: own.unanswered)
        if hasAsked, time >= askedTime { event.wait = Wait(since: .unansweredProbe, gap: time &- askedTime) }
        guard own.reset == nil else { return }
        own.reset = time
        own.hasGivenUp = asked.kind == .probe
    }

    /// The peer resets the connection in which this end has asked: `event` is completed.
    mutating func hearReset(_ event: inout SegmentEvent, _ facts: WiresharkSide.Facts) {
        if event.kind == .pathReset {
            own.wasResetByPath = true
        } else if peerReset == nil {
            peerReset = event.segment.time
        }
        event.unanswered = UInt32(truncatingIfNeeded: own.unanswered)
        let reply = event.segment.time &- askedTime
        guard facts.contains(.awaitsAnswer) else { return }
        if event.kind == .peerReset { own.wasResetWhenAsking = true }
        if reply >= 0 { event.reply = reply }
    }
}
