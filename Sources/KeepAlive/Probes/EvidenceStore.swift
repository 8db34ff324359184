import Wire

/// Events, probe histories and evidence of all connections: what reports need beyond the state that marks need.
struct EvidenceStore: ~Copyable {
    /// The number of the next connection. Connections outside the shard have numbers, too.
    private var nextNumber: UInt64 = 0
    /// The events of the segments being tracked.
    var events: [SegmentEvent] = []
    /// The counts so far, for connections in `shard`.
    private(set) var tally = ConnectionTally()
    /// The connections to report and count; nil: all.
    let shard: Shard?
    /// Connections whose ports were reused, in no order. Their successors replaced them in the table.
    private(set) var replaced = Arena<Connection>()
    /// The index in `replaced` of the one to evict next.
    private var oldestReplaced = 0
    /// The number of connections in `replaced` that were evicted.
    private(set) var replacedEvictions: UInt64 = 0

    /// The connection whose segment is being tracked.
    var owner = Owner(0, isVersion6: false) {
        didSet { details.owner = owner }
    }
    /// The probes of each end that has sent any, and their answers.
    var histories = Pool<ProbeHistory>()
    var details = ProbeDetailsStore()
    /// What happened to connections apart from probes.
    var evidences = Pool<ConnectionEvidence>()
    /// Pure acknowledgments that ends repeated.
    var repeats = Pool<RepeatedAcknowledgments>()
    /// When the first connection was evicted that may go on (ns since 1970); nil: none was.
    private(set) var firstLoss: Int64?
    private let keepsAll: Bool
    /// The number of values whose memory the budget knows.
    private var settledCount = 0

    /// An empty store. With `keepsAll`, `replaced` includes connections without events.
    init(keepsAll: Bool, shard: Shard?) {
        self.keepsAll = keepsAll
        self.shard = shard
    }

    /// Whether the connection of `segment` is in the shard.
    @inline(__always)
    func isReported(_ segment: Segment) -> Bool {
        shard?.holds(segment.source, segment.destination) ?? true
    }

    /// Prefetches two histories by handle.
    @inline(__always)
    func prefetch(_ handles: (UInt32, UInt32)) {
        histories.prefetch(handles.0)
        histories.prefetch(handles.1)
    }

    /// Prefetches the details of two histories, which `prefetch` was called for before.
    @inline(__always)
    func prefetchDetails(_ handles: (UInt32, UInt32)) {
        if handles.0 != 0 { details.prefetch(histories[handles.0].details) }
        if handles.1 != 0 { details.prefetch(histories[handles.1].details) }
    }

    /// The record of the connection that `segment` opens, with the next number.
    mutating func open(with segment: Segment) -> ConnectionRecord {
        defer { nextNumber &+= 1 }
        if isReported(segment) { tally.connections &+= 1 }
        return ConnectionRecord(number: nextNumber, time: segment.time)
    }

    /// Adds a connection that another one replaces at `time` (ns since 1970) to `replaced`, if it is worth reporting.
    mutating func retire<Key: ConnectionKey>(
        _ slot: ConnectionSlot<Key>, _ record: ConnectionRecord, _ ranges: borrowing UnacknowledgedRanges,
        at time: Int64, _ budget: MemoryBudget
    ) {
        if keepsAll || isNotable(slot, record, until: nil) {
            var connection = connection(slot, record, ranges)
            connection.supersededAt = time
            keepReplaced(connection, budget)
        }
        forget(record)
    }

    /// Adds `connection` to `replaced`, in place of the oldest one if `budget` is exhausted.
    private mutating func keepReplaced(_ connection: Connection, _ budget: MemoryBudget) {
        if replaced.count == 0 || budget.has(MemoryLayout<Connection>.stride, for: .replaced) {
            return replaced.append(connection)
        }
        replaced[oldestReplaced] = connection
        oldestReplaced = (oldestReplaced + 1) % replaced.count
        replacedEvictions &+= 1
    }

    // MARK: Memory

    /// The pools, in which each segment needs room for a few values.
    static let pools: [MemoryBudget.Part] = [.histories, .details, .evidences, .repeats]
    /// The most values that a segment may add to one pool.
    private static let valuesPerSegment = 4

    /// Updates `budget` by what the store uses.
    @inline(__always)
    mutating func settle(_ budget: inout MemoryBudget) {
        let count = histories.count &+ details.pool.count &+ evidences.count &+ repeats.count &+ replaced.count
        if count == settledCount { return }
        settledCount = count
        budget.set(.histories, histories.bytes)
        budget.set(.details, details.pool.bytes)
        budget.set(.evidences, evidences.bytes)
        budget.set(.repeats, repeats.bytes)
        budget.set(.replaced, replaced.count * MemoryLayout<Connection>.stride)
    }

    /// Whether a segment may need more values of the pool `part` than there is memory for.
    func lacksRoom(_ part: MemoryBudget.Part, _ budget: MemoryBudget) -> Bool {
        func lacks<Value>(_ pool: borrowing Pool<Value>) -> Bool {
            pool.released < Self.valuesPerSegment
                && !budget.has(Self.valuesPerSegment * Pool<Value>.bytesPerValue, for: part)
        }
        return switch part {
        case .histories: lacks(histories)
        case .details: lacks(details.pool)
        case .evidences: lacks(evidences)
        case .repeats: lacks(repeats)
        case .version4, .version6, .replaced, .ranges: false
        }
    }

    /// The owner of another value of the pool `part`, each in turn; nil: none was found in a few steps.
    mutating func nextOwner(of part: MemoryBudget.Part) -> Owner? {
        switch part {
        case .histories: histories.nextOwner()
        case .details: details.pool.nextOwner()
        case .evidences: evidences.nextOwner()
        case .repeats: repeats.nextOwner()
        case .version4, .version6, .replaced, .ranges: nil
        }
    }

    /// Releases what the connection of `slot` and `record` has, because it is evicted at `time` (ns since 1970).
    mutating func evict<Key: ConnectionKey>(_ slot: ConnectionSlot<Key>, _ record: ConnectionRecord, at time: Int64) {
        forget(record)
        // If it goes on, it begins again midway.
        if slot.sides.0.activity.union(slot.sides.1.activity).contains(.established) {
            firstLoss = min(firstLoss ?? .max, time)
        }
    }

    /// Releases the histories and the evidence of `record`, whose connection leaves the table.
    mutating func forget(_ record: ConnectionRecord) {
        for side in 0...1 {
            guard let history = record[history: side] else { continue }
            details.release(histories[history].details)
            histories.release(history)
        }
        if let evidence = record.evidence { evidences.release(evidence) }
        if let handle = record.repeats { repeats.release(handle) }
    }

    /// The handle of the repeated acknowledgments of `record`, added if it has none.
    mutating func repeats(of record: inout ConnectionRecord) -> UInt32 {
        if let handle = record.repeats { return handle }
        let handle = repeats.insert(RepeatedAcknowledgments(), owner: owner)
        record.repeats = handle
        return handle
    }

    /// The handle of the evidence of `record`, added if it has none.
    mutating func evidence(of record: inout ConnectionRecord) -> UInt32 {
        if let handle = record.evidence { return handle }
        let handle = evidences.insert(ConnectionEvidence(), owner: owner)
        record.evidence = handle
        return handle
    }

    /// The handle of the history of the end at `side`, added if it has none.
    mutating func history(of record: inout ConnectionRecord, side: Int) -> UInt32 {
        if let handle = record[history: side] { return handle }
        let handle = histories.insert(ProbeHistory(), owner: owner)
        record[history: side] = handle
        return handle
    }

    /// Updates the probe histories by `tracked`, and appends its event if it has a `kind`.
    mutating func report(
        _ tracked: TrackedSegment, _ kind: SegmentKind?, _ gaps: Elapsed, _ record: inout ConnectionRecord,
        isForeign: Bool,
        isSelf: Bool, isLight: Bool
    ) {
        let (other, time) = (1 - tracked.side, tracked.time)
        if !tracked.flags.isDisjoint(with: [.rst, .fin]), !isSelf, let history = record[history: other] {
            histories[history].recordPeerClose(
                at: time, heard: tracked.hidesIdlePeriod ? nil : tracked.sender.spoke, spoke: tracked.peer.spoke,
                &details
            )
        }
        if let kind {
            let shown = tracked.segment.isShown ? tracked.marks : []
            var event = SegmentEvent(tracked, marks: shown, kind: kind, in: record)
            complete(&event, tracked, gaps, &record, isForeign: isForeign, isLight: isLight)
            append(event)
        }
        // The receiver ignores the ACK of a probe below the window, but not that of a byte of new data.
        let isNew = tracked.segment.sequence == tracked.sender.next && tracked.segment.payloadLength > 0
        let isLife = kind.map { !$0.isOfProbing || $0 == .challenge || isNew } ?? true
        // After the prober has given up, nothing answers its probes.
        if record[facts: other].contains(.awaitsAnswer), isLife, !record[facts: other].contains(.sentRST),
            !tracked.flags.contains(.rst), !isForeign
        {
            record[facts: other].subtract(.awaitsAnswer)
            recordSignOfLife(record, at: time, toEndAt: other)
        }
    }

    /// Completes `event` from the histories of both ends, and updates them.
    private mutating func complete(
        _ event: inout SegmentEvent, _ tracked: TrackedSegment, _ gaps: Elapsed, _ record: inout ConnectionRecord,
        isForeign: Bool,
        isLight: Bool
    ) {
        let (side, other) = (tracked.side, 1 - tracked.side)
        let isAwaiting = record[facts: other].contains(.awaitsAnswer)
        if event.kind.isReset, let evidence = record.evidence, let time = evidences[evidence].reset.time,
            time != tracked.time, evidences[evidence].reset.isCopy(tracked.segment, of: side)
        {
            event.isCopy = true
            return
        }
        switch event.kind {
        case .answer, .zeroWindowAnswer:
            guard let history = record[history: other], !record[facts: other].contains(.sentRST) else { return }
            histories[history].recordAnswer(
                &event, isAwaiting: isAwaiting, isForeign: isForeign, roundTrip: record[roundTrip: side], &details)
            if !event.isCopy { record[facts: other].subtract(.awaitsAnswer) }
            if event.kind == .zeroWindowAnswer, tracked.segment.window == 0 { recordStall(event, other, &record) }
        case .peerReset, .pathReset:
            histories[history(of: &record, side: other)].recordPeerReset(&event, isAwaiting: isAwaiting, &details)
        case .probe, .zeroWindowProbe, .middleboxProbe:
            let facts = record.facts.0.union(record.facts.1)
            let spoke = max(tracked.sender.spokeTime, tracked.peer.spokeTime)
            let quiet = quietSince(record) ?? (spoke == .min ? nil : spoke)
            let history = history(of: &record, side: side)
            histories[history].recordProbe(
                &event, peerSpoke: tracked.peer.spoke, quiet: quiet,
                isAwaiting: record[facts: side].contains(.awaitsAnswer),
                knowsStart: !facts.isDisjoint(with: [.sentSYN, .sentSYNACK]), isLight: isLight,
                peerAsked: gaps.asked.peer, &details)
            if event.isCopy { return }
            record[facts: side].formUnion([.awaitsAnswer, .probesIdle])
            // No timer expires immediately after a segment arrived: this was the answer, captured before the probe.
            if event.kind == .probe, let spoke = tracked.peer.spoke, (0..<100_000).contains(tracked.time &- spoke) {
                histories[history].recordEarlyAnswer(event.segment)
                record[facts: side].subtract(.awaitsAnswer)
            }
        case .retransmission: histories[history(of: &record, side: side)].recordRetransmission(&details)
        case .acknowledgment, .data: _ = history(of: &record, side: side)
        case .abortReset: histories[history(of: &record, side: side)].recordAbort(&event, &details)
        case .ownReset:
            if let history = record[history: side] { histories[history].recordReset(&event, &details) }
            evidences[evidence(of: &record)].hasEvents = true
        case .refusableReset, .challenge, .icmpError: evidences[evidence(of: &record)].hasEvents = true
        }
    }

    /// Counts `event` and appends it to `events`, if its connection is in the shard that is reported.
    mutating func append(_ event: SegmentEvent) {
        guard isReported(event.segment) else { return }
        tally.count(event)
        events.append(event)
    }

    /// Records that a zero-window probe of the end at `side` was answered by a window that is still closed.
    private mutating func recordStall(_ event: SegmentEvent, _ side: Int, _ record: inout ConnectionRecord) {
        let index = evidence(of: &record)
        if evidences[index][side].stalledSince == nil { evidences[index][side].stalledSince = event.segment.time }
        evidences[index][side].stalledUntil = event.segment.time
    }

    /// Records that the peer of the end at `side` sent something at `time` (ns since 1970) that answers no probe.
    mutating func recordSignOfLife(_ record: ConnectionRecord, at time: Int64, toEndAt side: Int) {
        if let history = record[history: side] { histories[history].recordSignOfLife(at: time) }
    }

    /// The number of unanswered probes of the end at `side` since its peer was last heard.
    func unanswered(_ record: ConnectionRecord, side: Int) -> UInt64 {
        record[history: side].map { histories[$0].unansweredCount } ?? 0
    }

    /// Whether the end at `side` has an unanswered probe or unacknowledged data.
    func awaitsPeer<Key: ConnectionKey>(_ slot: ConnectionSlot<Key>, _ record: ConnectionRecord, side: Int) -> Bool {
        let facts = side == 0 ? slot.sides.0.markState : slot.sides.1.markState
        return facts.contains(.hasUnacknowledged) || unanswered(record, side: side) > 0
    }

    /// Whether the connection in `slot` may have a finding worth reporting: it had an event, has evidence or an end
    /// that is not heard, or is idle until `until`, the end of the capture (ns since 1970; nil: it left the table
    /// before).
    func isNotable<Key: ConnectionKey>(_ slot: ConnectionSlot<Key>, _ record: ConnectionRecord, until: Int64?) -> Bool {
        if record.hasEvents || (record.evidence.map { evidences[$0].isNotable } ?? false) { return true }
        let (first, second) = slot.sides
        if let until, record.closeTime == .min,
            until &- max(first.spokeTime, second.spokeTime) >= Idleness.keepAliveDue,
            first.activity.union(second.activity).contains(.established)
        {
            return true
        }
        return first.isUnheard(by: second) || second.isUnheard(by: first)
    }

    /// The last probe of the end at `side`, of any kind; nil: none.
    @inline(__always)
    func lastAsked(_ record: ConnectionRecord, side: Int) -> SegmentClassifier.Asked? {
        record[history: side].flatMap { histories[$0].lastAsked }
    }

    /// Whether `segment` is a copy of the last probe of the end at `side`.
    @inline(__always)
    func isCopyOfProbe(_ segment: Segment, _ record: ConnectionRecord, side: Int) -> Bool {
        record[history: side].map { histories[$0].isCopy(segment) } ?? false
    }

    /// When the end at `side` last probed (ns since 1970); nil: never.
    func lastAskedTime(_ record: ConnectionRecord, side: Int) -> Int64? {
        record[history: side].flatMap { histories[$0].lastAskedTime }
    }

    /// When either end last probed (ns since 1970); nil: never.
    func lastAskedTime(_ record: ConnectionRecord) -> Int64? {
        guard record.hasEvents else { return nil }
        let last = max(lastAskedTime(record, side: 0) ?? .min, lastAskedTime(record, side: 1) ?? .min)
        return last == .min ? nil : last
    }

    /// When the end at `side` last answered a probe (ns since 1970); nil: never.
    func lastAnswer(_ record: ConnectionRecord, ofSide side: Int) -> Int64? {
        record[history: 1 - side].flatMap { histories[$0].lastAnswer }
    }

    /// When a segment other than a probe or an answer last passed (ns since 1970); nil: no probe has passed since.
    func quietSince(_ record: ConnectionRecord) -> Int64? {
        var quiet: Int64?
        for side in 0...1 where record[facts: side].contains(.probesIdle) {
            guard let since = record[history: side].flatMap({ histories[$0].quietSince }) else { continue }
            quiet = min(quiet ?? .max, since)
        }
        return quiet
    }

    /// The facts about the connection in `slot` that verdicts and reports need.
    ///
    /// `ranges` has what its ends sent and their peers have not acknowledged.
    func connection<Key: ConnectionKey>(
        _ slot: ConnectionSlot<Key>, _ record: ConnectionRecord, _ ranges: borrowing UnacknowledgedRanges
    ) -> Connection {
        let (first, second) = record.facts
        // The sender of a SYN, or the receiver of a SYN with ACK, is the originator.
        let firstOpened = first.contains(.sentSYN) || (second.contains(.sentSYNACK) && !second.contains(.sentSYN))
        let secondOpened = second.contains(.sentSYN) || first.contains(.sentSYNACK)
        let isReversed = secondOpened && !firstOpened
        let last = max(lastAskedTime(record) ?? .min, slot.sides.0.spokeTime, slot.sides.1.spokeTime)
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
        if let evidence = record.evidence { connection.evidence = evidences[evidence] }
        connection.hasEvents = record.hasEvents || connection.evidence.hasEvents
        complete(&connection.fromOriginator, isReversed ? 1 : 0, slot, record, connection.evidence, ranges)
        complete(&connection.fromResponder, isReversed ? 0 : 1, slot, record, connection.evidence, ranges)
        return connection
    }

    /// Fills `side`, which is empty, with the facts about the end at `index` in `slot`.
    private func complete<Key: ConnectionKey>(
        _ side: inout ConnectionSide, _ index: Int, _ slot: ConnectionSlot<Key>, _ record: ConnectionRecord,
        _ evidence: ConnectionEvidence, _ ranges: borrowing UnacknowledgedRanges
    ) {
        if let history = record[history: index] { histories[history].describe(&side, details) }
        if let history = record[history: 1 - index] { histories[history].describePeer(&side, details) }
        let state = index == 0 ? slot.sides.0 : slot.sides.1
        side.setState(state, record[facts: index], base: index == 0 ? record.bases.0 : record.bases.1)
        side.hops = record[hops: index]
        side.hasRepeated = hasRepeated(record, side: index)
        side.isCopied = record[facts: index].contains(.copied)
        side.handshakeReply = record[roundTrip: index]
        let holdsOneByte = side.hasUnacknowledged && ranges.holdsOneByte(slot.lists, index)
        side.awaitsCloseOnly = side.hasClosed && holdsOneByte
        // The byte of a keep-alive probe was acknowledged long ago.
        if side.byteProbes > 0, !side.hasClosed, holdsOneByte { side.hasUnacknowledged = false }
        side.evidence = evidence[index]
        side.longestUnprobed = evidence[index].longestUnprobed
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
    /// Whether it continues to send and `peer`, which sent something before, does not acknowledge it.
    fileprivate func isUnheard(by peer: EndState) -> Bool {
        markState.contains(.hasUnacknowledged) && spokeTime != .min && peer.spokeTime != .min
            && spokeTime &- peer.spokeTime >= Idleness.patience
    }
}

extension ConnectionSide {
    /// Sets the properties that depend on the current state of the end.
    fileprivate mutating func setState(_ side: EndState, _ facts: EndFacts, base: SequenceNumber) {
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
