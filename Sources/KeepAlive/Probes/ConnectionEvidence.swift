public import Wire

/// What happened to a connection beside its probes: idle periods, losses, resets, errors. Kept of those to which any of it
/// happened; the rules of verdicts go by it.
public struct ConnectionEvidence: Sendable, Equatable, BitwiseCopyable {
    /// Its idle periods.
    public internal(set) var idleness = Idleness()
    /// Its first RST that was not refused.
    public internal(set) var reset = ResetEvidence()
    /// The ICMP errors that quote its segments.
    public internal(set) var errors = ErrorEvidence()
    /// Whether packets are missing from a long gap, so that it may not have been idle.
    var hidesIdleness = false
    /// Whether it has events that no history of probes has.
    var hasEvents = false
    /// RSTs that their receiver refused (RFC 5961 3.2).
    @Tally public internal(set) var refusedResets: UInt64 = 0
    /// The acknowledgment of an older connection that answered its SYN.
    public internal(set) var challenge = Challenge()
    /// What each side sent and waited for.
    var first = EndEvidence()
    var second = EndEvidence()

    /// Nothing happened yet.
    public init() {}

    /// Whether anything may be found from it that is worth a report: long idle periods, losses, unusual RSTs, errors.
    var isNotable: Bool {
        hasEvents || max(idleness.longestApplication, idleness.longest) >= Idleness.keepAliveDue
            || errors.last != nil || challenge.time != nil || reset.isNotable || first.isNotable || second.isNotable
    }

    /// What `side`, 0 or 1, sent and waited for.
    subscript(side: Int) -> EndEvidence {
        _read { if side == 0 { yield first } else { yield second } }
        _modify { if side == 0 { yield &first } else { yield &second } }
    }

    /// A SYN that was answered by the acknowledgment of an older connection (RFC 5961 4).
    public struct Challenge: Sendable, Equatable, BitwiseCopyable {
        /// When the acknowledgment came (ns since 1970); nil: none did.
        @Moment public internal(set) var time: Int64?
        /// The packet of the SYN, and that of the acknowledgment.
        public internal(set) var synFrame = FrameReference.none
        /// The packet of the acknowledgment.
        public internal(set) var frame = FrameReference.none
        /// When the client of the older connection was last heard (ns since 1970); nil: it was not captured.
        @Moment public internal(set) var clientLastHeard: Int64?
        /// Whether the acknowledgment has the numbers of a connection of the same ports that was captured.
        public internal(set) var isKnownConnection = false
        /// Whether that connection had been closed or reset in the capture.
        public internal(set) var wasClosed = false
        /// What the older connection had sent last, by the side that acknowledges.
        var next = SequenceNumber(0)
        var acknowledgment = SequenceNumber(0)
        var hasOlder = false
    }
}

/// What one end sent and waited for, beside probes.
public struct EndEvidence: Sendable, Equatable, BitwiseCopyable {
    /// Retransmissions without an answer that are more than an everyday loss.
    static let seriousRetransmissions: UInt32 = 3

    // MARK: Losses

    /// How often the oldest unacknowledged data was retransmitted since the peer last acknowledged anything.
    public internal(set) var retransmissions: UInt32 = 0
    /// Whether what is retransmitted is a FIN without data.
    public internal(set) var retransmitsClose = false
    /// When that data was sent first, or a little later (ns since 1970).
    public internal(set) var lossStart: Int64 = 0
    /// When it was last retransmitted (ns since 1970).
    public internal(set) var lossLast: Int64 = 0
    /// The packets of the first and the last retransmission.
    public internal(set) var lossFrame = FrameReference.none
    /// The packet of the last retransmission.
    public internal(set) var lossLastFrame = FrameReference.none
    /// Bytes of what was retransmitted last.
    public internal(set) var lossLength: UInt32 = 0
    var lossSequence = SequenceNumber(0)
    /// The first and the last time between two transmissions (ns): those of a real sender grow.
    var lossFirstGap: Int64 = 0
    var lossLastGap: Int64 = 0
    var lossIdentification: UInt16 = 0
    var lossTimestamp: UInt32 = 0
    /// Whether identification or timestamp changed between two retransmissions.
    var lossMoves = false
    /// How often another part was retransmitted than the time before: who is not heard repeats the same.
    var lossChanges: UInt8 = 0
    /// How long nothing had passed before the lost data was sent (ns); 0: less than `Idleness.threshold`.
    public internal(set) var idleBeforeLoss: Int64 = 0

    // MARK: What is missing from the capture

    /// Why packets of this end must be missing.
    public internal(set) var missing: Missing = []
    /// When that was first seen (ns since 1970).
    public internal(set) var missingSince = Int64.max
    var missingUpTo = SequenceNumber(0)
    /// The packet that proves it.
    public internal(set) var missingFrame = FrameReference.none
    /// The last timestamp that this end echoed, while its peer's last segment came at `echoHeard`.
    var echo: UInt32 = 0
    var echoHeard = Int64.max

    // MARK: Close and reuse

    /// When it sent its first FIN (ns since 1970); nil: it did not.
    @Moment public internal(set) var closeTime: Int64?
    /// The packet of that FIN.
    public internal(set) var closeFrame = FrameReference.none
    /// How long the application had been idle before that FIN (ns).
    public internal(set) var idleBeforeClose: Int64 = 0
    /// When the peer acknowledged the FIN (ns since 1970); nil: it did not.
    @Moment public internal(set) var closeAcknowledged: Int64?
    /// When it sent new data after the peer's FIN had been acknowledged for a while (ns since 1970); nil: it did not.
    @Moment public internal(set) var reuse: Int64?
    /// The packet of that data.
    public internal(set) var reuseFrame = FrameReference.none

    // MARK: Others

    /// The longest time (ns) in which it heard nothing and sent no probe, with nothing in flight and the window open.
    public internal(set) var longestUnprobed: Int64 = 0
    /// When a window probe was first and last answered by a closed window (ns since 1970); nil: none was.
    @Moment public internal(set) var stalledSince: Int64?
    /// When the closed window was last seen (ns since 1970).
    @Moment public internal(set) var stalledUntil: Int64?

    /// Nothing yet.
    public init() {}

    /// Why packets of an end must be missing from the capture.
    public struct Missing: OptionSet, Sendable, Hashable, BitwiseCopyable {
        /// One bit a reason.
        public var rawValue: UInt8

        /// The reasons whose bits are set.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// The peer acknowledges more than was captured.
        public static let acknowledged = Missing(rawValue: 1)
        /// The peer echoes a timestamp that was not captured.
        public static let echoed = Missing(rawValue: 2)
        /// The peer retransmits selectively, as only who hears this end can.
        public static let selective = Missing(rawValue: 4)
        /// The peer answers something that was not captured.
        public static let answered = Missing(rawValue: 8)
    }

    /// Whether anything may be found from it that is worth a report.
    var isNotable: Bool {
        retransmissions >= Self.seriousRetransmissions || reuse != nil || idleBeforeClose >= Idleness.threshold
            || stalledSince != nil
    }

    /// Whether a real sender retransmits: the times between transmissions grow, or its counters move.
    var isRealLoss: Bool { lossMoves || lossLastGap >= lossFirstGap &+ lossFirstGap / 2 }

    /// Forgets what was lost: the peer acknowledged something.
    mutating func recover() {
        retransmissions = 0
        lossChanges = 0
        lossMoves = false
        lossLastGap = 0
        retransmitsClose = false
        idleBeforeLoss = 0
    }

    /// Packets of this end are missing from `time` on, for `reason`.
    mutating func miss(_ reason: Missing, at time: Int64) {
        missing.formUnion(reason)
        missingSince = min(missingSince, time)
    }
}

/// The ICMP errors that quote segments of one connection (RFC 792, RFC 4443).
public struct ErrorEvidence: Sendable, Equatable, BitwiseCopyable {
    /// How many there were, "too big" left out.
    @Tally public internal(set) var count: UInt64 = 0
    /// How many said "too big".
    @Tally public internal(set) var tooBigCount: UInt64 = 0
    /// The last of them; "too big" only where there is no other.
    public internal(set) var last: ICMPError?
    /// When the first and the last came (ns since 1970).
    @Moment public internal(set) var firstTime: Int64?
    /// When the last came (ns since 1970).
    @Moment public internal(set) var lastTime: Int64?
    /// The packet of the first.
    public internal(set) var firstFrame = FrameReference.none
    /// The packet of the last.
    public internal(set) var lastFrame = FrameReference.none
    /// The side whose segments they quote.
    var side: UInt8 = 0

    /// Adds `error`, which quotes a segment of `side`.
    mutating func add(_ error: ICMPError, at time: Int64, frame: FrameReference, side: Int) {
        if error.isTooBig {
            tooBigCount += 1
            if count > 0 { return }
        } else {
            count += 1
        }
        last = error
        if firstTime == nil || count == 1 { (firstTime, firstFrame) = (time, frame) }
        (lastTime, lastFrame) = (time, frame)
        self.side = UInt8(truncatingIfNeeded: side)
    }
}

/// A RST: who seems to have sent it, what for, and what followed.
public struct ResetEvidence: Sendable, Equatable, BitwiseCopyable {
    /// When it came (ns since 1970); nil: there was none.
    @Moment public internal(set) var time: Int64?
    /// Its packet.
    public internal(set) var frame = FrameReference.none
    /// The side that it names as its sender.
    var side: UInt8 = 0
    /// Whether it acknowledges something: it came from a socket that knew the connection.
    public internal(set) var hasAcknowledgment = false
    /// Whether its number is the next that the receiver expects (RFC 5961 3.2): others are refused.
    var isExact = false
    /// Its TTL.
    public internal(set) var timeToLive: UInt8 = 0
    /// The TTLs of the end that it names, before it.
    var hops = HopHistory()
    /// Whether its IP identification continues the counter of the end that it names; nil: that has none.
    var continuesIdentification: Bool?
    /// What it answers.
    public internal(set) var trigger = Trigger.nothing
    /// When that came (ns since 1970).
    public internal(set) var triggerTime: Int64 = 0
    /// The packet of that, where it is known.
    public internal(set) var triggerFrame = FrameReference.none
    /// How long nothing had passed before the trigger, or before the RST where nothing triggered it (ns).
    public internal(set) var pathIdle: Int64 = 0
    /// How long nothing but probes and answers had passed before it (ns).
    public internal(set) var applicationIdle: Int64 = 0
    /// Whether its sender, and the other end, had sent FIN before.
    var senderHadClosed = false
    var peerHadClosed = false
    /// Whether its sender waited for an answer to a probe, and how that fits the interval.
    var prober = Prober.none
    /// Whether a RST of a prober that gave up came as exactly one interval after its last probe as the probes before.
    var isTimely = false
    /// When a RST of the other side came (ns since 1970); nil: none did.
    @Moment public internal(set) var otherTime: Int64?
    /// Whether that one answered nothing either.
    var otherIsUnprompted = false
    /// The packet of that one.
    public internal(set) var otherFrame = FrameReference.none
    /// The kind of its event, and the fields by which a copy of it is recognized.
    var kind: SegmentKind?
    var sequence = SequenceNumber(0)
    var identification: UInt16 = 0
    /// Which sides went on after it: the one that it was sent to, and the one that it names.
    var continued: (Bool, Bool) {
        get { (continuedFirst, continuedSecond) }
        set { (continuedFirst, continuedSecond) = newValue }
    }
    private var continuedFirst = false
    private var continuedSecond = false

    /// No RST.
    public init() {}

    /// What a RST answers.
    public enum Trigger: UInt8, Sendable, BitwiseCopyable {
        /// It came by itself.
        case nothing
        /// A keep-alive probe.
        case probe
        /// A probe of a closed window.
        case windowProbe
        /// Data.
        case data
        /// A FIN without data.
        case close
    }

    /// How a RST of a prober fits its probes.
    enum Prober: UInt8, BitwiseCopyable {
        /// It did not wait for an answer.
        case none
        /// It came one interval after the last probe, or could have.
        case gaveUp
        /// It came sooner or later than any keep-alive timer.
        case aborted
    }

    /// Whether `segment` of `side` is a copy of it.
    func isCopy(_ segment: Segment, of side: Int) -> Bool {
        guard let time, self.side == UInt8(truncatingIfNeeded: side), sequence == segment.sequence,
            identification == segment.identification
        else { return false }
        return (segment.time &- time).magnitude < (identification == 0 ? 1_000_000 : 100_000_000)
    }

    /// Whether anything may be found from it that is worth a report.
    var isNotable: Bool {
        time != nil
            && (isForeign || pathIdle >= Idleness.threshold || applicationIdle >= Idleness.threshold || prober != .none)
    }

    /// Whether the RST has the TTL of another host than the end that it names.
    public var isForeign: Bool { hops.isForeign(timeToLive) }
}
