import Wire

/// What the report will say of connections, beside the state that marks need.
struct EvidenceStore: ~Copyable {
    /// Connections so far, whatever the shard: the number of the next one.
    private var nextNumber: UInt64 = 0
    /// The events of the segments being tracked.
    var events: [SegmentEvent] = []
    /// What was counted so far, of the connections in `shard`.
    private(set) var tally = ConnectionTally()
    /// The connections that are told of; nil: all.
    let shard: Shard?
    /// Connections whose ports were reused: they left the table for their successor.
    private(set) var replaced: [Connection] = []

    /// What ends of connections asked; records know their indices, from 1.
    var histories = Arena<ProbeHistory>()
    var details = ProbeDetailsStore()
    /// Indices of histories whose connections left the table.
    private var freeHistories: [UInt32] = []
    /// What happened to connections beside probes; records know their indices, from 1.
    var evidences = Arena<ConnectionEvidence>()
    private var freeEvidences: [UInt32] = []
    /// Acknowledgments that ends repeated; records know their indices, from 1.
    var repeats = Arena<RepeatedAcknowledgments>()
    private var freeRepeats: [UInt32] = []
    private let keepsAll: Bool

    /// An empty store; with `keepsAll`, connections without events are kept when their ports are reused.
    init(keepsAll: Bool, shard: Shard?) {
        self.keepsAll = keepsAll
        self.shard = shard
    }

    /// Whether the connection of `segment` is in the shard that is reported.
    @inline(__always)
    func isReported(_ segment: Segment) -> Bool {
        shard?.holds(segment.source, segment.destination) ?? true
    }

    /// Asks for the cache lines of two histories, by their places.
    @inline(__always)
    func prefetch(_ places: (UInt32, UInt32)) {
        histories.prefetch(Int(places.0) - 1)
        histories.prefetch(Int(places.1) - 1)
    }

    /// Asks for the cache lines of the details of two histories, by their places, which were asked for before.
    @inline(__always)
    func prefetchDetails(_ places: (UInt32, UInt32)) {
        if places.0 != 0 { details.prefetch(histories[Int(places.0) - 1].details) }
        if places.1 != 0 { details.prefetch(histories[Int(places.1) - 1].details) }
    }

    /// Numbers the connection that `segment` begins.
    mutating func open(with segment: Segment) -> ConnectionRecord {
        defer { nextNumber &+= 1 }
        if isReported(segment) { tally.connections &+= 1 }
        return ConnectionRecord(number: nextNumber, time: segment.time)
    }

    /// Keeps what a report will say of a connection that leaves the table at `time` (ns since 1970).
    mutating func retire<Key: ConnectionKey>(
        _ slot: ConnectionSlot<Key>, _ record: ConnectionRecord, _ ranges: borrowing UnacknowledgedRanges,
        at time: Int64
    ) {
        if keepsAll || isNotable(slot, record, until: nil) {
            var connection = connection(slot, record, ranges)
            connection.supersededAt = time
            replaced.append(connection)
        }
        forget(record)
    }

    /// Gives back what the connection of `record` has: no report will speak of it.
    mutating func forget(_ record: ConnectionRecord) {
        for place in [record.histories.0, record.histories.1] where place != 0 {
            details.release(histories[Int(place) - 1].details)
            freeHistories.append(place)
        }
        if record.evidence != 0 { freeEvidences.append(record.evidence) }
        if record.repeats != 0 { freeRepeats.append(record.repeats) }
    }

    /// The index of the repeated acknowledgments of `record`, which are noted from now on.
    mutating func repeats(of record: inout ConnectionRecord) -> Int {
        if record.repeats != 0 { return Int(record.repeats) - 1 }
        if let free = freeRepeats.popLast() {
            repeats[Int(free) - 1] = RepeatedAcknowledgments()
            record.repeats = free
        } else {
            repeats.append(RepeatedAcknowledgments())
            record.repeats = UInt32(truncatingIfNeeded: repeats.count)
        }
        return Int(record.repeats) - 1
    }

    /// The index of the evidence of `record`, which is made where there is none.
    mutating func evidence(of record: inout ConnectionRecord) -> Int {
        if record.evidence != 0 { return Int(record.evidence) - 1 }
        if let free = freeEvidences.popLast() {
            evidences[Int(free) - 1] = ConnectionEvidence()
            record.evidence = free
        } else {
            evidences.append(ConnectionEvidence())
            record.evidence = UInt32(truncatingIfNeeded: evidences.count)
        }
        return Int(record.evidence) - 1
    }

    /// Appends the event of `passage`, if it is of a `kind` that concerns keep-alives.
    mutating func report(
        _ passage: Passage, _ kind: SegmentKind?, _ gaps: Elapsed, _ record: inout ConnectionRecord, isForeign: Bool,
        isSelf: Bool, isLight: Bool
    ) {
        let (other, time) = (1 - passage.side, passage.time)
        if !passage.flags.isDisjoint(with: [.rst, .fin]), !isSelf, record[history: other] != 0 {
            histories[Int(record[history: other]) - 1].hearClose(
                at: time, heard: passage.hidesIdleness ? nil : passage.sender.spoke, spoke: passage.peer.spoke, &details
            )
        }
        if let kind {
            let shown = passage.segment.isShown ? passage.marks : []
            var event = SegmentEvent(segment: passage.segment, marks: shown, kind: kind, connection: record.number)
            complete(&event, passage, gaps, &record, isForeign: isForeign, isLight: isLight)
            append(event)
        }
        // The receiver discards a probe below the window unread, but processes the ACK of a byte of new data.
        let isNew = passage.segment.sequence == passage.sender.next && passage.segment.payloadLength > 0
        let isLife = kind.map { !$0.isOfProbing || $0 == .challenge || isNew } ?? true
        // What comes after a prober has given up answers nothing.
        if record[facts: other].contains(.awaitsAnswer), isLife, !record[facts: other].contains(.sentRST),
            !passage.flags.contains(.rst), !isForeign
        {
            record[facts: other].subtract(.awaitsAnswer)
            if record[history: other] != 0 { histories[Int(record[history: other]) - 1].hearLife(at: time) }
        }
    }

    private mutating func complete(
        _ event: inout SegmentEvent, _ passage: Passage, _ gaps: Elapsed, _ record: inout ConnectionRecord,
        isForeign: Bool,
        isLight: Bool
    ) {
        let (side, other) = (passage.side, 1 - passage.side)
        let isAwaiting = record[facts: other].contains(.awaitsAnswer)
        if event.kind.isReset, record.evidence != 0, let time = evidences[Int(record.evidence) - 1].reset.time,
            time != passage.time, evidences[Int(record.evidence) - 1].reset.isCopy(passage.segment, of: side)
        {
            event.isCopy = true
            return
        }
        switch event.kind {
        case .answer, .zeroWindowAnswer:
            guard record[history: other] != 0, !record[facts: other].contains(.sentRST) else { return }
            histories[Int(record[history: other]) - 1].hear(
                &event, isAwaiting: isAwaiting, isForeign: isForeign, roundTrip: record[roundTrip: side], &details)
            if !event.isCopy { record[facts: other].subtract(.awaitsAnswer) }
            if event.kind == .zeroWindowAnswer, passage.segment.window == 0 { recordStall(event, other, &record) }
        case .peerReset, .pathReset:
            histories[ownHistory(other, &record)].hearReset(&event, isAwaiting: isAwaiting, &details)
        case .probe, .zeroWindowProbe, .middleboxProbe:
            let facts = record.facts.0.union(record.facts.1)
            let spoke = max(passage.sender.spokeTime, passage.peer.spokeTime)
            let quiet = quietSince(record) ?? (spoke == .min ? nil : spoke)
            histories[ownHistory(side, &record)].ask(
                &event, peerSpoke: passage.peer.spoke, quiet: quiet,
                isAwaiting: record[facts: side].contains(.awaitsAnswer),
                knowsStart: !facts.isDisjoint(with: [.sentSYN, .sentSYNACK]), isLight: isLight,
                peerAsked: gaps.asked.peer, &details)
            if event.isCopy { return }
            record[facts: side].formUnion([.awaitsAnswer, .probesIdle])
            // No timer fires at once after something was heard: the answer was captured a moment too early.
            if event.kind == .probe, let spoke = passage.peer.spoke, (0..<100_000).contains(passage.time &- spoke) {
                histories[Int(record[history: side]) - 1].takeEarlyAnswer(event.segment)
                record[facts: side].subtract(.awaitsAnswer)
            }
        case .retransmission: histories[ownHistory(side, &record)].retransmit(&details)
        case .acknowledgment, .data: _ = ownHistory(side, &record)
        case .abortReset: histories[ownHistory(side, &record)].giveUp(&event, &details)
        case .ownReset:
            if record[history: side] != 0 { histories[Int(record[history: side]) - 1].reset(&event, &details) }
            let index = evidence(of: &record)
            evidences[index].hasEvents = true
        case .refusableReset, .challenge, .icmpError:
            let index = evidence(of: &record)
            evidences[index].hasEvents = true
        }
    }

    /// Counts `event` and appends it to `events`, if its connection is in the shard that is reported.
    mutating func append(_ event: SegmentEvent) {
        guard isReported(event.segment) else { return }
        tally.count(event)
        events.append(event)
    }

    /// A probe of a closed window, which the end at `side` sent, was answered by a window that is still closed.
    private mutating func recordStall(_ event: SegmentEvent, _ side: Int, _ record: inout ConnectionRecord) {
        let index = evidence(of: &record)
        if evidences[index][side].stalledSince == nil { evidences[index][side].stalledSince = event.segment.time }
        evidences[index][side].stalledUntil = event.segment.time
    }

    /// The peer of the end at `side` gave a sign of life at `time` that answers no probe.
    mutating func noteLife(_ record: ConnectionRecord, at time: Int64, toEndAt side: Int) {
        if record[history: side] != 0 { histories[Int(record[history: side]) - 1].hearLife(at: time) }
    }

    /// How many of the last probes of the end at `side` have no answer.
    func unanswered(_ record: ConnectionRecord, side: Int) -> UInt64 {
        record[history: side] == 0 ? 0 : histories[Int(record[history: side]) - 1].unansweredCount
    }

    /// Whether the end at `side` waits for its peer: a probe is not answered, or something not acknowledged.
    func isWaiting<Key: ConnectionKey>(_ slot: ConnectionSlot<Key>, _ record: ConnectionRecord, side: Int) -> Bool {
        let facts = side == 0 ? slot.sides.0.markState : slot.sides.1.markState
        return facts.contains(.hasUnacknowledged) || unanswered(record, side: side) > 0
    }

    /// Whether something may have been found about the connection in `slot`: it had an event, evidence, an end that is not
    /// heard, or is idle `until` the end of the capture (ns since 1970; nil: it left the table before).
    func isNotable<Key: ConnectionKey>(_ slot: ConnectionSlot<Key>, _ record: ConnectionRecord, until: Int64?) -> Bool {
        if record.hasEvents || (record.evidence != 0 && evidences[Int(record.evidence) - 1].isNotable) { return true }
        let (first, second) = slot.sides
        if let until, record.closeTime == .min,
            until &- max(first.spokeTime, second.spokeTime) >= Idleness.keepAliveDue,
            first.activity.union(second.activity).contains(.established)
        {
            return true
        }
        return first.isUnheard(by: second) || second.isUnheard(by: first)
    }

    /// When the end at `side` last asked something (ns since 1970); nil: never.
    func lastAsked(_ record: ConnectionRecord, side: Int) -> Int64? {
        record[history: side] == 0 ? nil : histories[Int(record[history: side]) - 1].lastAskedTime
    }

    /// When either end last asked something (ns since 1970); nil: never.
    func lastAsked(_ record: ConnectionRecord) -> Int64? {
        guard record.hasEvents else { return nil }
        let last = max(lastAsked(record, side: 0) ?? .min, lastAsked(record, side: 1) ?? .min)
        return last == .min ? nil : last
    }

    /// When the end at `side` last answered a probe (ns since 1970); nil: never.
    func lastAnswer(_ record: ConnectionRecord, ofSide side: Int) -> Int64? {
        record[history: 1 - side] == 0 ? nil : histories[Int(record[history: 1 - side]) - 1].lastAnswer
    }

    /// When something other than probes and answers last passed, where probes have passed since (ns since 1970).
    func quietSince(_ record: ConnectionRecord) -> Int64? {
        var quiet: Int64?
        for side in 0...1 where record[facts: side].contains(.probesIdle) && record[history: side] != 0 {
            guard let since = histories[Int(record[history: side]) - 1].quietSince else { continue }
            quiet = min(quiet ?? .max, since)
        }
        return quiet
    }

    /// The index of the history of the end at `side`, which is made where there is none.
    mutating func ownHistory(_ side: Int, _ record: inout ConnectionRecord) -> Int {
        let place = record[history: side]
        if place != 0 { return Int(place) - 1 }
        let index: Int
        if let free = freeHistories.popLast() {
            index = Int(free) - 1
            histories[index] = ProbeHistory()
        } else {
            index = histories.count
            histories.append(ProbeHistory())
        }
        record[history: side] = UInt32(truncatingIfNeeded: index + 1)
        return index
    }

    /// What the report says of the connection in `slot`.
    ///
    /// `ranges` holds what its ends sent and had not acknowledged.
    func connection<Key: ConnectionKey>(
        _ slot: ConnectionSlot<Key>, _ record: ConnectionRecord, _ ranges: borrowing UnacknowledgedRanges
    ) -> Connection {
        let (first, second) = record.facts
        // A SYN names its sender the originator, a SYN with ACK its receiver.
        let firstOpened = first.contains(.sentSYN) || (second.contains(.sentSYNACK) && !second.contains(.sentSYN))
        let secondOpened = second.contains(.sentSYN) || first.contains(.sentSYNACK)
        let isReversed = secondOpened && !firstOpened
        let last = max(lastAsked(record) ?? .min, slot.sides.0.spokeTime, slot.sides.1.spokeTime)
        let lastTime = last == .min ? record.time : last
        var connection = Connection(
            number: record.number,
            originator: isReversed ? slot.key.second : slot.key.first,
            responder: isReversed ? slot.key.first : slot.key.second,
            handshakeSeen: firstOpened || secondOpened,
            firstTime: record.time,
            lastTime: lastTime,
            ending: isReversed ? Self.ending(second, first) : Self.ending(first, second))
        connection.isReversed = isReversed
        connection.sawSYNACK = first.union(second).contains(.sentSYNACK)
        connection.longestPause = Int64(record.longestPause) * 1_000_000
        let spoke = max(slot.sides.0.spokeTime, slot.sides.1.spokeTime)
        connection.lastActivity = quietSince(record) ?? (spoke == .min ? record.time : spoke)
        connection.closeTime = record.closeTime == .min ? nil : record.closeTime
        if record.evidence != 0 { connection.evidence = evidences[Int(record.evidence) - 1] }
        connection.hasEvents = record.hasEvents || connection.evidence.hasEvents
        complete(&connection.fromOriginator, isReversed ? 1 : 0, slot, record, connection.evidence, ranges)
        complete(&connection.fromResponder, isReversed ? 0 : 1, slot, record, connection.evidence, ranges)
        return connection
    }

    /// Makes of `side`, which is empty, what the report says of the end at `place` in `slot`.
    private func complete<Key: ConnectionKey>(
        _ side: inout ConnectionSide, _ place: Int, _ slot: ConnectionSlot<Key>, _ record: ConnectionRecord,
        _ evidence: ConnectionEvidence, _ ranges: borrowing UnacknowledgedRanges
    ) {
        let (own, peer) = (record[history: place], record[history: 1 - place])
        if own != 0 { histories[Int(own) - 1].describe(&side, details) }
        if peer != 0 { histories[Int(peer) - 1].complete(&side, details) }
        let state = place == 0 ? slot.sides.0 : slot.sides.1
        side.take(state, record[facts: place], base: place == 0 ? record.bases.0 : record.bases.1)
        side.hops = record[hops: place]
        side.hasRepeated = hasRepeated(record, side: place)
        side.isCopied = record[facts: place].contains(.copied)
        side.handshakeReply = record[roundTrip: place]
        let holdsOneByte = side.hasUnacknowledged && ranges.holdsOneByte(slot.lists, place)
        side.awaitsCloseOnly = side.hasClosed && holdsOneByte
        // The byte of a probe was acknowledged long ago.
        if side.byteProbes > 0, !side.hasClosed, holdsOneByte { side.hasUnacknowledged = false }
        side.evidence = evidence[place]
        side.longestUnprobed = evidence[place].longestUnprobed
        if side.longestUnprobed == 0, side.probes == 0 { side.longestUnprobed = Int64(record.longestPause) * 1_000_000 }
    }

    private static func ending(
        _ originator: EndFacts, _ responder: EndFacts
    ) -> Connection.Ending {
        if originator.contains(.sentRST) { return .resetByOriginator }
        if responder.contains(.sentRST) { return .resetByResponder }
        return switch (originator.contains(.sentFIN), responder.contains(.sentFIN)) {
        case (true, true): .closed
        case (true, false): .closedByOriginator
        case (false, true): .closedByResponder
        case (false, false): .open
        }
    }
}

extension EndState {
    /// Whether it sends on and is not answered by `peer`, which has spoken before.
    fileprivate func isUnheard(by peer: EndState) -> Bool {
        markState.contains(.hasUnacknowledged) && spokeTime != .min && peer.spokeTime != .min
            && spokeTime &- peer.spokeTime >= Idleness.patience
    }
}

extension ConnectionSide {
    /// Takes what the state of the end says when the report is made.
    fileprivate mutating func take(_ side: EndState, _ facts: EndFacts, base: SequenceNumber) {
        lastSpoke = side.spoke
        hasUnacknowledged = side.markState.contains(.hasUnacknowledged)
        hasClosedWindow =
            side.markState.contains(.windowKnown) && side.window == 0
            && facts.isDisjoint(with: [.sentRST, .lastWasReset])
        hasTimestamps = side.markState.contains(.windowKnown) ? facts.contains(.hasTimestamps) : nil
        hasClosed = facts.contains(.sentFIN)
        let sent = side.next.rawValue &- base.rawValue &- (hasClosed ? 2 : 1)
        hasSentData =
            side.activity.contains(.sentLastData)
            || (side.markState.contains([.baseKnown, .windowKnown]) && sent != 0 && sent != .max
                && side.next.rawValue != 0)
        hasSentPureAcknowledgment = side.activity.contains(.sentPureAcknowledgment)
        sentLastData = side.activity.contains(.sentLastData)
        isEstablished = side.activity.contains(.established)
    }
}
