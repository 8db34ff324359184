import Wire

/// The probes, answers and resets of the two ends of one connection: the cold part of its state.
struct ConnectionHistory {
    private var first = End()
    private var second = End()

    /// What the report says of both ends.
    var sides: (ConnectionSide, ConnectionSide) { (first.side, second.side) }

    /// When either end last asked something (ns since 1970); nil: never.
    var lastAsked: Int64? { [first.asked?.time, second.asked?.time].compactMap(\.self).max() }

    /// The last thing that the end at `place` asked.
    func asked(by place: Int) -> SegmentKind.Asked? {
        (place == 0 ? first : second).asked?.what
    }

    /// Counts `event`, sent from `place`, and completes it by what passed before.
    mutating func note(
        _ event: inout SegmentEvent, side place: Int, _ sender: inout WiresharkSide, _ peer: inout WiresharkSide
    ) {
        var own = place == 0 ? first : second
        var other = place == 0 ? second : first
        switch event.kind {
        case .probe, .zeroWindowProbe: own.ask(&event, &sender, peer)
        case .answer, .zeroWindowAnswer: other.hear(&event, from: &own, &peer)
        case .retransmission: own.side.retransmissions &+= 1
        case .acknowledgment: break
        case .abortReset: own.giveUp(&event)
        case .peerReset: other.hearReset(&event, from: &own, peer.facts)
        }
        if place == 0 { (first, second) = (own, other) } else { (first, second) = (other, own) }
    }

    /// The peer of the end at `place` gave a sign of life that answers no probe.
    mutating func noteLife(toEndAt place: Int) {
        if place == 0 { first.side.unanswered = 0 } else { second.side.unanswered = 0 }
    }

    /// One end.
    private struct End {
        var side = ConnectionSide()
        var asked: Asked?
        /// When the peer last answered (ns since 1970).
        var lastAnswer: Int64?

        /// The last thing that this end asked.
        struct Asked {
            var what: SegmentKind.Asked
            var time: Int64
            var identification: UInt16
            var timestampValue: UInt32
            var trainNumber: UInt32
        }

        /// This end asks for a sign of life.
        mutating func ask(_ event: inout SegmentEvent, _ sender: inout WiresharkSide, _ peer: WiresharkSide) {
            let segment = event.segment
            if isCopy(segment, event.kind) {
                event.isCopy = true
                event.trainNumber = asked?.trainNumber ?? 0
                return
            }
            event.wait = wait(at: segment.time, isAwaiting: sender.facts.contains(.awaitsAnswer), peerSpoke: peer.spoke)
            event.unanswered = UInt32(truncatingIfNeeded: side.unanswered)
            let continues = event.wait.map { $0.since != .segment } ?? false
            event.trainNumber = continues && asked?.what.kind == event.kind ? (asked?.trainNumber ?? 0) &+ 1 : 1
            asked = Asked(
                what: SegmentKind.Asked(
                    kind: event.kind, sequence: segment.sequence, end: segment.sequence + segment.payloadLength),
                time: segment.time, identification: segment.identification,
                timestampValue: segment.timestampValue, trainNumber: event.trainNumber)
            sender.facts.formUnion(.awaitsAnswer)
            if event.kind == .probe {
                count(event, sender.facts.union(peer.facts))
            } else {
                side.zeroWindowProbes &+= 1
            }
        }

        /// A copy has the same identification and timestamp within a tenth of a second; without both, within 1 ms.
        private func isCopy(_ segment: Segment, _ kind: SegmentKind) -> Bool {
            guard let asked, asked.what.kind == kind, asked.what.sequence == segment.sequence,
                asked.what.end == segment.sequence + segment.payloadLength,
                asked.identification == segment.identification, asked.timestampValue == segment.timestampValue
            else { return false }
            let isTold = segment.identification != 0 || segment.hasTimestamps
            return segment.time &- asked.time < (isTold ? 100_000_000 : 1_000_000)
        }

        private func wait(at time: Int64, isAwaiting: Bool, peerSpoke: Int64?) -> Wait? {
            let (since, start): (Wait.Since, Int64?) =
                if isAwaiting, let asked {
                    (.unansweredProbe, asked.time)
                } else if let asked, let lastAnswer, lastAnswer == peerSpoke {
                    (.answeredProbe, asked.time)
                } else {
                    (.segment, peerSpoke)
                }
            // A clock that was set back tells nothing.
            guard let start, time >= start else { return nil }
            return Wait(since: since, gap: time &- start)
        }

        private mutating func count(_ event: SegmentEvent, _ facts: WiresharkSide.Facts) {
            // Where the capture began midway, what the peer sent last may be the answer to a probe before it.
            let isSure = side.probes > 0 || !facts.isDisjoint(with: [.sentSYN, .sentSYNACK])
            side.probes &+= 1
            side.unanswered &+= 1
            if event.segment.payloadLength == 1 { side.octetProbes &+= 1 }
            if side.firstProbe == nil {
                side.firstProbe = event.segment.time
                if isSure { side.firstWait = event.wait }
            }
            side.lastProbe = event.segment.time
            guard let wait = event.wait, isSure else { return }
            switch wait.since {
            case .segment: side.idleGaps.add(wait.gap)
            case .unansweredProbe: side.intervalGaps.add(wait.gap)
            case .answeredProbe: side.periodGaps.add(wait.gap)
            }
        }

        /// The peer, `own`, answers what this end asked.
        mutating func hear(_ event: inout SegmentEvent, from own: inout End, _ this: inout WiresharkSide) {
            guard let asked, this.facts.contains(.awaitsAnswer) else {
                event.isCopy = true
                lastAnswer = event.segment.time
                return
            }
            this.facts.subtract(.awaitsAnswer)
            lastAnswer = event.segment.time
            side.unanswered = 0
            let reply = event.segment.time &- asked.time
            if reply >= 0 { event.reply = reply }
            guard event.kind == .answer else { return }
            side.answered &+= 1
            own.side.answers &+= 1
            if reply >= 0 { side.replies.add(reply) }
        }

        /// This end gives up.
        mutating func giveUp(_ event: inout SegmentEvent) {
            let time = event.segment.time
            event.unanswered = UInt32(truncatingIfNeeded: side.unanswered)
            if let asked, time >= asked.time { event.wait = Wait(since: .unansweredProbe, gap: time &- asked.time) }
            if side.reset == nil {
                side.reset = time
                if asked?.what.kind == .probe { side.gaveUp = time }
            }
        }

        /// The peer, `own`, resets the connection in which this end has asked.
        mutating func hearReset(_ event: inout SegmentEvent, from own: inout End, _ facts: WiresharkSide.Facts) {
            if own.side.reset == nil { own.side.reset = event.segment.time }
            event.unanswered = UInt32(truncatingIfNeeded: side.unanswered)
            if facts.contains(.awaitsAnswer), let asked, event.segment.time >= asked.time {
                event.reply = event.segment.time &- asked.time
            }
        }
    }
}
