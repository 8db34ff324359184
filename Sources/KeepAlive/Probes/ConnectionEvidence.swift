package import Wire

/// Evidence for verdicts, apart from probes: idle periods, losses, resets, errors. Only connections that had any of
/// these have it.
package struct ConnectionEvidence: Sendable, Equatable, BitwiseCopyable {
    /// Its idle periods.
    package internal(set) var idleness = Idleness()
    /// Its first RST that the receiver did not refuse.
    package internal(set) var reset = ResetEvidence()
    /// ICMP errors that quote its segments.
    package internal(set) var errors = ErrorEvidence()
    /// Whether packets are missing from a long gap, in which it may not have been idle.
    var hidesIdlePeriod = false
    /// Whether it has events that add no history of probes.
    var hasEvents = false
    /// The number of RSTs that their receiver refused (RFC 5961 3.2).
    @Count32 package internal(set) var refusedResets: UInt64 = 0
    /// The challenge ACK of an older connection that answered its SYN.
    package internal(set) var challenge = Challenge()
    /// The evidence of each side.
    var first = EndEvidence()
    var second = EndEvidence()

    /// No evidence.
    package init() {}

    /// Whether it may lead to a finding worth reporting: long idle periods, losses, unusual RSTs, errors.
    var isNotable: Bool {
        hasEvents || max(idleness.longestApplication, idleness.longest) >= Idleness.keepAliveDue
            || errors.last != nil || challenge.time != nil || reset.isNotable || first.isNotable || second.isNotable
    }

    /// The evidence of `side`, 0 or 1.
    subscript(side: Int) -> EndEvidence {
        @inline(__always) get { side == 0 ? first : second }
        @inline(__always) _modify { if side == 0 { yield &first } else { yield &second } }
    }

    /// A SYN that was answered by a challenge ACK of an older connection (RFC 5961 4).
    package struct Challenge: Sendable, Equatable, BitwiseCopyable {
        /// The time of the acknowledgment (ns since 1970); nil: none.
        @OptionalTime package internal(set) var time: Int64?
        /// The packet of the SYN.
        package internal(set) var synFrame = FrameReference.none
        /// The packet of the acknowledgment.
        package internal(set) var frame = FrameReference.none
        /// When the client of the older connection last sent something (ns since 1970); nil: not captured.
        @OptionalTime package internal(set) var clientLastHeard: Int64?
        /// Whether the acknowledgment has the numbers of a captured connection with the same ports.
        package internal(set) var isKnownConnection = false
        /// Whether that connection was closed in the capture.
        package internal(set) var wasClosed = false
        /// The last numbers of the older connection, as sent by the side that acknowledges.
        var next = SequenceNumber(0)
        var acknowledgment = SequenceNumber(0)
        var hasOlder = false
    }
}

/// Evidence of one end, apart from probes.
package struct EndEvidence: Sendable, Equatable, BitwiseCopyable {
    /// The number of unanswered retransmissions that is more than an everyday loss.
    static let seriousRetransmissions: UInt32 = 3

    // MARK: Losses

    /// The number of retransmissions since the peer last acknowledged anything.
    package internal(set) var retransmissions: UInt32 = 0
    /// Whether it retransmits a FIN without data.
    package internal(set) var retransmitsClose = false
    /// When it last sent something before the first retransmission (ns since 1970).
    package internal(set) var lossStart: Int64 = 0
    /// The time of the last retransmission (ns since 1970).
    package internal(set) var lossLast: Int64 = 0
    /// The packet of the first retransmission.
    package internal(set) var lossFrame = FrameReference.none
    /// The packet of the last retransmission.
    package internal(set) var lossLastFrame = FrameReference.none
    /// The payload length of the last retransmission (bytes).
    package internal(set) var lossLength: UInt32 = 0
    var lossSequence = SequenceNumber(0)
    /// The first and the last time between two transmissions (ns). Those of a real sender grow.
    var lossFirstGap: Int64 = 0
    var lossLastGap: Int64 = 0
    var lossIdentification: UInt16 = 0
    var lossTimestamp: UInt32 = 0
    /// Whether identification or timestamp changed between retransmissions.
    var lossMoves = false
    /// How often a retransmission had another sequence number than the one before. An end that is not heard repeats the
    /// same.
    var lossChanges: UInt8 = 0
    /// The idle period that the lost data ended (ns); 0: shorter than `Idleness.threshold`.
    package internal(set) var idleBeforeLoss: Int64 = 0

    // MARK: What is missing from the capture

    /// Why packets of this end must be missing.
    package internal(set) var missing: Missing = []
    /// The earliest time from which they are missing (ns since 1970); `Int64.max`: none are.
    package internal(set) var missingSince = Int64.max
    var missingUpTo = SequenceNumber(0)
    /// The packet that proves it.
    package internal(set) var missingFrame = FrameReference.none
    /// The last timestamp that this end echoed, when the last segment of its peer was that of `echoHeard` (ns since
    /// 1970).
    var echo: UInt32 = 0
    var echoHeard = Int64.max

    // MARK: Close and reuse

    /// The time of its first FIN (ns since 1970); nil: none.
    @OptionalTime package internal(set) var closeTime: Int64?
    /// The packet of that FIN.
    package internal(set) var closeFrame = FrameReference.none
    /// The application-idle period before that FIN (ns).
    package internal(set) var idleBeforeClose: Int64 = 0
    /// When the peer acknowledged the FIN (ns since 1970); nil: it did not.
    @OptionalTime package internal(set) var closeAcknowledged: Int64?
    /// When it sent new data well after it had acknowledged the peer's FIN (ns since 1970); nil: it did not.
    @OptionalTime package internal(set) var reuse: Int64?
    /// The packet of that data.
    package internal(set) var reuseFrame = FrameReference.none

    // MARK: Others

    /// The longest time (ns) in which it received nothing and sent no probe, with nothing in flight and open windows.
    package internal(set) var longestUnprobed: Int64 = 0
    /// When a zero-window probe was first answered by a closed window (ns since 1970); nil: never.
    @OptionalTime package internal(set) var stalledSince: Int64?
    /// When a zero-window probe was last answered by a closed window (ns since 1970); nil: never.
    @OptionalTime package internal(set) var stalledUntil: Int64?

    /// No evidence.
    package init() {}

    /// Reasons why packets of an end must be missing from the capture.
    package struct Missing: OptionSet, Sendable, Hashable, BitwiseCopyable {
        /// One bit per reason.
        package var rawValue: UInt8

        /// The reasons whose bits are set.
        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// The peer acknowledges more than was captured.
        package static let acknowledged = Missing(rawValue: 1)
        /// The peer echoes a timestamp that was not captured.
        package static let echoed = Missing(rawValue: 2)
        /// The peer retransmits selectively, which requires acknowledgments of this end.
        package static let selective = Missing(rawValue: 4)
        /// The peer answers something that was not captured.
        package static let answered = Missing(rawValue: 8)
    }

    /// Whether it may lead to a finding worth reporting.
    var isNotable: Bool {
        retransmissions >= Self.seriousRetransmissions || reuse != nil || idleBeforeClose >= Idleness.threshold
            || stalledSince != nil
    }

    /// Whether a real sender retransmits: the times between transmissions grow, or its counters move.
    var isRealLoss: Bool { lossMoves || lossLastGap >= lossFirstGap &+ lossFirstGap / 2 }

    /// Ends the loss, because the peer acknowledged something.
    mutating func recordRecovery() {
        retransmissions = 0
        lossChanges = 0
        lossMoves = false
        lossLastGap = 0
        retransmitsClose = false
        idleBeforeLoss = 0
    }

    /// Records that packets of this end are missing from `time` on (ns since 1970), for `reason`.
    mutating func recordMissing(_ reason: Missing, at time: Int64) {
        missing.formUnion(reason)
        missingSince = min(missingSince, time)
    }
}

/// The ICMP errors that quote segments of one connection (RFC 792, RFC 4443).
package struct ErrorEvidence: Sendable, Equatable, BitwiseCopyable {
    /// The number of errors other than "too big".
    @Count32 package internal(set) var count: UInt64 = 0
    /// The number of "too big" errors.
    @Count32 package internal(set) var tooBigCount: UInt64 = 0
    /// The last error; "too big" only if there is no other.
    package internal(set) var last: ICMPError?
    /// The time of the first (ns since 1970).
    @OptionalTime package internal(set) var firstTime: Int64?
    /// The time of the last (ns since 1970).
    @OptionalTime package internal(set) var lastTime: Int64?
    /// The packet of the first.
    package internal(set) var firstFrame = FrameReference.none
    /// The packet of the last.
    package internal(set) var lastFrame = FrameReference.none
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

/// A RST: its probable sender, its trigger, and what followed.
package struct ResetEvidence: Sendable, Equatable, BitwiseCopyable {
    /// Its time (ns since 1970); nil: no RST.
    @OptionalTime package internal(set) var time: Int64?
    /// Its packet.
    package internal(set) var frame = FrameReference.none
    /// The side that it names as its sender.
    var side: UInt8 = 0
    /// Whether it has an ACK: it came from a socket that knew the connection.
    package internal(set) var hasAcknowledgment = false
    /// Whether its sequence number is the next that the receiver expects. Others are refused (RFC 5961 3.2).
    var isExact = false
    /// Its TTL.
    package internal(set) var timeToLive: UInt8 = 0
    /// The TTLs of the earlier segments of the end that it names.
    var hops = HopHistory()
    /// Whether its IP identification continues the counter of the end that it names; nil: that has no counter.
    var continuesIdentification: Bool?
    /// What it answers.
    package internal(set) var trigger = Trigger.nothing
    /// The time of the trigger (ns since 1970).
    package internal(set) var triggerTime: Int64 = 0
    /// The packet of the trigger, if known.
    package internal(set) var triggerFrame = FrameReference.none
    /// The path-idle period before the trigger, or before the RST if it has no trigger (ns).
    package internal(set) var pathIdle: Int64 = 0
    /// The application-idle period before it (ns).
    package internal(set) var applicationIdle: Int64 = 0
    /// Whether its sender, and the other end, had sent a FIN before.
    var senderHadClosed = false
    var peerHadClosed = false
    /// Whether its sender waited for the answer to a probe, and whether the RST fits the probe interval.
    var prober = Prober.none
    /// Whether a prober that gave up sent it exactly one interval after its last probe, by the earlier intervals.
    var isTimely = false
    /// The time of a RST of the other side (ns since 1970); nil: none.
    @OptionalTime package internal(set) var otherTime: Int64?
    /// Whether that RST had no trigger.
    var otherIsUnprompted = false
    /// The packet of that RST.
    package internal(set) var otherFrame = FrameReference.none
    /// The kind of its event, and fields that identify a copy of it.
    var kind: SegmentKind?
    var sequence = SequenceNumber(0)
    var identification: UInt16 = 0
    /// Which sides continued after it: the side that it was sent to, and the side that it names.
    var continued: (Bool, Bool) {
        get { (continuedFirst, continuedSecond) }
        set { (continuedFirst, continuedSecond) = newValue }
    }
    private var continuedFirst = false
    private var continuedSecond = false

    /// No RST.
    package init() {}

    /// What triggered a RST.
    package enum Trigger: UInt8, Sendable, BitwiseCopyable {
        /// No trigger.
        case nothing
        /// A keep-alive probe.
        case probe
        /// A zero-window probe.
        case windowProbe
        /// Data.
        case data
        /// A FIN without data.
        case close
    }

    /// How a RST fits the probes of its sender.
    enum Prober: UInt8, BitwiseCopyable {
        /// Its sender did not wait for an answer.
        case none
        /// It may have come one interval after the last probe.
        case gaveUp
        /// It came earlier or later than any keep-alive timer would expire.
        case aborted
    }

    /// Whether `segment`, sent by `side`, is a copy of it.
    func isCopy(_ segment: Segment, of side: Int) -> Bool {
        guard let time, self.side == UInt8(truncatingIfNeeded: side), sequence == segment.sequence,
            identification == segment.identification
        else { return false }
        return (segment.time &- time).magnitude < (identification == 0 ? 1_000_000 : 100_000_000)
    }

    /// Whether it may lead to a finding worth reporting.
    var isNotable: Bool {
        time != nil
            && (isForeign || pathIdle >= Idleness.threshold || applicationIdle >= Idleness.threshold || prober != .none)
    }

    /// Whether it has the TTL of a host other than the end that it names.
    package var isForeign: Bool { hops.isForeign(timeToLive) }
}
