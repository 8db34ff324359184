import Wire

/// What one end asked of its peer, and what came of it: the cold part of its state, kept of ends that have asked.
struct ProbeHistory: BitwiseCopyable {
    /// The last thing that this end asked; meaningful where `hasAsked`.
    private var asked = SegmentKind.Asked(kind: .probe, sequence: SequenceNumber(0), end: SequenceNumber(0))
    private var hasAsked = false
    /// When it did (ns since 1970).
    private var askedTime: Int64 = 0
    private var identification: UInt16 = 0
    private var timestampValue: UInt32 = 0
    private var trainNumber: UInt32 = 0
    /// When the peer last answered (ns since 1970).
    private var lastAnswer: Int64?

    private var probes: UInt64 = 0
    private var answered: UInt64 = 0
    private var octetProbes: UInt32 = 0
    private var timestampedProbes: UInt32 = 0
    private var middleboxProbes: UInt32 = 0
    private var zeroWindowProbes: UInt32 = 0
    private var retransmissions: UInt32 = 0
    private var unanswered: UInt32 = 0
    /// When the first of the unanswered ones was sent (ns since 1970); meaningful where there are any.
    private var firstUnanswered: Int64 = 0
    private var firstProbe: Int64?
    private var lastProbe: Int64 = 0
    private var firstWait: Wait?
    private var idleGaps = Gaps()
    private var intervalGaps = Gaps()
    private var periodGaps = Gaps()
    private var replies = Gaps()
    private var gaveUp: Int64?
    private var reset: Int64?
    private var peerReset: Int64?
    /// Whether the peer answered RST to what this end asked.
    private var wasResetWhenAsking = false
    /// Whether a RST in the name of the peer was not the peer's.
    private var pathReset = false

    /// The last thing that this end asked; nil: nothing.
    var lastAsked: SegmentKind.Asked? {
        @inline(__always) get { hasAsked ? asked : nil }
    }

    /// When this end last asked something (ns since 1970); nil: never.
    var lastAskedTime: Int64? { hasAsked ? askedTime : nil }

    /// What the report says of the end with history `own`, whose peer has the history `other`.
    static func side(_ own: ProbeHistory?, _ other: ProbeHistory?, lastSpoke: Int64?) -> ConnectionSide {
        var side = ConnectionSide()
        side.answers = other?.answered ?? 0
        side.reset = own?.reset ?? other?.peerReset
        side.wasResetByPath = own?.pathReset ?? false
        side.lastSpoke = lastSpoke
        guard let own else { return side }
        side.probes = own.probes
        side.answered = own.answered
        side.octetProbes = UInt64(own.octetProbes)
        side.timestampedProbes = UInt64(own.timestampedProbes)
        side.middleboxProbes = UInt64(own.middleboxProbes)
        side.zeroWindowProbes = UInt64(own.zeroWindowProbes)
        side.retransmissions = UInt64(own.retransmissions)
        side.unanswered = UInt64(own.unanswered)
        side.wasResetWhenAsking = own.wasResetWhenAsking
        side.firstUnanswered = own.unanswered > 0 ? own.firstUnanswered : nil
        side.firstProbe = own.firstProbe
        side.lastProbe = own.probes > 0 ? own.lastProbe : nil
        side.firstWait = own.firstWait
        side.idleGaps = own.idleGaps
        side.intervalGaps = own.intervalGaps
        side.periodGaps = own.periodGaps
        side.replies = own.replies
        side.gaveUp = own.gaveUp
        return side
    }

    /// This end sent one octet again.
    mutating func retransmit() {
        retransmissions &+= 1
    }

    /// The peer gave a sign of life that answers nothing.
    mutating func hearLife() {
        unanswered = 0
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
        event.unanswered = unanswered
        let continues = event.wait.map { $0.since != .segment } ?? false
        trainNumber = continues && asked.kind == event.kind ? trainNumber &+ 1 : 1
        event.trainNumber = trainNumber
        asked = SegmentKind.Asked(
            kind: event.kind, sequence: segment.sequence, end: segment.sequence + segment.payloadLength)
        hasAsked = true
        askedTime = segment.time
        identification = segment.identification
        timestampValue = segment.timestampValue
        switch event.kind {
        case .probe: count(event, sender.facts.union(peer.facts))
        case .middleboxProbe: middleboxProbes &+= 1
        default: zeroWindowProbes &+= 1
        }
        sender.facts.formUnion(.awaitsAnswer)
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
        let isSure = probes > 0 || !facts.isDisjoint(with: [.sentSYN, .sentSYNACK])
        probes &+= 1
        if unanswered == 0 { firstUnanswered = event.segment.time }
        unanswered &+= 1
        if event.segment.payloadLength == 1 { octetProbes &+= 1 }
        if event.segment.hasTimestamps { timestampedProbes &+= 1 }
        if firstProbe == nil {
            firstProbe = event.segment.time
            if isSure { firstWait = event.wait }
        }
        lastProbe = event.segment.time
        guard let wait = event.wait, isSure else { return }
        switch wait.since {
        case .segment: idleGaps.add(wait.gap)
        case .unansweredProbe: intervalGaps.add(wait.gap)
        case .answeredProbe: periodGaps.add(wait.gap)
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
    mutating func giveUp(_ event: inout SegmentEvent) {
        let time = event.segment.time
        event.unanswered = unanswered
        if hasAsked, time >= askedTime { event.wait = Wait(since: .unansweredProbe, gap: time &- askedTime) }
        guard reset == nil else { return }
        reset = time
        if asked.kind == .probe { gaveUp = time }
    }

    /// The peer resets the connection in which this end has asked: `event` is completed.
    mutating func hearReset(_ event: inout SegmentEvent, _ facts: WiresharkSide.Facts) {
        if event.kind == .pathReset { pathReset = true } else if peerReset == nil { peerReset = event.segment.time }
        event.unanswered = unanswered
        let reply = event.segment.time &- askedTime
        guard facts.contains(.awaitsAnswer) else { return }
        if event.kind == .peerReset { wasResetWhenAsking = true }
        if reply >= 0 { event.reply = reply }
    }
}
