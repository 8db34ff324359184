import Wire

extension ConnectionTracker {
    /// The activity of hosts that fell silent in a connection of `listing`.
    public func activity(in listing: ConnectionListing) -> HostActivity {
        var hosts = HostActivity()
        var listing = listing
        while let place = next(in: &listing) {
            let index = index(of: place)
            switch place.home {
            case .version4: awaited(version4.slot(at: index), version4[record: index], &hosts)
            case .version6: awaited(version6.slot(at: index), version6[record: index], &hosts)
            case .replaced:
                let connection = pipeline.store.replaced[index]
                if connection.fromOriginator.isWaiting { hosts.await(connection.responder.address) }
                if connection.fromResponder.isWaiting { hosts.await(connection.originator.address) }
            }
        }
        if hosts.isEmpty { return hosts }
        note(version4, in: &hosts)
        note(version6, in: &hosts)
        hosts.sort()
        return hosts
    }

    private func awaited<Key: ConnectionKey>(
        _ slot: ConnectionSlot<Key>, _ record: ConnectionRecord, _ hosts: inout HostActivity
    ) {
        if pipeline.store.isWaiting(slot, record, side: 0) { hosts.await(slot.key.second.address) }
        if pipeline.store.isWaiting(slot, record, side: 1) { hosts.await(slot.key.first.address) }
    }

    private func note<Key: ConnectionKey>(_ table: borrowing ConnectionTable<Key>, in activity: inout HostActivity) {
        for index in 0..<table.count {
            let slot = table.slot(at: index)
            let record = table[record: index]
            let ends = [(slot.sides.0, slot.key.first.address), (slot.sides.1, slot.key.second.address)]
            let isSteady =
                !slot.sides.0.markState.union(slot.sides.1.markState).contains(.hasUnacknowledged)
                && slot.sides.0.activity.intersection(slot.sides.1.activity).contains(.established)
                && record.facts.0.union(record.facts.1).isDisjoint(with: [.awaitsAnswer, .retransmits, .brokeIdle])
            let idle = record.evidence == 0 ? 0 : pipeline.store.evidences[Int(record.evidence) - 1].idleness.longest
            let pause = isSteady ? max(Int64(record.longestPause) * 1_000_000, idle, Idleness.pause) : nil
            for (place, (side, address)) in ends.enumerated() where side.spokeTime != .min {
                // Another host may have answered a probe.
                if pipeline.store.lastAnswer(record, ofSide: place) == side.spokeTime { continue }
                activity.note(
                    address, at: side.spokeTime, since: record.time,
                    longestPause: record.histories == (0, 0) ? pause : nil)
            }
            // Who answers a handshake is alive then.
            if slot.sides.0.activity.intersection(slot.sides.1.activity).contains(.established),
                record.facts.0.union(record.facts.1).contains(.sentSYNACK)
            {
                for (_, address) in ends {
                    activity.note(address, at: record.time, since: record.time, longestPause: nil)
                }
            }
        }
    }
}
