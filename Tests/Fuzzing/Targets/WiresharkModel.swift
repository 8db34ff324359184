import Wire

/// The marks of Wireshark, computed as plainly as possible from the document wireshark-rules: an oracle for
/// `WiresharkAnalysis`, with which it shares no code. Numbers in comments are sections of the document.
///
/// It is slow, and keeps everything for ever.
struct WiresharkModel {
    let version: WiresharkVersion
    private var streams: [Stream] = []

    init(version: WiresharkVersion) {
        self.version = version
    }

    /// The state of one direction (4.1). Nil: not known yet.
    private struct Side {
        var next: UInt32 = 0
        var edge: UInt32 = 0
        var lastAck: UInt32 = 0
        var window: UInt16?
        var wasKeepAlive = false
        var wasZeroWindowProbe = false
        var base: UInt32?
        var unacknowledged: [(start: UInt32, end: UInt32)] = []
    }

    /// The most recent stream of a pair of endpoints (3.1).
    private struct Stream {
        let ends: [Endpoint]
        var sides = [Side(), Side()]
        /// Whether a RST, or a FIN with ACK, was seen (6.1, 4 and 5).
        var closeSeen = false
    }

    /// The mark of a segment; nil: none.
    enum Mark {
        case keepAlive, keepAliveAck, zeroWindowProbe
    }

    /// The mark that Wireshark shows on `segment`, the next one of the capture.
    mutating func mark(_ segment: Segment) -> Mark? {
        // 2.7, step 1: 16 bytes are needed; 14 are enough for step 2 in 4.6.
        if segment.role == .quotedShort { return nil }
        if segment.role == .headerCut, version != .v4_6 { return nil }
        // 2.7, step 2.
        let index = stream(of: segment)
        let sender = streams[index].ends[0] == segment.source ? 0 : 1
        applySYNRules(segment, index, sender)
        if segment.role != .headerCut, segment.headerLength >= 20,
            has(segment, .rst) || (has(segment, .fin) && has(segment, .ack))
        {
            streams[index].closeSeen = true
        }
        // 2.7, step 3.
        switch segment.role {
        case .whole: recordBases(segment, index, sender)
        case .fragment, .short:
            if version != .v4_0 { recordBases(segment, index, sender) }  // 6.1, 6
            return nil
        case .quoted, .quotedShort, .headerCut: return nil
        }
        // Both ends the same: the peer is blank for ever (3.1).
        let isSelf = segment.source == segment.destination
        var own = streams[index].sides[sender]
        var peer = isSelf ? Side() : streams[index].sides[1 - sender]
        let mark = analyse(segment, &own, &peer)
        streams[index].sides[sender] = own
        if !isSelf { streams[index].sides[1 - sender] = peer }
        // 2.7, step 4.
        return segment.isShown ? mark : nil
    }

    private func has(_ segment: Segment, _ flag: TCPFlags) -> Bool {
        segment.flags.rawValue & flag.rawValue != 0
    }

    /// Whether `x` is newer than `y` (4.2): at a distance of 2^31 each is newer than the other.
    private func newer(_ x: UInt32, _ y: UInt32) -> Bool {
        Int32(bitPattern: y &- x) < 0
    }

    // MARK: Streams (3)

    /// The index of the stream of `segment`, which may be new.
    private mutating func stream(of segment: Segment) -> Int {
        for index in streams.indices {
            let ends = streams[index].ends
            if ends == [segment.source, segment.destination] || ends == [segment.destination, segment.source] {
                return index
            }
        }
        streams.append(Stream(ends: [segment.source, segment.destination]))
        return streams.count - 1
    }

    /// 3.2 and, from 4.4 on, 6.1.
    private mutating func applySYNRules(_ segment: Segment, _ index: Int, _ sender: Int) {
        guard has(segment, .syn) else { return }
        guard let base = streams[index].sides[sender].base else {
            streams[index].closeSeen = false
            return
        }
        let sequence = segment.sequence.rawValue
        let isNewVersion = version != .v4_0
        var startsStream = isNewVersion && streams[index].closeSeen
        if has(segment, .ack) {
            if sequence != base {
                if isNewVersion { startsStream = true } else { streams[index].sides[sender].base = sequence }
            }
        } else if sequence != base {
            startsStream = true
        } else if !startsStream {
            streams[index].sides[sender].next = streams[index].sides[sender].edge
        }
        if startsStream { streams[index] = Stream(ends: streams[index].ends) }
    }

    private mutating func recordBases(_ segment: Segment, _ index: Int, _ sender: Int) {
        if streams[index].sides[sender].base == nil {
            let sequence = segment.sequence.rawValue
            streams[index].sides[sender].base = has(segment, .syn) ? sequence : sequence &- 1
        }
        if segment.source != segment.destination, streams[index].sides[1 - sender].base == nil, has(segment, .ack) {
            streams[index].sides[1 - sender].base = segment.acknowledgment.rawValue &- 1
        }
    }

    // MARK: Analysis (1, 4.3)

    private func analyse(_ segment: Segment, _ own: inout Side, _ peer: inout Side) -> Mark? {
        let (seq, ack) = (segment.sequence.rawValue, segment.acknowledgment.rawValue)
        let (len, win) = (segment.payloadLength, segment.window)
        let isTurn = has(segment, .syn) || has(segment, .fin) || has(segment, .rst)

        // 1: the verdicts.
        let isZeroWindowProbe = len == 1 && seq == own.next && peer.window == 0
        let isKeepAlive = !isZeroWindowProbe && len <= 1 && seq == own.next &- 1 && !isTurn
        let isKeepAliveAck =
            !isZeroWindowProbe && len == 0 && win != 0 && win == own.window && seq == own.next && ack == own.lastAck
            && peer.wasKeepAlive && !isTurn

        // 6.1, 1: the byte of a zero-window probe was accepted.
        if version != .v4_0, len == 0, win == 0, own.window == 0, seq == own.next, !isTurn, peer.wasZeroWindowProbe,
            ack == own.lastAck &+ 1
        {
            peer.next = ack
            peer.edge = ack
        }
        // a: the edge jumps.
        if has(segment, .ack), peer.edge != 0, newer(ack, peer.edge) {
            if version == .v4_0 {
                if newer(peer.next, peer.edge) { peer.edge = peer.next }
            } else if ack == own.lastAck &+ 1, seq == own.next, peer.wasZeroWindowProbe {
                peer.next = ack  // 6.1, 2
                peer.edge = ack
            } else {
                peer.edge = contiguousEnd(from: ack, peer.unacknowledged)  // 6.1, 3
            }
        }
        // b
        var end = seq &+ len
        if len > 0 || has(segment, .syn) || has(segment, .fin), own.unacknowledged.count < 10_000 {
            if has(segment, .syn) || has(segment, .fin) { end = end &+ 1 }
            own.unacknowledged.append((seq, end))
        }
        if !isZeroWindowProbe {
            // c, d
            if own.next == 0 || newer(end, own.next) { own.next = end }
            if own.edge == 0 || seq == own.edge { own.edge = own.next }
        }
        // e
        own.window = win
        own.lastAck = ack
        own.wasKeepAlive = isKeepAlive
        own.wasZeroWindowProbe = isZeroWindowProbe
        // f
        var kept: [(start: UInt32, end: UInt32)] = []
        for range in peer.unacknowledged {
            if ack == range.end { continue }
            if newer(ack, range.start), !newer(ack, range.end) {
                kept.append((ack, range.end))
            } else if newer(range.end, ack) {
                kept.append(range)
            }
        }
        peer.unacknowledged = kept

        if isZeroWindowProbe { return .zeroWindowProbe }
        if isKeepAlive { return .keepAlive }
        return isKeepAliveAck ? .keepAliveAck : nil
    }

    /// 6.1, 3: what was sent without a gap from `ack` on.
    private func contiguousEnd(from ack: UInt32, _ ranges: [(start: UInt32, end: UInt32)]) -> UInt32 {
        guard var (left, right) = ranges.last else { return ack }
        for range in ranges.reversed() where range.start == ack || newer(range.start, ack) {
            if range.end == left { left = range.start } else { (left, right) = range }
        }
        return left == ack && newer(right, ack) ? right : ack
    }
}
