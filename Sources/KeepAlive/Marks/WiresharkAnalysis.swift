import Wire

/// The marks that Wireshark would print, segment by segment, exact to the frame.
///
/// Nothing here says what a segment truly is: this is Wireshark's judgement, with its errors. The rules, with the
/// captures that pin each of them down, are in wireshark-rules; numbers in comments are its sections.
struct WiresharkAnalysis: ~Copyable {
    /// Whose marks.
    let version: WiresharkVersion

    /// What each end has sent and not had acknowledged.
    var ranges = UnacknowledgedRanges()

    /// An analysis that marks as Wireshark `version` does.
    init(version: WiresharkVersion) {
        self.version = version
    }

    // MARK: Streams (section 3)

    /// Whether `segment` is looked up at all: too short a header is nothing to any version but 4.6 (2.7, step 1).
    @inline(__always)
    func looksUp(_ segment: Segment) -> Bool {
        segment.role != .headerCut || version >= .v4_6
    }

    /// Applies the SYN rules before a segment with SYN is analysed; true when a fresh stream takes this one's place.
    ///
    /// `base` is the initial sequence number of the sender, `closes` what both ends sent.
    func startsStream(
        _ segment: Segment, from sender: inout WiresharkSide, base: inout SequenceNumber,
        closes: inout (EndFacts, EndFacts)
    ) -> Bool {
        guard sender.facts.contains(.baseKnown) else {
            closes.0.subtract(.closeSeen)
            closes.1.subtract(.closeSeen)
            return false
        }
        let isOther = segment.sequence != base
        let wasClosed = version >= .v4_4 && closes.0.union(closes.1).contains(.closeSeen)
        if segment.flags.contains(.ack) {
            if version >= .v4_4 { return isOther || wasClosed }
            base = segment.sequence
            return false
        }
        if isOther || wasClosed { return true }
        sender.next = sender.edge
        return false
    }

    /// Whether `segment` is a close for the SYN rules of later segments (6.1, 4 and 5).
    @inline(__always)
    func isClose(_ segment: Segment) -> Bool {
        !segment.flags.isDisjoint(with: [.rst, .fin]) && segment.headerLength >= 20 && segment.role != .headerCut
            && segment.role != .quotedShort && (segment.flags.contains(.rst) || segment.flags.contains([.fin, .ack]))
    }

    /// Notes the initial sequence numbers that a looked-up segment tells, for the SYN rules of later ones (3.2).
    func noteBases(
        _ segment: Segment, from sender: inout WiresharkSide, to peer: inout WiresharkSide,
        _ senderBase: inout SequenceNumber, _ peerBase: inout SequenceNumber
    ) {
        switch segment.role {
        case .whole: break
        case .fragment, .short: if version < .v4_4 { return }
        case .quoted, .quotedShort, .headerCut: return
        }
        if !sender.facts.contains(.baseKnown) {
            senderBase = segment.flags.contains(.syn) ? segment.sequence : segment.sequence - 1
            sender.facts.formUnion(.baseKnown)
        }
        if !peer.facts.contains(.baseKnown), segment.flags.contains(.ack) {
            peerBase = segment.acknowledgment - 1
            peer.facts.formUnion(.baseKnown)
        }
    }

    // MARK: Marks (section 1) and state (section 4)

    /// The marks of a whole segment, by which the state of both ends then moves on.
    ///
    /// `lists` is the handle of the connection's ranges (0: none yet); `side` is the sender's place, 0 or 1.
    @inline(__always)
    mutating func mark(
        _ segment: Segment, from sender: inout WiresharkSide, to peer: inout WiresharkSide,
        lists: inout UInt32, side: Int
    ) -> Marks {
        let marks = Self.verdict(on: segment, from: sender, to: peer)
        let sequence = segment.sequence
        let acknowledgment = segment.acknowledgment
        let isProbe = marks.contains(.zeroWindowProbe)

        if version >= .v4_4, peer.facts.contains(.wasZeroWindowProbe) {
            takeProbedByte(segment, from: sender, to: &peer)
        }
        if segment.flags.contains(.ack), peer.edge.rawValue != 0, acknowledgment.isNewer(than: peer.edge) {
            moveEdge(segment, from: sender, to: &peer, lists: lists, peerSide: 1 - side)
        }

        var end = sequence + segment.payloadLength
        let counts = !segment.flags.isDisjoint(with: [.syn, .fin])
        if segment.payloadLength > 0 || counts {
            if lists == 0 { lists = ranges.makeLists() }
            if ranges.count(lists, side) < UnacknowledgedRanges.limit {
                // SYN and FIN count one byte, together too; with a full list they count none.
                if counts { end = end + 1 }
                ranges.append(UnacknowledgedRange(start: sequence, end: end), to: lists, side)
                sender.facts.formUnion(.hasUnacknowledged)
            }
        }
        if !isProbe {
            if sender.next.rawValue == 0 || end.isNewer(than: sender.next) { sender.next = end }
            if sender.edge.rawValue == 0 || sequence == sender.edge { sender.edge = sender.next }
        }
        sender.window = segment.window
        sender.lastAcknowledgment = acknowledgment
        sender.facts.formUnion(.windowKnown)
        sender.set(.wasKeepAlive, to: marks.contains(.keepAlive))
        sender.set(.wasZeroWindowProbe, to: isProbe)
        if peer.facts.contains(.hasUnacknowledged) {
            peer.set(.hasUnacknowledged, to: ranges.acknowledge(acknowledgment, lists, 1 - side))
            giveBack(&lists, sender, peer)
        }
        return marks
    }

    /// Gives the lists of a connection back where both are empty, as most are most of the time.
    @inline(__always)
    mutating func giveBack(_ lists: inout UInt32, _ sender: WiresharkSide, _ peer: WiresharkSide) {
        guard !sender.facts.union(peer.facts).contains(.hasUnacknowledged) else { return }
        ranges.release(lists)
        lists = 0
    }

    /// The three rules (section 1). Neither the ACK flag nor time nor options are looked at.
    @inline(__always)
    private static func verdict(
        on segment: Segment, from sender: WiresharkSide, to peer: WiresharkSide
    ) -> Marks {
        guard segment.payloadLength <= 1 else { return [] }
        if segment.payloadLength == 1, segment.sequence == sender.next,
            peer.window == 0, peer.facts.contains(.windowKnown)
        {
            return .zeroWindowProbe
        }
        guard segment.flags.isDisjoint(with: [.syn, .fin, .rst]) else { return [] }
        if segment.sequence == sender.next - 1 { return .keepAlive }
        if peer.facts.contains(.wasKeepAlive), segment.payloadLength == 0, segment.window != 0,
            segment.window == sender.window, sender.facts.contains(.windowKnown),
            segment.sequence == sender.next, segment.acknowledgment == sender.lastAcknowledgment
        {
            return .keepAliveAck
        }
        return []
    }

    /// A still closed window acknowledges the byte of a zero-window probe (6.1, 1).
    private func takeProbedByte(
        _ segment: Segment, from sender: WiresharkSide, to peer: inout WiresharkSide
    ) {
        guard segment.payloadLength == 0, segment.window == 0, sender.window == 0,
            sender.facts.contains(.windowKnown), segment.sequence == sender.next,
            segment.flags.isDisjoint(with: [.syn, .fin, .rst]),
            segment.acknowledgment == sender.lastAcknowledgment + 1
        else { return }
        peer.next = segment.acknowledgment
        peer.edge = segment.acknowledgment
    }

    /// An acknowledgment beyond the contiguous part of the peer's data moves its edge (4.3 a; 6.1, 2 and 3).
    private func moveEdge(
        _ segment: Segment, from sender: WiresharkSide, to peer: inout WiresharkSide,
        lists: UInt32, peerSide: Int
    ) {
        if version < .v4_4 {
            if peer.next.isNewer(than: peer.edge) { peer.edge = peer.next }
        } else if peer.facts.contains(.wasZeroWindowProbe), segment.sequence == sender.next,
            segment.acknowledgment == sender.lastAcknowledgment + 1
        {
            peer.next = segment.acknowledgment
            peer.edge = segment.acknowledgment
        } else if lists == 0 {
            peer.edge = segment.acknowledgment
        } else {
            peer.edge = ranges.contiguousEnd(from: segment.acknowledgment, lists, peerSide)
        }
    }
}
