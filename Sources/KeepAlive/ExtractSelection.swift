package import Wire

/// Selects the packets of a capture that show its probe exchanges.
///
/// These are the packets of events, the earlier packets that their marks depend on, and the handshakes and closes of
/// connections with events. Which connections have events is known only at the end of the capture. Therefore the
/// capture is read twice: first for `survey`, then for `choose`.
package struct ExtractSelection: Sendable {
    /// Connections that have events.
    private var connections: Set<UInt64> = []
    /// Packets that marks depend on, numbered from 0 through the capture; sorted after the survey.
    private var foundations: [UInt64] = []
    /// The part of `foundations` that `choose` has not reached.
    private var foundationsAhead: ArraySlice<UInt64> = []
    /// The last packets of both ends of each connection: connection n has the indices 2n and 2n + 1.
    private var ends: [End] = []
    private var outline = ConnectionOutline()
    /// Packets so far.
    private var packetCount: UInt64 = 0

    /// The packets of one end that the mark of a later packet depends on.
    private struct End {
        /// Its last packet, which has its window and its acknowledgment; nil: none, or it is selected already.
        var last: UInt64?
        /// The packet with its highest sequence number; nil: none, or it is selected already.
        var furthest: UInt64?
        /// The sequence number after that packet.
        var reach: SequenceNumber?
    }

    /// A selection before the survey.
    package init() {}

    /// The number of connections with events.
    package var connectionCount: Int { connections.count }

    /// Surveys the next `count` packets: their `segments`, the `origins` of the segments, and the `events` of the
    /// packets.
    package mutating func survey(
        _ segments: borrowing SegmentBatch, _ origins: [SegmentOrigin?], _ events: [SegmentEvent], packets count: Int
    ) {
        var events = events[...]
        for (segment, origin) in zip(segments.segments, origins) {
            events = events.drop { $0.segment.record < segment.record }
            guard let origin, segment.role == .whole else { continue }
            let first = Int(truncatingIfNeeded: origin.connection) &* 2
            while ends.count < first + 2 { ends.append(End()) }
            let isEvent = events.first?.segment.record == segment.record
            if isEvent {
                connections.insert(origin.connection)
                selectLastPackets(ofEndAt: first)
                selectLastPackets(ofEndAt: first + 1)
            }
            record(segment, isEvent ? nil : packetCount + UInt64(segment.record), from: first + origin.side)
        }
        packetCount += UInt64(count)
    }

    /// Ends the survey. The capture must now be read again from its beginning.
    package mutating func rewind() {
        foundations.sort()
        foundationsAhead = foundations[...]
        ends = []
        packetCount = 0
    }

    /// Appends to `records`, in order, the indices of the selected packets among the next `count`.
    package mutating func choose(
        _ segments: borrowing SegmentBatch, _ origins: [SegmentOrigin?], _ events: [SegmentEvent], packets count: Int,
        into records: inout [Int]
    ) {
        var events = events[...]
        for (segment, origin) in zip(segments.segments, origins) {
            events = events.drop { $0.segment.record < segment.record }
            var isChosen = events.first?.segment.record == segment.record
            let packet = packetCount + UInt64(segment.record)
            foundationsAhead = foundationsAhead.drop { $0 < packet }
            if foundationsAhead.first == packet { isChosen = true }
            if let origin, segment.role == .whole, connections.contains(origin.connection),
                outline.record(segment, of: origin)
            {
                isChosen = true
            }
            // A packet may hold several segments.
            if isChosen, records.last != Int(segment.record) { records.append(Int(segment.record)) }
        }
        packetCount += UInt64(count)
    }

    /// Adds the last packets of the end at `index` to the selection.
    private mutating func selectLastPackets(ofEndAt index: Int) {
        if let last = ends[index].last { foundations.append(last) }
        if let furthest = ends[index].furthest, furthest != ends[index].last { foundations.append(furthest) }
        ends[index].last = nil
        ends[index].furthest = nil
    }

    /// Records that the end at `index` sent `segment` in `packet`; nil: the packet is selected already.
    private mutating func record(_ segment: Segment, _ packet: UInt64?, from index: Int) {
        ends[index].last = packet
        var end = segment.sequence + segment.payloadLength
        if !segment.flags.isDisjoint(with: [.syn, .fin]) { end = end + 1 }
        if let reach = ends[index].reach, reach.isNewer(than: end) { return }
        ends[index].reach = end
        ends[index].furthest = packet
    }
}
