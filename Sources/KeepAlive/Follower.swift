import Wire

/// Takes one segment through its connection: streams, marks, what the report will say.
struct Follower: ~Copyable {
    var analysis: WiresharkAnalysis
    var ledger: ConnectionLedger
    var budget: MemoryBudget
    /// Whether segments with more than one octet are missing.
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
        guard analysis.looksUp(segment) else { return }
        let index = table.place(of: key, lookup) ?? open(key, lookup.hash, segment, in: &table)
        if segment.flags.contains(.syn) { restartIfNeeded(segment, side, index, in: &table) }
        let isSelf = segment.source == segment.destination
        let isBeginning = table.withSides(at: index, sender: side) { sender, peer, _ in
            analysis.noteClose(segment, from: &sender)
            return !sender.facts.contains(.baseKnown) || !(isSelf || peer.facts.contains(.baseKnown))
                || !sender.facts.contains(.hasSpoken)
        }
        if isBeginning { noteBeginning(segment, side, index, in: &table, isSelf: isSelf) }
        guard segment.role == .whole else { return }
        let hidesSilence = isLight && !isSelf && noteUnseen(before: segment, side, index, in: &table)
        var outcome = table.withSides(at: index, sender: side) { sender, peer, lists -> Outcome in
            // Same address and port at both ends: all is one side, and its peer is for ever blank (3.1).
            if isSelf {
                var blank = WiresharkSide()
                return mark(segment, side, &sender, &blank, &lists)
            }
            return mark(segment, side, &sender, &peer, &lists)
        }
        if isLight {
            outcome.hidesSilence = hidesSilence
            table.withSides(at: index, sender: side) { sender, peer, _ in UnseenSegments.settle(&sender, &peer) }
        }
        if outcome.isNotable { note(segment, outcome, side, index, in: &table, &events, isSelf: isSelf) }
    }

    /// Makes the connection that `segment` begins.
    private mutating func open<Key: ConnectionKey>(
        _ key: Key, _ hash: UInt32, _ segment: Segment, in table: inout ConnectionTable<Key>
    ) -> Int {
        budget.usedByRanges = analysis.ranges.octets
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
            if sender.facts.contains(.brokeSilence) {
                ledger.noteSilence(0, at: segment.time, &birth, isReset: false, &peer.facts, &sender.facts)
            }
            if sender.facts.contains(.awaitsAnswer) {
                sender.facts.subtract(.awaitsAnswer)
                ledger.noteLife(birth, toEndAt: side)
            }
            return unseen.hideSilence
        }
        table[birth: index] = birth
        return hidesSilence
    }

    /// What is known of a segment when the state has moved on.
    private struct Outcome {
        /// The marks that are shown.
        var marks: Marks
        /// Whether it may be an event.
        var isNotable: Bool
        /// When the sender last spoke before (ns since 1970).
        var spokeBefore: Int64?
        /// Whether the sender had something unacknowledged before.
        var hadUnacknowledged: Bool
        /// Whether others may have passed before it that were not seen.
        var hidesSilence = false
    }

    /// Marks a whole segment.
    @inline(__always)
    private mutating func mark(
        _ segment: Segment, _ side: Int, _ sender: inout WiresharkSide, _ peer: inout WiresharkSide,
        _ lists: inout UInt32
    ) -> Outcome {
        if !segment.flags.isDisjoint(with: [.syn, .fin, .rst]) {
            noteOpeningOrClose(segment.flags, &sender.facts, peer.facts)
        }
        let hadUnacknowledged = sender.facts.contains(.hasUnacknowledged)
        var marks = analysis.mark(segment, from: &sender, to: &peer, lists: &lists, side: side)
        if !segment.isShown { marks = [] }
        let spokeBefore = sender.spoke
        if segment.flags.isDisjoint(with: [.syn, .rst]) { sender.facts.formUnion(.established) }
        sender.spoke = segment.time
        let isNotable =
            !marks.isEmpty || !peer.facts.isDisjoint(with: [.awaitsAnswer, .brokeSilence])
            || Self.gap(segment.time, spokeBefore, peer.spoke) >= Silence.threshold
            || SegmentKind.mayBeUnmarkedProbe(segment, sender, peer)
            || (!segment.flags.isDisjoint(with: [.rst, .fin])
                && sender.facts.union(peer.facts).contains(.hasHistory))
        return Outcome(
            marks: marks, isNotable: isNotable, spokeBefore: spokeBefore, hadUnacknowledged: hadUnacknowledged)
    }

    /// How long before `time` (ns) the later of two times is; 0 where neither is one.
    @inline(__always)
    private static func gap(_ time: Int64, _ first: Int64?, _ second: Int64?) -> Int64 {
        let last = max(first ?? .min, second ?? .min)
        return last == .min ? 0 : time &- last
    }

    /// Tells what a notable segment is, and reports it where that concerns keep-alives.
    @inline(never)
    private mutating func note<Key: ConnectionKey>(
        _ segment: Segment, _ outcome: Outcome, _ side: Int, _ index: Int, in table: inout ConnectionTable<Key>,
        _ events: inout [SegmentEvent], isSelf: Bool
    ) {
        var birth = table[birth: index]
        table.withSides(at: index, sender: side) { sender, other, _ in
            var blank = WiresharkSide()
            let peer = isSelf ? blank : other
            let awaited = ledger.asked(birth, side: 1 - side)
            let kind = SegmentKind.of(
                segment, outcome.marks, sender, peer, awaited: awaited,
                isForeign: Self.isForeign(segment, side == 0 ? birth.timesToLive.0 : birth.timesToLive.1))
            noteSilence(segment, outcome, &birth, &sender.facts, peer.spoke, &other.facts)
            if !segment.flags.isDisjoint(with: [.rst, .fin]), !isSelf {
                ledger.noteClose(
                    birth, toEndAt: 1 - side, at: segment.time,
                    heard: outcome.hidesSilence ? nil : outcome.spokeBefore, spoke: other.spoke)
            }
            // An end that asks has not spoken: the peer's clock does not go by it.
            if kind?.isAsking ?? false { sender.spoke = outcome.spokeBefore }
            if let kind {
                // It is completed where it lies, as it is large.
                let place = events.count
                events.append(
                    SegmentEvent(segment: segment, marks: outcome.marks, kind: kind, connection: birth.number))
                if isSelf {
                    ledger.note(&events[place], side: side, &birth, &sender, &blank)
                } else {
                    ledger.note(&events[place], side: side, &birth, &sender, &other)
                }
                if !ledger.tells(of: segment) { events.removeLast() }
            }
            if other.facts.contains(.awaitsAnswer), kind?.answersNothing ?? true {
                other.facts.subtract(.awaitsAnswer)
                ledger.noteLife(birth, toEndAt: 1 - side)
            }
        }
        table[birth: index] = birth
    }

    /// Whether the TTL of `segment` is not that of the sender's first segment: routes differ by a hop or two, and who
    /// speaks in the name of another is elsewhere.
    private static func isForeign(_ segment: Segment, _ first: UInt8) -> Bool {
        first != 0 && segment.timeToLive != 0 && abs(Int(segment.timeToLive) - Int(first)) > 2
    }

    /// Notes how long nothing had passed before `segment`, where that is long, and whether it ends such a silence.
    private mutating func noteSilence(
        _ segment: Segment, _ outcome: Outcome, _ birth: inout ConnectionBirth,
        _ sender: inout WiresharkSide.Facts, _ peerSpoke: Int64?, _ peer: inout WiresharkSide.Facts
    ) {
        var gap = Self.gap(segment.time, outcome.spokeBefore, peerSpoke)
        // A probe breaks a silence too, though its sender has not spoken.
        if gap >= Silence.threshold, let asked = ledger.lastAsked(birth) { gap = min(gap, segment.time &- asked) }
        // Between retransmissions nobody is idle.
        if outcome.hadUnacknowledged || outcome.hidesSilence { gap = 0 }
        guard gap >= Silence.threshold || peer.contains(.brokeSilence) else { return }
        ledger.noteSilence(
            gap, at: segment.time, &birth, isReset: segment.flags.contains(.rst), &sender, &peer)
    }

    private func noteOpeningOrClose(
        _ flags: TCPFlags, _ sender: inout WiresharkSide.Facts, _ peer: WiresharkSide.Facts
    ) {
        if flags.contains(.syn) { sender.formUnion(flags.contains(.ack) ? .sentSYNACK : .sentSYN) }
        if flags.contains(.fin) { sender.formUnion(.sentFIN) }
        if flags.contains(.rst), !peer.contains(.sentRST) { sender.formUnion(.sentRST) }
    }

    /// Notes initial sequence numbers while one of them is not known, and what the first segment of each side is like.
    @inline(never)
    private mutating func noteBeginning<Key: ConnectionKey>(
        _ segment: Segment, _ side: Int, _ index: Int, in table: inout ConnectionTable<Key>, isSelf: Bool
    ) {
        var birth = table[birth: index]
        if side == 0, birth.timesToLive.0 == 0 {
            birth.timesToLive.0 = segment.timeToLive
            birth.haveTimestamps.0 = segment.hasTimestamps
        } else if side == 1, birth.timesToLive.1 == 0 {
            birth.timesToLive.1 = segment.timeToLive
            birth.haveTimestamps.1 = segment.hasTimestamps
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
        let isFresh = table.withSides(at: index, sender: side) { sender, peer, _ in
            analysis.startsStream(segment, from: &sender, to: &peer, base: &base)
        }
        if side == 0 { birth.bases.0 = base } else { birth.bases.1 = base }
        table[birth: index] = birth
        guard isFresh else { return }
        let slot = table.slot(at: index)
        ledger.retire(slot, birth, analysis.ranges)
        analysis.ranges.release(slot.lists)
        table.restart(at: index)
        table[birth: index] = ledger.open(with: segment)
    }
}
