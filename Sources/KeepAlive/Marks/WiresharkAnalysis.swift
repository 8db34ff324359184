import Wire

/// Computes the marks that Wireshark shows, for each segment.
///
/// The marks include Wireshark's mistakes; `SegmentKind` is the actual kind of a segment. The document wireshark-rules
/// has the rules and the captures that prove them. Numbers in comments are its sections.
struct WiresharkAnalysis: ~Copyable {
    /// The version of Wireshark whose marks these are.
    let version: WiresharkVersion

    /// What the ends have sent and their peers have not acknowledged.
    var ranges = UnacknowledgedRanges()

    init(version: WiresharkVersion) {
        self.version = version
    }

    // MARK: Streams (section 3)

    /// Whether Wireshark looks up the connection of `segment`: only 4.6 does if the header is cut (2.7, step 1).
    @inline(__always)
    func looksUp(_ segment: Segment) -> Bool {
        segment.role != .headerCut || version >= .v4_6
    }

    /// Applies the SYN rules before `segment`, which has SYN, is marked; returns whether it starts a new stream.
    func applySYNRules(_ segment: Segment, _ connection: borrowing ConnectionAccess) -> Bool {
        guard connection.sender.markState.contains(.baseKnown) else {
            connection.record.facts.0.subtract(.closeSeen)
            connection.record.facts.1.subtract(.closeSeen)
            return false
        }
        let isOther = segment.sequence != connection.record[base: connection.side]
        let closes = connection.record.facts.0.union(connection.record.facts.1)
        let wasClosed = version >= .v4_4 && closes.contains(.closeSeen)
        if segment.flags.contains(.ack) {
            if version >= .v4_4 { return isOther || wasClosed }
            connection.record[base: connection.side] = segment.sequence
            return false
        }
        if isOther || wasClosed { return true }
        connection.sender.next = connection.sender.edge
        return false
    }

    /// Whether the SYN rules of later segments count `segment` as a close (6.1, 4 and 5).
    @inline(__always)
    func isClose(_ segment: Segment) -> Bool {
        !segment.flags.isDisjoint(with: [.rst, .fin]) && segment.headerLength >= 20 && segment.role != .headerCut
            && segment.role != .quotedShort && (segment.flags.contains(.rst) || segment.flags.contains([.fin, .ack]))
    }

    /// Records the initial sequence numbers that `segment` shows, for the SYN rules of later segments (3.2).
    func recordBases(_ segment: Segment, _ connection: borrowing ConnectionAccess) {
        switch segment.role {
        case .whole: break
        case .fragment, .short: if version < .v4_4 { return }
        case .quoted, .quotedShort, .headerCut: return
        }
        if !connection.sender.markState.contains(.baseKnown) {
            connection.record[base: connection.side] =
                segment.flags.contains(.syn) ? segment.sequence : segment.sequence - 1
            connection.sender.markState.formUnion(.baseKnown)
        }
        if !connection.peer.markState.contains(.baseKnown), segment.flags.contains(.ack) {
            connection.record[base: connection.otherSide] = segment.acknowledgment - 1
            connection.peer.markState.formUnion(.baseKnown)
        }
    }

    // MARK: Marks (section 1) and state (section 4)

    /// Marks a whole segment and updates the state of both ends.
    @inline(__always)
    mutating func mark(_ segment: Segment, _ connection: borrowing ConnectionAccess) -> Marks {
        let marks = Self.marks(of: segment, from: connection.sender, to: connection.peer)
        let sequence = segment.sequence
        let acknowledgment = segment.acknowledgment
        let isProbe = marks.contains(.zeroWindowProbe)

        if version >= .v4_4, connection.peer.markState.contains(.wasZeroWindowProbe) {
            acceptProbedByte(segment, connection)
        }
        let edge = connection.peer.edge
        if segment.flags.contains(.ack), edge.rawValue != 0, acknowledgment.isNewer(than: edge) {
            moveEdge(segment, connection)
        }

        var end = sequence + segment.payloadLength
        let counts = !segment.flags.isDisjoint(with: [.syn, .fin])
        if segment.payloadLength > 0 || counts {
            if connection.lists == 0 { connection.lists = ranges.makeLists() }
            // SYN and FIN count as one byte, even together, and as none if the list is full.
            let counted = counts ? end + 1 : end
            if segment.payloadLength <= UnacknowledgedRanges.longestRange,
                ranges.append(
                    UnacknowledgedRange(start: sequence, end: counted), to: connection.lists, connection.side)
            {
                end = counted
                connection.sender.markState.formUnion(.hasUnacknowledged)
            }
        }
        var sender = connection.sender
        if !isProbe {
            if sender.next.rawValue == 0 || end.isNewer(than: sender.next) { sender.next = end }
            if sender.edge.rawValue == 0 || sequence == sender.edge { sender.edge = sender.next }
        }
        sender.window = segment.window
        sender.lastAcknowledgment = acknowledgment
        sender.markState.formUnion(.windowKnown)
        sender.markState.setMember(.wasKeepAlive, marks.contains(.keepAlive))
        sender.markState.setMember(.wasZeroWindowProbe, isProbe)
        connection.sender = sender
        if connection.peer.markState.contains(.hasUnacknowledged) {
            let isLeft = ranges.acknowledge(acknowledgment, connection.lists, connection.otherSide)
            connection.peer.markState.setMember(.hasUnacknowledged, isLeft)
            releaseIfEmpty(&connection.lists, connection.sender, connection.peer)
        }
        return marks
    }

    /// Releases the lists of a connection if both are empty, which is the common case.
    @inline(__always)
    mutating func releaseIfEmpty(_ lists: inout UInt32, _ sender: EndState, _ peer: EndState) {
        guard !sender.markState.union(peer.markState).contains(.hasUnacknowledged) else { return }
        ranges.release(lists)
        lists = 0
    }

    /// The three rules (section 1). They ignore the ACK flag, time and options.
    @inline(__always)
    private static func marks(
        of segment: Segment, from sender: EndState, to peer: EndState
    ) -> Marks {
        guard segment.payloadLength <= 1 else { return [] }
        if segment.payloadLength == 1, segment.sequence == sender.next,
            peer.window == 0, peer.markState.contains(.windowKnown)
        {
            return .zeroWindowProbe
        }
        guard segment.flags.isDisjoint(with: [.syn, .fin, .rst]) else { return [] }
        if segment.sequence == sender.next - 1 { return .keepAlive }
        if peer.markState.contains(.wasKeepAlive), segment.payloadLength == 0, segment.window != 0,
            segment.window == sender.window, sender.markState.contains(.windowKnown),
            segment.sequence == sender.next, segment.acknowledgment == sender.lastAcknowledgment
        {
            return .keepAliveAck
        }
        return []
    }

    /// Accepts the acknowledgment of a zero-window probe's byte by a peer whose window is still closed (6.1, 1).
    private func acceptProbedByte(_ segment: Segment, _ connection: borrowing ConnectionAccess) {
        let sender = connection.sender
        guard segment.payloadLength == 0, segment.window == 0, sender.window == 0,
            sender.markState.contains(.windowKnown), segment.sequence == sender.next,
            segment.flags.isDisjoint(with: [.syn, .fin, .rst]),
            segment.acknowledgment == sender.lastAcknowledgment + 1
        else { return }
        connection.peer.next = segment.acknowledgment
        connection.peer.edge = segment.acknowledgment
    }

    /// Moves the edge of the peer's data, because `segment` acknowledges more than its contiguous part (4.3 a; 6.1, 2
    /// and 3).
    private func moveEdge(_ segment: Segment, _ connection: borrowing ConnectionAccess) {
        let (sender, peer) = (connection.sender, connection.peer)
        if version < .v4_4 {
            if peer.next.isNewer(than: peer.edge) { connection.peer.edge = peer.next }
        } else if peer.markState.contains(.wasZeroWindowProbe), segment.sequence == sender.next,
            segment.acknowledgment == sender.lastAcknowledgment + 1
        {
            connection.peer.next = segment.acknowledgment
            connection.peer.edge = segment.acknowledgment
        } else if connection.lists == 0 {
            connection.peer.edge = segment.acknowledgment
        } else {
            connection.peer.edge = ranges.contiguousEnd(
                from: segment.acknowledgment, connection.lists, connection.otherSide)
        }
    }
}
