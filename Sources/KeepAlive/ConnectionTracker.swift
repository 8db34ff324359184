public import Wire

/// Follows every connection of a capture and marks its segments.
///
/// Segments must come in the order of the capture. Time is theirs; the tracker has no clock.
public struct ConnectionTracker: ~Copyable {
    private var follower: Follower
    private(set) var version4: ConnectionTable<IPv4Key>
    private var version6: ConnectionTable<IPv6Key>

    /// Octets that connections take before those that never came to be make room: 256 MiB.
    public static let defaultMemoryLimit = 256 << 20

    /// A tracker that marks as Wireshark `version` does.
    ///
    /// `seed` makes the table's hash unpredictable to whoever writes the packets; results never depend on it.
    /// With `keepsAll`, `connections(all: true)` includes connections without events whose ports were reused.
    /// With `shard`, events are told and counted of the connections in it alone; their numbers are those of all.
    /// From `memoryLimit` octets on, connections that never came to be make room for others, as in a flood of SYNs.
    /// With `isLight`, segments with more than one octet are missing: what is acknowledged counts as sent, and verdicts
    /// that rest on data are not sure.
    public init(
        version: WiresharkVersion = .newest, seed: UInt64, keepsAll: Bool = false, shard: Shard? = nil,
        memoryLimit: Int = defaultMemoryLimit, isLight: Bool = false
    ) {
        follower = Follower(
            analysis: WiresharkAnalysis(version: version), ledger: ConnectionLedger(keepsAll: keepsAll, shard: shard),
            budget: MemoryBudget(limit: memoryLimit), isLight: isLight)
        version4 = ConnectionTable(seed: seed)
        version6 = ConnectionTable(seed: seed)
    }

    /// What was counted so far, of the connections in the shard.
    public var tally: ConnectionTally {
        var tally = follower.ledger.tally
        tally.evicted = version4.evictions &+ version6.evictions
        return tally
    }

    /// Which keep-alive probe of any connection can be expected next after `time` (ns since 1970), going by those before.
    ///
    /// Where none can, whose probes wait for an answer; nil where nobody's do.
    public func nextProbe(after time: Int64) -> ExpectedProbe? {
        var next: ExpectedProbe?
        for connection in connections(all: false) where connection.ending == .open {
            let ends = [
                (connection.fromOriginator, connection.originator), (connection.fromResponder, connection.responder),
            ]
            for (side, prober) in ends {
                guard let expected = ExpectedProbe(of: prober, side, after: time) else { continue }
                if expected.isSooner(than: next) { next = expected }
            }
        }
        return next
    }

    /// Follows `segments` and appends what they tell of keep-alives to `events`, in order.
    public mutating func track(_ segments: borrowing SegmentBatch, events: inout [SegmentEvent]) {
        let all = segments.segments.span
        var start = 0
        while start < all.count {
            let limit = min(start &+ ConnectionTable<IPv4Key>.groupSize, all.count)
            let version = all[start].source.address.version
            var end = start &+ 1
            while end < limit, all[end].source.address.version == version { end &+= 1 }
            if version == .v4 {
                follower.follow(all, start..<end, in: &version4, &events)
            } else {
                follower.follow(all, start..<end, in: &version6, &events)
            }
            start = end
        }
    }

    /// Follows `segments` likewise, each the whole way: tests hold the quiet way against it (`WiresharkAnalysis.takesQuietly`).
    mutating func trackWhole(_ segments: borrowing SegmentBatch, events: inout [SegmentEvent]) {
        let all = segments.segments.span
        for place in all.indices {
            if all[place].source.address.version == .v4 {
                follower.followWhole(all, place, in: &version4, &events)
            } else {
                follower.followWhole(all, place, in: &version6, &events)
            }
        }
    }

    /// Follows `segments` likewise, and tells in `places` to which connection each belongs; nil: it was not looked up.
    public mutating func track(
        _ segments: borrowing SegmentBatch, events: inout [SegmentEvent], places: inout [SegmentPlace?]
    ) {
        places.removeAll(keepingCapacity: true)
        // One by one, as the next segment may begin another connection in the place of this one. Whoever wants no
        // places pays nothing for that.
        var single = SegmentBatch()
        for segment in segments.segments {
            single.removeAll()
            single.append(segment)
            track(single, events: &events)
            let place: (number: UInt64, side: Int)? =
                segment.source.address.version == .v4 ? version4.number(of: segment) : version6.number(of: segment)
            places.append(place.map { SegmentPlace(connection: $0.number, side: $0.side) })
        }
    }

    /// The connections in order of appearance: those of which there is something to be said, or all.
    public func connections(all: Bool) -> [Connection] {
        let places = places(all: all)
        var connections: [Connection] = []
        connections.reserveCapacity(places.count + follower.ledger.replaced.count)
        forEachConnection(at: places) { connections.append($0) }
        return connections
    }

    /// Where a connection is: light, while connections are large.
    private struct Place: BitwiseCopyable {
        var number: UInt64
        var index: UInt32
        var isVersion4: Bool
    }

    /// The places of connections in order of appearance: of those of which there is something to be said, or of all.
    private func places(all: Bool) -> [Place] {
        var places: [Place] = []
        version4.forEach { index, birth in
            if all || follower.ledger.isNotable(version4.slot(at: index), birth) {
                places.append(Place(number: birth.number, index: UInt32(truncatingIfNeeded: index), isVersion4: true))
            }
        }
        let count = places.count
        version6.forEach { index, birth in
            if all || follower.ledger.isNotable(version6.slot(at: index), birth) {
                places.append(Place(number: birth.number, index: UInt32(truncatingIfNeeded: index), isVersion4: false))
            }
        }
        // Each table has its own in order, but for ports that were used again.
        if count < places.count || !zip(places, places.dropFirst()).allSatisfy({ $0.number < $1.number }) {
            places.sort { $0.number < $1.number }
        }
        return places
    }

    /// Calls `body` with each connection at `places`, and those whose ports were used again, in order of appearance.
    private func forEachConnection(at places: [Place], _ body: (Connection) -> Void) {
        var replaced = follower.ledger.replaced.sorted { $0.number < $1.number }[...]
        for place in places {
            while let first = replaced.first, first.number < place.number {
                body(first)
                replaced.removeFirst()
            }
            body(connection(at: place))
        }
        for connection in replaced { body(connection) }
    }

    private func connection(at place: Place) -> Connection {
        let index = Int(place.index)
        return place.isVersion4
            ? follower.ledger.connection(version4.slot(at: index), version4[birth: index], follower.analysis.ranges)
            : follower.ledger.connection(version6.slot(at: index), version6[birth: index], follower.analysis.ranges)
    }

    /// The verdicts on the connections: on those of which there is something to be said, or on all.
    public func diagnoses(all: Bool) -> [Diagnosis] {
        let places = places(all: all)
        var heard = awaitedHosts(places)
        noteHeard(&heard)
        return diagnoses(places, heard: heard)
    }

    private func awaitedHosts(_ places: [Place]) -> [IPAddress: Int64] {
        var hosts: [IPAddress: Int64] = [:]
        for place in places {
            let index = Int(place.index)
            if place.isVersion4 {
                awaited(version4.slot(at: index), version4[birth: index], &hosts)
            } else {
                awaited(version6.slot(at: index), version6[birth: index], &hosts)
            }
        }
        for connection in follower.ledger.replaced {
            if connection.fromOriginator.isWaiting { hosts[connection.responder.address] = .min }
            if connection.fromResponder.isWaiting { hosts[connection.originator.address] = .min }
        }
        return hosts
    }

    private func awaited<Key: ConnectionKey>(
        _ slot: ConnectionSlot<Key>, _ birth: ConnectionBirth, _ hosts: inout [IPAddress: Int64]
    ) {
        if follower.ledger.isWaiting(slot, birth, side: 0) { hosts[slot.key.second.address] = .min }
        if follower.ledger.isWaiting(slot, birth, side: 1) { hosts[slot.key.first.address] = .min }
    }

    private func diagnoses(_ places: [Place], heard: [IPAddress: Int64]) -> [Diagnosis] {
        var diagnoses: [Diagnosis] = []
        diagnoses.reserveCapacity(places.count + follower.ledger.replaced.count)
        forEachConnection(at: places) { diagnoses.append(Diagnosis(of: $0, heard: heard, isLight: follower.isLight)) }
        return diagnoses
    }

    // MARK: Where several trackers share the connections

    /// Notes from now on which segments begin connections, for `takeOpenings`.
    public mutating func noteOpenings() {
        follower.ledger.notesOpenings = true
    }

    /// The `record` of each segment that began a connection since this was last called, in order.
    public mutating func takeOpenings() -> [UInt32] {
        defer { follower.ledger.openings = [] }
        return follower.ledger.openings
    }

    /// Hosts that fell silent in a connection, and may be heard in another; the times are for `noteHeard` to fill in.
    public func awaitedHosts(all: Bool) -> [IPAddress: Int64] {
        awaitedHosts(places(all: all))
    }

    /// Notes in `hosts` when each of them last spoke in any connection, if later than what is there (ns since 1970).
    public func noteHeard(_ hosts: inout [IPAddress: Int64]) {
        guard !hosts.isEmpty else { return }
        note(version4, in: &hosts)
        note(version6, in: &hosts)
    }

    /// The verdicts on the connections, where `heard` tells when hosts were last heard in any connection.
    public func diagnoses(all: Bool, heard: [IPAddress: Int64]) -> [Diagnosis] {
        diagnoses(places(all: all), heard: heard)
    }

    /// Notes when those hosts in `heard` last spoke that have a connection in `table`.
    private func note<Key: ConnectionKey>(_ table: borrowing ConnectionTable<Key>, in heard: inout [IPAddress: Int64]) {
        table.forEach { index, _ in
            let slot = table.slot(at: index)
            for (address, side) in [(slot.key.first.address, slot.sides.0), (slot.key.second.address, slot.sides.1)] {
                guard let spoke = side.spoke, let last = heard[address], last < spoke else { continue }
                heard[address] = spoke
            }
        }
    }
}

/// Takes one segment through its connection: streams, marks, what the report will say.
private struct Follower: ~Copyable {
    var analysis: WiresharkAnalysis
    var ledger: ConnectionLedger
    var budget: MemoryBudget
    /// Whether segments with more than one octet are missing.
    let isLight: Bool

    /// Follows the segments at `places`, at most a group of them, all of the IP version of `Key`.
    @inline(never)
    mutating func follow<Key: ConnectionKey>(
        _ segments: Span<Segment>, _ places: Range<Int>, in table: inout ConnectionTable<Key>,
        _ events: inout [SegmentEvent]
    ) {
        table.lookUp(segments, places)
        var hints = table.hintsOfEvents(segments, places)
        while hints != 0 {
            ledger.prefetch(table.histories(hints.trailingZeroBitCount))
            hints &= hints &- 1
        }
        for place in places {
            if !table.takesQuietly(segments, place, place &- places.lowerBound, &analysis) {
                followWhole(segments[place], table.lookup(place &- places.lowerBound), in: &table, &events)
            }
        }
    }

    /// Follows the segment at `place`, whatever it is.
    mutating func followWhole<Key: ConnectionKey>(
        _ segments: Span<Segment>, _ place: Int, in table: inout ConnectionTable<Key>, _ events: inout [SegmentEvent]
    ) {
        table.lookUp(segments, place..<place + 1)
        followWhole(segments[place], table.lookup(0), in: &table, &events)
    }

    /// Follows a segment that may be of any kind.
    @inline(never)
    private mutating func followWhole<Key: ConnectionKey>(
        _ segment: Segment, _ lookup: Lookup<Key>, in table: inout ConnectionTable<Key>, _ events: inout [SegmentEvent]
    ) {
        guard analysis.looksUp(segment) else { return }
        let side = Int(lookup.side)
        let index =
            table.place(of: lookup.key, hash: lookup.hash) ?? open(lookup.key, lookup.hash, segment, in: &table)
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
                var event = SegmentEvent(
                    segment: segment, marks: outcome.marks, kind: kind, connection: birth.number)
                if isSelf {
                    ledger.note(&event, side: side, &birth, &sender, &blank)
                } else {
                    ledger.note(&event, side: side, &birth, &sender, &other)
                }
                if ledger.tells(of: segment) { events.append(event) }
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
    private func noteBeginning<Key: ConnectionKey>(
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
