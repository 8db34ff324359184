import Wire

/// Takes segments through the steps of tracking: lookup, fast path or full path, marks, evidence, events.
struct SegmentPipeline: ~Copyable {
    var analysis: WiresharkAnalysis
    var store: EvidenceStore
    var budget: MemoryBudget
    /// Whether segments with more than one byte are missing from the capture.
    let isLight: Bool
    /// The position in both tables at which the search for chunks of ranges continues.
    private var hand = 0
    private var group = LookupGroup()

    init(analysis: consuming WiresharkAnalysis, store: consuming EvidenceStore, budget: MemoryBudget, isLight: Bool) {
        self.analysis = analysis
        self.store = store
        self.budget = budget
        self.isLight = isLight
        self.analysis.ranges.chunks.limit = 0
    }

    /// Tracks `segments` in order and appends an event for each that concerns keep-alives.
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
                track(segments[index], lookup, in: &version4, &version6)
            } else if !version4.tryFastPath(segments[index], lookup, &analysis) {
                trackFull(segments[index], lookup, in: &version4, &version6)
            }
        }
    }

    /// Tracks one segment of IPv6. Separate from the loop, which is faster with a single inlined fast path.
    @inline(never)
    private mutating func track(
        _ segment: Segment, _ lookup: Lookup, in version4: inout ConnectionTable<IPv4Key>,
        _ version6: inout ConnectionTable<IPv6Key>
    ) {
        if !version6.tryFastPath(segment, lookup, &analysis) { trackFull(segment, lookup, in: &version4, &version6) }
    }

    // MARK: Full path

    /// Tracks `segment` on the full path, even if it could take the fast path.
    mutating func trackFull(
        _ segment: Segment, in version4: inout ConnectionTable<IPv4Key>, _ version6: inout ConnectionTable<IPv6Key>,
        _ events: inout [SegmentEvent]
    ) {
        func lookup<Key: ConnectionKey>(_ table: borrowing ConnectionTable<Key>) -> Lookup {
            let sender = Key.sender(of: segment)
            // The hash is all that the full path needs.
            return Lookup(
                hash: Key(segment, sender: sender).hash(seed: table.seed), index: Lookup.notFound,
                sender: UInt8(truncatingIfNeeded: sender))
        }
        swap(&store.events, &events)
        trackFull(segment, segment.isVersion6 ? lookup(version6) : lookup(version4), in: &version4, &version6)
        swap(&store.events, &events)
    }

    @inline(never)
    private mutating func trackFull(
        _ segment: Segment, _ lookup: Lookup, in version4: inout ConnectionTable<IPv4Key>,
        _ version6: inout ConnectionTable<IPv6Key>
    ) {
        store.settle(&budget)
        if budget.free < Self.roomForSegment || !analysis.ranges.chunks.hasRoom {
            makeRoom(at: segment.time, in: &version4, &version6)
        }
        if segment.isVersion6 {
            trackFull(segment, lookup, in: &version6)
        } else {
            trackFull(segment, lookup, in: &version4)
        }
    }

    @inline(never)
    private mutating func trackFull<Key: ConnectionKey>(
        _ segment: Segment, _ lookup: Lookup, in table: inout ConnectionTable<Key>
    ) {
        let side = Int(lookup.sender)
        let key = Key(segment, sender: side)
        let isSelf = segment.source == segment.destination
        // Wireshark does not dissect so short a quote as a segment, so it opens no connection.
        if segment.role == .quotedShort {
            guard let index = table.index(of: key, lookup) else { return }
            store.owner = Owner(index, isVersion6: Key.isVersion6)
            return table.withConnection(at: index, sender: side, isSelf: isSelf) { store.recordError(segment, $0) }
        }
        guard analysis.looksUp(segment) else { return }
        let index = table.index(of: key, lookup) ?? open(key, lookup.hash, segment, in: &table)
        store.owner = Owner(index, isVersion6: Key.isVersion6)
        if segment.flags.contains(.syn) { restartIfNeeded(segment, side, index, in: &table) }
        table.withConnection(at: index, sender: side, isSelf: isSelf) { track(segment, $0) }
        if !segment.flags.isDisjoint(with: [.fin, .rst]) { table.recordClose(at: index, segment.time) }
    }

    /// Adds the connection that `segment` opens.
    private mutating func open<Key: ConnectionKey>(
        _ key: Key, _ hash: UInt32, _ segment: Segment, in table: inout ConnectionTable<Key>
    ) -> Int {
        let index = table.insert(key, hash: hash, at: segment.time, &budget) { slot, record in
            store.evict(slot, record, at: segment.time)
            analysis.ranges.release(slot.lists)
        }
        table[record: index] = store.open(with: segment)
        return index
    }

    // MARK: Memory

    /// Bytes that one segment takes at most, apart from ranges.
    private static let roomForSegment = 16 << 10
    /// The chunks of ranges for which memory is taken at a time.
    private static let chunksAtOnce = 64

    /// Evicts connections that have what a segment at `time` (ns since 1970) may need and no memory is left for.
    @inline(never)
    private mutating func makeRoom(
        at time: Int64, in version4: inout ConnectionTable<IPv4Key>, _ version6: inout ConnectionTable<IPv6Key>
    ) {
        for part in EvidenceStore.pools {
            // If no victim is found, the pool grows a little, and the search goes on with the next segment.
            for _ in 0..<8 where store.lacksRoom(part, budget) {
                evictOneOf(4, at: time, in: &version4, &version6) { $0.nextOwner(of: part) }
            }
        }
        if analysis.ranges.chunks.hasRoom { return }
        let count = analysis.ranges.chunks.count + Self.chunksAtOnce
        if budget.has(Self.chunksAtOnce * RangeChunks.bytesPerChunk, for: .ranges) {
            budget.set(.ranges, count * RangeChunks.bytesPerChunk)
            analysis.ranges.chunks.limit = count
        } else {
            evictOneWithChunks(at: time, in: &version4, &version6)
        }
    }

    /// Evicts the connection of the lowest class at `time` among `count` owners that `next` returns.
    private mutating func evictOneOf(
        _ count: Int, at time: Int64, in version4: inout ConnectionTable<IPv4Key>,
        _ version6: inout ConnectionTable<IPv6Key>, _ next: (inout EvidenceStore) -> Owner?
    ) {
        var victim: (owner: Owner, evictionClass: EvictionClass)?
        for _ in 0..<count {
            guard let owner = next(&store) else { break }
            let present =
                owner.isVersion6
                ? version6.evictionClass(at: owner.index, time) : version4.evictionClass(at: owner.index, time)
            if victim.map({ present < $0.evictionClass }) ?? true { victim = (owner, present) }
        }
        guard let owner = victim?.owner else { return }
        vacate(owner, at: time, in: &version4, &version6)
    }

    private mutating func vacate(
        _ owner: Owner, at time: Int64, in version4: inout ConnectionTable<IPv4Key>,
        _ version6: inout ConnectionTable<IPv6Key>
    ) {
        func evict<Key>(_ slot: ConnectionSlot<Key>, _ record: ConnectionRecord) {
            store.evict(slot, record, at: time)
            analysis.ranges.release(slot.lists)
        }
        if owner.isVersion6 {
            version6.vacate(at: owner.index, time, evicting: evict)
        } else {
            version4.vacate(at: owner.index, time, evicting: evict)
        }
    }

    /// Looks at the next few connections of both tables and evicts the one of the lowest class that has chunks of ranges, if
    /// there is one.
    private mutating func evictOneWithChunks(
        at time: Int64, in version4: inout ConnectionTable<IPv4Key>, _ version6: inout ConnectionTable<IPv6Key>
    ) {
        var victim: (owner: Owner, evictionClass: EvictionClass)?
        for _ in 0..<min(64, version4.count + version6.count) {
            hand = hand + 1 < version4.count + version6.count ? hand + 1 : 0
            let isVersion6 = hand >= version4.count
            let index = isVersion6 ? hand - version4.count : hand
            let lists = isVersion6 ? version6.slot(at: index).lists : version4.slot(at: index).lists
            guard analysis.ranges.hasChunks(lists) else { continue }
            let present =
                isVersion6 ? version6.evictionClass(at: index, time) : version4.evictionClass(at: index, time)
            if victim.map({ present < $0.evictionClass }) ?? true {
                victim = (Owner(index, isVersion6: isVersion6), present)
            }
        }
        if let owner = victim?.owner { vacate(owner, at: time, in: &version4, &version6) }
    }

    /// Applies the SYN rules: a fresh connection may replace the one at `index`.
    private mutating func restartIfNeeded<Key: ConnectionKey>(
        _ segment: Segment, _ side: Int, _ index: Int, in table: inout ConnectionTable<Key>
    ) {
        let isFresh = table.withConnection(at: index, sender: side, isSelf: false) {
            analysis.applySYNRules(segment, $0)
        }
        guard isFresh else { return }
        let (slot, record) = (table.slot(at: index), table[record: index])
        store.retire(slot, record, analysis.ranges, at: segment.time, budget)
        analysis.ranges.release(slot.lists)
        table.restart(at: index)
        var fresh = store.open(with: segment)
        store.recordPredecessor(slot, record, side, of: &fresh, with: segment)
        table[record: index] = fresh
    }

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
        var tracked = TrackedSegment(
            segment: segment, side: connection.side, marks: marks, sender: sender, peer: peer,
            hidesIdlePeriod: hidesIdlePeriod,
            oldest: hasUnacknowledged ? analysis.ranges.oldest(connection.lists, connection.side) : segment.sequence)
        if !isLight { tracked.hidesIdlePeriod = tracked.jumps || tracked.acknowledgesUnseen }
        store.record(tracked, connection, isLight: isLight)
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

    /// Updates the connection by what `segment` proves about unseen segments (light captures); returns whether these
    /// may have ended an idle period.
    @inline(never)
    private mutating func applyUnseen(before segment: Segment, _ connection: borrowing ConnectionAccess) -> Bool {
        let unseen = UnseenSegments(before: segment, from: connection.sender, to: connection.peer)
        unseen.apply(to: &connection.peer)
        guard unseen.ofPeer else { return unseen.hidesIdlePeriod }
        // The peer gave a sign of life.
        let side = connection.side
        if connection.record[facts: side].contains(.brokeIdle) {
            connection.record[facts: side].subtract(.brokeIdle)
            if let evidence = connection.record.evidence { store.evidences[evidence].idleness.recordSurvival() }
        }
        if connection.record[facts: side].contains(.awaitsAnswer) {
            connection.record[facts: side].subtract(.awaitsAnswer)
            store.recordSignOfLife(connection.record, at: segment.time, toEndAt: side)
        }
        connection.updateSenderAttention()
        return unseen.hidesIdlePeriod
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
