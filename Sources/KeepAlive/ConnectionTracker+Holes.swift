public import Wire

extension ConnectionTracker {
    /// Those of `pauses` that several connections span, so that the capture and not they had stopped.
    public func holes(among pauses: [CapturePauses.Pause]) -> [CapturePauses.Pause] {
        pauses.filter { spanCount($0) >= Self.spansOfHole }
    }

    /// Connections that have segments before and after a pause: fewer than this may all have been idle.
    private static let spansOfHole = 3

    /// How many connections have segments before and after `pause`; no more than needed are counted.
    private func spanCount(_ pause: CapturePauses.Pause) -> Int {
        count(version4, pause) + count(version6, pause)
    }

    private func count<Key: ConnectionKey>(_ table: borrowing ConnectionTable<Key>, _ pause: CapturePauses.Pause) -> Int
    {
        var count = 0
        for index in 0..<table.count where table[record: index].time <= pause.start {
            let slot = table.slot(at: index)
            if max(slot.sides.0.spokeTime, slot.sides.1.spokeTime) >= pause.end { count += 1 }
            if count >= Self.spansOfHole { return count }
        }
        return count
    }
}
