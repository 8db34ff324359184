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
        var start = 0
        while start < segments.count {
            let end = min(start &+ LookupGroup.size, segments.count)
            trackGroup(segments.extracting(start..<end), in: &version4, &version6, &events)
            start = end
        }
    }

    @inline(never)
    private mutating func trackGroup(
        _ segments: Span<Segment>, in version4: inout ConnectionTable<IPv4Key>,
        _ version6: inout ConnectionTable<IPv6Key>, _ events: inout [SegmentEvent]
    ) {
        let count = group.find(segments, in: version4, analysis.ranges, store)
        if count < segments.count { _ = group.find(segments, in: version6, analysis.ranges, store) }
        for index in segments.indices {
            let lookup = group.lookups[index]
            if segments[index].isVersion6 {
                track(segments[index], lookup, in: &version6, &events)
            } else if !version4.tryFastPath(segments[index], lookup, &analysis) {
                trackFull(segments[index], lookup, in: &version4, &events)
            }
        }
    }

    /// Tracks one segment: apart from the loop, which is faster with one inlined fast path.
    @inline(never)
    private mutating func track<Key: ConnectionKey>(
        _ segment: Segment, _ lookup: Lookup, in table: inout ConnectionTable<Key>,
        _ events: inout [SegmentEvent]
    ) {
        if !table.tryFastPath(segment, lookup, &analysis) { trackFull(segment, lookup, in: &table, &events) }
    }

    /// Tracks `segment` on the full path, whatever it is.
    mutating func trackFull<Key: ConnectionKey>(
        _ segment: Segment, in table: inout ConnectionTable<Key>, _ events: inout [SegmentEvent]
    ) {
        let sender = Key.sender(of: segment)
        let hash = Key(segment, sender: sender).hash(seed: table.seed)
        let lookup = Lookup(hash: hash, sender: UInt8(truncatingIfNeeded: sender))
        trackFull(segment, lookup, in: &table, &events)
    }

    @inline(never)
    private mutating func trackFull<Key: ConnectionKey>(
        _ segment: Segment, _ lookup: Lookup, in table: inout ConnectionTable<Key>, _ events: inout [SegmentEvent]
    ) {
        let side = Int(lookup.sender)
        let key = Key(segment, sender: side)
        // To Wireshark a quote this short is no segment, so it opens no connection.
        if segment.role == .quotedShort {
            if let index = table.index(of: key, lookup) { noteError(segment, side, index, in: &table, &events) }
            return
        }
        guard analysis.looksUp(segment) else { return }
        let index = table.index(of: key, lookup) ?? open(key, lookup.hash, segment, in: &table)
        if segment.flags.contains(.syn) { restartIfNeeded(segment, side, index, in: &table) }
        let isSelf = segment.source == segment.destination
        if analysis.isClose(segment) { table[record: index][facts: side].formUnion(.closeSeen) }
        let isBeginning = table.withSides(at: index, sender: side) { sender, peer, _ in
            !sender.facts.contains(.baseKnown) || !(isSelf || peer.facts.contains(.baseKnown))
                || !sender.facts.contains(.windowKnown)
        }
        if isBeginning { noteBeginning(segment, side, index, in: &table, isSelf: isSelf) }
        guard segment.role == .whole else {
            if segment.error != nil { noteError(segment, side, index, in: &table, &events) }
            return
        }
        var hidesIdleness = isLight && !isSelf && noteUnseen(before: segment, side, index, in: &table)
        let outcome = table.withSides(at: index, sender: side) { sender, peer, lists -> Outcome in
            // Same address and port at both ends: all is one side, and its peer is for ever blank (3.1).
            if isSelf {
                var blank = WiresharkSide()
                return mark(segment, side, &sender, &blank, &lists)
            }
            return mark(segment, side, &sender, &peer, &lists)
        }
        if isLight {
            table.withSides(at: index, sender: side) { sender, peer, _ in UnseenSegments.settle(&sender, &peer) }
        }
        guard outcome.isNotable else { return }
        var passage = Passage(
            segment: segment, side: side, marks: outcome.marks, sender: outcome.sender, peer: outcome.peer,
            hidesIdleness: hidesIdleness, oldest: outcome.oldest)
        if !isLight { hidesIdleness = passage.jumps || passage.acknowledgesUnseen }
        passage.hidesIdleness = hidesIdleness
        note(passage, index, in: &table, &events, isSelf: isSelf)
    }

    /// Makes the connection that `segment` begins.
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

    /// Takes what `segment` tells of others that were not seen; whether those may have broken a silence before it.
    @inline(never)
    private mutating func noteUnseen<Key: ConnectionKey>(
        before segment: Segment, _ side: Int, _ index: Int, in table: inout ConnectionTable<Key>
    ) -> Bool {
        var record = table[record: index]
        let hidesSilence = table.withSides(at: index, sender: side) { sender, peer, _ in
            let unseen = UnseenSegments(before: segment, from: sender, to: peer)
            unseen.apply(to: &peer)
            guard unseen.ofPeer else { return unseen.hideSilence }
            // The peer gave a sign of life.
            if record[facts: side].contains(.brokeIdle) {
                record[facts: side].subtract(.brokeIdle)
                if record.evidence != 0 { store.evidences[Int(record.evidence) - 1].idleness.survive() }
            }
            if record[facts: side].contains(.awaitsAnswer) {
                record[facts: side].subtract(.awaitsAnswer)
                store.noteLife(record, at: segment.time, toEndAt: side)
            }
            sender.set(.needsAttention, to: !record[facts: side].isDisjoint(with: EndFacts.attention))
            return unseen.hideSilence
        }
        table[record: index] = record
        return hidesSilence
    }

    /// What is known of a segment when the state has moved on.
    private struct Outcome {
        /// The marks, shown or not.
        var marks: Marks
        /// Whether it may be evidence of anything.
        var isNotable: Bool
        /// The ends as they were before it.
        var sender: WiresharkSide
        var peer: WiresharkSide
        /// Where the oldest data of the sender begins that is not acknowledged; meaningful where there is such data.
        var oldest: SequenceNumber
    }

    /// Marks a whole segment.
    @inline(__always)
    private mutating func mark(
        _ segment: Segment, _ side: Int, _ sender: inout WiresharkSide, _ peer: inout WiresharkSide,
        _ lists: inout UInt32
    ) -> Outcome {
        let before = (sender, peer)
        let marks = analysis.mark(segment, from: &sender, to: &peer, lists: &lists, side: side)
        if segment.flags.isDisjoint(with: [.syn, .rst]) { sender.facts.formUnion(.established) }
        if segment.payloadLength > 0 {
            sender.facts.formUnion(.sentLastData)
            peer.facts.subtract(.sentLastData)
        } else if segment.flags.isAcknowledgmentAlone, marks.isEmpty {
            sender.facts.formUnion(.sentPureAcknowledgment)
        }
        sender.spokeTime = segment.time
        let isNotable =
            !before.0.canTakeFastPath(segment, to: before.1)
            && !(marks.isEmpty && before.0.isSingleNewByte(segment, to: before.1))
        let oldest =
            isNotable && sender.facts.contains(.hasUnacknowledged)
            ? analysis.ranges.oldest(lists, side) : segment.sequence
        return Outcome(marks: marks, isNotable: isNotable, sender: before.0, peer: before.1, oldest: oldest)
    }

    /// Records what a notable segment says, and reports it where that concerns keep-alives.
    @inline(never)
    private mutating func note<Key: ConnectionKey>(
        _ passage: Passage, _ index: Int, in table: inout ConnectionTable<Key>, _ events: inout [SegmentEvent],
        isSelf: Bool
    ) {
        var record = table[record: index]
        table.withSides(at: index, sender: passage.side) { sender, other, _ in
            if isSelf {
                var blank = WiresharkSide()
                store.record(passage, &record, &sender, &blank, isSelf: true, isLight: isLight, &events)
            } else {
                store.record(passage, &record, &sender, &other, isSelf: false, isLight: isLight, &events)
            }
        }
        table[record: index] = record
    }

    /// Records the ICMP error that quotes `segment`, of the connection at `index`.
    @inline(never)
    private mutating func noteError<Key: ConnectionKey>(
        _ segment: Segment, _ side: Int, _ index: Int, in table: inout ConnectionTable<Key>,
        _ events: inout [SegmentEvent]
    ) {
        var record = table[record: index]
        table.withSides(at: index, sender: side) { sender, _, _ in
            store.recordError(segment, side, &record, sender, &events)
        }
        table[record: index] = record
    }

    /// Notes initial sequence numbers while one of them is not known, and what the first segment of each side is like.
    @inline(never)
    private mutating func noteBeginning<Key: ConnectionKey>(
        _ segment: Segment, _ side: Int, _ index: Int, in table: inout ConnectionTable<Key>, isSelf: Bool
    ) {
        var record = table[record: index]
        if segment.role == .whole, record[hops: side].first == 0 {
            record[hops: side].first = segment.timeToLive
            record[facts: side].setMember(.hasTimestamps, segment.hasTimestamps)
        }
        var (own, other) = side == 0 ? record.bases : (record.bases.1, record.bases.0)
        table.withSides(at: index, sender: side) { sender, peer, _ in
            if sender.facts.intersection(peer.facts).contains(.baseKnown) { return }
            if isSelf {
                var blank = WiresharkSide()
                analysis.noteBases(segment, from: &sender, to: &blank, &own, &other)
            } else {
                analysis.noteBases(segment, from: &sender, to: &peer, &own, &other)
            }
        }
        record.bases = side == 0 ? (own, other) : (other, own)
        table[record: index] = record
    }

    /// Applies the SYN rules: a fresh connection may take the place of the one at `index`.
    private mutating func restartIfNeeded<Key: ConnectionKey>(
        _ segment: Segment, _ side: Int, _ index: Int, in table: inout ConnectionTable<Key>
    ) {
        var record = table[record: index]
        var base = side == 0 ? record.bases.0 : record.bases.1
        let isFresh = table.withSides(at: index, sender: side) { sender, _, _ in
            analysis.startsStream(segment, from: &sender, base: &base, closes: &record.facts)
        }
        if side == 0 { record.bases.0 = base } else { record.bases.1 = base }
        table[record: index] = record
        guard isFresh else { return }
        let slot = table.slot(at: index)
        store.retire(slot, record, analysis.ranges, at: segment.time)
        analysis.ranges.release(slot.lists)
        table.restart(at: index)
        var fresh = store.open(with: segment)
        store.notePredecessor(slot, record, side, of: &fresh, with: segment)
        table[record: index] = fresh
    }
}
