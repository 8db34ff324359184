package import Wire

/// Selects the packets of a capture that show its probe exchanges.
///
/// These are the packets of events, the earlier packets that their marks depend on, and the handshakes and closes of
/// connections with events. Which connections have events is known only at the end of the capture. Therefore the
/// capture is read twice: first for `survey`, then for `choose`.
///
/// Memory is bounded: if it was not enough, packets are missing from the selection, and `isIncomplete` is true.
package struct ExtractSelection: Sendable {
    /// Connections that have events.
    private var connections: Set<UInt64> = []
    /// Packets that marks depend on, numbered from 0 through the capture; sorted after the survey.
    private var foundations: [UInt64] = []
    /// The part of `foundations` that `choose` has not reached.
    private var foundationsAhead: ArraySlice<UInt64> = []
    /// The last packets of both ends of the connections that had packets last, and of those before.
    private var recent: [UInt64: Ends] = [:]
    private var earlier: [UInt64: Ends] = [:]
    private var outline = ConnectionOutline()
    /// Packets so far.
    private var packetCount: UInt64 = 0
    /// The most entries of `connections`, `foundations` and `recent`.
    private let limits: (connections: Int, foundations: Int, ends: Int)
    /// The number of connections that have begun.
    private var begun: UInt64 = 0
    /// Whether packets are missing from the selection for lack of memory.
    package private(set) var isIncomplete = false

    /// The last packets of both ends of a connection.
    private struct Ends {
        var first = End()
        var second = End()
        /// Whether the last packets were forgotten.
        var isIncomplete = false
    }

    /// The packets of one end that the mark of a later packet depends on.
    fileprivate struct End {
        /// Its last packet, which has its window and its acknowledgment; nil: none, or it is selected already.
        var last: UInt64?
        /// The packet with its highest sequence number; nil: none, or it is selected already.
        var furthest: UInt64?
        /// The sequence number after that packet.
        var reach: SequenceNumber?
    }

    /// A selection before the survey, with room for what fits into `memory` bytes.
    package init(memory: Int = 96 << 20) {
        // Bytes of an entry in arrays and tables that grow by doubling; there are two tables of ends.
        limits = (memory / 4 / 40, memory / 4 / 24, memory / 2 / 2 / 280)
    }

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
            var ends = takeEnds(of: origin.connection)
            let isEvent = events.first?.segment.record == segment.record
            if isEvent {
                if ends.isIncomplete { isIncomplete = true }
                ends.isIncomplete = false
                if connections.count < limits.connections {
                    connections.insert(origin.connection)
                } else if !connections.contains(origin.connection) {
                    isIncomplete = true
                }
                selectLastPackets(of: &ends.first)
                selectLastPackets(of: &ends.second)
            }
            let packet = isEvent ? nil : packetCount + UInt64(segment.record)
            if origin.side == 0 { ends.first.record(segment, packet) } else { ends.second.record(segment, packet) }
            recent[origin.connection] = ends
        }
        packetCount += UInt64(count)
    }

    /// Ends the survey. The capture must now be read again from its beginning.
    package mutating func rewind() {
        foundations.sort()
        foundationsAhead = foundations[...]
        (recent, earlier) = ([:], [:])
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

    /// The ends of `connection`, which the caller puts into `recent`.
    private mutating func takeEnds(of connection: UInt64) -> Ends {
        if let ends = recent[connection] { return ends }
        if recent.count >= limits.ends {
            // The connections before have had no packet since so many others had.
            swap(&recent, &earlier)
            recent.removeAll(keepingCapacity: true)
        }
        if let ends = earlier.removeValue(forKey: connection) { return ends }
        // Connections are numbered in the order in which they begin: this one had packets before, and they are forgotten.
        var ends = Ends()
        ends.isIncomplete = connection < begun
        begun = max(begun, connection &+ 1)
        return ends
    }

    /// Adds the last packets of `end` to the selection.
    private mutating func selectLastPackets(of end: inout End) {
        for packet in [end.last, end.furthest == end.last ? nil : end.furthest] {
            guard let packet else { continue }
            guard foundations.count < limits.foundations else {
                isIncomplete = true
                continue
            }
            foundations.append(packet)
        }
        end.last = nil
        end.furthest = nil
    }
}

extension ExtractSelection.End {
    /// Records that the end sent `segment` in `packet`; nil: the packet is selected already.
    fileprivate mutating func record(_ segment: Segment, _ packet: UInt64?) {
        last = packet
        var end = segment.sequence + segment.payloadLength
        if !segment.flags.isDisjoint(with: [.syn, .fin]) { end = end + 1 }
        if let reach, reach.isNewer(than: end) { return }
        reach = end
        furthest = packet
    }
}
