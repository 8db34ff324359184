import Wire

// How the segments of a connection that take the full path become evidence. Each step is one function; `record` calls them in
// order. `Verdicts` draws conclusions from the evidence.

extension EvidenceStore {
    /// Records what `passage` says about its connection, and appends an event if it concerns keep-alives.
    mutating func record(_ passage: Passage, _ connection: borrowing ConnectionAccess, isLight: Bool) {
        let (segment, side) = (passage.segment, passage.side)
        let gaps = Elapsed(passage, self, connection.record)
        recordHandshake(passage, &connection.record)
        if !isLight {
            recordRepeats(passage, gaps, &connection.record)
            recordUnknownProbe(passage, &connection.record)
        }
        let continuity = continues(passage, connection.record)
        let isForeign = connection.record[hops: side].isForeign(segment.timeToLive) && continuity != true
        var kind: SegmentKind?
        if segment.flags.contains(.rst) {
            kind = recordReset(passage, gaps, &connection.record, isForeign: isForeign, isSelf: connection.isSelf)
        } else {
            kind = classify(passage, connection.record, isForeign: isForeign)
            let isChallenge = recordChallenge(passage, &connection.record)
            if isChallenge { kind = .challenge }
            recordContinuation(passage, &connection.record)
        }
        let isOfProbing = kind?.isOfProbing ?? false
        recordIdleness(passage, gaps, &connection.record, isOfProbing: isOfProbing, isForeign: isForeign)
        if !isLight {
            recordLosses(passage, &connection.record, isAsking: kind?.isAsking ?? false)
            recordMissing(passage, &connection.record)
        }
        recordClose(passage, gaps, &connection.record)
        restoreActivity(passage, kind, connection)
        let isFar = connection.record[hops: side].isForeign(segment.timeToLive)
        report(
            passage, kind, gaps, &connection.record, isForeign: isFar, isSelf: connection.isSelf, isLight: isLight)
        if kind == .probe, continuity == false, connection.record[history: side] != 0 {
            histories[Int(connection.record[history: side]) - 1].noteOdd(&details)
        }
        if !isOfProbing, !segment.flags.contains(.rst) {
            connection.record.facts.0.subtract(.probesIdle)
            connection.record.facts.1.subtract(.probesIdle)
        }
        recordIdentity(passage, kind, connection, isForeign: isForeign)
        connection.record[facts: side].setMember(.lastWasReset, segment.flags.contains(.rst))
        connection.updateSenderAttention()
        connection.updatePeerAttention()
    }

    /// Takes back what a segment changed that is no activity: a probe proves nothing about what its sender heard, its byte is
    /// no data, and a RST with a wrong number may not be its sender's.
    private func restoreActivity(
        _ passage: Passage, _ kind: SegmentKind?, _ connection: borrowing ConnectionAccess
    ) {
        if kind?.isAsking ?? false {
            connection.sender.spokeTime = passage.sender.spokeTime
            let (own, other) = (passage.sender.activity, passage.peer.activity)
            connection.sender.activity.setMember(.sentLastData, own.contains(.sentLastData))
            connection.peer.activity.setMember(.sentLastData, other.contains(.sentLastData))
        } else if passage.flags.contains(.rst), !isExact(passage, connection.record) {
            connection.sender.spokeTime = passage.sender.spokeTime
        }
    }

    /// How long nothing had passed before a segment, by each clock (ns); 0 where that is not known.
    struct Elapsed {
        /// Since any segment.
        let path: Int64
        /// Since a segment that was neither a probe nor an answer.
        let application: Int64
        /// Since either end probed: the time of the last probe of the sender and of its peer (ns since 1970).
        let asked: (own: Int64?, peer: Int64?)

        init(_ passage: Passage, _ store: borrowing EvidenceStore, _ record: ConnectionRecord) {
            asked = (
                store.lastAsked(record, side: passage.side), store.lastAsked(record, side: 1 - passage.side)
            )
            let spoke = max(passage.sender.spokeTime, passage.peer.spokeTime)
            let last = max(spoke, asked.own ?? .min, asked.peer ?? .min)
            // An end that waits for an acknowledgment or a window is not idle.
            let isWaiting =
                passage.sender.markState.union(passage.peer.markState).contains(.hasUnacknowledged)
                || (passage.sender.hasClosedWindow && !record[facts: passage.side].contains(.lastWasReset))
                || (passage.peer.hasClosedWindow && !record[facts: 1 - passage.side].contains(.lastWasReset))
            let isKnown = !passage.hidesIdleness && spoke != .min && !isWaiting
            func gap(since last: Int64) -> Int64 {
                let gap = passage.time &- last
                // No clock that is right leaves such a gap.
                return isKnown && last != .min && passage.time > last && gap < Idleness.longestCredible ? gap : 0
            }
            path = gap(since: last)
            application = gap(since: store.quietSince(record) ?? spoke)
        }
    }

    // MARK: Steps

    private func recordHandshake(_ passage: Passage, _ record: inout ConnectionRecord) {
        let (flags, side) = (passage.flags, passage.side)
        let identification = passage.segment.identification
        // No sender repeats a SYN at once, and none uses an identification twice.
        if flags.contains(.syn) || (identification != 0 && identification == record[identification: side]),
            passage.sender.spokeTime != .min, (passage.time &- passage.sender.spokeTime).magnitude < 100_000_000
        {
            record[facts: side].formUnion(.copied)
        }
        if flags.contains(.syn) {
            if flags.contains(.ack) {
                if record[facts: 1 - side].contains(.sentSYN), record[roundTrip: side] == nil,
                    passage.peer.spokeTime != .min
                {
                    record[roundTrip: side] = passage.time &- passage.peer.spokeTime
                }
                record[facts: side].formUnion(.sentSYNACK)
            } else {
                record[facts: side].formUnion(.sentSYN)
            }
        } else if record[facts: side].contains(.sentSYN), record[facts: 1 - side].contains(.sentSYNACK),
            record[roundTrip: side] == nil, !flags.contains(.rst), passage.peer.spokeTime != .min
        {
            record[roundTrip: side] = passage.time &- passage.peer.spokeTime
        }
    }

    private func classify(_ passage: Passage, _ record: ConnectionRecord, isForeign: Bool) -> SegmentKind? {
        let (side, segment) = (passage.side, passage.segment)
        let (own, other) = (record[history: side], record[history: 1 - side])
        let classifier = SegmentClassifier(
            segment: segment, marks: passage.marks, senderBefore: passage.sender, peerBefore: passage.peer,
            senderFacts: record[facts: side], peerFacts: record[facts: 1 - side],
            // A copy of a probe has the TTL of where it was captured.
            isForeign: isForeign && !(own != 0 && histories[Int(own) - 1].isCopy(segment)),
            asked: own == 0 || !record[facts: side].contains(.awaitsAnswer) ? nil : histories[Int(own) - 1].lastAsked,
            awaited: other == 0 ? nil : histories[Int(other) - 1].lastAsked,
            hasRefusedReset: record.evidence != 0 && evidences[Int(record.evidence) - 1].refusedResets > 0,
            isAfterPause: passage.time &- max(passage.sender.spokeTime, passage.peer.spokeTime) >= Idleness.patience,
            hasOutstanding: record[facts: 1 - side].contains(.awaitsAnswer)
                || (other != 0 && histories[Int(other) - 1].hasOutstanding(at: passage.time)))
        let kind = classifier.kind
        guard kind == .probe || kind == .middleboxProbe else { return kind }
        // No timer fires at once after its own end has sent something, and nobody probes a closed connection.
        let last = max(passage.sender.spokeTime, lastAsked(record, side: side) ?? .min)
        let isAtOnce = last != .min && passage.time >= last && passage.time &- last < 1_000_000
        let isCopy = own != 0 && histories[Int(own) - 1].isCopy(segment)
        let isClosed = record.facts.0.intersection(record.facts.1).contains(.sentFIN)
        // A RST that another host made in its name ends nothing for itself.
        let hasReset =
            record[facts: side].contains(.sentRST)
            && !(record.evidence != 0 && evidences[Int(record.evidence) - 1].reset.isForeign)
        if (isAtOnce && !isCopy) || isClosed || hasReset {
            return passage.marks.isEmpty ? nil : .acknowledgment
        }
        return kind
    }

    private mutating func recordIdleness(
        _ passage: Passage, _ gaps: Elapsed, _ record: inout ConnectionRecord, isOfProbing: Bool, isForeign: Bool
    ) {
        let (side, time, frame) = (passage.side, passage.time, passage.segment.frame)
        let isReset = passage.flags.contains(.rst)
        let isClosing = isReset || passage.flags.contains(.fin)
        let isHalfClosed = record.closeTime != .min
        if record[facts: 1 - side].contains(.brokeIdle), !isForeign {
            record[facts: 1 - side].subtract(.brokeIdle)
            if record.evidence != 0, !isReset { evidences[Int(record.evidence) - 1].idleness.survive() }
        }
        if passage.hidesIdleness, time &- max(passage.sender.spokeTime, passage.peer.spokeTime) >= Idleness.threshold {
            let index = evidence(of: &record)
            evidences[index].hidesIdleness = true
        }
        if gaps.path >= Idleness.pause, !passage.peer.markState.contains(.hasUnacknowledged) {
            record.longestPause = max(record.longestPause, UInt32(clamping: gaps.path / 1_000_000))
        }
        if gaps.path >= Idleness.threshold, passage.sender.activity.union(passage.peer.activity).contains(.established)
        {
            let index = evidence(of: &record)
            if isClosing || isHalfClosed || record[facts: side].contains(.sentRST) {
                evidences[index].idleness.note(gaps.path, at: time, frame: frame)
            } else {
                evidences[index].idleness.end(after: gaps.path, at: time, frame: frame, side: side)
                record[facts: side].formUnion(.brokeIdle)
            }
        }
        if !isOfProbing, !isClosing, !isHalfClosed, gaps.application >= Idleness.threshold {
            let index = evidence(of: &record)
            evidences[index].idleness.noteApplication(gaps.application, at: time, frame: frame)
        }
        recordUnprobed(passage, gaps, &record)
    }

    /// Notes for each end how long it has heard nothing and sent no probe, with nothing in flight and the window open.
    private mutating func recordUnprobed(_ passage: Passage, _ gaps: Elapsed, _ record: inout ConnectionRecord) {
        guard !passage.hidesIdleness, record.closeTime == .min else { return }
        let (own, peer) = (gaps.asked.own, gaps.asked.peer)
        noteUnprobed(passage, passage.side, passage.sender, passage.peer, asked: own, heard: peer, &record)
        noteUnprobed(passage, 1 - passage.side, passage.peer, passage.sender, asked: peer, heard: own, &record)
    }

    /// Notes for `own`, at `side`, that it sent no probe since it heard `other`.
    private mutating func noteUnprobed(
        _ passage: Passage, _ side: Int, _ own: EndState, _ other: EndState, asked: Int64?, heard: Int64?,
        _ record: inout ConnectionRecord
    ) {
        // Probes of the other end, of a closed window too, refresh the connection.
        let heard = max(other.spokeTime, heard ?? .min)
        let gap = passage.time &- heard
        guard other.spokeTime != .min, passage.time > heard, asked ?? .min <= heard,
            gap >= Idleness.threshold || (gap >= Idleness.pause && record.evidence != 0),
            // Who does not acknowledge its peer's data does not hear it, or was not captured.
            own.markState.union(other.markState).isDisjoint(with: .hasUnacknowledged),
            // A closed window of either end is probed by another timer.
            other.markState.contains(.windowKnown), other.window != 0,
            !own.markState.contains(.windowKnown) || own.window != 0
        else { return }
        let index = evidence(of: &record)
        evidences[index][side].longestUnprobed = max(evidences[index][side].longestUnprobed, gap)
    }

    private mutating func recordLosses(_ passage: Passage, _ record: inout ConnectionRecord, isAsking: Bool) {
        let (side, time) = (passage.side, passage.time)
        if record[facts: 1 - side].contains(.retransmits), passage.acknowledgesNew {
            record[facts: 1 - side].subtract(.retransmits)
            if record.evidence != 0 { evidences[Int(record.evidence) - 1][1 - side].recover() }
        }
        // Copies of mirror ports come within milliseconds, and what soon follows the peer is a fast retransmission.
        let patience: Int64 = 100_000_000
        guard passage.isRetransmission, !isAsking, !passage.flags.contains(.syn), passage.sender.spokeTime != .min,
            passage.peer.spokeTime < passage.sender.spokeTime || time &- passage.peer.spokeTime >= patience,
            time &- passage.sender.spokeTime >= patience
        else { return }
        let index = evidence(of: &record)
        let isClose = passage.segment.payloadLength == 0
        let wasIdle = record[facts: side].contains(.brokeIdle) && evidences[index].idleness.pending > 0
        let idle = wasIdle ? evidences[index].idleness.pending : 0
        record[facts: side].formUnion(.retransmits)
        let segment = passage.segment
        func note(_ end: inout EndEvidence) {
            if end.retransmissions == 0 {
                end.lossStart = passage.sender.spokeTime
                end.lossFrame = segment.frame
                end.idleBeforeLoss = idle
                end.retransmitsClose = isClose
                end.lossFirstGap = time &- passage.sender.spokeTime
            } else {
                if end.lossSequence != segment.sequence {
                    end.lossChanges = end.lossChanges < .max ? end.lossChanges + 1 : .max
                }
                if end.lossIdentification != segment.identification || end.lossTimestamp != segment.timestampValue {
                    end.lossMoves = true
                }
                end.lossLastGap = time &- end.lossLast
            }
            end.lossIdentification = segment.identification
            end.lossTimestamp = segment.timestampValue
            if !isClose { end.retransmitsClose = false }
            end.lossSequence = segment.sequence
            end.lossLength = segment.payloadLength
            end.lossLast = time
            end.lossLastFrame = segment.frame
            if end.retransmissions < .max { end.retransmissions += 1 }
        }
        note(&evidences[index][side])
        // A sender that hears nothing repeats the first part only, but for one probe of the tail (RFC 8985).
        let isSelective = !isClose && segment.sequence != passage.oldest && passage.end != passage.sender.next
        if evidences[index][side].lossChanges >= 3 || isSelective {
            evidences[index][1 - side].miss(.selective, at: time)
        }
    }

    private mutating func recordMissing(_ passage: Passage, _ record: inout ConnectionRecord) {
        let (side, time, segment) = (passage.side, passage.time, passage.segment)
        let completesUnseen =
            record[facts: side].contains(.sentSYN) && !passage.flags.contains(.syn) && !passage.flags.contains(.rst)
            && !passage.peer.markState.contains(.windowKnown)
        let isAnswer = passage.answersUnknownProbe && record[history: 1 - side] != 0
        // What is acknowledged in the first second may have passed before the capture began.
        let isBeginning =
            time &- record.time < Idleness.patience
            && record.facts.0.union(record.facts.1).isDisjoint(with: [.sentSYN, .sentSYNACK])
        if (passage.acknowledgesUnseen && !isAnswer && !isBeginning) || completesUnseen {
            let index = evidence(of: &record)
            if !evidences[index][1 - side].missing.contains(.acknowledged) {
                evidences[index][1 - side].missingUpTo = segment.acknowledgment
                evidences[index][1 - side].missingFrame = segment.frame
            }
            evidences[index][1 - side].miss(.acknowledged, at: time)
        }
        if record[facts: side].contains(.awaitsAnswer), record[history: side] != 0, segment.hasTimestamps,
            passage.segment.payloadLength <= 1, !passage.flags.contains(.rst)
        {
            // A prober that hears nothing echoes the same again.
            let last = histories[Int(record[history: side]) - 1]
            if last.timestampEcho != 0, Int32(bitPattern: segment.timestampEcho &- last.timestampEcho) > 0,
                segment.sequence == last.lastAsked?.sequence
            {
                let index = evidence(of: &record)
                evidences[index][1 - side].missingFrame = segment.frame
                evidences[index][1 - side].miss(.echoed, at: last.lastAskedTime ?? time)
            }
        }
        guard record.evidence != 0 else { return }
        let index = Int(record.evidence) - 1
        // What was acknowledged a moment ago was captured a moment late.
        if evidences[index][side].missing == .acknowledged, passage.carriesNewData,
            time &- evidences[index][side].missingSince < Idleness.patience,
            segment.sequence == passage.sender.next,
            !evidences[index][side].missingUpTo.isNewer(than: passage.end)
        {
            evidences[index][side].missing = []
            evidences[index][side].missingSince = .max
        }
        recordEcho(passage, index, record)
    }

    /// Notes when an end echoes a timestamp that its peer must have sent since it was last captured.
    private mutating func recordEcho(_ passage: Passage, _ index: Int, _ record: ConnectionRecord) {
        let (side, segment) = (passage.side, passage.segment)
        guard segment.hasTimestamps, passage.flags.isDisjoint(with: [.syn, .rst]) else { return }
        let heard = max(passage.peer.spokeTime, lastAsked(record, side: 1 - side) ?? .min)
        if evidences[index][side].echoHeard == heard, segment.timestampEcho != evidences[index][side].echo,
            Int32(bitPattern: segment.timestampEcho &- evidences[index][side].echo) > 0
        {
            if evidences[index][1 - side].missing.isEmpty { evidences[index][1 - side].missingFrame = segment.frame }
            evidences[index][1 - side].miss(.echoed, at: passage.time)
        }
        // What the peer sent last may still be on its way to this end.
        let trip = max(200_000_000, 2 * (record[roundTrip: 0] ?? 0), 2 * (record[roundTrip: 1] ?? 0))
        guard heard == .min || passage.time &- heard >= trip else { return }
        evidences[index][side].echo = segment.timestampEcho
        evidences[index][side].echoHeard = heard
    }

    private mutating func recordClose(_ passage: Passage, _ gaps: Elapsed, _ record: inout ConnectionRecord) {
        let (side, time, segment) = (passage.side, passage.time, passage.segment)
        if passage.flags.contains(.fin), !passage.flags.contains(.rst), !record[facts: side].contains(.sentFIN) {
            record[facts: side].formUnion(.sentFIN)
            if record.closeTime == .min { record.closeTime = time }
            if record.evidence != 0 || gaps.application >= Idleness.threshold || record.hasEvents {
                let index = evidence(of: &record)
                evidences[index][side].closeTime = time
                evidences[index][side].closeFrame = segment.frame
                evidences[index][side].idleBeforeClose = gaps.application
            }
        }
        guard record[facts: 1 - side].contains(.sentFIN) else { return }
        if !record[facts: 1 - side].contains(.closeAcknowledged) {
            guard passage.flags.contains(.ack), !passage.flags.contains(.rst),
                segment.acknowledgment == passage.peer.next
            else { return }
            record[facts: 1 - side].formUnion(.closeAcknowledged)
            if record.evidence != 0 { evidences[Int(record.evidence) - 1][1 - side].closeAcknowledged = time }
            return
        }
        // The peer closed, that was acknowledged, and this end still sends something new.
        guard passage.carriesNewData, !record[facts: side].contains(.sentFIN), record.closeTime != .min,
            time &- record.closeTime >= Idleness.patience,
            time &- record.closeTime > max(record[roundTrip: 0] ?? 0, record[roundTrip: 1] ?? 0)
        else { return }
        let index = evidence(of: &record)
        if evidences[index][1 - side].closeTime == nil { evidences[index][1 - side].closeTime = record.closeTime }
        if evidences[index][side].reuse == nil {
            evidences[index][side].reuse = time
            evidences[index][side].reuseFrame = segment.frame
        }
    }

    /// Whether the IP identification of the segment continues the counter of its sender; nil: there is no counter.
    func continues(_ passage: Passage, _ record: ConnectionRecord) -> Bool? {
        let (last, this) = (record[identification: passage.side], passage.segment.identification)
        guard last != 0, this != 0 else { return nil }
        // Other segments of its host may have used numbers in between.
        if this &- last < 512 { return true }
        // Random numbers continue nothing.
        return record[counts: passage.side] >= 3 ? false : nil
    }

    private func recordIdentity(
        _ passage: Passage, _ kind: SegmentKind?, _ connection: borrowing ConnectionAccess, isForeign: Bool
    ) {
        let (side, segment) = (passage.side, passage.segment)
        if segment.identification != 0 {
            let last = connection.record[identification: side]
            let continues = segment.identification &- last < 512
            if last != 0, kind?.isAsking != true, !segment.flags.contains(.rst) {
                connection.record[counts: side] = continues ? min(connection.record[counts: side], 254) + 1 : 0
            }
            // What comes from elsewhere does not move the counter.
            let isElsewhere = isForeign || (connection.record[counts: side] >= 3 && !continues)
            if !isElsewhere { connection.record[identification: side] = segment.identification }
        }
        guard segment.flags.isDisjoint(with: [.syn, .rst]), kind == nil, !passage.isRetransmission else { return }
        let isFirst = connection.record[hops: side].recent == 0
        let isProof = passage.carriesNewData || passage.acknowledgesNew || segment.flags.contains(.fin)
        guard isFirst || isProof else { return }
        connection.record[hops: side].note(segment.timeToLive, proves: isProof)
        connection.sender.hopBits = segment.timeToLive
        connection.sender.activity.setMember(.hasProvenHops, isProof)
    }

    // MARK: Errors

    /// Records the ICMP error that quotes `segment`, and appends its event, if the numbers fit.
    mutating func recordError(_ segment: Segment, _ connection: borrowing ConnectionAccess) {
        guard let error = segment.error else { return }
        // The quoted number must be one that the end sent lately: a probe's, or that of what is in flight.
        let (next, side) = (connection.sender.next, connection.side)
        let distance = Int32(bitPattern: next.rawValue &- segment.sequence.rawValue)
        guard next.rawValue == 0 || (-1...(1 << 30)).contains(distance) else { return }
        let index = evidence(of: &connection.record)
        evidences[index].errors.add(error, at: segment.time, frame: segment.frame, side: side)
        evidences[index].hasEvents = true
        var event = SegmentEvent(
            segment: segment, marks: [], kind: .icmpError, connection: connection.record.number)
        event.unanswered = UInt32(clamping: unanswered(connection.record, side: side))
        append(event)
    }
}
