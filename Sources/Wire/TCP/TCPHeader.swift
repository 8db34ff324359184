extension SegmentDecoder {
    /// Decodes a TCP header (RFC 9293 3.1) in the steps of wireshark-rules 2.7.
    ///
    ///     |          Source Port          |       Destination Port        |
    ///     |                        Sequence Number                        |
    ///     |                    Acknowledgment Number                      |
    ///     |  Data |Rsrvd|   Control Bits  |            Window             |
    ///     | Offset|     |                 |                               |
    ///     |           Checksum            |         Urgent Pointer        |
    mutating func decodeTCP(_ bytes: RawSpan, _ cursor: PacketCursor, _ header: IPHeader) throws(DecodeFailure) {
        let start = cursor.start
        let claimed = cursor.length
        let readable = cursor.available
        if readable < 16 { return try decodeCutTCP(bytes, cursor, header) }
        var segment = makeSegment(bytes, cursor, header)
        let control = bytes.big16(start + 12)
        let headerLength = Int(control >> 12) * 4
        segment.acknowledgment = SequenceNumber(bytes.big32(start + 8))
        segment.flags = TCPFlags(rawValue: control & 0x0FFF)
        segment.window = bytes.big16(start + 14)
        segment.headerLength = UInt8(truncatingIfNeeded: headerLength)
        segment.role = cursor.role
        segment.error = icmpError
        segment.identification = header.identification
        segment.timeToLive = header.timeToLive
        segment.isShown = headerLength >= 20 && readable >= max(20, headerLength)
        if readable < headerLength, readable < claimed, icmpError == nil {
            tally.cutHeaders &+= 1
            tally.cutHeadersNeed = max(tally.cutHeadersNeed, start + headerLength)
        }
        if cursor.role == .whole {
            if claimed < headerLength {
                segment.role = .short
            } else {
                segment.payloadLength = UInt32(truncatingIfNeeded: claimed - headerLength)
                if claimed == headerLength + 1, readable == claimed {
                    segment.firstPayloadByte = bytes.byte(start + headerLength)
                }
            }
        }
        if segment.isShown, headerLength > 20 { readOptions(bytes, start + 20..<start + headerLength, &segment) }
        output.append(segment)
    }

    /// Decodes a TCP header of which fewer than 16 bytes are readable.
    private mutating func decodeCutTCP(
        _ bytes: RawSpan, _ cursor: PacketCursor, _ header: IPHeader
    ) throws(DecodeFailure) {
        let readable = cursor.available
        let isLookedUp = readable >= 14 && version >= .v4_6
        // RFC 792 asks routers to quote 8 bytes: ports and sequence number, enough to find the connection.
        if readable >= 8, icmpError != nil, !isLookedUp {
            var segment = makeSegment(bytes, cursor, header)
            segment.role = .quotedShort
            segment.error = icmpError
            segment.isShown = false
            return output.append(segment)
        }
        if isLookedUp {
            var segment = makeSegment(bytes, cursor, header)
            segment.acknowledgment = SequenceNumber(bytes.big32(cursor.start + 8))
            segment.flags = TCPFlags(rawValue: bytes.big16(cursor.start + 12) & 0x0FFF)
            segment.role = .headerCut
            segment.isShown = false
            output.append(segment)
        }
        throw DecodeFailure(layer: .tcp, offset: cursor.start, required: 16, available: max(0, readable))
    }

    /// A segment with what the first 8 bytes of its TCP header say, and its packet.
    @inline(__always)
    private func makeSegment(_ bytes: RawSpan, _ cursor: PacketCursor, _ header: IPHeader) -> Segment {
        var segment = Segment(
            time: packet.time,
            source: Endpoint(header.source, bytes.big16(cursor.start)),
            destination: Endpoint(header.destination, bytes.big16(cursor.start + 2)))
        segment.record = packet.record
        segment.frame = packet.frame
        segment.sequence = SequenceNumber(bytes.big32(cursor.start + 4))
        return segment
    }

    /// Reads the options in the bytes `range`, all of them captured.
    @inline(__always)
    private func readOptions(_ bytes: RawSpan, _ range: Range<Int>, _ segment: inout Segment) {
        // NOP, NOP, timestamps: the options of most segments (RFC 7323 appendix A).
        if range.count == 12, bytes.big32(range.lowerBound) == FastPathPacket.timestampFront {
            segment.hasTimestamps = true
            segment.timestampValue = bytes.big32(range.lowerBound + 4)
            segment.timestampEcho = bytes.big32(range.lowerBound + 8)
        } else {
            walkOptions(bytes, range, &segment)
        }
    }

    private func walkOptions(_ bytes: RawSpan, _ range: Range<Int>, _ segment: inout Segment) {
        var options = HeaderOptions(range)
        while let option = options.next(bytes) {
            if option.kind == 8, option.length == 10 {
                segment.hasTimestamps = true
                segment.timestampValue = bytes.big32(option.start + 2)
                segment.timestampEcho = bytes.big32(option.start + 6)
            }
            if option.kind == 5 { segment.hasSelectiveAcknowledgment = true }
            if hidesVerdict(option, bytes) { segment.isShown = false }
        }
    }

    /// Whether Wireshark reads beyond the end of this option, which hides the verdict (wireshark-rules 2.7, 4).
    ///
    /// Not implemented: SCPS extended capabilities (20) and the Riverbed probe (76), which no known capture contains;
    /// the exception for SACK if the relative acknowledgment exceeds 2^31.
    private func hidesVerdict(_ option: HeaderOptions.Option, _ bytes: RawSpan) -> Bool {
        let length = option.length
        let start = option.start
        switch option.kind {
        case 5: return length < 10
        case 21: return length == 6
        case 30:
            guard length > 2 else { return true }
            switch bytes.byte(start + 2) >> 4 {
            case 0, 3, 8: return length == 3
            case 6, 7: return length < 12
            case 2:
                guard length > 3 else { return true }
                let flags = bytes.byte(start + 3)
                let acknowledgment = flags & 1 == 0 ? 0 : flags & 2 == 0 ? 4 : 8
                let mapping = flags & 4 == 0 ? 0 : flags & 8 == 0 ? 10 : 14
                return length < 4 + acknowledgment + mapping
            default: return false
            }
        default: return false
        }
    }
}
