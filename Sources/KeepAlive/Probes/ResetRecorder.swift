import Wire

// RSTs, what they answer and what follows them (RFC 5961 3.2), and the challenge ACKs that a RST or a SYN meets.

extension EvidenceStore {
    /// Records a RST, and says what kind it is; nil: nothing that concerns keep-alives.
    mutating func recordReset(
        _ passage: Passage, _ gaps: Elapsed, _ record: inout ConnectionRecord, isForeign: Bool, isSelf: Bool
    ) -> SegmentKind? {
        let (side, other, segment) = (passage.side, 1 - passage.side, passage.segment)
        let isEstablished = passage.sender.activity.union(passage.peer.activity).contains(.established)
        guard isEstablished, !isSelf else {
            if record.facts.0.union(record.facts.1).isDisjoint(with: .sentRST) {
                record[facts: side].formUnion(.sentRST)
            }
            return nil
        }
        if record.evidence != 0, evidences[Int(record.evidence) - 1].reset.isCopy(segment, of: side) {
            return evidences[Int(record.evidence) - 1].reset.kind
        }
        let trigger = trigger(of: passage, gaps, record)
        // With data in flight another timer decides.
        let waits = record[facts: side].contains(.awaitsAnswer) && !record[facts: side].contains(.retransmits)
        let isFirst = record.facts.0.union(record.facts.1).isDisjoint(with: .sentRST)
        let isExact = isExact(passage, record)
        var prober = ResetEvidence.Prober.none
        if waits, record[history: side] != 0 {
            prober = histories[Int(record[history: side]) - 1].fits(resetAt: passage.time, details) ? .gaveUp : .aborted
        }
        // A RST one above two or more equal acknowledgments proves that those were probes.
        if !waits, record[history: side] == 0, hasRepeated(record, side: side),
            segment.sequence == passage.sender.next + 1
        {
            adoptRepeats(passage, &record)
            prober = .gaveUp
        }
        var reset = ResetEvidence()
        reset.time = passage.time
        reset.frame = segment.frame
        reset.side = UInt8(truncatingIfNeeded: side)
        reset.hasAcknowledgment = segment.flags.contains(.ack)
        reset.isExact = isExact
        reset.timeToLive = segment.timeToLive
        reset.hops = record[hops: side]
        reset.continuesIdentification = continues(passage, record)
        reset.trigger = trigger
        reset.triggerTime = trigger == .probe || trigger == .windowProbe ? gaps.asked.peer ?? 0 : passage.peer.spokeTime
        let isIdleAnswer = trigger != .nothing && record[facts: other].contains(.brokeIdle) && record.evidence != 0
        reset.pathIdle =
            isIdleAnswer ? evidences[Int(record.evidence) - 1].idleness.pending : trigger == .nothing ? gaps.path : 0
        if isIdleAnswer { reset.triggerFrame = evidences[Int(record.evidence) - 1].idleness.pendingFrame }
        reset.applicationIdle = gaps.application
        reset.senderHadClosed = record[facts: side].contains(.sentFIN)
        reset.peerHadClosed = record[facts: other].contains(.sentFIN)
        reset.prober = prober
        reset.isTimely =
            prober == .gaveUp && record[history: side] != 0
            && histories[Int(record[history: side]) - 1].fits(resetAt: passage.time, details, exactly: true)
        let index = evidence(of: &record)
        if isFirst {
            evidences[index].reset = reset
            record[facts: side].formUnion(.sentRST)
        } else if evidences[index].reset.side != reset.side, evidences[index].reset.otherTime == nil {
            evidences[index].reset.otherTime = passage.time
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

    /// The kind of the RST of `reset`; nil: nothing that concerns keep-alives.
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

    /// What a RST answers: something that the other end sent after its sender had last sent anything, a moment ago.
    func trigger(of passage: Passage, _ gaps: Elapsed, _ record: ConnectionRecord) -> ResetEvidence.Trigger {
        let own = max(passage.sender.spokeTime, gaps.asked.own ?? .min)
        let trips = max(record[roundTrip: 0] ?? 0, record[roundTrip: 1] ?? 0)
        let patience = max(Idleness.patience, 3 * trips)
        if let asked = gaps.asked.peer, asked >= passage.peer.spokeTime, asked >= own,
            passage.time &- asked <= patience,
            record[facts: 1 - passage.side].contains(.awaitsAnswer)
        {
            let history = record[history: 1 - passage.side]
            return history != 0 && histories[Int(history) - 1].lastAsked?.kind == .zeroWindowProbe
                ? .windowProbe : .probe
        }
        guard passage.peer.spokeTime != .min, passage.time &- passage.peer.spokeTime <= patience,
            passage.peer.markState.contains(.hasUnacknowledged)
                || (record[facts: 1 - passage.side].contains(.sentFIN) && passage.peer.spokeTime >= own)
        else { return .nothing }
        let isClose =
            record[facts: 1 - passage.side].contains(.sentFIN) && record.closeTime == passage.peer.spokeTime
            && !passage.peer.activity.contains(.sentLastData)
        return isClose ? .close : .data
    }

    /// Whether the number of a RST is the next that its receiver expects.
    func isExact(_ passage: Passage, _ record: ConnectionRecord) -> Bool {
        let sequence = passage.segment.sequence
        if passage.peer.markState.contains(.windowKnown) {
            if sequence == passage.peer.lastAcknowledgment { return true }
        } else if passage.sender.spokeTime == .min {
            return true
        }
        if sequence == passage.sender.next { return true }
        // What is known of the receiver may be its own RST, which acknowledges nothing.
        return record[facts: 1 - passage.side].contains(.lastWasReset)
            || (record[facts: passage.side].contains(.repeats) && sequence == passage.sender.next + 1)
            || (record[facts: passage.side].contains(.awaitsAnswer) && sequence == passage.sender.next + 1)
    }

    /// Notes what either end sends after a RST: both going on, or a challenge, mean that it was refused.
    mutating func recordContinuation(_ passage: Passage, _ record: inout ConnectionRecord) {
        guard record.evidence != 0, !record.facts.0.union(record.facts.1).isDisjoint(with: .sentRST) else { return }
        let index = Int(record.evidence) - 1
        guard let resetTime = evidences[index].reset.time else { return }
        let victim = 1 - Int(evidences[index].reset.side)
        let since = passage.time &- resetTime
        let isVictim = passage.side == victim
        var isRefused = false
        if isVictim {
            let isLate = since >= Idleness.patience
            if !evidences[index].reset.isExact, isLate || passage.segment.payloadLength == 0 { isRefused = true }
            if isLate {
                evidences[index].reset.continued.0 = true
                if passage.acknowledgesNew { isRefused = true }
            }
        } else if since > 10_000_000, !passage.isRetransmission {
            evidences[index].reset.continued.1 = true
            // An end that acknowledges new data still has the connection.
            if passage.acknowledgesNew { isRefused = true }
        }
        if evidences[index].reset.continued == (true, true) { isRefused = true }
        guard isRefused else { return }
        evidences[index].refusedResets += 1
        evidences[index].reset = ResetEvidence()
        for side in 0...1 where record[history: side] != 0 {
            histories[Int(record[history: side]) - 1].withdrawReset(&details)
        }
        record.facts.0.subtract(.sentRST)
        record.facts.1.subtract(.sentRST)
    }

    /// Whether `passage` is the acknowledgment by which a RST or a SYN is refused; records the latter.
    mutating func recordChallenge(_ passage: Passage, _ record: inout ConnectionRecord) -> Bool {
        let (side, segment) = (passage.side, passage.segment)
        guard segment.payloadLength == 0, segment.flags.isAcknowledgmentAlone else { return false }
        if record.evidence != 0, let time = evidences[Int(record.evidence) - 1].reset.time,
            Int(evidences[Int(record.evidence) - 1].reset.side) != side,
            !evidences[Int(record.evidence) - 1].reset.isExact, passage.time &- time < Idleness.patience
        {
            return true
        }
        guard record[facts: 1 - side].contains(.sentSYN), !record[facts: side].contains(.sentSYNACK),
            !passage.peer.activity.contains(.established), !passage.sender.markState.contains(.windowKnown),
            // What lies a little above the new connection's number belongs to that one.
            segment.acknowledgment.rawValue &- passage.peer.next.rawValue >= 1 << 20
        else { return false }
        let index = evidence(of: &record)
        guard evidences[index].challenge.time == nil else { return true }
        evidences[index].challenge.time = passage.time
        evidences[index].challenge.frame = segment.frame
        if evidences[index].challenge.hasOlder {
            evidences[index].challenge.isKnownConnection =
                evidences[index].challenge.next == segment.sequence
                && evidences[index].challenge.acknowledgment == segment.acknowledgment
        }
        return true
    }

    /// Notes what the connection in `slot`, of `record`, was when a SYN of `side` began another one, `fresh`, on its ports:
    /// the other end may still hold it (RFC 5961 4).
    mutating func notePredecessor<Key: ConnectionKey>(
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
