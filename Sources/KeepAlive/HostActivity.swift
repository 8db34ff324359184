public import Wire

/// When hosts that fell silent in one connection were heard in others: a host that is heard *while* it does not answer here
/// is alive.
public struct HostActivity: Sendable {
    /// What is known of one host.
    private struct Activity: Sendable {
        /// Times at which it was heard (ns since 1970).
        var times: [Int64] = []
        /// Connections in which it was heard all the time, but for pauses of a certain length.
        var spans: [Span] = []

        mutating func note(_ time: Int64, _ start: Int64, _ longestPause: Int64?) {
            if times.count < HostActivity.limit { times.append(time) }
            guard let longestPause, spans.count < HostActivity.spanLimit else { return }
            spans.append(Span(start: start, end: time, longestPause: longestPause))
        }
    }

    private struct Span: Sendable {
        var start: Int64
        var end: Int64
        var longestPause: Int64
    }

    /// Times and spans that are kept of one host, at most.
    private static let limit = 4096
    private static let spanLimit = 64

    private var hosts: [IPAddress: Activity] = [:]
    /// Of some hosts, whether they are awaited: most that is heard is not, and needs no look at `hosts` then.
    private var recent = [IPAddress](repeating: IPAddress(v4: 0), count: 256)

    /// No hosts.
    public init() {}

    /// Whether nobody is awaited.
    public var isEmpty: Bool { hosts.isEmpty }

    /// From now on `host` is awaited.
    public mutating func await(_ host: IPAddress) {
        guard hosts[host] == nil else { return }
        hosts[host] = Activity()
        recent[Self.index(of: host)] = IPAddress(v4: 0)
    }

    /// Awaits the hosts of `other` too.
    public mutating func awaitAll(of other: HostActivity) {
        for host in other.hosts.keys { self.await(host) }
    }

    /// Notes that `host`, if it is awaited, was heard at `time` (ns since 1970), in a connection that began at `start` and
    /// in which nothing passed for at most `longestPause` nanoseconds; nil: for how long is not known.
    mutating func note(_ host: IPAddress, at time: Int64, since start: Int64, longestPause: Int64?) {
        let index = Self.index(of: host)
        if recent[index] == host { return }
        guard hosts[host] != nil else {
            recent[index] = host
            return
        }
        hosts[host]?.note(time, start, longestPause)
    }

    /// Brings the times in order, once all are noted.
    mutating func sort() {
        for index in hosts.values.indices { hosts.values[index].times.sort() }
    }

    /// Whether `host` was heard in any connection after `start` and until `end` (ns since 1970).
    func wasHeard(_ host: IPAddress, after start: Int64, until end: Int64) -> Bool {
        guard end > start, let activity = hosts[host] else { return false }
        // The first time after `start`.
        var (low, high) = (0, activity.times.count)
        while low < high {
            let middle = (low + high) / 2
            if activity.times[middle] > start { high = middle } else { low = middle + 1 }
        }
        if low < activity.times.count, activity.times[low] <= end { return true }
        // A connection that went on throughout, with pauses much shorter than this time.
        return activity.spans.contains { $0.start < start && $0.end > end && $0.longestPause < (end &- start) / 2 }
    }

    private static func index(of host: IPAddress) -> Int {
        Int(truncatingIfNeeded: ((host.low ^ host.high) &* 0x9E37_79B9_7F4A_7C15) >> 56)
    }
}

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
                if connection.fromOriginator.isWaiting { hosts.await(connection.responder.address) }
                if connection.fromResponder.isWaiting { hosts.await(connection.originator.address) }
            }
        }
        return hosts
    }

    private func awaited<Key: ConnectionKey>(
        _ slot: ConnectionSlot<Key>, _ birth: ConnectionBirth, _ hosts: inout HostActivity
    ) {
        if follower.ledger.isWaiting(slot, birth, side: 0) { hosts.await(slot.key.second.address) }
        if follower.ledger.isWaiting(slot, birth, side: 1) { hosts.await(slot.key.first.address) }
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
                activity.note(
                    address, at: side.spokeTime, since: birth.time,
                    longestPause: birth.histories == (0, 0) ? pause : nil)
            }
            // Who answers a handshake is alive then.
            if slot.sides.0.facts.intersection(slot.sides.1.facts).contains(.established),
                birth.facts.0.union(birth.facts.1).contains(.sentSYNACK)
            {
                for (_, address) in ends {
                    activity.note(address, at: birth.time, since: birth.time, longestPause: nil)
                }
            }
        }
    }
}
