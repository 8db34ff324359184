public import Wire

/// Chooses the packets of a capture that tell what came of its keep-alives, and leaves out the rest.
///
/// They are the packets of events; those before them on which the marks rest; and, of connections that have events,
/// those with which they open and close. Which connections have events is known only at the end of the capture: all of
/// it is taken twice, first by `survey` and then by `choose`.
public struct ExtractSelection: Sendable {
    /// Connections that have events.
    private var connections: Set<UInt64> = []
    /// Packets on which events rest, from 0 through the whole capture; in order once the survey is over.
    private var foundations: [UInt64] = []
    /// Of those, the ones that lie behind what was chosen from.
    private var foundationsAhead: ArraySlice<UInt64> = []
    /// What the ends of each connection sent last, two a connection.
    private var ends: [End] = []
    private var outline = ConnectionOutline()
    /// Packets taken so far.
    private var packetCount: UInt64 = 0

    /// What of one end a later event will rest on.
    private struct End {
        /// Its last packet, which tells its window and its acknowledgment; nil: none that is not kept anyway.
        var last: UInt64?
        /// The packet that reached furthest, which tells the sequence number expected next; nil likewise.
        var furthest: UInt64?
        /// How far that reached.
        var reach: SequenceNumber?
    }

    /// An selection of a capture that has not been read yet.
    public init() {}

    /// Connections that have events.
    public var connectionCount: Int { connections.count }

    /// Takes note of the next `count` packets, with their `segments`, the `places` of these, and the `events` in them.
    public mutating func survey(
        _ segments: borrowing SegmentBatch, _ places: [SegmentOrigin?], _ events: [SegmentEvent], packets count: Int
    ) {
        var events = events[...]
        for (segment, place) in zip(segments.segments, places) {
            events = events.drop { $0.segment.record < segment.record }
            guard let place, segment.role == .whole else { continue }
            let first = Int(truncatingIfNeeded: place.connection) &* 2
            while ends.count < first + 2 { ends.append(End()) }
            let isEvent = events.first?.segment.record == segment.record
            if isEvent {
                connections.insert(place.connection)
                rest(on: first)
                rest(on: first + 1)
            }
            note(segment, isEvent ? nil : packetCount + UInt64(segment.record), from: first + place.side)
        }
        packetCount += UInt64(count)
    }

    /// Ends the survey: what is taken from now on is the same capture, from its beginning.
    public mutating func rewind() {
        foundations.sort()
        foundationsAhead = foundations[...]
        ends = []
        packetCount = 0
    }

    /// Appends to `records`, in order, the places of those packets that belong to the selection, of the next `count`.
    public mutating func choose(
        _ segments: borrowing SegmentBatch, _ places: [SegmentOrigin?], _ events: [SegmentEvent], packets count: Int,
        into records: inout [Int]
    ) {
        var events = events[...]
        for (segment, place) in zip(segments.segments, places) {
            events = events.drop { $0.segment.record < segment.record }
            var isChosen = events.first?.segment.record == segment.record
            let packet = packetCount + UInt64(segment.record)
            foundationsAhead = foundationsAhead.drop { $0 < packet }
            if foundationsAhead.first == packet { isChosen = true }
            if let place, segment.role == .whole, connections.contains(place.connection),
                outline.record(segment, of: place)
            {
                isChosen = true
            }
            // A packet may hold several segments.
            if isChosen, records.last != Int(segment.record) { records.append(Int(segment.record)) }
        }
        packetCount += UInt64(count)
    }

    /// Keeps what was sent last by the end at `index`.
    private mutating func rest(on index: Int) {
        if let last = ends[index].last { foundations.append(last) }
        if let furthest = ends[index].furthest, furthest != ends[index].last { foundations.append(furthest) }
        ends[index].last = nil
        ends[index].furthest = nil
    }

    /// Notes that the end at `index` sent `segment` in `packet`; nil: one that is kept anyway.
    private mutating func note(_ segment: Segment, _ packet: UInt64?, from index: Int) {
        ends[index].last = packet
        var end = segment.sequence + segment.payloadLength
        if !segment.flags.isDisjoint(with: [.syn, .fin]) { end = end + 1 }
        if let reach = ends[index].reach, reach.isNewer(than: end) { return }
        ends[index].reach = end
        ends[index].furthest = packet
    }
}
