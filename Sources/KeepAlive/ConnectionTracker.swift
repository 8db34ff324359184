public import Wire

/// Follows every connection of a capture and marks its segments.
///
/// Segments must come in the order of the capture. Time is theirs; the tracker has no clock.
public struct ConnectionTracker: ~Copyable {
    private var follower: Follower
    private var version4: ConnectionTable<IPv4Key>
    private var version6: ConnectionTable<IPv6Key>
    /// Where the segments of the present group will be looked for.
    private var group = [Lookup](repeating: Lookup(), count: Self.groupSize)

    /// Segments whose slots are prefetched before the first of them is analysed: enough to hide a cache miss.
    private static let groupSize = 32

    /// A tracker that marks as Wireshark `version` does.
    ///
    /// `seed` makes the table's hash unpredictable to whoever writes the packets; results never depend on it.
    /// With `keepsAll`, `connections(all: true)` includes connections without marks whose ports were reused.
    public init(version: WiresharkVersion = .newest, seed: UInt64, keepsAll: Bool = false) {
        follower = Follower(
            analysis: WiresharkAnalysis(version: version), ledger: ConnectionLedger(keepsAll: keepsAll))
        version4 = ConnectionTable(seed: seed)
        version6 = ConnectionTable(seed: seed)
    }

    /// Connections seen so far.
    public var connectionCount: UInt64 { follower.ledger.connectionCount }

    /// Segments by mark so far, in the order of `Marks.named`.
    public var markCounts: [UInt64] { follower.ledger.markCounts }

    /// Follows `segments` and appends those with a mark to `marked`, in order.
    public mutating func track(_ segments: borrowing SegmentBatch, marked: inout [MarkedSegment]) {
        let all = segments.segments.span
        var start = 0
        while start < all.count {
            let end = min(start + Self.groupSize, all.count)
            for place in start..<end {
                group[place - start] = lookup(all[place])
            }
            for place in start..<end {
                let segment = all[place]
                if segment.source.address.version == .v4 {
                    follower.follow(segment, group[place - start], in: &version4, &marked)
                } else {
                    follower.follow(segment, group[place - start], in: &version6, &marked)
                }
            }
            start = end
        }
    }

    /// The connections in order of appearance: those with a mark, or all.
    public func connections(all: Bool) -> [Connection] {
        let ledger = follower.ledger
        var connections = ledger.replaced
        version4.forEach { slot, birth in
            if all || ledger.isMarked(birth) { connections.append(ledger.connection(slot, birth)) }
        }
        version6.forEach { slot, birth in
            if all || ledger.isMarked(birth) { connections.append(ledger.connection(slot, birth)) }
        }
        return connections.sorted { $0.number < $1.number }
    }

    @inline(__always)
    private func lookup(_ segment: Segment) -> Lookup {
        var lookup = Lookup(segment)
        if segment.source.address.version == .v4 {
            lookup.hash = version4.hash(lookup.key(segment))
            version4.prefetch(lookup.hash)
        } else {
            lookup.hash = version6.hash(lookup.key(segment))
            version6.prefetch(lookup.hash)
        }
        return lookup
    }
}

/// The direction of a segment and the hash of its connection, worked out a group ahead.
private struct Lookup: BitwiseCopyable {
    var hash: UInt64 = 0
    /// The sender's place in its connection: 0 when it is the smaller endpoint, 1 when it is the greater.
    var side = 0

    init() {}

    /// The sender's place goes by address, and by port where the addresses are equal (wireshark-rules 3.1).
    @inline(__always)
    init(_ segment: Segment) {
        if segment.source.address == segment.destination.address {
            side = segment.source.port > segment.destination.port ? 1 : 0
        } else {
            side = segment.source.address.isGreater(than: segment.destination.address) ? 1 : 0
        }
    }

    /// The key of the segment's connection.
    @inline(__always)
    func key<Key: ConnectionKey>(_ segment: Segment) -> Key {
        side == 0
            ? Key(first: segment.source, second: segment.destination)
            : Key(first: segment.destination, second: segment.source)
    }
}

/// Takes one segment through its connection: streams, marks, what the report will say.
private struct Follower {
    var analysis: WiresharkAnalysis
    var ledger: ConnectionLedger

    @inline(__always)
    mutating func follow<Key: ConnectionKey>(
        _ segment: Segment, _ lookup: Lookup, in table: inout ConnectionTable<Key>, _ marked: inout [MarkedSegment]
    ) {
        guard analysis.looksUp(segment) else { return }
        let side = lookup.side
        let (index, isNew) = table.index(of: lookup.key(segment), hash: lookup.hash)
        if isNew {
            table[birth: index] = ledger.open(at: segment.time)
        } else if segment.flags.contains(.syn) {
            restartIfNeeded(segment, side, index, in: &table)
        }
        let marks = table.withSides(at: index, sender: side) { sender, peer, lists, lastTime in
            lastTime = segment.time
            guard segment.source != segment.destination else {
                // Same address and port at both ends: all is one side, and its peer is for ever blank (3.1).
                var blank = WiresharkSide()
                return mark(segment, side, &sender, &blank, &lists)
            }
            return mark(segment, side, &sender, &peer, &lists)
        }
        guard !marks.isEmpty else { return }
        let number = table[birth: index].number
        table.withSides(at: index, sender: side) { sender, peer, _, _ in
            ledger.note(marks, at: segment.time, of: number, side: side, &sender.facts, &peer.facts)
        }
        marked.append(MarkedSegment(segment: segment, marks: marks, connection: number))
    }

    /// The marks of `segment` that are shown.
    @inline(__always)
    private mutating func mark(
        _ segment: Segment, _ side: Int, _ sender: inout WiresharkSide, _ peer: inout WiresharkSide,
        _ lists: inout UInt32
    ) -> Marks {
        analysis.note(segment, from: &sender, to: &peer)
        guard segment.role == .whole else { return [] }
        if !segment.flags.isDisjoint(with: [.syn, .fin, .rst]) {
            noteOpeningOrClose(segment.flags, &sender.facts, peer.facts)
        }
        let marks = analysis.mark(segment, from: &sender, to: &peer, lists: &lists, side: side)
        return segment.isShown ? marks : []
    }

    private func noteOpeningOrClose(
        _ flags: TCPFlags, _ sender: inout WiresharkSide.Facts, _ peer: WiresharkSide.Facts
    ) {
        if flags.contains(.syn) { sender.formUnion(flags.contains(.ack) ? .sentSYNACK : .sentSYN) }
        if flags.contains(.fin) { sender.formUnion(.sentFIN) }
        if flags.contains(.rst), !peer.contains(.sentRST) { sender.formUnion(.sentRST) }
    }

    /// Applies the SYN rules: a fresh connection may take the place of the one at `index`.
    private mutating func restartIfNeeded<Key: ConnectionKey>(
        _ segment: Segment, _ side: Int, _ index: Int, in table: inout ConnectionTable<Key>
    ) {
        let isFresh = table.withSides(at: index, sender: side) { sender, peer, _, _ in
            analysis.startsStream(segment, from: &sender, to: &peer)
        }
        guard isFresh else { return }
        let slot = table.slot(at: index)
        ledger.retire(slot, table[birth: index])
        analysis.ranges.release(slot.lists)
        table.restart(at: index)
        table[birth: index] = ledger.open(at: segment.time)
    }
}
