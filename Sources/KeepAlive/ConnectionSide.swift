public import Wire

/// What one end of a connection sent that concerns keep-alives, by what it truly is (`SegmentKind`).
public struct ConnectionSide: Sendable, Equatable, BitwiseCopyable {
    // What has four bytes fills the gaps of what has eight: a verdict holds two of these, and is copied.

    /// Its keep-alive probes; copies are not counted, here and below.
    @Count32 public var probes: UInt64 = 0
    /// Of those, the ones that the peer answered before anything else was sent.
    @Count32 public var answered: UInt64 = 0
    /// Its keep-alive probes since the peer last gave a sign of life.
    @Count32 public var unanswered: UInt64 = 0
    /// Of the probes, the ones that carry a byte.
    @Count32 public var byteProbes: UInt64 = 0
    /// Of the probes, the ones with the timestamp option.
    @Count32 public var timestampedProbes: UInt64 = 0
    /// Whether it gave up: its first RST came while a probe was not answered.
    var hasGivenUp = false
    /// Probes that nothing of the peer followed within a second, or three times its slowest answer.
    @Count32 public var ignored: UInt64 = 0
    /// Probes whose identification does not continue that of its own segments.
    @Count32 public var oddProbes: UInt64 = 0
    /// Probes that something else of the peer than an answer followed in that time.
    @Count32 public var followed: UInt64 = 0
    /// Answers that have the TTL of another host than the peer.
    @Count32 public var foreignAnswers: UInt64 = 0
    /// The TTL of those.
    public var foreignTimeToLive: UInt8 = 0
    /// The TTL of the last answer to one of its probes; 0: none.
    public var answerTimeToLive: UInt8 = 0
    /// Whether it sent a FIN.
    public var hasClosed = false
    /// Whether it sent data.
    public var hasSentData = false
    /// Whether it sent an acknowledgment without data.
    public var hasSentPureAcknowledgment = false
    /// Whether it sent data, and the peer has not since.
    public var sentLastData = false
    /// Whether it sent a segment without SYN and RST.
    public var isEstablished = false
    /// The TTL of its first segment, of its recent ones which prove their origin, and of those before.
    var hops = HopHistory()
    /// Whether one of its segments was captured twice.
    var isCopied = false
    /// Whether it repeated an acknowledgment although nothing of the peer was captured in between.
    var hasRepeated = false
    /// How long it took to answer in the handshake (ns); nil: not known.
    @OptionalTime public var handshakeReply: Int64?
    /// Whether the peer has not acknowledged all that it sent.
    public var hasUnacknowledged = false
    /// Whether what the peer has not acknowledged is its FIN, and nothing else.
    public var awaitsCloseOnly = false
    /// Whether its window was closed when it last told.
    public var hasClosedWindow = false
    /// Whether its first segment carried the timestamp option; nil: that was not captured.
    public var hasTimestamps: Bool?
    /// When it sent the first of those without an answer (ns since 1970); nil without any.
    @OptionalTime public var firstUnanswered: Int64?
    /// Time of its first keep-alive probe (ns since 1970); nil without any.
    @OptionalTime public var firstProbe: Int64?
    /// Time of its last keep-alive probe (ns since 1970); nil without any.
    @OptionalTime public var lastProbe: Int64?
    /// What its first keep-alive probe waited for; nil where that was not captured.
    public var firstWait: Wait?
    /// Whether the peer probed during that wait: this restarts the timer of BSD, and not that of Linux.
    public var isFirstWaitDisturbed = false
    /// How long answers to its keep-alive probes took.
    public var replies = Gaps()
    /// How long those took that have the TTL of another host than the peer.
    public var foreignReplies = Gaps()
    /// When its last probe was answered (ns since 1970); nil: never.
    @OptionalTime public var lastAnswer: Int64?
    /// When something other than probes and answers last passed before its last probe (ns since 1970).
    @OptionalTime public var quietSince: Int64?
    /// The packets of its first unanswered probe, of its last probe, and of the last answer to one.
    public var firstUnansweredFrame = FrameReference.none
    /// The packet of its last probe.
    public var lastProbeFrame = FrameReference.none
    /// The packet of the last answer to one of its probes.
    public var lastAnswerFrame = FrameReference.none
    /// What else is known of it: losses, what is missing, close and reuse.
    public var evidence = EndEvidence()
    /// Its answers to keep-alive probes of the peer.
    @Count32 public var answers: UInt64 = 0
    /// Waits since an answered probe: they tell the greater of idle time and interval.
    public var periodGaps = Gaps()
    /// Keep-alive probes in its name that it did not send.
    @Count32 public var middleboxProbes: UInt64 = 0
    /// Waits since a segment of the peer: they tell the idle time.
    public var idleGaps = Gaps()
    /// Its zero-window probes.
    @Count32 public var zeroWindowProbes: UInt64 = 0
    /// Waits since an unanswered probe: they tell the interval.
    public var intervalGaps = Gaps()
    /// Its retransmissions of one byte that Wireshark marks as keep-alives.
    @Count32 public var retransmissions: UInt64 = 0
    /// When it sent its first RST (ns since 1970), in a connection with probes; nil: none.
    @OptionalTime public var reset: Int64?
    /// When it gave up, by a RST while a probe was not answered (ns since 1970); nil: it did not.
    public var gaveUp: Int64? { hasGivenUp ? reset : nil }
    /// How long nothing had passed but its answered probes when the peer closed or reset (ns); nil: it did not, or that was
    /// shorter than `Idleness.threshold`.
    @OptionalTime public var closedIdle: Int64?
    /// When it last sent something other than a probe (ns since 1970); nil: never.
    @OptionalTime public var lastSpoke: Int64?

    /// The longest time (ns) in which this end heard nothing and sent no probe, with nothing in flight and the peer's window
    /// open; 0: shorter than 5 s.
    public var longestUnprobed: Int64 = 0

    /// An end that sent nothing of that kind.
    public init() {}

    /// Whether it waits for its peer: a probe is not answered, or something that it sent not acknowledged.
    var isWaiting: Bool { unanswered > 0 || hasUnacknowledged }

    /// When the next keep-alive probe can be expected, going by the ones before (ns since 1970).
    ///
    /// nil where it gave up or was reset, and where no wait of the kind was seen yet.
    public var nextProbe: Int64? {
        guard let lastProbe, reset == nil else { return nil }
        if unanswered > 0 { return intervalGaps.count > 0 ? lastProbe &+ intervalGaps.longest : nil }
        let gap = max(periodGaps.longest, idleGaps.longest)
        return gap > 0 ? lastProbe &+ gap : nil
    }
}

/// Durations, of which the shortest and the longest are kept.
public struct Gaps: Sendable, Equatable, BitwiseCopyable {
    /// The shortest (ns); 0 without any.
    public private(set) var shortest: Int64 = 0
    /// The longest (ns); 0 without any.
    public private(set) var longest: Int64 = 0
    /// How many.
    public private(set) var count: UInt32 = 0

    /// None.
    public init() {}

    /// Adds one of `gap` nanoseconds.
    public mutating func add(_ gap: Int64) {
        shortest = count == 0 ? gap : min(shortest, gap)
        longest = count == 0 ? gap : max(longest, gap)
        if count < .max { count += 1 }
    }

    /// These and `others` together.
    func merged(with others: Gaps) -> Gaps {
        if count == 0 { return others }
        if others.count == 0 { return self }
        var gaps = self
        gaps.shortest = min(shortest, others.shortest)
        gaps.longest = max(longest, others.longest)
        gaps.count = count.addingReportingOverflow(others.count).overflow ? .max : count + others.count
        return gaps
    }
}
