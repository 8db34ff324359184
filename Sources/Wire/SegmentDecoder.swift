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
    var reassembly = Reassembly()

    /// The packet being decoded on the general path: time (ns since 1970), index in the batch, frame.
    private(set) var packet = (time: Int64.min, record: UInt32(0), frame: FrameReference.none)
    /// The ICMP error whose quotation is being decoded; nil outside of a quotation.
    var icmpError: ICMPError?
    /// The segments of the packet being decoded on the general path; otherwise empty.
    var output = SegmentBatch([])

    /// Creates a decoder that decodes packets as Wireshark `version` does.
    public init(version: WiresharkVersion = .newest) {
        self.version = version
    }

    /// When the packet before was captured (ns since 1970); `Int64.min` before the first.
    public private(set) var lastTime = Int64.min
    /// Where the record whose `frame` is 0 is.
    private var origin = FrameReference.none

    /// Decodes every packet of `batch` and appends the segments found to `segments`, in order.
    public mutating func decode(_ batch: borrowing PacketBatch, into segments: inout SegmentBatch) {
        decode(batch, 0..<batch.records.count, into: &segments)
    }

    /// Decodes the packets whose places in `batch` are `places`, which must lie within its records, likewise.
    ///
    /// Taken some hundreds at a time, segments stay in a near cache until they are followed.
    public mutating func decode(
        _ batch: borrowing PacketBatch, _ places: Range<Int>, into segments: inout SegmentBatch
    ) {
        origin = FrameReference(file: batch.file, frame: batch.firstFrame)
        batch.withBytes { bytes in
            let records = batch.records.span
            var place = places.lowerBound
            while place < places.upperBound {
                place = decodePlain(bytes, records, place..<places.upperBound, into: &segments)
                guard place < places.upperBound else { break }
                decode(bytes, records[place], place, &segments)
                place += 1
            }
        }
        tally.evictedDatagrams = reassembly.evictions
    }

    /// Takes a glance at each segment of the packets whose places in `batch` are `places`, which must lie within its
    /// records, and appends it to `glances`, in order: for who needs little of most segments.
    public mutating func glance(
        at batch: borrowing PacketBatch, _ places: Range<Int>, into glances: inout GlanceBatch
    ) {
        origin = FrameReference(file: batch.file, frame: batch.firstFrame)
        batch.withBytes { bytes in
            let records = batch.records.span
            var place = places.lowerBound
            while place < places.upperBound {
                place = glanceAtPlain(bytes, records, place..<places.upperBound, into: &glances)
                guard place < places.upperBound else { break }
                let firstListed = glances.listed.segments.count
                decode(bytes, records[place], place, &glances.listed)
                glances.list(from: firstListed)
                place += 1
            }
        }
        tally.evictedDatagrams = reassembly.evictions
    }

    /// Decodes every packet of `batch` the general way: tests hold the plain one against it.
    mutating func decodeGenerally(_ batch: borrowing PacketBatch, into segments: inout SegmentBatch) {
        origin = FrameReference(file: batch.file, frame: batch.firstFrame)
        batch.withBytes { bytes in
            for place in batch.records.indices { decode(bytes, batch.records[place], place, &segments) }
        }
        tally.evictedDatagrams = reassembly.evictions
    }

    /// Takes glances at the packets at `places` for as long as they are plain; gives the place of the first that is not, or
    /// the end.
    @inline(__always)
    private mutating func glanceAtPlain(
        _ bytes: RawSpan, _ records: Span<PacketRecord>, _ places: Range<Int>, into batch: inout GlanceBatch
    ) -> Int {
        let origin = origin
        var end = places.lowerBound
        let firstListed = batch.listed.segments.count
        batch.glances.append(addingCapacity: places.count) { glances in
            batch.listed.append(addingCapacity: places.count) { listed in
                end = Self.takePlain(bytes, records, places) { packet, place in
                    glances.append(packet.glanceIPv4(bytes, records[place], place))
                } version6: { packet, place in
                    let segment = packet.segmentIPv6(
                        bytes, records[place], place, origin.advanced(by: records[place].frame))
                    glances.append(Glance(at: segment, place: firstListed &+ listed.count))
                    listed.append(segment)
                }
            }
        }
        if batch.listed.segments.count > firstListed { batch.hasVersion6 = true }
        countPlain(records, places.lowerBound..<end)
        return end
    }

    /// Decodes the packets at `places` for as long as they are plain; gives the place of the first that is not, or the
    /// end. The general way gives the same segments.
    @inline(__always)
    private mutating func decodePlain(
        _ bytes: RawSpan, _ records: Span<PacketRecord>, _ places: Range<Int>, into segments: inout SegmentBatch
    ) -> Int {
        let origin = origin
        var end = places.lowerBound
        segments.append(addingCapacity: places.count) { segments in
            end = Self.takePlain(bytes, records, places) { packet, place in
                segments.append(
                    packet.segmentIPv4(bytes, records[place], place, origin.advanced(by: records[place].frame)))
            } version6: { packet, place in
                segments.append(
                    packet.segmentIPv6(bytes, records[place], place, origin.advanced(by: records[place].frame)))
            }
        }
        countPlain(records, places.lowerBound..<end)
        return end
    }

    /// Calls `version4` or `version6` with the packets at `places` for as long as they are plain (`PlainPacket`); gives
    /// the place of the first that is not, or the end.
    @inline(__always)
    private static func takePlain(
        _ bytes: RawSpan, _ records: Span<PacketRecord>, _ places: Range<Int>,
        _ version4: (PlainPacket, Int) -> Void, version6: (PlainPacket, Int) -> Void
    ) -> Int {
        var place = places.lowerBound
        // A loop for each, as packets of a kind follow each other.
        var start = -1
        while place != start {
            start = place
            while place < places.upperBound, let packet = PlainPacket(ipv4: bytes, records[place]) {
                version4(packet, place)
                place &+= 1
            }
            while place < places.upperBound, let packet = PlainPacket(ipv6: bytes, records[place]) {
                version6(packet, place)
                place &+= 1
            }
        }
        return place
    }

    /// Counts the packets at `places`, each of which has one segment.
    @inline(__always)
    private mutating func countPlain(_ records: Span<PacketRecord>, _ places: Range<Int>) {
        var (lastTime, outOfOrder, bytes) = (lastTime, 0 as UInt64, 0 as UInt64)
        var longest: Int64 = 0
        for place in places {
            let time = records[place].time
            outOfOrder &+= time < lastTime ? 1 : 0
            longest = max(longest, time &- lastTime)
            lastTime = time
            bytes &+= UInt64(records[place].claimedLength)
        }
        if longest >= CapturePauses.threshold || !tally.pauses.hasVariedTimes {
            for place in places {
                tally.pauses.add(after: self.lastTime, at: records[place].time)
                self.lastTime = records[place].time
            }
        }
        self.lastTime = lastTime
        tally.outOfOrder &+= outOfOrder
        tally.bytes &+= bytes
        tally.packets &+= UInt64(places.count)
        tally.segments &+= UInt64(places.count)
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
