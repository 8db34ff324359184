import Wire

/// Takes segments through the steps of tracking: look up, fast path or full path, marks, evidence, events.
struct SegmentPipeline: ~Copyable {
    var analysis: WiresharkAnalysis
    var store: EvidenceStore
    var budget: MemoryBudget
    /// Whether segments with more than one byte are missing from the capture.
    let isLight: Bool
    private var group = LookupGroup()

    init(analysis: consuming WiresharkAnalysis, store: consuming EvidenceStore, budget: MemoryBudget, isLight: Bool) {
        self.analysis = analysis
        self.store = store
        self.budget = budget
        self.isLight = isLight
    }

    /// Tracks `segments` in order and appends what concerns keep-alives to `events`.
    mutating func track(
        _ segments: Span<Segment>, in version4: inout ConnectionTable<IPv4Key>,
        _ version6: inout ConnectionTable<IPv6Key>, _ events: inout [SegmentEvent]
    ) {
        swap(&store.events, &events)
        var start = 0
        while start < segments.count {
            let end = min(start &+ LookupGroup.size, segments.count)
            trackGroup(segments.extracting(start..<end), in: &version4, &version6)
            start = end
        }
        swap(&store.events, &events)
    }

    @inline(never)
    private mutating func trackGroup(
        _ segments: Span<Segment>, in version4: inout ConnectionTable<IPv4Key>,
        _ version6: inout ConnectionTable<IPv6Key>
    ) {
        let count = group.find(segments, in: version4, analysis.ranges, store)
        if count < segments.count { _ = group.find(segments, in: version6, analysis.ranges, store) }
        for index in segments.indices {
            let lookup = group.lookups[index]
            if segments[index].isVersion6 {
                track(segments[index], lookup, in: &version6)
            } else if !version4.tryFastPath(segments[index], lookup, &analysis) {
                trackFull(segments[index], lookup, in: &version4)
            }
        }
    }

    /// Tracks one segment: apart from the loop, which is faster with one inlined fast path.
    @inline(never)
    private mutating func track<Key: ConnectionKey>(
        _ segment: Segment, _ lookup: Lookup, in table: inout ConnectionTable<Key>
    ) {
        if !table.tryFastPath(segment, lookup, &analysis) { trackFull(segment, lookup, in: &table) }
    }

    // MARK: Full path

    /// Tracks `segment` on the full path, whatever it is, and appends what concerns keep-alives to `events`.
    mutating func trackFull<Key: ConnectionKey>(
        _ segment: Segment, in table: inout ConnectionTable<Key>, _ events: inout [SegmentEvent]
    ) {
        let sender = Key.sender(of: segment)
        let hash = Key(segment, sender: sender).hash(seed: table.seed)
        let lookup = Lookup(hash: hash, sender: UInt8(truncatingIfNeeded: sender))
        swap(&store.events, &events)
        trackFull(segment, lookup, in: &table)
        swap(&store.events, &events)
    }

    @inline(never)
    private mutating func trackFull<Key: ConnectionKey>(
        _ segment: Segment, _ lookup: Lookup, in table: inout ConnectionTable<Key>
    ) {
        let side = Int(lookup.sender)
        let key = Key(segment, sender: side)
        let isSelf = segment.source == segment.destination
        // To Wireshark a quote this short is no segment, so it opens no connection.
        if segment.role == .quotedShort {
            guard let index = table.index(of: key, lookup) else { return }
            return table.withConnection(at: index, sender: side, isSelf: isSelf) { store.recordError(segment, $0) }
        }
        guard analysis.looksUp(segment) else { return }
        let index = table.index(of: key, lookup) ?? open(key, lookup.hash, segment, in: &table)
        if segment.flags.contains(.syn) { restartIfNeeded(segment, side, index, in: &table) }
        table.withConnection(at: index, sender: side, isSelf: isSelf) { track(segment, $0) }
    }

    /// Adds the connection that `segment` opens.
    private mutating func open<Key: ConnectionKey>(
        _ key: Key, _ hash: UInt32, _ segment: Segment, in table: inout ConnectionTable<Key>
    ) -> Int {
        budget.usedByRanges = analysis.ranges.bytes
        let index = table.insert(key, hash: hash, &budget) { slot, record in
            store.forget(record)
            analysis.ranges.release(slot.lists)
        }
        table[record: index] = store.open(with: segment)
        return index
    }

    /// Applies the SYN rules: a fresh connection may replace the one at `index`.
    private mutating func restartIfNeeded<Key: ConnectionKey>(
        _ segment: Segment, _ side: Int, _ index: Int, in table: inout ConnectionTable<Key>
    ) {
        let isFresh = table.withConnection(at: index, sender: side, isSelf: false) {
            analysis.startsStream(segment, $0)
        }
        guard isFresh else { return }
        let (slot, record) = (table.slot(at: index), table[record: index])
        store.retire(slot, record, analysis.ranges, at: segment.time)
        analysis.ranges.release(slot.lists)
        table.restart(at: index)
        var fresh = store.open(with: segment)
        store.notePredecessor(slot, record, side, of: &fresh, with: segment)
        table[record: index] = fresh
    }

    /// Tracks a segment whose connection is known.
    private mutating func track(_ segment: Segment, _ connection: borrowing ConnectionAccess) {
        if analysis.isClose(segment) { connection.record[facts: connection.side].formUnion(.closeSeen) }
        recordStart(segment, connection)
        guard segment.role == .whole else {
            if segment.error != nil { store.recordError(segment, connection) }
            return
        }
        let hidesIdlePeriod = isLight && !connection.isSelf && applyUnseen(before: segment, connection)
        let (sender, peer) = (connection.sender, connection.peer)
        let marks = mark(segment, connection)
        if isLight { UnseenSegments.closeGaps(connection) }
        let isNotable =
            !sender.canTakeFastPath(segment, to: peer) && !(marks.isEmpty && sender.isSingleNewByte(segment, to: peer))
        guard isNotable else { return }
        let hasUnacknowledged = connection.sender.markState.contains(.hasUnacknowledged)
        var passage = Passage(
            segment: segment, side: connection.side, marks: marks, sender: sender, peer: peer,
            hidesIdleness: hidesIdlePeriod,
            oldest: hasUnacknowledged ? analysis.ranges.oldest(connection.lists, connection.side) : segment.sequence)
        if !isLight { passage.hidesIdleness = passage.jumps || passage.acknowledgesUnseen }
        store.record(passage, connection, isLight: isLight)
    }

    /// Records initial sequence numbers while one of them is unknown, and properties of the first segment of each end.
    @inline(__always)
    private mutating func recordStart(_ segment: Segment, _ connection: borrowing ConnectionAccess) {
        let (sender, peer) = (connection.sender.markState, connection.peer.markState)
        let basesKnown = sender.contains(.baseKnown) && (connection.isSelf || peer.contains(.baseKnown))
        if basesKnown, sender.contains(.windowKnown) { return }
        if segment.role == .whole, connection.record[hops: connection.side].first == 0 {
            connection.record[hops: connection.side].first = segment.timeToLive
            connection.record[facts: connection.side].setMember(.hasTimestamps, segment.hasTimestamps)
        }
        if !sender.intersection(peer).contains(.baseKnown) { analysis.recordBases(segment, connection) }
    }

    /// Applies what `segment` proves about unseen segments (light captures); whether these may have ended an idle period.
    @inline(never)
    private mutating func applyUnseen(before segment: Segment, _ connection: borrowing ConnectionAccess) -> Bool {
        let unseen = UnseenSegments(before: segment, from: connection.sender, to: connection.peer)
        unseen.apply(to: &connection.peer)
        guard unseen.ofPeer else { return unseen.hideIdlePeriod }
        // The peer gave a sign of life.
        let side = connection.side
        if connection.record[facts: side].contains(.brokeIdle) {
            connection.record[facts: side].subtract(.brokeIdle)
            if connection.record.evidence != 0 {
                store.evidences[Int(connection.record.evidence) - 1].idleness.survive()
            }
        }
        if connection.record[facts: side].contains(.awaitsAnswer) {
            connection.record[facts: side].subtract(.awaitsAnswer)
            store.noteLife(connection.record, at: segment.time, toEndAt: side)
        }
        connection.updateSenderAttention()
        return unseen.hideIdlePeriod
    }

    /// Marks a whole segment and updates what every segment changes.
    @inline(__always)
    private mutating func mark(_ segment: Segment, _ connection: borrowing ConnectionAccess) -> Marks {
        let marks = analysis.mark(segment, connection)
        if segment.flags.isDisjoint(with: [.syn, .rst]) { connection.sender.activity.formUnion(.established) }
        if segment.payloadLength > 0 {
            connection.sender.activity.formUnion(.sentLastData)
            connection.peer.activity.subtract(.sentLastData)
        } else if segment.flags.isAcknowledgmentAlone, marks.isEmpty {
            connection.sender.activity.formUnion(.sentPureAcknowledgment)
        }
        connection.sender.spokeTime = segment.time
        return marks
    }
}
