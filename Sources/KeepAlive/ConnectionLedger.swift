import Wire

/// What the report will say of connections, beside the state that marks need.
struct ConnectionLedger {
    /// Connections seen so far.
    private(set) var connectionCount: UInt64 = 0
    /// Segments by mark so far, in the order of `Marks.named`.
    private(set) var markCounts = [UInt64](repeating: 0, count: Marks.named.count)
    /// Segments by kind so far, copies left out, in the order of `SegmentKind.allCases`.
    private(set) var kindCounts = [UInt64](repeating: 0, count: SegmentKind.allCases.count)
    /// Of those, the ones that Wireshark does not mark.
    private(set) var unmarkedCounts = [UInt64](repeating: 0, count: SegmentKind.allCases.count)
    /// Of those, the ones whose mark says something else.
    private(set) var misnamedCounts = [UInt64](repeating: 0, count: SegmentKind.allCases.count)
    /// Connections whose ports were reused: they left the table for their successor.
    private(set) var replaced: [Connection] = []

    /// What the two ends of connections with events sent; a birth knows its place, 1 first.
    private var histories: [ConnectionHistory] = []
    /// Places of histories whose connections left the table.
    private var freeHistories: [UInt32] = []
    private let keepsAll: Bool

    /// An empty ledger; with `keepsAll`, connections without events are kept when their ports are reused.
    init(keepsAll: Bool) {
        self.keepsAll = keepsAll
    }

    /// Numbers a connection whose first segment is captured at `time`.
    @inline(__always)
    mutating func open(at time: Int64) -> ConnectionBirth {
        defer { connectionCount &+= 1 }
        return ConnectionBirth(number: connectionCount, time: time)
    }

    /// Keeps what a report will say of a connection that leaves the table.
    mutating func retire<Key: ConnectionKey>(_ slot: ConnectionSlot<Key>, _ birth: ConnectionBirth) {
        if keepsAll || birth.history != 0 { replaced.append(connection(slot, birth)) }
        if birth.history != 0 { freeHistories.append(birth.history) }
    }

    /// The last thing that the end at place `side` asked of its peer; nil: nothing.
    func asked(_ birth: ConnectionBirth, side: Int) -> SegmentKind.Asked? {
        birth.history == 0 ? nil : histories[Int(birth.history) - 1].asked(by: side)
    }

    /// Counts `event`, sent from place `side` of the connection born as `birth`, and completes it.
    ///
    /// `sender` and `peer` are the ends as the segment leaves them.
    mutating func note(
        _ event: inout SegmentEvent, side: Int, _ birth: inout ConnectionBirth,
        _ sender: inout WiresharkSide, _ peer: inout WiresharkSide
    ) {
        for (place, named) in Marks.named.enumerated() where event.marks.contains(named.mark) {
            markCounts[place] &+= 1
        }
        if birth.history == 0 { birth.history = makeHistory() }
        histories[Int(birth.history) - 1].note(&event, side: side, &sender, &peer)
        sender.facts.formUnion(.hasHistory)
        if event.isCopy { return }
        let kind = Int(event.kind.rawValue)
        kindCounts[kind] &+= 1
        if event.marks.isEmpty {
            unmarkedCounts[kind] &+= 1
        } else if event.marks != event.kind.mark {
            misnamedCounts[kind] &+= 1
        }
    }

    /// The peer of the end at `place` gave a sign of life that answers no probe.
    mutating func noteLife(_ birth: ConnectionBirth, toEndAt place: Int) {
        if birth.history != 0 { histories[Int(birth.history) - 1].noteLife(toEndAt: place) }
    }

    private mutating func makeHistory() -> UInt32 {
        if let free = freeHistories.popLast() {
            histories[Int(free) - 1] = ConnectionHistory()
            return free
        }
        histories.append(ConnectionHistory())
        return UInt32(truncatingIfNeeded: histories.count)
    }

    /// What the report says of the connection in `slot`.
    func connection<Key: ConnectionKey>(_ slot: ConnectionSlot<Key>, _ birth: ConnectionBirth) -> Connection {
        let first = slot.sides.0.facts
        let second = slot.sides.1.facts
        // A SYN names its sender the originator, a SYN with ACK its receiver.
        let firstOpened = first.contains(.sentSYN) || (second.contains(.sentSYNACK) && !second.contains(.sentSYN))
        let secondOpened = second.contains(.sentSYN) || first.contains(.sentSYNACK)
        let isReversed = secondOpened && !firstOpened
        var sides = (ConnectionSide(), ConnectionSide())
        if birth.history != 0 { sides = histories[Int(birth.history) - 1].sides }
        sides.0.lastSpoke = slot.sides.0.spoke
        sides.1.lastSpoke = slot.sides.1.spoke
        return Connection(
            number: birth.number,
            originator: isReversed ? slot.key.second : slot.key.first,
            responder: isReversed ? slot.key.first : slot.key.second,
            handshakeSeen: firstOpened || secondOpened,
            firstTime: birth.time,
            lastTime: [sides.0.lastSpoke, sides.1.lastSpoke, lastAsked(birth)].compactMap(\.self).max() ?? birth.time,
            ending: isReversed ? Self.ending(second, first) : Self.ending(first, second),
            fromOriginator: isReversed ? sides.1 : sides.0,
            fromResponder: isReversed ? sides.0 : sides.1,
            hasEvents: birth.history != 0)
    }

    private func lastAsked(_ birth: ConnectionBirth) -> Int64? {
        birth.history == 0 ? nil : histories[Int(birth.history) - 1].lastAsked
    }

    private static func ending(
        _ originator: WiresharkSide.Facts, _ responder: WiresharkSide.Facts
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
