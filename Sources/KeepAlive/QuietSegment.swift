import Wire

// A quiet segment is in its place, data or a pure acknowledgment, of a connection that has come to be and is not idle. It
// can carry no mark and concerns no keep-alive. Most segments are so, and need no more than what stands here; the whole
// way, which all others go, has the same result for a quiet one.

extension WiresharkSide {
    /// Whether the segment at `place` of `segments`, sent by this end to `peer`, is quiet.
    ///
    /// Each clause stands for a rule that would otherwise have to be asked: wireshark-rules 1 and 4, `SegmentKind` and
    /// `Silence`.
    @inline(__always)
    func isQuiet(_ segments: Span<Segment>, _ place: Int, to peer: WiresharkSide) -> Bool {
        // Field by field, as a copy of the whole would cost more than the questions.
        let sequence = segments[place].sequence
        let length = segments[place].payloadLength
        return sequence == next && edge.rawValue != 0
            // One octet may be a probe, and what IP cannot carry in one packet is not usual.
            && length != 1 && length <= 0xFFFF
            && segments[place].role == .whole && segments[place].flags.isDisjoint(with: [.syn, .fin, .rst])
            && facts.isSuperset(of: Self.known) && peer.facts.intersection(Self.loud) == Self.heard
            && !segments[place].acknowledgment.isNewer(than: peer.edge)
            && (length > 0 || peer.lastAcknowledgment != sequence + 1)
            && segments[place].time &- max(spokeTime, peer.spokeTime) < Silence.threshold
    }

    /// What must be known of the sender.
    private static let known: Facts = [.baseKnown, .windowKnown, .hasSpoken, .established]
    /// What must be known of its peer.
    private static let heard: Facts = [.baseKnown, .hasSpoken]
    /// What, of the peer, makes the next segment of this end tell something.
    private static let loud: Facts = [
        .baseKnown, .hasSpoken, .wasKeepAlive, .wasZeroWindowProbe, .awaitsAnswer, .brokeSilence,
    ]
}

extension WiresharkAnalysis {
    /// Takes the segment at `place` of `segments` where it is quiet; false: it is not, and has changed nothing.
    ///
    /// `sender` and `peer` are the ends, `lists` their ranges, `side` the sender's place.
    @inline(__always)
    mutating func takesQuietly(
        _ segments: Span<Segment>, _ place: Int, _ sender: inout WiresharkSide, _ peer: inout WiresharkSide,
        _ lists: inout UInt32, _ side: Int
    ) -> Bool {
        guard sender.isQuiet(segments, place, to: peer) else { return false }
        let acknowledgment = segments[place].acknowledgment
        let length = segments[place].payloadLength
        if length > 0 {
            guard ranges.count(lists, side) < UnacknowledgedRanges.limit else { return false }
            if lists == 0 { lists = ranges.makeLists() }
            let sequence = segments[place].sequence
            let end = sequence + length
            ranges.append(UnacknowledgedRange(start: sequence, end: end), to: lists, side)
            sender.facts.formUnion(.hasUnacknowledged)
            if sequence == sender.edge { sender.edge = end }
            sender.next = end
        }
        sender.window = segments[place].window
        sender.lastAcknowledgment = acknowledgment
        sender.facts.subtract([.wasKeepAlive, .wasZeroWindowProbe])
        sender.spokeTime = segments[place].time
        if peer.facts.contains(.hasUnacknowledged) {
            peer.set(.hasUnacknowledged, to: ranges.acknowledge(acknowledgment, lists, 1 - side))
            giveBack(&lists, sender, peer)
        }
        return true
    }
}
