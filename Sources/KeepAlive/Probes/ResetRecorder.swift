import Wire

// RSTs, their triggers and what follows them (RFC 5961 3.2), and the challenge ACKs that answer a RST or a SYN.

extension EvidenceStore {
    /// Records a RST and returns its kind; nil: it does not concern keep-alives.
    mutating func recordReset(
        _ tracked: TrackedSegment, _ gaps: Elapsed, _ record: inout ConnectionRecord, isForeign: Bool, isSelf: Bool
    ) -> SegmentKind? {
        let (side, other, segment) = (tracked.side, 1 - tracked.side, tracked.segment)
        let isEstablished = tracked.sender.activity.union(tracked.peer.activity).contains(.established)
        guard isEstablished, !isSelf else {
            if record.facts.0.union(record.facts.1).isDisjoint(with: .sentRST) {
                record[facts: side].formUnion(.sentRST)
            }
            return nil
        }
        if let evidence = record.evidence, evidences[evidence].reset.isCopy(segment, of: side) {
            return evidences[evidence].reset.kind
        }
        let trigger = trigger(of: tracked, gaps, record)
        // With data in flight another timer decides.
        let waits = record[facts: side].contains(.awaitsAnswer) && !record[facts: side].contains(.retransmits)
        let isFirst = record.facts.0.union(record.facts.1).isDisjoint(with: .sentRST)
        let isExact = isExact(tracked, record)
        var prober = ResetEvidence.Prober.none
        if waits, let history = record[history: side] {
            prober = histories[history].fits(resetAt: tracked.time, details) ? .gaveUp : .aborted
        }
        // A RST one above two or more equal acknowledgments proves that those were probes.
        if !waits, record[history: side] == nil, hasRepeated(record, side: side),
            segment.sequence == tracked.sender.next + 1
        {
            recordRepeatsAsProbes(tracked, &record)
            prober = .gaveUp
        }
        var reset = ResetEvidence()
        reset.time = tracked.time
        reset.frame = segment.frame
        reset.side = UInt8(truncatingIfNeeded: side)
        reset.hasAcknowledgment = segment.flags.contains(.ack)
        reset.isExact = isExact
        reset.timeToLive = segment.timeToLive
        reset.hops = record[hops: side]
        reset.continuesIdentification = continues(tracked, record)
        reset.trigger = trigger
        reset.triggerTime = trigger == .probe || trigger == .windowProbe ? gaps.asked.peer ?? 0 : tracked.peer.spokeTime
        let isIdleAnswer = trigger != .nothing && record[facts: other].contains(.brokeIdle) && record.evidence != nil
        if isIdleAnswer, let evidence = record.evidence {
            reset.pathIdle = evidences[evidence].idleness.pending
            reset.triggerFrame = evidences[evidence].idleness.pendingFrame
        } else {
            reset.pathIdle = trigger == .nothing ? gaps.path : 0
        }
        reset.applicationIdle = gaps.application
        reset.senderHadClosed = record[facts: side].contains(.sentFIN)
        reset.peerHadClosed = record[facts: other].contains(.sentFIN)
        reset.prober = prober
        reset.isTimely =
            prober == .gaveUp
            && record[history: side].map { histories[$0].fits(resetAt: tracked.time, details, exactly: true) } == true
        let index = evidence(of: &record)
        if isFirst {
            evidences[index].reset = reset
            record[facts: side].formUnion(.sentRST)
        } else if evidences[index].reset.side != reset.side, evidences[index].reset.otherTime == nil {
            evidences[index].reset.otherTime = tracked.time
            evidences[index].reset.otherFrame = segment.frame
            evidences[index].reset.otherIsUnprompted = trigger == .nothing
        }
        let kind = kind(of: reset, record, isForeign: isForeign, isFirst: isFirst, isIdleAnswer: isIdleAnswer)
        if isFirst {
            evidences[index].reset.kind = kind
            evidences[index].reset.sequence = segment.sequence
            evidences[index].reset.identification = segment.identification
        }
        return kind
    }

    /// The kind of the RST of `reset`; nil: it does not concern keep-alives.
    func kind(
        of reset: ResetEvidence, _ record: ConnectionRecord, isForeign: Bool, isFirst: Bool, isIdleAnswer: Bool
    ) -> SegmentKind? {
        let wasIdle = max(reset.pathIdle, reset.applicationIdle) >= Idleness.threshold
        let isNotable = record.hasEvents || wasIdle
        switch reset.prober {
        case .gaveUp: return .abortReset
        case .aborted: return .ownReset
        case .none: break
        }
        if isFirst, !reset.isExact { return isNotable ? .refusableReset : nil }
        let isAnswer = reset.trigger == .probe || reset.trigger == .windowProbe || isIdleAnswer
        if isForeign, isAnswer || isNotable { return .pathReset }
        if isAnswer { return .peerReset }
        return isNotable && reset.trigger == .nothing ? .ownReset : nil
    }

    /// What triggered a RST: something that the other end sent recently, after the last segment of the RST's sender.
    func trigger(of tracked: TrackedSegment, _ gaps: Elapsed, _ record: ConnectionRecord) -> ResetEvidence.Trigger {
        let own = max(tracked.sender.spokeTime, gaps.asked.own ?? .min)
        let trips = max(record[roundTrip: 0] ?? 0, record[roundTrip: 1] ?? 0)
        let patience = max(Idleness.patience, 3 * trips)
        if let asked = gaps.asked.peer, asked >= tracked.peer.spokeTime, asked >= own,
            tracked.time &- asked <= patience,
            record[facts: 1 - tracked.side].contains(.awaitsAnswer)
        {
            return lastAsked(record, side: 1 - tracked.side)?.kind == .zeroWindowProbe ? .windowProbe : .probe
        }
        guard tracked.peer.spokeTime != .min, tracked.time &- tracked.peer.spokeTime <= patience,
            tracked.peer.markState.contains(.hasUnacknowledged)
                || (record[facts: 1 - tracked.side].contains(.sentFIN) && tracked.peer.spokeTime >= own)
        else { return .nothing }
        let isClose =
            record[facts: 1 - tracked.side].contains(.sentFIN) && record.closeTime == tracked.peer.spokeTime
            && !tracked.peer.activity.contains(.sentLastData)
        return isClose ? .close : .data
    }

    /// Whether the sequence number of a RST is the next that its receiver expects.
    func isExact(_ tracked: TrackedSegment, _ record: ConnectionRecord) -> Bool {
        let sequence = tracked.segment.sequence
        if tracked.peer.markState.contains(.windowKnown) {
            if sequence == tracked.peer.lastAcknowledgment { return true }
        } else if tracked.sender.spokeTime == .min {
            return true
        }
        if sequence == tracked.sender.next { return true }
        // The last segment of the receiver may be a RST, which acknowledges nothing.
        return record[facts: 1 - tracked.side].contains(.lastWasReset)
            || (record[facts: tracked.side].contains(.repeats) && sequence == tracked.sender.next + 1)
            || (record[facts: tracked.side].contains(.awaitsAnswer) && sequence == tracked.sender.next + 1)
    }

    /// Records what either end sends after a RST. If both continue, or its receiver challenges it, the RST was refused.
    mutating func recordContinuation(_ tracked: TrackedSegment, _ record: inout ConnectionRecord) {
        guard !record.facts.0.union(record.facts.1).isDisjoint(with: .sentRST), let index = record.evidence,
            let resetTime = evidences[index].reset.time
        else { return }
        let victim = 1 - Int(evidences[index].reset.side)
        let since = tracked.time &- resetTime
        let isVictim = tracked.side == victim
        var isRefused = false
        if isVictim {
            let isLate = since >= Idleness.patience
            if !evidences[index].reset.isExact, isLate || tracked.segment.payloadLength == 0 { isRefused = true }
            if isLate {
                evidences[index].reset.continued.0 = true
                if tracked.acknowledgesNew { isRefused = true }
            }
        } else if since > 10_000_000, !tracked.isRetransmission {
            evidences[index].reset.continued.1 = true
            // An end that acknowledges new data has not closed the connection.
            if tracked.acknowledgesNew { isRefused = true }
        }
        if evidences[index].reset.continued == (true, true) { isRefused = true }
        guard isRefused else { return }
        evidences[index].refusedResets += 1
        evidences[index].reset = ResetEvidence()
        if let history = record[history: 0] { histories[history].withdrawReset(&details) }
        if let history = record[history: 1] { histories[history].withdrawReset(&details) }
        record.facts.0.subtract(.sentRST)
        record.facts.1.subtract(.sentRST)
    }

    /// Returns whether `tracked` is a challenge ACK that refuses a RST or a SYN; records one that refuses a SYN.
    mutating func recordChallenge(_ tracked: TrackedSegment, _ record: inout ConnectionRecord) -> Bool {
        let (side, segment) = (tracked.side, tracked.segment)
        guard segment.payloadLength == 0, segment.flags.isAcknowledgmentAlone else { return false }
        if let evidence = record.evidence, let time = evidences[evidence].reset.time,
            Int(evidences[evidence].reset.side) != side, !evidences[evidence].reset.isExact,
            tracked.time &- time < Idleness.patience
        {
            return true
        }
        guard record[facts: 1 - side].contains(.sentSYN), !record[facts: side].contains(.sentSYNACK),
            !tracked.peer.activity.contains(.established), !tracked.sender.markState.contains(.windowKnown),
            // A number a little above that of the new connection belongs to the new connection.
            segment.acknowledgment.rawValue &- tracked.peer.next.rawValue >= 1 << 20
        else { return false }
        let index = evidence(of: &record)
        guard evidences[index].challenge.time == nil else { return true }
        evidences[index].challenge.time = tracked.time
        evidences[index].challenge.frame = segment.frame
        if evidences[index].challenge.hasOlder {
            evidences[index].challenge.isKnownConnection =
                evidences[index].challenge.next == segment.sequence
                && evidences[index].challenge.acknowledgment == segment.acknowledgment
        }
        return true
    }

    /// Records the state of the connection in `slot`, with `record`, when a SYN of `side` opens another one, `fresh`,
    /// on its ports: the other end may still have it (RFC 5961 4).
    mutating func recordPredecessor<Key: ConnectionKey>(
        _ slot: ConnectionSlot<Key>, _ record: ConnectionRecord, _ side: Int, of fresh: inout ConnectionRecord,
        with segment: Segment
    ) {
        let (client, server) = side == 0 ? (slot.sides.0, slot.sides.1) : (slot.sides.1, slot.sides.0)
        guard !segment.flags.contains(.ack), server.spokeTime != .min, server.markState.contains(.windowKnown) else {
            return
        }
        let index = evidence(of: &fresh)
        evidences[index].challenge.hasOlder = true
        evidences[index].challenge.synFrame = segment.frame
        evidences[index].challenge.next = server.next
        evidences[index].challenge.acknowledgment = server.lastAcknowledgment
        evidences[index].challenge.clientLastHeard = client.spoke
        evidences[index].challenge.wasClosed = record.closeTime != .min
    }
}
