import Capture
import KeepAlive
import Report
import Wire

/// The way of the packets, one batch at a time: capture, decoder, tracker.
///
/// One decoder and one tracker see all files, in order; frame numbers are each file's own.
struct Analysis: ~Copyable {
    /// Follows the connections.
    private(set) var tracker: ConnectionTracker
    /// What happened in the batch last read.
    private(set) var events: [SegmentEvent] = []

    private var decoder: SegmentDecoder
    private var batch = PacketBatch()
    private var segments = SegmentBatch()
    private var places: [SegmentPlace?] = []
    private let tellsPlaces: Bool
    private var comments = PacketComments()
    private var chosen: [Int] = []
    private var packetsLeft: UInt64
    private var reading: Summary

    /// An analysis that marks as Wireshark `version` does and ends after `packetLimit` packets, if any.
    ///
    /// With `keepsAll`, connections without events are remembered too. `survey`, `note` and the writing of an excerpt need
    /// `tellsPlaces`.
    init(
        version: WiresharkVersion, packetLimit: UInt64? = nil, keepsAll: Bool = false, tellsPlaces: Bool = false
    ) {
        var random = SystemRandomNumberGenerator()
        tracker = ConnectionTracker(version: version, seed: random.next(), keepsAll: keepsAll)
        decoder = SegmentDecoder(version: version)
        packetsLeft = packetLimit ?? .max
        self.tellsPlaces = tellsPlaces
        reading = Summary(version: version)
    }

    /// Whether as many packets were read as were wanted.
    var isDone: Bool { packetsLeft == 0 }

    /// The next packets are those of the file at `path`.
    mutating func begin(_ path: String) {
        reading.files.append(path)
    }

    /// Reads some packets of `file` and finds the `events` in them; false at its end.
    mutating func advance(_ file: inout CaptureFile) throws(CaptureError) -> Bool {
        events.removeAll(keepingCapacity: true)
        guard packetsLeft > 0, try file.next(into: &batch) else { return false }
        followBatch()
        return true
    }

    /// Takes the packets that have come by `live`, of which there may be none, and finds the `events` in them.
    mutating func advance(_ live: inout LiveCapture) {
        events.removeAll(keepingCapacity: true)
        live.next(into: &batch)
        followBatch()
    }

    private mutating func followBatch() {
        if UInt64(batch.records.count) > packetsLeft {
            batch.records.removeLast(batch.records.count - Int(packetsLeft))
        }
        packetsLeft -= UInt64(batch.records.count)
        if tellsPlaces {
            segments.removeAll()
            decoder.decode(batch, into: &segments)
            tracker.track(segments, events: &events, places: &places)
            return
        }
        var place = 0
        while place < batch.records.count {
            // So few that their segments stay in the nearest cache.
            let end = min(place + Self.packetsAtOnce, batch.records.count)
            segments.removeAll()
            decoder.decode(batch, place..<end, into: &segments)
            tracker.track(segments, events: &events)
            place = end
        }
    }

    private static let packetsAtOnce = 192

    /// Writes the packets of the batch last read to `writer`, if there is one, those of events with comments.
    ///
    /// The comments say the `verdicts` on connections too, by their numbers, where they are known already.
    mutating func write(
        _ verdicts: [UInt64: Verdict] = [:], to writer: inout PcapngWriter?
    ) throws(OutputError) {
        if writer == nil { return }
        comment(verdicts)
        try writer?.write(batch, comments: comments)
    }

    /// Notes for `excerpt` what is in the batch last read.
    func survey(for excerpt: inout Excerpt) {
        excerpt.survey(segments, places, events, packets: batch.records.count)
    }

    /// Notes in `ticks`, if they are wanted, the data that is in the batch last read.
    func note(in ticks: inout DataTicks?) {
        ticks?.take(segments, places, events)
    }

    /// Writes those packets of the batch last read that belong to `excerpt` to `writer`, those of events with comments.
    ///
    /// Returns how many. The comments say the `verdicts` on connections too, by their numbers.
    mutating func write(
        _ excerpt: inout Excerpt, _ verdicts: [UInt64: Verdict], to writer: inout PcapngWriter?
    ) throws(OutputError) -> Int {
        chosen.removeAll(keepingCapacity: true)
        excerpt.choose(segments, places, events, packets: batch.records.count, into: &chosen)
        comment(verdicts)
        try writer?.write(batch, chosen: chosen, comments: comments)
        return chosen.count
    }

    private mutating func comment(_ verdicts: [UInt64: Verdict]) {
        comments.removeAll()
        for event in events { comments.append(event, verdict: verdicts[event.connection]) }
    }

    /// Describes the interfaces of `file`, the one begun last, to `writer`, if there is one.
    func describe(_ file: borrowing CaptureFile, to writer: inout PcapngWriter?) {
        writer?.describe(file.interfaces, of: reading.files.count)
    }

    /// Notes how the reading of `file` ended.
    mutating func end(_ file: borrowing CaptureFile) {
        if let damage = file.damage { reading.damaged.append((file.path, damage)) }
    }

    /// The frame, within its file, of `event`, one of the batch last read.
    func frame(of event: SegmentEvent) -> UInt64 {
        batch.frame(of: batch.records[Int(event.segment.record)])
    }

    /// What was read so far.
    var summary: Summary {
        var summary = reading
        summary.tally = decoder.tally
        summary.connections = tracker.connectionCount
        summary.markCounts = tracker.markCounts
        summary.kindCounts = tracker.kindCounts
        summary.copies = tracker.copyCount
        summary.unmarkedCounts = tracker.unmarkedCounts
        summary.misnamedCounts = tracker.misnamedCounts
        return summary
    }
}
