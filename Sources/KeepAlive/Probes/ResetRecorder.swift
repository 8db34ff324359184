import Wire

// RSTs, what they answer and what follows them (RFC 5961 3.2), and the challenge ACKs that a RST or a SYN meets.

extension ConnectionLedger {
    /// Records a RST, and says what kind it is; nil: nothing that concerns keep-alives.
    mutating func recordReset(
        _ passage: Passage, _ gaps: Elapsed, _ birth: inout ConnectionBirth, isForeign: Bool, isSelf: Bool
    ) -> SegmentKind? {
        let (side, other, segment) = (passage.side, 1 - passage.side, passage.segment)
        let isEstablished = passage.sender.facts.union(passage.peer.facts).contains(.established)
        guard isEstablished, !isSelf else {
            if birth.facts.0.union(birth.facts.1).isDisjoint(with: .sentRST) { birth[facts: side].formUnion(.sentRST) }
            return nil
        }
        if birth.evidence != 0, evidences[Int(birth.evidence) - 1].reset.isCopy(segment, of: side) {
            return evidences[Int(birth.evidence) - 1].reset.kind
        }
        let trigger = trigger(of: passage, gaps, birth)
        // With data in flight another timer decides.
        let waits = birth[facts: side].contains(.awaitsAnswer) && !birth[facts: side].contains(.retransmits)
        let isFirst = birth.facts.0.union(birth.facts.1).isDisjoint(with: .sentRST)
        let isExact = isExact(passage, birth)
        var prober = ResetEvidence.Prober.none
        if waits, birth[history: side] != 0 {
            prober = histories[Int(birth[history: side]) - 1].fits(resetAt: passage.time, details) ? .gaveUp : .aborted
        }
        // A RST one above two or more equal acknowledgments proves that those were probes.
        if !waits, birth[history: side] == 0, hasRepeated(birth, side: side),
            segment.sequence == passage.sender.next + 1
        {
            adoptRepeats(passage, &birth)
            prober = .gaveUp
        }
        var reset = ResetEvidence()
        reset.time = passage.time
        reset.frame = segment.frame
        reset.side = UInt8(truncatingIfNeeded: side)
        reset.hasAcknowledgment = segment.flags.contains(.ack)
        reset.isExact = isExact
        reset.timeToLive = segment.timeToLive
        reset.hops = birth[hops: side]
        reset.continuesIdentification = continues(passage, birth)
        reset.trigger = trigger
        reset.triggerTime = trigger == .probe || trigger == .windowProbe ? gaps.asked.peer ?? 0 : passage.peer.spokeTime
        let isIdleAnswer = trigger != .nothing && birth[facts: other].contains(.brokeIdle) && birth.evidence != 0
        reset.pathIdle =
            isIdleAnswer ? evidences[Int(birth.evidence) - 1].idleness.pending : trigger == .nothing ? gaps.path : 0
        if isIdleAnswer { reset.triggerFrame = evidences[Int(birth.evidence) - 1].idleness.pendingFrame }
        reset.applicationIdle = gaps.application
        reset.senderHadClosed = birth[facts: side].contains(.sentFIN)
        reset.peerHadClosed = birth[facts: other].contains(.sentFIN)
        reset.prober = prober
        reset.isTimely =
            prober == .gaveUp && birth[history: side] != 0
            && histories[Int(birth[history: side]) - 1].fits(resetAt: passage.time, details, exactly: true)
        let index = evidence(of: &birth)
        if isFirst {
            evidences[index].reset = reset
            birth[facts: side].formUnion(.sentRST)
        } else if evidences[index].reset.side != reset.side, evidences[index].reset.otherTime == nil {
            evidences[index].reset.otherTime = passage.time
            evidences[index].reset.otherFrame = segment.frame
            evidences[index].reset.otherIsUnprompted = trigger == .nothing
        }
        let kind = kind(of: reset, birth, isForeign: isForeign, isFirst: isFirst, isIdleAnswer: isIdleAnswer)
        if isFirst {
            evidences[index].reset.kind = kind
            evidences[index].reset.sequence = segment.sequence
            evidences[index].reset.identification = segment.identification
        }
        return kind
    }

    /// The kind of the RST of `reset`; nil: nothing that concerns keep-alives.
    func kind(
        of reset: ResetEvidence, _ birth: ConnectionBirth, isForeign: Bool, isFirst: Bool, isIdleAnswer: Bool
    ) -> SegmentKind? {
        let wasIdle = max(reset.pathIdle, reset.applicationIdle) >= Idleness.threshold
        let isNotable = birth.hasEvents || wasIdle
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
    func trigger(of passage: Passage, _ gaps: Elapsed, _ birth: ConnectionBirth) -> ResetEvidence.Trigger {
        let own = max(passage.sender.spokeTime, gaps.asked.own ?? .min)
        let trips = max(birth[roundTrip: 0] ?? 0, birth[roundTrip: 1] ?? 0)
        let patience = max(Idleness.patience, 3 * trips)
        if let asked = gaps.asked.peer, asked >= passage.peer.spokeTime, asked >= own,
            passage.time &- asked <= patience,
            birth[facts: 1 - passage.side].contains(.awaitsAnswer)
        {
            let history = birth[history: 1 - passage.side]
            return history != 0 && histories[Int(history) - 1].lastAsked?.kind == .zeroWindowProbe
                ? .windowProbe : .probe
        }
        guard passage.peer.spokeTime != .min, passage.time &- passage.peer.spokeTime <= patience,
            passage.peer.facts.contains(.hasUnacknowledged)
                || (birth[facts: 1 - passage.side].contains(.sentFIN) && passage.peer.spokeTime >= own)
        else { return .nothing }
        let isClose =
            birth[facts: 1 - passage.side].contains(.sentFIN) && birth.closeTime == passage.peer.spokeTime
            && !passage.peer.facts.contains(.sentLastData)
        return isClose ? .close : .data
    }

    /// Whether the number of a RST is the next that its receiver expects.
    func isExact(_ passage: Passage, _ birth: ConnectionBirth) -> Bool {
        let sequence = passage.segment.sequence
        if passage.peer.facts.contains(.windowKnown) {
            if sequence == passage.peer.lastAcknowledgment { return true }
        } else if passage.sender.spokeTime == .min {
            return true
        }
        if sequence == passage.sender.next { return true }
        // What is known of the receiver may be its own RST, which acknowledges nothing.
        return birth[facts: 1 - passage.side].contains(.lastWasReset)
            || (birth[facts: passage.side].contains(.repeats) && sequence == passage.sender.next + 1)
            || (birth[facts: passage.side].contains(.awaitsAnswer) && sequence == passage.sender.next + 1)
    }

    /// Notes what either end sends after a RST: both going on, or a challenge, mean that it was refused.
    mutating func recordContinuation(_ passage: Passage, _ birth: inout ConnectionBirth) {
        guard birth.evidence != 0, !birth.facts.0.union(birth.facts.1).isDisjoint(with: .sentRST) else { return }
        let index = Int(birth.evidence) - 1
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
        for side in 0...1 where birth[history: side] != 0 {
            histories[Int(birth[history: side]) - 1].withdrawReset(&details)
        }
        birth.facts.0.subtract(.sentRST)
        birth.facts.1.subtract(.sentRST)
    }

    /// Whether `passage` is the acknowledgment by which a RST or a SYN is refused; records the latter.
    mutating func recordChallenge(_ passage: Passage, _ birth: inout ConnectionBirth) -> Bool {
        let (side, segment) = (passage.side, passage.segment)
        guard segment.payloadLength == 0, segment.flags.isAcknowledgmentAlone else { return false }
        if birth.evidence != 0, let time = evidences[Int(birth.evidence) - 1].reset.time,
            Int(evidences[Int(birth.evidence) - 1].reset.side) != side,
            !evidences[Int(birth.evidence) - 1].reset.isExact, passage.time &- time < Idleness.patience
        {
            return true
        }
        guard birth[facts: 1 - side].contains(.sentSYN), !birth[facts: side].contains(.sentSYNACK),
            !passage.peer.facts.contains(.established), !passage.sender.facts.contains(.windowKnown),
            // What lies a little above the new connection's number belongs to that one.
            segment.acknowledgment.rawValue &- passage.peer.next.rawValue >= 1 << 20
        else { return false }
        let index = evidence(of: &birth)
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

    /// Notes what the connection in `slot`, of `birth`, was when a SYN of `side` began another one, `fresh`, on its ports:
    /// the other end may still hold it (RFC 5961 4).
    mutating func notePredecessor<Key: ConnectionKey>(
        _ slot: ConnectionSlot<Key>, _ birth: ConnectionBirth, _ side: Int, of fresh: inout ConnectionBirth,
        with segment: Segment
    ) {
        let (client, server) = side == 0 ? (slot.sides.0, slot.sides.1) : (slot.sides.1, slot.sides.0)
        guard !segment.flags.contains(.ack), server.spokeTime != .min, server.facts.contains(.windowKnown) else {
            return
        }
        let index = evidence(of: &fresh)
        evidences[index].challenge.hasOlder = true
        evidences[index].challenge.synFrame = segment.frame
        evidences[index].challenge.next = server.next
        evidences[index].challenge.acknowledgment = server.lastAcknowledgment
        evidences[index].challenge.clientLastHeard = client.spoke
        evidences[index].challenge.wasClosed = birth.closeTime != .min
    }
}
