package import Wire

/// What one end of a connection sent that concerns keep-alives, counted by its actual kind (`SegmentKind`).
public struct ConnectionSide: Sendable, Equatable, BitwiseCopyable {
    // The members are ordered so that those of four bytes fill the gaps between those of eight: a diagnosis copies this.

    /// The number of its keep-alive probes. Duplicates are not counted, here and below.
    @Count32 public var probes: UInt64 = 0
    /// The number of its probes that the peer answered before anything else was sent.
    @Count32 public var answered: UInt64 = 0
    /// The number of its probes since the peer last gave a sign of life.
    @Count32 public var unanswered: UInt64 = 0
    /// The number of its probes that carry a byte.
    @Count32 package var byteProbes: UInt64 = 0
    /// The number of its probes with the timestamp option.
    @Count32 package var timestampedProbes: UInt64 = 0
    /// Whether it gave up: its first RST came while a probe was not answered.
    var hasGivenUp = false
    /// The number of its probes that no segment of the peer followed within a second or three times its slowest answer.
    @Count32 package var ignored: UInt64 = 0
    /// The number of its probes whose IP identification does not continue that of its other segments.
    @Count32 package var oddProbes: UInt64 = 0
    /// The number of its probes that a segment of the peer other than an answer followed in that time.
    @Count32 package var followed: UInt64 = 0
    /// The number of answers with the TTL of a host other than the peer.
    @Count32 package var foreignAnswers: UInt64 = 0
    /// The TTL of those answers.
    package var foreignTimeToLive: UInt8 = 0
    /// The TTL of the last answer to one of its probes; 0: none.
    package var answerTimeToLive: UInt8 = 0
    /// Whether it sent a FIN.
    package var hasClosed = false
    /// Whether it sent data.
    package var hasSentData = false
    /// Whether it sent an acknowledgment without data.
    public var hasSentPureAcknowledgment = false
    /// Whether it sent data, and the peer has not sent data since.
    package var sentLastData = false
    /// Whether it sent a segment without SYN and RST.
    package var isEstablished = false
    /// The TTL of its first segment, and of segments that provably come from it.
    var hops = HopHistory()
    /// Whether one of its segments was captured twice.
    var isCopied = false
    /// Whether it repeated an acknowledgment although nothing of the peer was captured in between.
    var hasRepeated = false
    /// How long it took to answer in the handshake (ns); nil: not known.
    @OptionalTime public var handshakeReply: Int64?
    /// Whether the peer has not acknowledged everything that it sent.
    public var hasUnacknowledged = false
    /// Whether only its FIN is not acknowledged.
    package var awaitsCloseOnly = false
    /// Whether the last window that it announced is closed.
    package var hasClosedWindow = false
    /// Whether its first segment carried the timestamp option; nil: that segment was not captured.
    package var hasTimestamps: Bool?
    /// Time of the first of its `unanswered` probes (ns since 1970); nil: none.
    @OptionalTime package var firstUnanswered: Int64?
    /// Time of its first keep-alive probe (ns since 1970); nil: none.
    @OptionalTime public var firstProbe: Int64?
    /// Time of its last keep-alive probe (ns since 1970); nil: none.
    @OptionalTime public var lastProbe: Int64?
    /// How long its first keep-alive probe waited, and since what; nil: not captured.
    package var firstWait: Wait?
    /// Whether the peer probed during that wait: this restarts the timer of BSD, not that of Linux.
    package var isFirstWaitDisturbed = false
    /// How long answers to its keep-alive probes took.
    public var replies = Gaps()
    /// How long answers with the TTL of a host other than the peer took.
    package var foreignReplies = Gaps()
    /// When its last probe was answered (ns since 1970); nil: never.
    @OptionalTime package var lastAnswer: Int64?
    /// Time of the last segment before its last probe that was neither probe nor answer (ns since 1970).
    @OptionalTime package var quietSince: Int64?
    /// The packet of the first of its `unanswered` probes.
    package var firstUnansweredFrame = FrameReference.none
    /// The packet of its last probe.
    package var lastProbeFrame = FrameReference.none
    /// The packet of the last answer to one of its probes.
    package var lastAnswerFrame = FrameReference.none
    /// Losses, missing packets, close and reuse.
    package var evidence = EndEvidence()
    /// The number of its answers to keep-alive probes of the peer.
    @Count32 public var answers: UInt64 = 0
    /// Waits since an answered probe: each shows the greater of idle time and interval.
    public var periodGaps = Gaps()
    /// The number of keep-alive probes with its address that another host sent.
    @Count32 public var middleboxProbes: UInt64 = 0
    /// Waits since a segment of the peer: each shows the idle time.
    public var idleGaps = Gaps()
    /// The number of its zero-window probes.
    @Count32 public var zeroWindowProbes: UInt64 = 0
    /// Waits since an unanswered probe: each shows the interval.
    public var intervalGaps = Gaps()
    /// The number of its retransmissions of one byte that Wireshark marks as keep-alives.
    @Count32 public var retransmissions: UInt64 = 0
    /// Time of its first RST (ns since 1970), in a connection with probes; nil: none.
    @OptionalTime public var reset: Int64?
    /// When it gave up, with a RST while a probe was not answered (ns since 1970); nil: it did not.
    public var gaveUp: Int64? { hasGivenUp ? reset : nil }
    /// How long nothing but its answered probes had passed when the peer closed or reset (ns); nil: the peer did not, or
    /// that was shorter than `Idleness.threshold`.
    @OptionalTime public var closedIdle: Int64?
    /// Time of its last segment other than a probe (ns since 1970); nil: none.
    @OptionalTime public var lastSpoke: Int64?

    /// The longest time (ns) in which this end heard nothing and sent no probe, with nothing in flight and the peer's window
    /// open; 0: less than 5 s.
    package var longestUnprobed: Int64 = 0

    /// An end that sent nothing.
    public init() {}

    /// Whether it waits for its peer: a probe is not answered, or something that it sent is not acknowledged.
    var isWaiting: Bool { unanswered > 0 || hasUnacknowledged }

    /// When its next keep-alive probe is due according to the previous gaps (ns since 1970).
    ///
    /// nil: it gave up or was reset, or there is no previous gap of that kind.
    package var nextProbe: Int64? {
        guard let lastProbe, reset == nil else { return nil }
        if unanswered > 0 { return intervalGaps.count > 0 ? lastProbe &+ intervalGaps.longest : nil }
        let gap = max(periodGaps.longest, idleGaps.longest)
        return gap > 0 ? lastProbe &+ gap : nil
    }
}

/// The shortest, the longest and the number of several durations.
public struct Gaps: Sendable, Equatable, BitwiseCopyable {
    /// The shortest (ns); 0: there is none.
    public private(set) var shortest: Int64 = 0
    /// The longest (ns); 0: there is none.
    public private(set) var longest: Int64 = 0
    /// How many there are.
    public private(set) var count: UInt32 = 0

    /// The longest duration that counts (ns), 36 years, so that multiples of some cannot overflow, whatever the clock said.
    private static let limit: Int64 = 1 << 60

    /// No durations.
    public init() {}

    /// Adds a duration of `gap` nanoseconds; one of more than 36 years counts as 36 years.
    public mutating func add(_ gap: Int64) {
        let gap = min(max(gap, -Self.limit), Self.limit)
        shortest = count == 0 ? gap : min(shortest, gap)
        longest = count == 0 ? gap : max(longest, gap)
        if count < .max { count += 1 }
    }

    /// These durations and `others`.
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
