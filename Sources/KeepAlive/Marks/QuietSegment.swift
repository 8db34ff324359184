import Wire

// A quiet segment is in its place, data or a pure acknowledgment, of a connection that is established and not idle. It can
// carry no mark and concerns no keep-alive. Most segments are quiet, and need no more than what is here; the full path,
// which all others take, has the same result for a quiet one.

extension WiresharkSide {
    /// Whether the segment of `glance`, sent by this end to `peer`, is quiet.
    ///
    /// Each clause stands for a rule that would otherwise have to be checked: wireshark-rules 1 and 4, `SegmentKind` and
    /// the evidence of `ConnectionEvidence`.
    @inline(__always)
    func isQuiet(_ glance: Glance, to peer: WiresharkSide) -> Bool {
        // One byte may be a probe, and so is not ordinary.
        glance.isOrdinary && isInPlace(glance, to: peer) && (glance.payloadLength > 0 || !mayProbe(glance, peer))
    }

    /// Whether `segment`, whole and without marks, is one byte of new data: as quiet as more of them.
    func isPlainByte(_ segment: Segment, _ glance: Glance, to peer: WiresharkSide) -> Bool {
        segment.payloadLength == 1 && segment.flags.isDisjoint(with: [.syn, .fin, .rst]) && isInPlace(glance, to: peer)
            && peer.window != 0
            && peer.lastAcknowledgment != glance.sequence + 1
    }

    /// Whether the segment of `glance` is the next one of an established connection that is not idle, from where those of
    /// this end come from, and nothing before it makes it matter.
    @inline(__always)
    private func isInPlace(_ glance: Glance, to peer: WiresharkSide) -> Bool {
        glance.sequence == next && edge.rawValue != 0 && comesFromUsual(glance)
            && peer.facts.intersection(Self.loud) == Self.heard
            && !glance.acknowledgment.isNewer(than: peer.edge)
            && glance.time &- max(spokeTime, peer.spokeTime) < Idleness.pause
    }

    /// Whether all that must be known of this end is, and the segment of `glance` has the TTL of its own segments.
    @inline(__always)
    private func comesFromUsual(_ glance: Glance) -> Bool {
        let state = (facts.rawValue ^ UInt16(glance.timeToLive) << Facts.hopShift) & Self.checked
        if state == Self.known.rawValue { return true }
        // Until a segment proves its origin, only those which prove nothing are quiet.
        return state == Self.known.subtracting(.hasProvenHops).rawValue && glance.payloadLength == 0
            && glance.acknowledgment == lastAcknowledgment
    }

    /// Whether a pure acknowledgment may be a probe: one below what the peer acknowledged, or the last one again after a
    /// second in which the peer sent nothing.
    @inline(__always)
    private func mayProbe(_ glance: Glance, _ peer: WiresharkSide) -> Bool {
        // The time comes first, as a processor can predict it; which end spoke last is random.
        peer.lastAcknowledgment == glance.sequence + 1
            || (glance.time &- spokeTime >= Idleness.shortestInterval && peer.spokeTime < spokeTime
                && glance.acknowledgment == lastAcknowledgment)
    }

    /// What must be known of the sender.
    private static let known: Facts = [.baseKnown, .windowKnown, .established, .hasProvenHops]
    /// The bits of a sender that are compared: what must be known, what must not be so, and the TTL.
    private static let checked = known.union(.needsAttention).rawValue | Facts.hopMask
    /// What must be known of its peer.
    private static let heard: Facts = [.baseKnown, .windowKnown]
    /// What, of the peer, makes the next segment of this end matter.
    private static let loud: Facts = [
        .baseKnown, .windowKnown, .wasKeepAlive, .wasZeroWindowProbe, .needsAttention,
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
        let length = UInt32(glance.payloadLength)
        let side = glance.side
        if length > 0 {
            guard ranges.count(lists, side) < UnacknowledgedRanges.limit else { return false }
            if lists == 0 { lists = ranges.makeLists() }
            let sequence = glance.sequence
            let end = sequence + length
            ranges.append(UnacknowledgedRange(start: sequence, end: end), to: lists, side)
            sender.facts.formUnion([.hasUnacknowledged, .sentLastData])
            peer.facts.subtract(.sentLastData)
            if sequence == sender.edge { sender.edge = end }
            sender.next = end
        } else {
            sender.facts.formUnion(.sentPureAcknowledgment)
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
