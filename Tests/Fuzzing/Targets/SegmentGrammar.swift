import Wire

/// Segments of a few connections, made from the bytes of an input: each is what TCP would send, nearly that, or nonsense.
///
/// Four bytes make a usual segment. Every sequence of bytes makes segments, and each byte changes little, so that libFuzzer can
/// vary a conversation.
struct SegmentGrammar {
    private var reader: InputReader
    private var time: Int64 = 1_700_000_000_000_000_000
    private var count: UInt32 = 0
    /// What each end of each connection has sent so far.
    private var ends: [[End]]

    /// The most segments of one input.
    static let limit = 200

    /// The sequence numbers of an end.
    private struct End {
        /// The number that a regular stack would send next.
        var next: UInt32
        /// The first number.
        var first: UInt32
        /// The number of its last segment.
        var last: UInt32
        /// The number that it acknowledged last.
        var acknowledged: UInt32 = 0
    }

    /// The ends of each connection. Most bytes choose the first one, so that its state becomes varied.
    private static let connections: [(Endpoint, Endpoint)] = {
        let usual = (Endpoint(IPAddress(v4: 0x0A00_0001), 40000), Endpoint(IPAddress(v4: 0x0A00_0002), 443))
        return [
            usual, usual, usual,
            // The same address at both ends.
            (Endpoint(IPAddress(v4: 0x7F00_0001), 41), Endpoint(IPAddress(v4: 0x7F00_0001), 40)),
            (Endpoint(IPAddress(v6: 5, 1), 10), Endpoint(IPAddress(v6: 5, 2), 20)),
            // The same address and port at both ends.
            (Endpoint(IPAddress(v4: 7), 7), Endpoint(IPAddress(v4: 7), 7)),
            // Another connection of one of the hosts.
            (Endpoint(IPAddress(v4: 0x0A00_0001), 40001), Endpoint(IPAddress(v4: 0x0A00_0002), 443)),
            (Endpoint(IPAddress(v6: 6, 6), 6), Endpoint(IPAddress(v6: 6, 6), 6)),
        ]
    }()

    private static let starts: [UInt32] = [
        1000, 0, 1, 2, 0x7FFF_FFFE, 0x8000_0000, 0xFFFF_FF00, 0xFFFF_FFF0, 0xFFFF_FFFD, 0xFFFF_FFFE, 0xFFFF_FFFF, 5000,
        0x7FFF_FFFF, 0x8000_0001, 3, 70_000,
    ]

    private static let flags: [TCPFlags] = [
        .ack, .ack, [.ack, .psh], .syn, [.syn, .ack], [.fin, .ack], .rst, [.rst, .ack], [], [.ack, .urg], [.syn, .fin],
        .fin, [.syn, .rst], [.ack, .ece], [.fin, .psh, .ack], TCPFlags(rawValue: 0xF10),
    ]

    private static let lengths: [UInt32] = [0, 0, 0, 1, 1, 2, 100, 1448]
    private static let windows: [UInt16] = [500, 500, 500, 0, 0, 501, 65_535, 1]

    /// Steps of the time (ns). The last one stands for a time of eight bytes.
    private static let steps: [Int64] = [
        1_000_000_000, 0, 1000, 1_000_000, 50_000_000, 900_000_000, 2_000_000_000, 5_000_000_000, 15_000_000_000,
        31_000_000_000, 61_000_000_000, 75_000_000_000, 600_000_000_000, 7_200_000_000_000, -40_000_000, .max,
    ]

    /// Segments of the bytes of `reader` that have not been read.
    init(_ reader: InputReader) {
        self.reader = reader
        let starts = self.reader.byte()
        let pair = [starts & 15, starts >> 4].map { Self.starts[Int($0)] }
        ends = Self.connections.map { _ in pair.map { End(next: $0, first: $0, last: $0) } }
    }

    /// All segments.
    mutating func all() -> [Segment] {
        var segments: [Segment] = []
        while segments.count < Self.limit, let segment = next() { segments.append(segment) }
        return segments
    }

    /// The next segment; nil at the end of the input.
    private mutating func next() -> Segment? {
        guard !reader.isAtEnd else { return nil }
        let (head, numbers, sizes, detail) = (reader.byte(), reader.byte(), reader.byte(), reader.byte())
        // The first three are one connection.
        let connection = max(Int(head & 7), 2)
        let side = Int(head >> 3 & 1)
        let (own, peer) = (ends[connection][side], ends[connection][1 - side])
        passTime(detail & 15)

        let pair = Self.connections[connection]
        var segment = Segment(
            time: time, source: side == 0 ? pair.0 : pair.1, destination: side == 0 ? pair.1 : pair.0)
        segment.record = count
        segment.frame = FrameReference(file: 0, frame: UInt64(count) + 1)
        count += 1
        segment.flags = Self.flags[Int(head >> 4)]
        segment.sequence = SequenceNumber(number(numbers & 15, of: own, acknowledgedBy: peer))
        segment.acknowledgment = SequenceNumber(number(numbers >> 4, of: peer, acknowledgedBy: own))
        segment.payloadLength = Self.lengths[Int(sizes & 7)]
        segment.window = Self.windows[Int(sizes >> 3 & 7)]
        segment.timeToLive = 64
        addDetail(detail >> 4, to: &segment)
        if sizes >> 6 == 3 { addSpecialty(reader.byte(), to: &segment) }

        ends[connection][side].last = segment.sequence.rawValue
        ends[connection][side].acknowledged = segment.acknowledgment.rawValue
        if segment.role == .whole {
            let counted = segment.flags.isDisjoint(with: [.syn, .fin]) ? 0 : 1 as UInt32
            let end = segment.sequence.rawValue &+ segment.payloadLength &+ counted
            if segment.flags.contains(.syn) || Int32(bitPattern: end &- own.next) > 0 {
                ends[connection][side].next = end
            }
        }
        return segment
    }

    private mutating func passTime(_ choice: UInt8) {
        let step = Self.steps[Int(choice)]
        time = step == .max ? Int64(bitPattern: reader.number(8)) : time &+ step
    }

    /// A sequence number of `end`: the one that it sends next, one near it, or any.
    private mutating func number(_ choice: UInt8, of end: End, acknowledgedBy peer: End) -> UInt32 {
        switch choice {
        case 0: end.next
        case 1: end.next &- 1
        case 2: end.next &+ 1
        case 3: end.next &- 2
        case 4: end.next &+ 100
        case 5: end.next &- 100
        case 6: end.next &+ 0x7FFF_FFFF
        case 7: end.next &+ 0x8000_0000
        case 8: end.next &+ 0x8000_0001
        case 9: 0
        case 10: .max
        case 11: end.first
        case 12: peer.acknowledged
        case 13: end.last
        case 14: end.last &+ 1
        default: UInt32(truncatingIfNeeded: reader.number(4))
        }
    }

    /// Sets what little depends on: hop count, IPv4 identification, timestamps.
    private func addDetail(_ choice: UInt8, to segment: inout Segment) {
        segment.identification = choice & 1 == 0 ? UInt16(truncatingIfNeeded: count) : 0
        if choice & 2 != 0 {
            segment.hasTimestamps = true
            segment.headerLength = 32
            segment.timestampValue = UInt32(truncatingIfNeeded: time / 1_000_000)
            segment.timestampEcho = segment.timestampValue &- 10
        }
        if choice & 4 != 0 { segment.timeToLive = 61 }
        if choice & 8 != 0, segment.payloadLength == 1 { segment.firstPayloadByte = 65 }
    }

    /// Makes a segment that is not whole, not shown, or otherwise rare.
    private mutating func addSpecialty(_ choice: UInt8, to segment: inout Segment) {
        switch choice & 15 {
        case 0: segment.isShown = false
        case 1: segment.role = .short
        case 2: segment.role = .fragment
        case 3: segment.role = .headerCut
        case 4, 5, 6:
            segment.role = choice & 15 == 4 ? .quotedShort : .quoted
            let router = segment.source.address.version == .v4 ? IPAddress(v4: 0x0A00_00FE) : IPAddress(v6: 5, 254)
            let number = reader.byte()
            segment.error = ICMPError(router: router, type: number & 15, code: number >> 4)
        case 7: segment.hasSelectiveAcknowledgment = true
        case 8: segment.headerLength = 16
        case 9: segment.timeToLive = reader.byte()
        case 10: segment.identification = UInt16(truncatingIfNeeded: reader.number(2))
        case 11: segment.window = UInt16(truncatingIfNeeded: reader.number(2))
        case 12: segment.payloadLength = UInt32(truncatingIfNeeded: reader.number(2))
        case 13: segment.timestampValue = UInt32(truncatingIfNeeded: reader.number(4))
        case 14: segment.flags = TCPFlags(rawValue: UInt16(truncatingIfNeeded: reader.number(2)) & 0xFFF)
        default: segment.role = .quoted  // A sample of a packet, without an error.
        }
        if segment.role != .whole { segment.payloadLength = 0 }
    }
}
