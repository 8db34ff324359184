import Wire

// Records evidence from the segments of a connection on the full path. Each step is one function, and `record` calls
// them in order. The rules in `Verdicts` draw conclusions from the evidence.

extension EvidenceStore {
    /// Records the evidence of `tracked`, and appends an event if it concerns keep-alives.
    mutating func record(_ tracked: TrackedSegment, _ connection: borrowing ConnectionAccess, isLight: Bool) {
        let (segment, side) = (tracked.segment, tracked.side)
        let gaps = Elapsed(tracked, self, connection.record)
        recordHandshake(tracked, &connection.record)
        if !isLight {
            recordRepeats(tracked, gaps, &connection.record)
            recordUnknownProbe(tracked, &connection.record)
        }
        let continuity = continues(tracked, connection.record)
        let isForeign = connection.record[hops: side].isForeign(segment.timeToLive) && continuity != true
        var kind: SegmentKind?
        if segment.flags.contains(.rst) {
            kind = recordReset(tracked, gaps, &connection.record, isForeign: isForeign, isSelf: connection.isSelf)
        } else {
            kind = classify(tracked, connection.record, isForeign: isForeign)
            let isChallenge = recordChallenge(tracked, &connection.record)
            if isChallenge { kind = .challenge }
            recordContinuation(tracked, &connection.record)
        }
        let isOfProbing = kind?.isOfProbing ?? false
        recordIdleness(tracked, gaps, &connection.record, isOfProbing: isOfProbing, isForeign: isForeign)
        if !isLight {
            recordLosses(tracked, &connection.record, isAsking: kind?.isAsking ?? false)
            recordMissing(tracked, &connection.record)
        }
        recordClose(tracked, gaps, &connection.record)
        restoreActivity(tracked, kind, connection)
        let isFar = connection.record[hops: side].isForeign(segment.timeToLive)
        // Wireshark takes one byte in a RST for a zero-window probe, too (wireshark-rules 1).
        if kind == nil, !tracked.marks.isEmpty { kind = .data }
        report(
            tracked, kind, gaps, &connection.record, isForeign: isFar, isSelf: connection.isSelf, isLight: isLight)
        if kind == .probe, continuity == false, let history = connection.record[history: side] {
            histories[history].recordOddProbe(&details)
        }
        if !isOfProbing, !segment.flags.contains(.rst) {
            connection.record.facts.0.subtract(.probesIdle)
            connection.record.facts.1.subtract(.probesIdle)
        }
        recordIdentity(tracked, kind, connection, isForeign: isForeign)
        connection.record[facts: side].setMember(.lastWasReset, segment.flags.contains(.rst))
        connection.updateSenderAttention()
        connection.updatePeerAttention()
    }

    /// Reverts state that a segment changed although it shows no activity of its sender: a probe, whose byte is not data,
    /// or a RST with an unexpected number, which may come from another host.
    private func restoreActivity(
        _ tracked: TrackedSegment, _ kind: SegmentKind?, _ connection: borrowing ConnectionAccess
    ) {
        if kind?.isAsking ?? false {
            connection.sender.spokeTime = tracked.sender.spokeTime
            let (own, other) = (tracked.sender.activity, tracked.peer.activity)
            connection.sender.activity.setMember(.sentLastData, own.contains(.sentLastData))
            connection.peer.activity.setMember(.sentLastData, other.contains(.sentLastData))
        } else if tracked.flags.contains(.rst), !isExact(tracked, connection.record) {
            connection.sender.spokeTime = tracked.sender.spokeTime
        }
    }

    /// The idle periods before a segment, by both clocks of `Idleness` (ns); 0: not idle, or not known.
    struct Elapsed {
        /// Path idle: since any segment.
        let path: Int64
        /// Application idle: since a segment that was neither a probe nor an answer.
        let application: Int64
        /// The times of the last probes of the sender and of its peer (ns since 1970).
        let asked: (own: Int64?, peer: Int64?)

        init(_ tracked: TrackedSegment, _ store: borrowing EvidenceStore, _ record: ConnectionRecord) {
            asked = (
                store.lastAskedTime(record, side: tracked.side), store.lastAskedTime(record, side: 1 - tracked.side)
            )
            let spoke = max(tracked.sender.spokeTime, tracked.peer.spokeTime)
            let last = max(spoke, asked.own ?? .min, asked.peer ?? .min)
            // An end that waits for an acknowledgment or a window is not idle.
            let isWaiting =
                tracked.sender.markState.union(tracked.peer.markState).contains(.hasUnacknowledged)
                || (tracked.sender.hasClosedWindow && !record[facts: tracked.side].contains(.lastWasReset))
                || (tracked.peer.hasClosedWindow && !record[facts: 1 - tracked.side].contains(.lastWasReset))
            let isKnown = !tracked.hidesIdlePeriod && spoke != .min && !isWaiting
            func gap(since last: Int64) -> Int64 {
                let gap = tracked.time &- last
                // A longer gap is a clock error, or lies between merged captures.
                return isKnown && last != .min && tracked.time > last && gap < Idleness.longestCredible ? gap : 0
            }
            path = gap(since: last)
            application = gap(since: store.quietSince(record) ?? spoke)
        }
    }

    // MARK: Steps

    private func recordHandshake(_ tracked: TrackedSegment, _ record: inout ConnectionRecord) {
        let (flags, side) = (tracked.flags, tracked.side)
        let identification = tracked.segment.identification
        // No sender repeats a SYN immediately, and none uses an identification twice.
        if flags.contains(.syn) || (identification != 0 && identification == record[identification: side]),
            tracked.sender.spokeTime != .min, (tracked.time &- tracked.sender.spokeTime).magnitude < 100_000_000
        {
            record[facts: side].formUnion(.copied)
        }
        if flags.contains(.syn) {
            if flags.contains(.ack) {
                if record[facts: 1 - side].contains(.sentSYN), record[roundTrip: side] == nil,
                    tracked.peer.spokeTime != .min
                {
                    record[roundTrip: side] = tracked.time &- tracked.peer.spokeTime
                }
                record[facts: side].formUnion(.sentSYNACK)
            } else {
                record[facts: side].formUnion(.sentSYN)
            }
        } else if record[facts: side].contains(.sentSYN), record[facts: 1 - side].contains(.sentSYNACK),
            record[roundTrip: side] == nil, !flags.contains(.rst), tracked.peer.spokeTime != .min
        {
            record[roundTrip: side] = tracked.time &- tracked.peer.spokeTime
        }
    }

    private func classify(_ tracked: TrackedSegment, _ record: ConnectionRecord, isForeign: Bool) -> SegmentKind? {
        let (side, segment) = (tracked.side, tracked.segment)
        let awaited = record[history: 1 - side]
        let classifier = SegmentClassifier(
            segment: segment, marks: tracked.marks, senderBefore: tracked.sender, peerBefore: tracked.peer,
            senderFacts: record[facts: side], peerFacts: record[facts: 1 - side],
            // A copy from another interface may have another TTL.
            isForeign: isForeign && !isCopyOfProbe(segment, record, side: side),
            asked: record[facts: side].contains(.awaitsAnswer) ? lastAsked(record, side: side) : nil,
            awaited: lastAsked(record, side: 1 - side),
            hasRefusedReset: (record.evidence.map { evidences[$0].refusedResets } ?? 0) > 0,
            isAfterPause: tracked.time &- max(tracked.sender.spokeTime, tracked.peer.spokeTime) >= Idleness.patience,
            hasOutstanding: record[facts: 1 - side].contains(.awaitsAnswer)
                || (awaited.map { histories[$0].hasOutstanding(at: tracked.time) } ?? false))
        let kind = classifier.kind
        guard kind == .probe || kind == .middleboxProbe else { return kind }
        // No timer expires immediately after its own end has sent something, and no end probes a closed connection.
        let last = max(tracked.sender.spokeTime, lastAskedTime(record, side: side) ?? .min)
        let isAtOnce = last != .min && tracked.time >= last && tracked.time &- last < 1_000_000
        let isClosed = record.facts.0.intersection(record.facts.1).contains(.sentFIN)
        // A RST that another host sent in its name does not end the connection for it.
        let hasReset =
            record[facts: side].contains(.sentRST) && !(record.evidence.map { evidences[$0].reset.isForeign } ?? false)
        if (isAtOnce && !isCopyOfProbe(segment, record, side: side)) || isClosed || hasReset {
            return tracked.marks.isEmpty ? nil : .acknowledgment
        }
        return kind
    }

    private mutating func recordIdleness(
        _ tracked: TrackedSegment, _ gaps: Elapsed, _ record: inout ConnectionRecord, isOfProbing: Bool, isForeign: Bool
    ) {
        let (side, time, frame) = (tracked.side, tracked.time, tracked.segment.frame)
        let isReset = tracked.flags.contains(.rst)
        let isClosing = isReset || tracked.flags.contains(.fin)
        let isHalfClosed = record.closeTime != .min
        if record[facts: 1 - side].contains(.brokeIdle), !isForeign {
            record[facts: 1 - side].subtract(.brokeIdle)
            if let evidence = record.evidence, !isReset { evidences[evidence].idleness.recordSurvival() }
        }
        if tracked.hidesIdlePeriod, time &- max(tracked.sender.spokeTime, tracked.peer.spokeTime) >= Idleness.threshold
        {
            let index = evidence(of: &record)
            evidences[index].hidesIdlePeriod = true
        }
        if gaps.path >= Idleness.pause, !tracked.peer.markState.contains(.hasUnacknowledged) {
            record.longestPause = max(record.longestPause, UInt32(clamping: gaps.path / 1_000_000))
        }
        if gaps.path >= Idleness.threshold, tracked.sender.activity.union(tracked.peer.activity).contains(.established)
        {
            let index = evidence(of: &record)
            if isClosing || isHalfClosed || record[facts: side].contains(.sentRST) {
                evidences[index].idleness.record(gaps.path, at: time, frame: frame)
            } else {
                evidences[index].idleness.recordPending(gaps.path, at: time, frame: frame, side: side)
                record[facts: side].formUnion(.brokeIdle)
            }
        }
        if !isOfProbing, !isClosing, !isHalfClosed, gaps.application >= Idleness.threshold {
            let index = evidence(of: &record)
            evidences[index].idleness.recordApplication(gaps.application, at: time, frame: frame)
        }
        recordUnprobed(tracked, gaps, &record)
    }

    /// Records for each end how long it has received nothing and sent no probe, with nothing in flight and open
    /// windows.
    private mutating func recordUnprobed(_ tracked: TrackedSegment, _ gaps: Elapsed, _ record: inout ConnectionRecord) {
        guard !tracked.hidesIdlePeriod, record.closeTime == .min else { return }
        let (own, peer) = (gaps.asked.own, gaps.asked.peer)
        recordUnprobed(tracked, tracked.side, tracked.sender, tracked.peer, asked: own, heard: peer, &record)
        recordUnprobed(tracked, 1 - tracked.side, tracked.peer, tracked.sender, asked: peer, heard: own, &record)
    }

    /// Records that `own`, at `side`, sent no probe since it last received something from `other`.
    private mutating func recordUnprobed(
        _ tracked: TrackedSegment, _ side: Int, _ own: EndState, _ other: EndState, asked: Int64?, heard: Int64?,
        _ record: inout ConnectionRecord
    ) {
        // Probes of the other end, including zero-window probes, refresh the connection, too.
        let heard = max(other.spokeTime, heard ?? .min)
        let gap = tracked.time &- heard
        guard other.spokeTime != .min, tracked.time > heard, asked ?? .min <= heard,
            gap >= Idleness.threshold || (gap >= Idleness.pause && record.evidence != nil),
            // An end that does not acknowledge data does not receive it, or was not captured.
            own.markState.union(other.markState).isDisjoint(with: .hasUnacknowledged),
            // Another timer probes a closed window.
            other.markState.contains(.windowKnown), other.window != 0,
            !own.markState.contains(.windowKnown) || own.window != 0
        else { return }
        let index = evidence(of: &record)
        evidences[index][side].longestUnprobed = max(evidences[index][side].longestUnprobed, gap)
    }

    private mutating func recordLosses(_ tracked: TrackedSegment, _ record: inout ConnectionRecord, isAsking: Bool) {
        let (side, time) = (tracked.side, tracked.time)
        if record[facts: 1 - side].contains(.retransmits), tracked.acknowledgesNew {
            record[facts: 1 - side].subtract(.retransmits)
            if let evidence = record.evidence { evidences[evidence][1 - side].recordRecovery() }
        }
        // Copies from mirror ports come within milliseconds. A retransmission soon after a segment of the peer is a
        // fast one.
        let patience: Int64 = 100_000_000
        guard tracked.isRetransmission, !isAsking, !tracked.flags.contains(.syn), tracked.sender.spokeTime != .min,
            tracked.peer.spokeTime < tracked.sender.spokeTime || time &- tracked.peer.spokeTime >= patience,
            time &- tracked.sender.spokeTime >= patience
        else { return }
        let index = evidence(of: &record)
        let isClose = tracked.segment.payloadLength == 0
        let wasIdle = record[facts: side].contains(.brokeIdle) && evidences[index].idleness.pending > 0
        let idle = wasIdle ? evidences[index].idleness.pending : 0
        record[facts: side].formUnion(.retransmits)
        let segment = tracked.segment
        func recordLoss(_ end: inout EndEvidence) {
            if end.retransmissions == 0 {
                end.lossStart = tracked.sender.spokeTime
                end.lossFrame = segment.frame
                end.idleBeforeLoss = idle
                end.retransmitsClose = isClose
                end.lossFirstGap = time &- tracked.sender.spokeTime
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
        recordLoss(&evidences[index][side])
        // A sender that receives nothing repeats only the first segment, except for one tail loss probe (RFC 8985).
        let isSelective = !isClose && segment.sequence != tracked.oldest && tracked.end != tracked.sender.next
        if evidences[index][side].lossChanges >= 3 || isSelective {
            evidences[index][1 - side].recordMissing(.selective, at: time)
        }
    }

    private mutating func recordMissing(_ tracked: TrackedSegment, _ record: inout ConnectionRecord) {
        let (side, time, segment) = (tracked.side, tracked.time, tracked.segment)
        let completesUnseen =
            record[facts: side].contains(.sentSYN) && !tracked.flags.contains(.syn) && !tracked.flags.contains(.rst)
            && !tracked.peer.markState.contains(.windowKnown)
        let isAnswer = tracked.answersUnknownProbe && record[history: 1 - side] != nil
        // What is acknowledged in the first second may have been sent before the capture began.
        let isBeginning =
            time &- record.time < Idleness.patience
            && record.facts.0.union(record.facts.1).isDisjoint(with: [.sentSYN, .sentSYNACK])
        if (tracked.acknowledgesUnseen && !isAnswer && !isBeginning) || completesUnseen {
            let index = evidence(of: &record)
            if !evidences[index][1 - side].missing.contains(.acknowledged) {
                evidences[index][1 - side].missingUpTo = segment.acknowledgment
                evidences[index][1 - side].missingFrame = segment.frame
            }
            evidences[index][1 - side].recordMissing(.acknowledged, at: time)
        }
        if record[facts: side].contains(.awaitsAnswer), let history = record[history: side], segment.hasTimestamps,
            tracked.segment.payloadLength <= 1, !tracked.flags.contains(.rst)
        {
            // A prober that receives nothing echoes the same timestamp again.
            let last = histories[history]
            if last.timestampEcho != 0, Int32(bitPattern: segment.timestampEcho &- last.timestampEcho) > 0,
                segment.sequence == last.lastAsked?.sequence
            {
                let index = evidence(of: &record)
                evidences[index][1 - side].missingFrame = segment.frame
                evidences[index][1 - side].recordMissing(.echoed, at: last.lastAskedTime ?? time)
            }
        }
        guard let index = record.evidence else { return }
        // Data that was acknowledged a moment ago was captured late.
        if evidences[index][side].missing == .acknowledged, tracked.carriesNewData,
            time &- evidences[index][side].missingSince < Idleness.patience,
            segment.sequence == tracked.sender.next,
            !evidences[index][side].missingUpTo.isNewer(than: tracked.end)
        {
            evidences[index][side].missing = []
            evidences[index][side].missingSince = .max
        }
        recordEcho(tracked, index, record)
    }

    /// Records that an end echoes a timestamp that its peer must have sent after its last captured segment.
    private mutating func recordEcho(_ tracked: TrackedSegment, _ index: UInt32, _ record: ConnectionRecord) {
        let (side, segment) = (tracked.side, tracked.segment)
        guard segment.hasTimestamps, tracked.flags.isDisjoint(with: [.syn, .rst]) else { return }
        let heard = max(tracked.peer.spokeTime, lastAskedTime(record, side: 1 - side) ?? .min)
        if evidences[index][side].echoHeard == heard, segment.timestampEcho != evidences[index][side].echo,
            Int32(bitPattern: segment.timestampEcho &- evidences[index][side].echo) > 0
        {
            if evidences[index][1 - side].missing.isEmpty { evidences[index][1 - side].missingFrame = segment.frame }
            evidences[index][1 - side].recordMissing(.echoed, at: tracked.time)
        }
        // The last segment of the peer may still be on its way to this end.
        let trip = max(200_000_000, 2 * (record[roundTrip: 0] ?? 0), 2 * (record[roundTrip: 1] ?? 0))
        guard heard == .min || tracked.time &- heard >= trip else { return }
        evidences[index][side].echo = segment.timestampEcho
        evidences[index][side].echoHeard = heard
    }

    private mutating func recordClose(_ tracked: TrackedSegment, _ gaps: Elapsed, _ record: inout ConnectionRecord) {
        let (side, time, segment) = (tracked.side, tracked.time, tracked.segment)
        if tracked.flags.contains(.fin), !tracked.flags.contains(.rst), !record[facts: side].contains(.sentFIN) {
            record[facts: side].formUnion(.sentFIN)
            if record.closeTime == .min { record.closeTime = time }
            if record.evidence != nil || gaps.application >= Idleness.threshold || record.hasEvents {
                let index = evidence(of: &record)
                evidences[index][side].closeTime = time
                evidences[index][side].closeFrame = segment.frame
                evidences[index][side].idleBeforeClose = gaps.application
            }
        }
        guard record[facts: 1 - side].contains(.sentFIN) else { return }
        if !record[facts: 1 - side].contains(.closeAcknowledged) {
            guard tracked.flags.contains(.ack), !tracked.flags.contains(.rst),
                segment.acknowledgment == tracked.peer.next
            else { return }
            record[facts: 1 - side].formUnion(.closeAcknowledged)
            if let evidence = record.evidence { evidences[evidence][1 - side].closeAcknowledged = time }
            return
        }
        // The peer closed, the FIN was acknowledged, and this end still sends new data.
        guard tracked.carriesNewData, !record[facts: side].contains(.sentFIN), record.closeTime != .min,
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
    func continues(_ tracked: TrackedSegment, _ record: ConnectionRecord) -> Bool? {
        let (last, this) = (record[identification: tracked.side], tracked.segment.identification)
        guard last != 0, this != 0 else { return nil }
        // Other segments of the host may have used the numbers in between.
        if this &- last < 512 { return true }
        // Random numbers continue nothing.
        return record[counts: tracked.side] >= 3 ? false : nil
    }

    private func recordIdentity(
        _ tracked: TrackedSegment, _ kind: SegmentKind?, _ connection: borrowing ConnectionAccess, isForeign: Bool
    ) {
        let (side, segment) = (tracked.side, tracked.segment)
        if segment.identification != 0 {
            let last = connection.record[identification: side]
            let continues = segment.identification &- last < 512
            if last != 0, kind?.isAsking != true, !segment.flags.contains(.rst) {
                connection.record[counts: side] = continues ? min(connection.record[counts: side], 254) + 1 : 0
            }
            // Segments from other hosts do not advance the counter.
            let isFromElsewhere = isForeign || (connection.record[counts: side] >= 3 && !continues)
            if !isFromElsewhere { connection.record[identification: side] = segment.identification }
        }
        guard segment.flags.isDisjoint(with: [.syn, .rst]), kind == nil, !tracked.isRetransmission else { return }
        let isFirst = connection.record[hops: side].recent == 0
        let isProof = tracked.carriesNewData || tracked.acknowledgesNew || segment.flags.contains(.fin)
        guard isFirst || isProof else { return }
        connection.record[hops: side].record(segment.timeToLive, proves: isProof)
        connection.sender.hopBits = segment.timeToLive
        connection.sender.activity.setMember(.hasProvenHops, isProof)
    }

    // MARK: Errors

    /// Records the ICMP error that quotes `segment`, and appends its event, if the numbers fit.
    mutating func recordError(_ segment: Segment, _ connection: borrowing ConnectionAccess) {
        guard let error = segment.error else { return }
        // The end must have sent the quoted number recently: in a probe, or in data that is in flight.
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
