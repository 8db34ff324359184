import Wire

/// What the report will say of connections, beside the state that marks need.
struct ConnectionLedger {
    /// Connections seen so far.
    private(set) var connectionCount: UInt64 = 0
    /// Segments by mark so far, in the order of `Marks.named`.
    private(set) var markCounts = [UInt64](repeating: 0, count: Marks.named.count)
    /// Connections whose ports were reused: they left the table for their successor.
    private(set) var replaced: [Connection] = []

    /// What the first and the second side of connections with marks sent, by connection number.
    private var markedSides: [UInt64: (Connection.Side, Connection.Side)] = [:]
    private let keepsAll: Bool

    /// An empty ledger; with `keepsAll`, connections without marks are kept when their ports are reused.
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
        if keepsAll || isMarked(birth) { replaced.append(connection(slot, birth)) }
        markedSides[birth.number] = nil
    }

    /// Adds a marked segment of connection `number`, sent from place `side`.
    mutating func note(
        _ marks: Marks, at time: Int64, of number: UInt64, side: Int,
        _ sender: inout WiresharkSide.Facts, _ peer: inout WiresharkSide.Facts
    ) {
        for (place, named) in Marks.named.enumerated() where marks.contains(named.mark) {
            markCounts[place] &+= 1
        }
        var (own, other) = markedSides[number] ?? (Connection.Side(), Connection.Side())
        if side == 1 { swap(&own, &other) }
        if marks.contains(.keepAlive) {
            own.probes &+= 1
            if own.firstProbe == nil { own.firstProbe = time }
            own.lastProbe = time
            sender.formUnion(.awaitsAnswer)
        }
        if marks.contains(.keepAliveAck) {
            own.answers &+= 1
            if peer.contains(.awaitsAnswer) {
                other.answered &+= 1
                peer.subtract(.awaitsAnswer)
            }
        }
        if marks.contains(.zeroWindowProbe) { own.zeroWindowProbes &+= 1 }
        if side == 1 { swap(&own, &other) }
        markedSides[number] = (own, other)
    }

    /// Whether the connection born as `birth` has had a mark.
    func isMarked(_ birth: ConnectionBirth) -> Bool {
        markedSides[birth.number] != nil
    }

    /// What the report says of the connection in `slot`.
    func connection<Key: ConnectionKey>(_ slot: ConnectionSlot<Key>, _ birth: ConnectionBirth) -> Connection {
        let first = slot.sides.0.facts
        let second = slot.sides.1.facts
        // A SYN names its sender the originator, a SYN with ACK its receiver.
        let firstOpened = first.contains(.sentSYN) || (second.contains(.sentSYNACK) && !second.contains(.sentSYN))
        let secondOpened = second.contains(.sentSYN) || first.contains(.sentSYNACK)
        let isReversed = secondOpened && !firstOpened
        let marked = markedSides[birth.number] ?? (Connection.Side(), Connection.Side())
        return Connection(
            number: birth.number,
            originator: isReversed ? slot.key.second : slot.key.first,
            responder: isReversed ? slot.key.first : slot.key.second,
            handshakeSeen: firstOpened || secondOpened,
            firstTime: birth.time,
            lastTime: slot.lastTime,
            ending: isReversed ? Self.ending(second, first) : Self.ending(first, second),
            fromOriginator: isReversed ? marked.1 : marked.0,
            fromResponder: isReversed ? marked.0 : marked.1)
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
