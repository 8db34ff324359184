import Wire

@testable import KeepAlive

/// Compares the fast path of the tracker with the full path, which must have the same results.
enum TrackerComparison {
    /// Returns the events of `segments`. Throws if the paths differ.
    @discardableResult
    static func compare(
        _ segments: [Segment], _ version: WiresharkVersion, isLight: Bool
    ) throws(FuzzFailure) -> [SegmentEvent] {
        var fast = ConnectionTracker(version: version, seed: 1, keepsAll: true, isLight: isLight)
        var full = ConnectionTracker(version: version, seed: 2, keepsAll: true, isLight: isLight)
        var (fastEvents, fullEvents): ([SegmentEvent], [SegmentEvent]) = ([], [])
        fast.track(SegmentBatch(segments), events: &fastEvents)
        full.trackFull(SegmentBatch(segments), events: &fullEvents)
        for (left, right) in zip(fastEvents, fullEvents) {
            try check(isSame(left, right), "the fast path has the event \(left), and the full path \(right)")
        }
        try check(
            fastEvents.count == fullEvents.count,
            "the fast path has \(fastEvents.count) events, and the full path \(fullEvents.count)")
        try check(
            fast.tally == full.tally, "the fast path has the tally \(fast.tally), and the full path \(full.tally)")
        let (left, right) = (fast.connections(all: true), full.connections(all: true))
        try check(left == right, "the fast path has the connections \(left), and the full path \(right)")
        return fastEvents
    }

    private static func isSame(_ left: SegmentEvent, _ right: SegmentEvent) -> Bool {
        left.segment.record == right.segment.record && left.marks == right.marks && left.kind == right.kind
            && left.connection == right.connection && left.trainNumber == right.trainNumber
            && left.ordinal == right.ordinal && left.unanswered == right.unanswered && left.wait == right.wait
            && left.reply == right.reply && left.isCopy == right.isCopy
            && left.relativeSequence == right.relativeSequence
            && left.relativeAcknowledgment == right.relativeAcknowledgment
    }
}
