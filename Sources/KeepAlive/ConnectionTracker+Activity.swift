import Wire

extension ConnectionTracker {
    /// The activity, in all connections, of hosts that stopped answering in a connection of `listing`, as far as it fits
    /// into `memory` bytes.
    package func activity(in listing: ConnectionListing, memory: Int = 32 << 20) -> HostActivity {
        var hosts = HostActivity(memory: memory)
        var listing = listing
        while let entry = next(in: &listing) {
            let index = index(of: entry)
            switch entry.storage {
            case .version4: addAwaited(version4.slot(at: index), version4[record: index], &hosts)
            case .version6: addAwaited(version6.slot(at: index), version6[record: index], &hosts)
            case .replaced:
                let connection = pipeline.store.replaced[index]
                if connection.fromOriginator.isWaiting { hosts.watch(connection.responder.address) }
                if connection.fromResponder.isWaiting { hosts.watch(connection.originator.address) }
            }
        }
        if hosts.isEmpty { return hosts }
        record(version4, in: &hosts)
        record(version6, in: &hosts)
        hosts.sort()
        return hosts
    }

    private func addAwaited<Key: ConnectionKey>(
        _ slot: ConnectionSlot<Key>, _ record: ConnectionRecord, _ hosts: inout HostActivity
    ) {
        if pipeline.store.awaitsPeer(slot, record, side: 0) { hosts.watch(slot.key.second.address) }
        if pipeline.store.awaitsPeer(slot, record, side: 1) { hosts.watch(slot.key.first.address) }
    }

    /// Records in `activity` when each host was heard in the connections of `table`.
    private func record<Key: ConnectionKey>(_ table: borrowing ConnectionTable<Key>, in activity: inout HostActivity) {
        for index in 0..<table.count where !table.isVacant(index) {
            let slot = table.slot(at: index)
            let record = table[record: index]
            let ends = [(slot.sides.0, slot.key.first.address), (slot.sides.1, slot.key.second.address)]
            let isSteady =
                !slot.sides.0.markState.union(slot.sides.1.markState).contains(.hasUnacknowledged)
                && slot.sides.0.activity.intersection(slot.sides.1.activity).contains(.established)
                && record.facts.0.union(record.facts.1).isDisjoint(with: [.awaitsAnswer, .retransmits, .brokeIdle])
            let idle = record.evidence.map { pipeline.store.evidences[$0].idleness.longest } ?? 0
            let pause = isSteady ? max(Int64(record.longestPause) * 1_000_000, idle, Idleness.pause) : nil
            for (index, (side, address)) in ends.enumerated() where side.spokeTime != .min {
                // The answer to a probe may come from another host.
                if pipeline.store.lastAnswer(record, ofSide: index) == side.spokeTime { continue }
                activity.record(
                    address, at: side.spokeTime, since: record.time,
                    longestPause: record.hasEvents ? nil : pause)
            }
            // Both hosts were alive during the handshake.
            if slot.sides.0.activity.intersection(slot.sides.1.activity).contains(.established),
                record.facts.0.union(record.facts.1).contains(.sentSYNACK)
            {
                for (_, address) in ends {
                    activity.record(address, at: record.time, since: record.time, longestPause: nil)
                }
            }
        }
    }
}
