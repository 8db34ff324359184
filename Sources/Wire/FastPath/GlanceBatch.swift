/// The glances at the packets of one batch, in order: what crosses from the decoder to the analysis where it must be
/// fast. Reused.
public struct GlanceBatch: ~Copyable, Sendable {
    /// The glances. A packet may give none, one, or several.
    public internal(set) var glances: [Glance]
    /// The segments of those that are listed, in order.
    public internal(set) var listed: SegmentBatch
    /// Whether any came over IPv6.
    public internal(set) var hasVersion6 = false

    /// An empty batch.
    public init() {
        glances = []
        glances.reserveCapacity(1024)
        listed = SegmentBatch()
    }

    /// Glances at `segments`, which were decoded already. They are not copied, for as long as nobody changes them.
    public init(at segments: [Segment]) {
        glances = []
        glances.reserveCapacity(segments.count)
        listed = SegmentBatch(segments)
        list(from: 0)
    }

    /// Takes glances at `segments`, in place of what it has, and leaves those that were listed for them: nothing is copied.
    public mutating func exchangeListed(_ segments: inout [Segment]) {
        glances.removeAll(keepingCapacity: true)
        hasVersion6 = false
        listed.exchange(&segments)
        list(from: 0)
    }

    /// Forgets the glances and keeps the room.
    @inline(__always)
    public mutating func removeAll() {
        glances.removeAll(keepingCapacity: true)
        listed.removeAll()
        hasVersion6 = false
    }

    /// Adds a glance at each segment listed from the one at `first` on, at the end.
    mutating func list(from first: Int) {
        for place in first..<listed.segments.count {
            let glance = Glance(at: listed.segments[place], place: place)
            hasVersion6 = hasVersion6 || glance.isVersion6
            glances.append(glance)
        }
    }

    /// The segment of the glance at `place`; `packets` is the batch that it was taken at.
    public func segment(_ place: Int, of packets: borrowing PacketBatch) -> Segment {
        let glance = glances[place]
        let place = Int(glance.place)
        if glance.isListed { return listed.segments[place] }
        let frame = packets.reference(to: packets.records[place])
        return packets.withBytes { bytes in
            if let packet = PlainPacket(ipv4: bytes, packets.records[place]) {
                let segment = packet.segmentIPv4(bytes, packets.records[place], place, frame)
                if segment.sequence == glance.sequence { return segment }
            }
            var segment = glance.segment
            segment.frame = frame
            return segment
        }
    }
}
