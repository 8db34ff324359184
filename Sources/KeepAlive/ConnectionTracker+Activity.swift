import Wire

extension ConnectionTracker {
    /// The activity of hosts that fell silent in a connection of `listing`.
    public func activity(in listing: ConnectionListing) -> HostActivity {
        var activity = awaitedHosts(in: listing)
        noteActivity(&activity)
        return activity
    }

    /// Hosts that fell silent in a connection of `listing`; when they were heard is for `noteActivity` to fill in.
    public func awaitedHosts(in listing: ConnectionListing) -> HostActivity {
        var hosts = HostActivity()
        var listing = listing
        while let place = next(in: &listing) {
            let index = index(of: place)
            switch place.home {
            case .version4: awaited(version4.slot(at: index), version4[birth: index], &hosts)
            case .version6: awaited(version6.slot(at: index), version6[birth: index], &hosts)
            case .replaced:
                let connection = follower.ledger.replaced[index]
                if connection.fromOriginator.isWaiting { hosts.watch(connection.responder.address) }
                if connection.fromResponder.isWaiting { hosts.watch(connection.originator.address) }
            }
        }
        return hosts
    }

    private func awaited<Key: ConnectionKey>(
        _ slot: ConnectionSlot<Key>, _ birth: ConnectionBirth, _ hosts: inout HostActivity
    ) {
        if follower.ledger.isWaiting(slot, birth, side: 0) { hosts.watch(slot.key.second.address) }
        if follower.ledger.isWaiting(slot, birth, side: 1) { hosts.watch(slot.key.first.address) }
    }

    /// Notes in `activity` when each host was heard in any connection.
    public func noteActivity(_ activity: inout HostActivity) {
        guard !activity.isEmpty else { return }
        note(version4, in: &activity)
        note(version6, in: &activity)
        activity.sort()
    }

    private func note<Key: ConnectionKey>(_ table: borrowing ConnectionTable<Key>, in activity: inout HostActivity) {
        for index in 0..<table.count {
            let slot = table.slot(at: index)
            let birth = table[birth: index]
            let ends = [(slot.sides.0, slot.key.first.address), (slot.sides.1, slot.key.second.address)]
            let isSteady =
                !slot.sides.0.facts.union(slot.sides.1.facts).contains(.hasUnacknowledged)
                && slot.sides.0.facts.intersection(slot.sides.1.facts).contains(.established)
                && birth.facts.0.union(birth.facts.1).isDisjoint(with: [.awaitsAnswer, .retransmits, .brokeIdle])
            let idle = birth.evidence == 0 ? 0 : follower.ledger.evidences[Int(birth.evidence) - 1].idleness.longest
            let pause = isSteady ? max(Int64(birth.longestPause) * 1_000_000, idle, Idleness.pause) : nil
            for (place, (side, address)) in ends.enumerated() where side.spokeTime != .min {
                // Another host may have answered a probe.
                if follower.ledger.lastAnswer(birth, ofSide: place) == side.spokeTime { continue }
                activity.record(
                    address, at: side.spokeTime, since: birth.time,
                    longestPause: birth.histories == (0, 0) ? pause : nil)
            }
            // Who answers a handshake is alive then.
            if slot.sides.0.facts.intersection(slot.sides.1.facts).contains(.established),
                birth.facts.0.union(birth.facts.1).contains(.sentSYNACK)
            {
                for (_, address) in ends {
                    activity.record(address, at: birth.time, since: birth.time, longestPause: nil)
                }
            }
        }
    }
}
