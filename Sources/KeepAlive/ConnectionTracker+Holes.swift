package import Wire

extension ConnectionTracker {
    /// The `pauses` that several connections span: the capture stopped, not the connections.
    package func holes(among pauses: [CapturePauses.Pause]) -> [CapturePauses.Pause] {
        pauses.filter { spanCount($0) >= Self.spansOfHole }
    }

    /// The number of connections with segments before and after a pause that proves a hole: fewer may all be idle.
    private static let spansOfHole = 3

    /// How many connections have segments before and after `pause`, counted up to `spansOfHole` per table.
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
