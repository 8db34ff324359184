extension SegmentDecoder {
    /// Decodes a TCP header (RFC 9293 3.1) in the steps of wireshark-rules 2.7.
    ///
    ///     |          Source Port          |       Destination Port        |
    ///     |                        Sequence Number                        |
    ///     |                    Acknowledgment Number                      |
    ///     |  Data |Rsrvd|   Control Bits  |            Window             |
    ///     | Offset|     |                 |                               |
    ///     |           Checksum            |         Urgent Pointer        |
    mutating func decodeTCP(
        _ bytes: RawSpan, _ extent: Extent, _ header: IPHeader, _ context: PacketContext,
        _ segments: inout SegmentBatch
    ) throws(DecodeFailure) {
        let start = extent.start
        let claimed = extent.length
        let readable = min(extent.available, claimed)
        guard readable >= 16 else {
            // RFC 792 asks routers to quote 8 bytes: ports and sequence number, which is all that a match needs.
            if let error = context.error, readable >= 8, readable < 14 || version < .v4_6 {
                return segments.append(quotedSegment(bytes, start, header, context, error))
            }
            if readable >= 14, version >= .v4_6 {
                segments.append(cutSegment(bytes, start, header, context))
            }
            throw DecodeFailure(layer: .tcp, offset: start, required: 16, available: max(0, readable))
        }
        var segment = Segment(
            time: context.time,
            source: Endpoint(header.source, bytes.big16(start)),
            destination: Endpoint(header.destination, bytes.big16(start + 2)))
        let control = bytes.big16(start + 12)
        let headerLength = Int(control >> 12) * 4
        segment.record = context.record
        segment.sequence = SequenceNumber(bytes.big32(start + 4))
        segment.acknowledgment = SequenceNumber(bytes.big32(start + 8))
        segment.flags = TCPFlags(rawValue: control & 0x0FFF)
        segment.window = bytes.big16(start + 14)
        segment.headerLength = UInt8(truncatingIfNeeded: headerLength)
        segment.identification = header.identification
        segment.timeToLive = header.timeToLive
        segment.isShown = headerLength >= 20 && readable >= max(20, headerLength)
        segment.role = context.role
        segment.frame = context.frame
        segment.error = context.error
        if readable < headerLength, readable < claimed, context.error == nil {
            tally.cutHeaders &+= 1
            tally.cutHeadersNeed = max(tally.cutHeadersNeed, start + headerLength)
        }
        if context.role == .whole {
            if claimed < headerLength {
                segment.role = .short
            } else {
                segment.payloadLength = UInt32(truncatingIfNeeded: claimed - headerLength)
                if claimed == headerLength + 1, readable == claimed {
                    segment.firstPayloadByte = bytes.byte(start + headerLength)
                }
            }
        }
        if segment.isShown, headerLength > 20 {
            readOptions(bytes, start + 20, start + headerLength, &segment)
        }
        segments.append(segment)
    }

    /// A segment of which the first 14 bytes were there: enough for Wireshark 4.6 to look its stream up.
    private func cutSegment(
        _ bytes: RawSpan, _ start: Int, _ header: IPHeader, _ context: PacketContext
    ) -> Segment {
        var segment = Segment(
            time: context.time,
            source: Endpoint(header.source, bytes.big16(start)),
            destination: Endpoint(header.destination, bytes.big16(start + 2)))
        segment.record = context.record
        segment.frame = context.frame
        segment.sequence = SequenceNumber(bytes.big32(start + 4))
        segment.acknowledgment = SequenceNumber(bytes.big32(start + 8))
        segment.flags = TCPFlags(rawValue: bytes.big16(start + 12) & 0x0FFF)
        segment.role = .headerCut
        segment.isShown = false
        return segment
    }

    /// A segment of which an ICMP error quotes ports and sequence number, and no flags.
    private func quotedSegment(
        _ bytes: RawSpan, _ start: Int, _ header: IPHeader, _ context: PacketContext, _ error: ICMPError
    ) -> Segment {
        var segment = Segment(
            time: context.time,
            source: Endpoint(header.source, bytes.big16(start)),
            destination: Endpoint(header.destination, bytes.big16(start + 2)))
        segment.record = context.record
        segment.frame = context.frame
        segment.sequence = SequenceNumber(bytes.big32(start + 4))
        segment.role = .quotedShort
        segment.isShown = false
        segment.error = error
        return segment
    }

    /// Reads the options in [first, end), all of them captured.
    @inline(__always)
    private func readOptions(_ bytes: RawSpan, _ first: Int, _ end: Int, _ segment: inout Segment) {
        // NOP, NOP, timestamps: what nearly every segment of nearly every stack carries (RFC 7323 appendix A).
        if end - first == 12, bytes.big32(first) == FastPathPacket.timestampFront {
            segment.hasTimestamps = true
            segment.timestampValue = bytes.big32(first + 4)
            segment.timestampEcho = bytes.big32(first + 8)
        } else {
            walkOptions(bytes, first, end, &segment)
        }
    }

    private func walkOptions(_ bytes: RawSpan, _ first: Int, _ end: Int, _ segment: inout Segment) {
        var options = HeaderOptions(from: first, to: end)
        while let option = options.next(bytes) {
            if option.kind == 8, option.length == 10 {
                segment.hasTimestamps = true
                segment.timestampValue = bytes.big32(option.place + 2)
                segment.timestampEcho = bytes.big32(option.place + 6)
            }
            if option.kind == 5 { segment.hasSelectiveAcknowledgment = true }
            if hidesVerdict(option, bytes) { segment.isShown = false }
        }
    }

    /// Whether Wireshark's reading of this option runs off its end, which hides the verdict (wireshark-rules 2.7, 4).
    ///
    /// Left out: SCPS extended capabilities (20) and the Riverbed probe (76), which no capture is known to show, and
    /// the exception for SACK where the relative acknowledgment is above 2^31.
    private func hidesVerdict(_ option: HeaderOptions.Option, _ bytes: RawSpan) -> Bool {
        let length = option.length
        let place = option.place
        switch option.kind {
        case 5: return length < 10
        case 21: return length == 6
        case 30:
            guard length > 2 else { return true }
            switch bytes.byte(place + 2) >> 4 {
            case 0, 3, 8: return length == 3
            case 6, 7: return length < 12
            case 2:
                guard length > 3 else { return true }
                let flags = bytes.byte(place + 3)
                let acknowledgment = flags & 1 == 0 ? 0 : flags & 2 == 0 ? 4 : 8
                let mapping = flags & 4 == 0 ? 0 : flags & 8 == 0 ? 10 : 14
                return length < 4 + acknowledgment + mapping
            default: return false
            }
        default: return false
        }
    }
}
