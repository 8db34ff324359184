/// Turns packets into TCP segments: link layers, tunnels, IP, fragments, TCP.
///
/// Hostile input never traps and never throws out of here: what cannot be decoded is counted in `tally`.
/// Fragments are the only state, and it is bounded.
public struct SegmentDecoder: ~Copyable {
    /// What became of the packets so far.
    public internal(set) var tally = DecodeTally()

    /// Whose reading of the wire is followed where versions of Wireshark differ.
    let version: WiresharkVersion

    /// The fragments that wait for the rest of their datagram.
    var reassembly = Reassembly()

    /// A decoder without state that reads packets as Wireshark `version` does.
    public init(version: WiresharkVersion = .newest) {
        self.version = version
    }

    /// When the packet before was captured (ns since 1970); `Int64.min` before the first.
    public internal(set) var lastTime = Int64.min
    /// Where the record whose `frame` is 0 is.
    var origin = FrameReference.none

    /// Decodes every packet of `batch` and appends the segments found to `segments`, in order.
    public mutating func decode(_ batch: borrowing PacketBatch, into segments: inout SegmentBatch) {
        decode(batch, 0..<batch.records.count, into: &segments)
    }

    /// Decodes the records of `batch` with indices in `range`, which must lie within its records.
    ///
    /// Taken about a hundred at a time, segments stay in the nearest cache until they are tracked.
    public mutating func decode(
        _ batch: borrowing PacketBatch, _ range: Range<Int>, into segments: inout SegmentBatch
    ) {
        origin = FrameReference(file: batch.file, frame: batch.firstFrame)
        batch.withBytes { bytes in
            let records = batch.records.span
            var index = range.lowerBound
            while index < range.upperBound {
                index = decodeFastPath(bytes, records, index..<range.upperBound, into: &segments)
                guard index < range.upperBound else { break }
                decode(bytes, records[index], index, &segments)
                index += 1
            }
        }
        tally.evictedDatagrams = reassembly.evictions
    }

    /// Decodes every packet of `batch` on the general path: tests compare the fast path with it.
    mutating func decodeGeneral(_ batch: borrowing PacketBatch, into segments: inout SegmentBatch) {
        origin = FrameReference(file: batch.file, frame: batch.firstFrame)
        batch.withBytes { bytes in
            for index in batch.records.indices { decode(bytes, batch.records[index], index, &segments) }
        }
        tally.evictedDatagrams = reassembly.evictions
    }

    /// Counts the packet of `record`.
    @inline(__always)
    private mutating func count(_ record: PacketRecord) {
        tally.packets &+= 1
        if record.time < lastTime { tally.outOfOrder &+= 1 }
        tally.pauses.add(after: lastTime, at: record.time)
        lastTime = record.time
        tally.bytes &+= UInt64(record.claimedLength)
    }

    /// Decodes the packet of `record`, at `place` in its batch, of any shape, and counts it where it has no segment.
    @inline(never)
    private mutating func decode(
        _ bytes: RawSpan, _ record: PacketRecord, _ place: Int, _ segments: inout SegmentBatch
    ) {
        let start = Int(record.offset)
        let captured = Int(record.capturedLength)
        let claimed = Int(record.claimedLength)
        count(record)
        let packet = bytes.extracting(start..<(start + captured))
        var context = PacketContext(time: record.time, record: UInt32(truncatingIfNeeded: place))
        context.frame = origin.advanced(by: record.frame)
        var extent = Extent(start: 0, captured: packet.byteCount, claimed: claimed)
        if record.checkSequenceLength > 0 { extent = extent.trimmed(by: Int(record.checkSequenceLength)) }
        let before = segments.segments.count
        do throws(DecodeFailure) {
            if try !decodeLink(record.linkType, packet, extent, context, &segments) {
                tally.unknownLinkType &+= 1
                if tally.firstUnknownLinkType == nil { tally.firstUnknownLinkType = record.linkType }
            } else if segments.segments.count == before {
                tally.withoutSegment &+= 1
            }
        } catch {
            tally.count(error)
        }
        for index in before..<segments.segments.count {
            if segments.segments[index].error == nil { tally.segments &+= 1 } else { tally.icmpErrors &+= 1 }
        }
    }
}
