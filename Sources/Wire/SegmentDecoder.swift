/// Decodes packets into TCP segments: link layers, tunnels, IP, fragments, TCP.
///
/// Hostile input neither traps nor throws: `tally` counts what cannot be decoded. Between packets the decoder keeps only
/// incomplete datagrams, in bounded memory.
public struct SegmentDecoder: ~Copyable {
    /// Counts of packets and segments so far.
    public internal(set) var tally = DecodeTally()

    /// The Wireshark version to agree with.
    let version: WiresharkVersion

    /// The fragments of incomplete datagrams.
    var reassembly: Reassembly

    /// The packet being decoded on the general path: time (ns since 1970), index in the batch, frame.
    private(set) var packet = (time: Int64.min, record: UInt32(0), frame: FrameReference.none)
    /// The ICMP error whose quotation is being decoded; nil outside of a quotation.
    var icmpError: ICMPError?
    /// The segments of the packet being decoded on the general path; otherwise empty.
    var output = SegmentBatch([])

    /// Creates a decoder that decodes packets as Wireshark `version` does and keeps at most `fragmentLimit` bytes of incomplete
    /// datagrams; nil: 32 MiB.
    public init(version: WiresharkVersion = .newest, fragmentLimit: Int? = nil) {
        self.version = version
        reassembly = Reassembly(byteLimit: fragmentLimit ?? Reassembly.byteLimit)
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

    /// Decodes the packet of `record` on the general path, which handles every kind of packet, and counts it.
    ///
    /// `index`: the index of `record` in its batch. A record that exceeds the bytes of the batch is cut.
    @inline(never)
    private mutating func decode(
        _ bytes: RawSpan, _ record: PacketRecord, _ index: Int, _ segments: inout SegmentBatch
    ) {
        count(record)
        packet = (record.time, UInt32(truncatingIfNeeded: index), origin.advanced(by: record.frame))
        let start = min(Int(record.offset), bytes.byteCount)
        let captured = min(Int(record.capturedLength), bytes.byteCount - start)
        var cursor = PacketCursor(captured: captured, claimed: Int(record.claimedLength))
        if record.checkSequenceLength > 0 { cursor = cursor.trimmed(by: Int(record.checkSequenceLength)) }
        swap(&output, &segments)
        let first = output.segments.count
        do throws(DecodeFailure) {
            if try !decodeLink(record.linkType, bytes.extracting(start..<start + captured), cursor) {
                tally.unknownLinkType &+= 1
                if tally.firstUnknownLinkType == nil { tally.firstUnknownLinkType = record.linkType }
            } else if output.segments.count == first {
                tally.withoutSegment &+= 1
            }
        } catch {
            tally.count(error)
        }
        for index in first..<output.segments.count {
            if output.segments[index].error == nil { tally.segments &+= 1 } else { tally.icmpErrors &+= 1 }
        }
        swap(&output, &segments)
    }
}
