/// Turns packets into TCP segments: link layers, tunnels, IP, fragments, TCP.
///
/// Hostile input never traps and never throws out of here: what cannot be decoded is counted in `tally`.
/// Fragments are the only state, and it is bounded.
public struct SegmentDecoder: ~Copyable {
    /// What became of the packets so far.
    public private(set) var tally = DecodeTally()

    /// Whose reading of the wire is followed where versions of Wireshark differ.
    let version: WiresharkVersion

    /// The fragments that wait for the rest of their datagram.
    var reassembly = Reassembly()

    /// A decoder without state that reads packets as Wireshark `version` does.
    public init(version: WiresharkVersion = .newest) {
        self.version = version
    }

    /// When the packet before was captured (ns since 1970).
    private var lastTime = Int64.min

    /// Decodes every packet of `batch` and appends the segments found to `segments`, in order.
    public mutating func decode(_ batch: borrowing PacketBatch, into segments: inout SegmentBatch) {
        let bytes = unsafe batch.bytes.span.bytes
        let records = batch.records.span
        for index in records.indices {
            let record = records[index]
            let start = Int(record.offset)
            let captured = Int(record.capturedLength)
            // A record that claims less than was captured is taken at what was captured (wireshark-rules 2.1).
            let claimed = max(captured, Int(record.originalLength))
            tally.packets &+= 1
            if record.time < lastTime { tally.outOfOrder &+= 1 }
            lastTime = record.time
            tally.octets &+= UInt64(claimed)
            let packet = bytes.extracting(start..<(start + captured))
            let context = PacketContext(time: record.time, record: UInt32(truncatingIfNeeded: index))
            let before = segments.segments.count
            if !decodePlain(packet, claimed, record, context, &segments) {
                decode(packet, claimed, record, context, &segments)
            }
            tally.segments &+= UInt64(segments.segments.count - before)
        }
        tally.evictedDatagrams = reassembly.evictions
    }

    /// Decodes the shape that nearly every packet has, Ethernet with an IPv4 header of 20 octets and TCP whole behind
    /// it; false when the packet has another one. The general way gives the same result.
    @inline(__always)
    private func decodePlain(
        _ packet: RawSpan, _ claimed: Int, _ record: PacketRecord, _ context: PacketContext,
        _ segments: inout SegmentBatch
    ) -> Bool {
        let captured = packet.byteCount
        guard captured >= 54, record.linkType == .ethernet, record.checkSequenceLength == 0,
            packet.big32(12) & 0xFFFF_FF00 == 0x0800_4500, packet.octet(23) == 6, packet.big16(20) & 0x3FFF == 0
        else { return false }
        let end = 14 + Int(packet.big16(16))
        guard end >= 54, end <= claimed else { return false }
        let header = IPHeader(
            source: IPAddress(v4: packet.big32(26)), destination: IPAddress(v4: packet.big32(30)),
            identification: packet.big16(18), timeToLive: packet.octet(22))
        let extent = Extent(start: 34, captured: min(captured, end), claimed: end)
        // At least 20 octets of TCP are there, so that nothing can be thrown.
        return (try? decodeTCP(packet, extent, header, context, &segments)) != nil
    }

    /// Decodes a packet of any shape, and counts it where it has no segment.
    private mutating func decode(
        _ packet: RawSpan, _ claimed: Int, _ record: PacketRecord, _ context: PacketContext,
        _ segments: inout SegmentBatch
    ) {
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
    }
}

/// The octets from one layer on: where they begin, where what was captured ends, where what was claimed ends.
///
/// Offsets into one `RawSpan`; `start <= claimed`, `captured <= claimed`. `start` may lie behind `captured`.
struct Extent: BitwiseCopyable {
    /// Where the layer begins.
    var start: Int
    /// Behind its last captured octet.
    var captured: Int
    /// Behind its last claimed octet: all payload lengths come from here.
    var claimed: Int

    /// Octets that can be read.
    var available: Int { captured - start }

    /// Octets that there are by what the layers below claim.
    var length: Int { claimed - start }

    /// What is left behind a header of `octets` octets.
    func dropping(_ octets: Int) -> Extent {
        Extent(start: start + octets, captured: captured, claimed: claimed)
    }

    /// The first `octets` claimed octets at most.
    func limited(to octets: Int) -> Extent {
        let end = min(claimed, start + octets)
        return Extent(start: start, captured: min(captured, end), claimed: end)
    }

    /// `octets` octets whatever the layer below claims, as its own header has it.
    func claiming(_ octets: Int) -> Extent {
        Extent(start: start, captured: min(captured, start + octets), claimed: start + octets)
    }

    /// Throws unless `octets` octets can be read from `start` on.
    func require(_ octets: Int, _ layer: Layer) throws(DecodeFailure) {
        if available < octets || length < octets {
            throw DecodeFailure(
                layer: layer, offset: start, required: octets, available: max(0, min(available, length)))
        }
    }
}

/// What a layer knows of the layers around it in the same packet.
struct PacketContext: BitwiseCopyable {
    /// When the packet was captured (ns since 1970).
    var time: Int64
    /// The place of its record in the batch.
    var record: UInt32
    /// The innermost VLAN identifier so far, or 0: private addresses reassemble per VLAN (wireshark-rules 2.5).
    var vlan: UInt16 = 0
    /// What the TCP segments inside may be used for.
    var role = Segment.Role.whole
    /// How many headers deep: bounds recursion through tunnels.
    var depth = 0

    /// The same, for a packet of its own.
    var whole: PacketContext {
        var context = self
        context.role = .whole
        return context
    }

    /// A packet at `time`, record number `record`.
    init(time: Int64, record: UInt32) {
        self.time = time
        self.record = record
    }
}
