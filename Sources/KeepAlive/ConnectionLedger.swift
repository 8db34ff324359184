import Wire

/// What the report will say of connections, beside the state that marks need.
struct ConnectionLedger: ~Copyable {
    /// Connections so far, whatever the shard: the number of the next one.
    private var nextNumber: UInt64 = 0
    /// What was counted so far, of the connections in `shard`.
    private(set) var tally = ConnectionTally()
    /// The connections that are told of; nil: all.
    let shard: Shard?
    /// Connections whose ports were reused: they left the table for their successor.
    private(set) var replaced: [Connection] = []

    /// What ends of connections asked; births know their places, 1 first.
    private var histories = Arena<ProbeHistory>()
    private var details = ProbeDetailsStore()
    /// Places of histories whose connections left the table.
    private var freeHistories: [UInt32] = []
    /// What is known of silences; births know their places, 1 first.
    private var silences = Arena<Silence>()
    private var freeSilences: [UInt32] = []
    private let keepsAll: Bool

    /// An empty ledger; with `keepsAll`, connections without events are kept when their ports are reused.
    init(keepsAll: Bool, shard: Shard?) {
        self.keepsAll = keepsAll
        self.shard = shard
    }

    /// Whether the connection that `segment` belongs to is told of.
    @inline(__always)
    func tells(of segment: Segment) -> Bool {
        shard?.holds(segment.source, segment.destination) ?? true
    }

    /// Asks for the cache lines of two histories, by their places.
    @inline(__always)
    func prefetch(_ places: (UInt32, UInt32)) {
        histories.prefetch(Int(places.0) - 1)
        histories.prefetch(Int(places.1) - 1)
    }

    /// Asks for the cache lines of the details of two histories, by their places, which were asked for before.
    @inline(__always)
    func prefetchDetails(_ places: (UInt32, UInt32)) {
        if places.0 != 0 { details.prefetch(histories[Int(places.0) - 1].details) }
        if places.1 != 0 { details.prefetch(histories[Int(places.1) - 1].details) }
    }

    /// The records of the first segments of connections, in order, where somebody wants to know (`notesOpenings`).
    var openings: [UInt32] = []
    /// Whether `openings` are noted.
    var notesOpenings = false

    /// Numbers the connection that `segment` begins.
    mutating func open(with segment: Segment) -> ConnectionBirth {
        defer { nextNumber &+= 1 }
        if tells(of: segment) { tally.connections &+= 1 }
        if notesOpenings { openings.append(segment.record) }
        return ConnectionBirth(number: nextNumber, time: segment.time)
    }

    /// Keeps what a report will say of a connection that leaves the table.
    mutating func retire<Key: ConnectionKey>(
        _ slot: ConnectionSlot<Key>, _ birth: ConnectionBirth, _ ranges: borrowing UnacknowledgedRanges
    ) {
        if keepsAll || isNotable(slot, birth) { replaced.append(connection(slot, birth, ranges)) }
        forget(birth)
    }

    /// Gives back what the connection born as `birth` has: no report will speak of it.
    mutating func forget(_ birth: ConnectionBirth) {
        for place in [birth.histories.0, birth.histories.1] where place != 0 {
            details.release(histories[Int(place) - 1].details)
            freeHistories.append(place)
        }
        if birth.silence != 0 { freeSilences.append(birth.silence) }
    }

    /// The last thing that the end at place `side` asked of its peer; nil: nothing.
    func asked(_ birth: ConnectionBirth, side: Int) -> SegmentKind.Asked? {
        let place = side == 0 ? birth.histories.0 : birth.histories.1
        return place == 0 ? nil : histories[Int(place) - 1].lastAsked
    }

    /// Counts `event`, sent from place `side` of the connection born as `birth`, and completes it.
    ///
    /// `sender` and `peer` are the ends as the segment leaves them.
    mutating func note(
        _ event: inout SegmentEvent, side: Int, _ birth: inout ConnectionBirth,
        _ sender: inout WiresharkSide, _ peer: inout WiresharkSide
    ) {
        complete(&event, side, &birth, &sender, &peer)
        sender.facts.formUnion(.hasHistory)
        if tells(of: event.segment) { tally.count(event) }
    }

    private mutating func complete(
        _ event: inout SegmentEvent, _ side: Int, _ birth: inout ConnectionBirth,
        _ sender: inout WiresharkSide, _ peer: inout WiresharkSide
    ) {
        switch event.kind {
        case .answer, .zeroWindowAnswer, .peerReset, .pathReset:
            // These kinds take something that the peer has asked.
            let place = side == 0 ? birth.histories.1 : birth.histories.0
            guard place != 0 else {
                // A RST that answers data after a long silence, in a connection without probes.
                let asker = ownHistory(1 - side, &birth)
                histories[asker].hearReset(&event, peer.facts, &details)
                return
            }
            if event.kind == .peerReset || event.kind == .pathReset {
                histories[Int(place) - 1].hearReset(&event, peer.facts, &details)
            } else {
                histories[Int(place) - 1].hear(&event, &peer)
            }
        case .probe, .zeroWindowProbe, .middleboxProbe:
            histories[ownHistory(side, &birth)].ask(&event, &sender, peer, &details)
        case .retransmission: histories[ownHistory(side, &birth)].retransmit(&details)
        case .acknowledgment: _ = ownHistory(side, &birth)
        case .abortReset: histories[ownHistory(side, &birth)].giveUp(&event, &details)
        }
    }

    /// The peer of the end at `place` gave a sign of life that answers no probe.
    mutating func noteLife(_ birth: ConnectionBirth, toEndAt place: Int) {
        let history = place == 0 ? birth.histories.0 : birth.histories.1
        if history != 0 { histories[Int(history) - 1].hearLife() }
    }

    /// The peer of the end at `place` closes at `time`; it was `heard` before, and that end `spoke` (ns since 1970).
    mutating func noteClose(
        _ birth: ConnectionBirth, toEndAt place: Int, at time: Int64, heard: Int64?, spoke: Int64?
    ) {
        let history = place == 0 ? birth.histories.0 : birth.histories.1
        if history != 0 { histories[Int(history) - 1].hearClose(at: time, heard: heard, spoke: spoke, &details) }
    }

    /// Notes in the silences of the connection born as `birth` what `segment` tells, sent from place `side`.
    ///
    /// `gap` is how long nothing had passed (ns), `isReset` whether the segment is a RST.
    mutating func noteSilence(
        _ gap: Int64, at time: Int64, _ birth: inout ConnectionBirth, isReset: Bool,
        _ sender: inout WiresharkSide.Facts, _ peer: inout WiresharkSide.Facts
    ) {
        if peer.contains(.brokeSilence), birth.silence != 0 {
            peer.subtract(.brokeSilence)
            let place = Int(birth.silence) - 1
            if isReset { silences[place].isReset() } else { silences[place].isAnswered() }
        }
        guard gap >= Silence.threshold, !isReset else { return }
        if birth.silence == 0 { birth.silence = makeSilence() }
        silences[Int(birth.silence) - 1].breaks(after: gap, at: time)
        sender.formUnion(.brokeSilence)
    }

    private mutating func makeSilence() -> UInt32 {
        if let free = freeSilences.popLast() {
            silences[Int(free) - 1] = Silence()
            return free
        }
        silences.append(Silence())
        return UInt32(truncatingIfNeeded: silences.count)
    }

    /// Whether the end at place `side` waits for its peer: a probe is not answered, or something not acknowledged.
    func isWaiting<Key: ConnectionKey>(_ slot: ConnectionSlot<Key>, _ birth: ConnectionBirth, side: Int) -> Bool {
        let facts = side == 0 ? slot.sides.0.facts : slot.sides.1.facts
        if facts.contains(.hasUnacknowledged) { return true }
        let place = side == 0 ? birth.histories.0 : birth.histories.1
        return place != 0 && histories[Int(place) - 1].isUnanswered
    }

    /// Whether there is something to be said of the connection in `slot`: it had an event, was idle for long, or has an
    /// end that is not heard.
    func isNotable<Key: ConnectionKey>(_ slot: ConnectionSlot<Key>, _ birth: ConnectionBirth) -> Bool {
        if birth.hasEvents { return true }
        if birth.silence != 0, silences[Int(birth.silence) - 1].longest >= Diagnosis.idle { return true }
        let (first, second) = slot.sides
        return first.isUnheard(by: second) || second.isUnheard(by: first)
    }

    /// When either end last asked something (ns since 1970); nil: never.
    func lastAsked(_ birth: ConnectionBirth) -> Int64? {
        let (first, second) = birth.histories
        let times = (
            first == 0 ? nil : histories[Int(first) - 1].lastAskedTime,
            second == 0 ? nil : histories[Int(second) - 1].lastAskedTime
        )
        return if let first = times.0, let second = times.1 { max(first, second) } else { times.0 ?? times.1 }
    }

    /// The index of the history of the end at `side`, which is made where there is none.
    private mutating func ownHistory(_ side: Int, _ birth: inout ConnectionBirth) -> Int {
        let place = side == 0 ? birth.histories.0 : birth.histories.1
        if place != 0 { return Int(place) - 1 }
        let index: Int
        if let free = freeHistories.popLast() {
            index = Int(free) - 1
            histories[index] = ProbeHistory()
        } else {
            index = histories.count
            histories.append(ProbeHistory())
        }
        let made = UInt32(truncatingIfNeeded: index + 1)
        if side == 0 { birth.histories.0 = made } else { birth.histories.1 = made }
        return index
    }

    /// What the report says of the connection in `slot`.
    ///
    /// `ranges` holds what its ends sent and had not acknowledged.
    func connection<Key: ConnectionKey>(
        _ slot: ConnectionSlot<Key>, _ birth: ConnectionBirth, _ ranges: borrowing UnacknowledgedRanges
    ) -> Connection {
        let first = slot.sides.0.facts
        let second = slot.sides.1.facts
        // A SYN names its sender the originator, a SYN with ACK its receiver.
        let firstOpened = first.contains(.sentSYN) || (second.contains(.sentSYNACK) && !second.contains(.sentSYN))
        let secondOpened = second.contains(.sentSYN) || first.contains(.sentSYNACK)
        let isReversed = secondOpened && !firstOpened
        // `min` stands for none, as in `Moment`.
        let last = max(lastAsked(birth) ?? .min, slot.sides.0.spoke ?? .min, slot.sides.1.spoke ?? .min)
        let lastTime = last == .min ? nil : last
        var silence = birth.silence == 0 ? Silence() : silences[Int(birth.silence) - 1]
        // Who goes on for a while after a silence, and hears nothing, is not heard.
        if let lastTime, lastTime &- silence.brokenAt >= Silence.patience { silence.fail() }
        var connection = Connection(
            number: birth.number,
            originator: isReversed ? slot.key.second : slot.key.first,
            responder: isReversed ? slot.key.first : slot.key.second,
            handshakeSeen: firstOpened || secondOpened,
            firstTime: birth.time,
            lastTime: lastTime ?? birth.time,
            ending: isReversed ? Self.ending(second, first) : Self.ending(first, second),
            silence: silence,
            hasEvents: birth.hasEvents)
        complete(&connection.fromOriginator, isReversed ? 1 : 0, slot, birth, ranges)
        complete(&connection.fromResponder, isReversed ? 0 : 1, slot, birth, ranges)
        return connection
    }

    /// Makes of `side`, which is empty, what the report says of the end at `place` in `slot`.
    private func complete<Key: ConnectionKey>(
        _ side: inout ConnectionSide, _ place: Int, _ slot: ConnectionSlot<Key>, _ birth: ConnectionBirth,
        _ ranges: borrowing UnacknowledgedRanges
    ) {
        let (own, peer) = place == 0 ? birth.histories : (birth.histories.1, birth.histories.0)
        if own != 0 { histories[Int(own) - 1].describe(&side, details) }
        if peer != 0 { histories[Int(peer) - 1].complete(&side, details) }
        let state = place == 0 ? slot.sides.0 : slot.sides.1
        let timeToLive = place == 0 ? birth.timesToLive.0 : birth.timesToLive.1
        let hasTimestamps = place == 0 ? birth.haveTimestamps.0 : birth.haveTimestamps.1
        side.take(state, hasTimestamps: timeToLive == 0 ? nil : hasTimestamps)
        side.awaitsCloseOnly = state.facts.contains(.sentFIN) && ranges.holdsOneOctet(slot.lists, place)
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

extension WiresharkSide {
    /// Whether it sends on and is not answered by `peer`, which has spoken before.
    fileprivate func isUnheard(by peer: WiresharkSide) -> Bool {
        guard facts.contains(.hasUnacknowledged), let spoke, let heard = peer.spoke else { return false }
        return spoke &- heard >= Diagnosis.deafAfter
    }
}

extension ConnectionSide {
    /// Takes what the state of the end tells when the report is made.
    fileprivate mutating func take(_ side: WiresharkSide, hasTimestamps: Bool?) {
        lastSpoke = side.spoke
        hasUnacknowledged = side.facts.contains(.hasUnacknowledged)
        hasClosedWindow = side.facts.contains(.windowKnown) && side.window == 0 && !side.facts.contains(.sentRST)
        self.hasTimestamps = hasTimestamps
    }
}
