import Wire

/// Takes one segment through its connection: streams, marks, what the report will say.
struct Follower: ~Copyable {
    var analysis: WiresharkAnalysis
    var ledger: ConnectionLedger
    var budget: MemoryBudget
    /// Whether segments with more than one byte are missing.
    let isLight: Bool

    /// Follows the segments of `glances`; `packets` is what they were taken at.
    mutating func follow(
        _ glances: borrowing GlanceBatch, of packets: borrowing PacketBatch,
        in version4: inout ConnectionTable<IPv4Key>, _ version6: inout ConnectionTable<IPv6Key>,
        _ events: inout [SegmentEvent]
    ) {
        let places = glances.glances.indices
        let steps = (places.count &+ Self.stepSize &- 1) / Self.stepSize
        for step in 0..<steps &+ Self.stepsAhead {
            let lookedUp = Self.places(ofStep: step, places)
            let found = Self.places(ofStep: step &- Self.stepsToFind, places)
            let hinted = Self.places(ofStep: step &- Self.stepsToHint, places)
            version4.takeHints(ledger)
            version4.hint(glances, hinted, analysis.ranges)
            version4.find(glances, found)
            version4.lookUp(glances, lookedUp)
            if glances.hasVersion6 {
                version6.takeHints(ledger)
                version6.hint(glances, hinted, analysis.ranges)
                version6.find(glances, found)
                version6.lookUp(glances, lookedUp)
            }
            follow(
                glances, Self.places(ofStep: step &- Self.stepsAhead, places), packets, &version4, &version6, &events)
        }
    }

    /// Segments of a step: as many as memory answers at once, and enough that it has answered when the next step begins.
    private static let stepSize = 16
    /// Steps from a lookup to the finding of its slot, to the hint, which two more steps follow for histories and their
    /// details, and to its segment: as many as memory may need, for each must have come before the next is asked for.
    /// `Lookups` has room for the segments of all of them.
    private static let (stepsToFind, stepsToHint, stepsAhead) = (1, 3, 6)

    /// Those of `places` that are looked up in `step`, or followed `stepsAhead` later; none before the first.
    @inline(__always)
    private static func places(ofStep step: Int, _ places: Range<Int>) -> Range<Int> {
        let start = places.lowerBound &+ step &* stepSize
        return (start..<start &+ stepSize).clamped(to: places)
    }

    /// Follows the segments of the glances at `places`, whose connections were looked up.
    @inline(never)
    private mutating func follow(
        _ glances: borrowing GlanceBatch, _ places: Range<Int>, _ packets: borrowing PacketBatch,
        _ version4: inout ConnectionTable<IPv4Key>, _ version6: inout ConnectionTable<IPv6Key>,
        _ events: inout [SegmentEvent]
    ) {
        for place in places {
            if glances.glances[place].isVersion6 {
                follow(glances, place, packets, in: &version6, &events)
            } else if !version4.takesQuietly(glances, place, &analysis) {
                followWhole(glances, place, packets, in: &version4, &events)
            }
        }
    }

    /// Follows the segment of the glance at `place`, whose connection was looked up: apart from the loop, which is quicker
    /// with one quiet way in it.
    @inline(never)
    private mutating func follow<Key: ConnectionKey>(
        _ glances: borrowing GlanceBatch, _ place: Int, _ packets: borrowing PacketBatch,
        in table: inout ConnectionTable<Key>, _ events: inout [SegmentEvent]
    ) {
        if !table.takesQuietly(glances, place, &analysis) {
            followWhole(glances, place, packets, in: &table, &events)
        }
    }

    /// Follows the segment of the glance at `place`, whose connection was looked up, the whole way.
    @inline(never)
    private mutating func followWhole<Key: ConnectionKey>(
        _ glances: borrowing GlanceBatch, _ place: Int, _ packets: borrowing PacketBatch,
        in table: inout ConnectionTable<Key>, _ events: inout [SegmentEvent]
    ) {
        let glance = glances.glances[place]
        followWhole(
            glances.segment(place, of: packets), Key(glance, glances), glance.side, table.lookups[place], in: &table,
            &events)
    }

    /// Follows `segment` the whole way, whatever it is.
    mutating func followWhole<Key: ConnectionKey>(
        _ segment: Segment, in table: inout ConnectionTable<Key>, _ events: inout [SegmentEvent]
    ) {
        let glances = GlanceBatch(at: [segment])
        let key = Key(glances.glances[0], glances)
        let lookup = Lookup(hash: key.hash(seed: table.seed), place: Lookup.nowhere)
        followWhole(segment, key, glances.glances[0].side, lookup, in: &table, &events)
    }

    /// Follows a segment that may be of any kind.
    @inline(__always)
    private mutating func followWhole<Key: ConnectionKey>(
        _ segment: Segment, _ key: Key, _ side: Int, _ lookup: Lookup, in table: inout ConnectionTable<Key>,
        _ events: inout [SegmentEvent]
    ) {
        // Too short a quote is nothing to Wireshark, which therefore makes no connection of it.
        if segment.role == .quotedShort {
            if let index = table.place(of: key, lookup) { noteError(segment, side, index, in: &table, &events) }
            return
        }
        guard analysis.looksUp(segment) else { return }
        let index = table.place(of: key, lookup) ?? open(key, lookup.hash, segment, in: &table)
        if segment.flags.contains(.syn) { restartIfNeeded(segment, side, index, in: &table) }
        let isSelf = segment.source == segment.destination
        if analysis.isClose(segment) { table[birth: index][facts: side].formUnion(.closeSeen) }
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
        let index = table.make(key, hash: hash, &budget) { slot, birth in
            ledger.forget(birth)
            analysis.ranges.release(slot.lists)
        }
        table[birth: index] = ledger.open(with: segment)
        return index
    }

    /// Takes what `segment` tells of others that were not seen; whether those may have broken a silence before it.
    @inline(never)
    private mutating func noteUnseen<Key: ConnectionKey>(
        before segment: Segment, _ side: Int, _ index: Int, in table: inout ConnectionTable<Key>
    ) -> Bool {
        var birth = table[birth: index]
        let hidesSilence = table.withSides(at: index, sender: side) { sender, peer, _ in
            let unseen = UnseenSegments(before: segment, from: sender, to: peer)
            unseen.apply(to: &peer)
            guard unseen.ofPeer else { return unseen.hideSilence }
            // The peer gave a sign of life.
            if birth[facts: side].contains(.brokeIdle) {
                birth[facts: side].subtract(.brokeIdle)
                if birth.evidence != 0 { ledger.evidences[Int(birth.evidence) - 1].idleness.recordSurvival() }
            }
            if birth[facts: side].contains(.awaitsAnswer) {
                birth[facts: side].subtract(.awaitsAnswer)
                ledger.noteLife(birth, at: segment.time, toEndAt: side)
            }
            sender.set(.needsAttention, to: !birth[facts: side].isDisjoint(with: EndFacts.attention))
            return unseen.hideSilence
        }
        table[birth: index] = birth
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
        // What is not quiet may be evidence of anything.
        let glance = Glance(at: segment)
        let isNotable =
            !before.0.isQuiet(glance, to: before.1)
            && !(marks.isEmpty && before.0.isPlainByte(segment, glance, to: before.1))
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
        var birth = table[birth: index]
        table.withSides(at: index, sender: passage.side) { sender, other, _ in
            if isSelf {
                var blank = WiresharkSide()
                ledger.record(passage, &birth, &sender, &blank, isSelf: true, isLight: isLight, &events)
            } else {
                ledger.record(passage, &birth, &sender, &other, isSelf: false, isLight: isLight, &events)
            }
        }
        table[birth: index] = birth
    }

    /// Records the ICMP error that quotes `segment`, of the connection at `index`.
    @inline(never)
    private mutating func noteError<Key: ConnectionKey>(
        _ segment: Segment, _ side: Int, _ index: Int, in table: inout ConnectionTable<Key>,
        _ events: inout [SegmentEvent]
    ) {
        var birth = table[birth: index]
        table.withSides(at: index, sender: side) { sender, _, _ in
            ledger.recordError(segment, side, &birth, sender, &events)
        }
        table[birth: index] = birth
    }

    /// Notes initial sequence numbers while one of them is not known, and what the first segment of each side is like.
    @inline(never)
    private mutating func noteBeginning<Key: ConnectionKey>(
        _ segment: Segment, _ side: Int, _ index: Int, in table: inout ConnectionTable<Key>, isSelf: Bool
    ) {
        var birth = table[birth: index]
        if segment.role == .whole, birth[hops: side].first == 0 {
            birth[hops: side].first = segment.timeToLive
            birth[facts: side].setMember(.hasTimestamps, segment.hasTimestamps)
        }
        var (own, other) = side == 0 ? birth.bases : (birth.bases.1, birth.bases.0)
        table.withSides(at: index, sender: side) { sender, peer, _ in
            if sender.facts.intersection(peer.facts).contains(.baseKnown) { return }
            if isSelf {
                var blank = WiresharkSide()
                analysis.noteBases(segment, from: &sender, to: &blank, &own, &other)
            } else {
                analysis.noteBases(segment, from: &sender, to: &peer, &own, &other)
            }
        }
        birth.bases = side == 0 ? (own, other) : (other, own)
        table[birth: index] = birth
    }

    /// Applies the SYN rules: a fresh connection may take the place of the one at `index`.
    private mutating func restartIfNeeded<Key: ConnectionKey>(
        _ segment: Segment, _ side: Int, _ index: Int, in table: inout ConnectionTable<Key>
    ) {
        var birth = table[birth: index]
        var base = side == 0 ? birth.bases.0 : birth.bases.1
        let isFresh = table.withSides(at: index, sender: side) { sender, _, _ in
            analysis.startsStream(segment, from: &sender, base: &base, closes: &birth.facts)
        }
        if side == 0 { birth.bases.0 = base } else { birth.bases.1 = base }
        table[birth: index] = birth
        guard isFresh else { return }
        let slot = table.slot(at: index)
        ledger.retire(slot, birth, analysis.ranges, at: segment.time)
        analysis.ranges.release(slot.lists)
        table.restart(at: index)
        var fresh = ledger.open(with: segment)
        ledger.notePredecessor(slot, birth, side, of: &fresh, with: segment)
        table[birth: index] = fresh
    }
}
