import Wire

// A quiet segment is in its place, data or a pure acknowledgment, of a connection that has come to be and is not idle. It
// can carry no mark and concerns no keep-alive. Most segments are so, and need no more than what stands here; the whole
// way, which all others go, has the same result for a quiet one.

extension WiresharkSide {
    /// Whether the segment of `glance`, sent by this end to `peer`, is quiet.
    ///
    /// Each clause stands for a rule that would otherwise have to be asked: wireshark-rules 1 and 4, `SegmentKind` and
    /// `Silence`.
    @inline(__always)
    func isQuiet(_ glance: Glance, to peer: WiresharkSide) -> Bool {
        // One octet may be a probe, and so is not ordinary.
        glance.sequence == next && glance.isOrdinary && edge.rawValue != 0
            && facts.isSuperset(of: Self.known) && peer.facts.intersection(Self.loud) == Self.heard
            && !glance.acknowledgment.isNewer(than: peer.edge)
            && (glance.payloadLength > 0 || peer.lastAcknowledgment != glance.sequence + 1)
            && glance.time &- max(spokeTime, peer.spokeTime) < Silence.threshold
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
    /// Takes the segment of `glance` where it is quiet; false: it is not, and has changed nothing.
    ///
    /// `sender` and `peer` are the ends, `lists` their ranges.
    @inline(__always)
    mutating func takesQuietly(
        _ glance: Glance, _ sender: inout WiresharkSide, _ peer: inout WiresharkSide, _ lists: inout UInt32
    ) -> Bool {
        guard sender.isQuiet(glance, to: peer) else { return false }
        let acknowledgment = glance.acknowledgment
        let length = glance.payloadLength
        let side = glance.side
        if length > 0 {
            guard ranges.count(lists, side) < UnacknowledgedRanges.limit else { return false }
            if lists == 0 { lists = ranges.makeLists() }
            let sequence = glance.sequence
            let end = sequence + length
            ranges.append(UnacknowledgedRange(start: sequence, end: end), to: lists, side)
            sender.facts.formUnion(.hasUnacknowledged)
            if sequence == sender.edge { sender.edge = end }
            sender.next = end
        }
        sender.window = glance.window
        sender.lastAcknowledgment = acknowledgment
        sender.facts.subtract([.wasKeepAlive, .wasZeroWindowProbe])
        sender.spokeTime = glance.time
        if peer.facts.contains(.hasUnacknowledged) {
            peer.set(.hasUnacknowledged, to: ranges.acknowledge(acknowledgment, lists, 1 - side))
            giveBack(&lists, sender, peer)
        }
        return true
    }
}
