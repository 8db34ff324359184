public import Wire

/// When hosts that fell silent in a connection were last heard in any: who is heard elsewhere lives.
public struct HeardHosts: Sendable {
    private var times: [IPAddress: Int64] = [:]
    /// Of some hosts, what they were noted with last, by a few bits of the address: most that is heard is no news, and
    /// needs no look at `times` then. Of hosts that are not awaited, nothing ever is.
    private var recent = [(host: IPAddress, time: Int64)](repeating: (IPAddress(v4: 0), .min), count: 256)

    /// No hosts.
    public init() {}

    /// Whether nobody is awaited.
    public var isEmpty: Bool { times.isEmpty }

    /// When `host` was last heard (ns since 1970); nil where it is not awaited.
    public subscript(host: IPAddress) -> Int64? { times[host] }

    /// From now on `host` is awaited.
    public mutating func add(_ host: IPAddress) {
        guard times[host] == nil else { return }
        times[host] = .min
        // What was noted of it, if anything, is that it is not awaited.
        let place = Self.recentPlace(of: host)
        if recent[place].host == host { recent[place].time = .min }
    }

    /// Awaits the hosts of `other` too.
    public mutating func add(all other: HeardHosts) {
        times.merge(other.times) { first, _ in first }
        for place in recent.indices { recent[place].time = .min }
    }

    private static func recentPlace(of host: IPAddress) -> Int {
        Int(truncatingIfNeeded: ((host.low ^ host.high) &* 0x9E37_79B9_7F4A_7C15) >> 56)
    }

    /// Notes that `host` was heard at `time` (ns since 1970), if it is awaited.
    public mutating func note(_ host: IPAddress, at time: Int64) {
        let place = Self.recentPlace(of: host)
        if recent[place].time >= time, recent[place].host == host { return }
        guard let last = times[host] else {
            recent[place] = (host, .max)
            return
        }
        times[host] = max(last, time)
        recent[place] = (host, max(last, time))
    }
}

extension ConnectionTracker {
    /// Hosts that fell silent in a connection of `listing`, and may be heard in another, with the times when they last were.
    public func heardHosts(in listing: ConnectionListing) -> HeardHosts {
        var hosts = awaitedHosts(in: listing)
        noteHeard(&hosts)
        return hosts
    }

    /// Hosts that fell silent in a connection of `listing`, and may be heard in another; the times are for `noteHeard` to
    /// fill in.
    public func awaitedHosts(in listing: ConnectionListing) -> HeardHosts {
        var hosts = HeardHosts()
        var listing = listing
        while let place = next(in: &listing) {
            let index = index(of: place)
            switch place.home {
            case .version4: awaited(version4.slot(at: index), version4[birth: index], &hosts)
            case .version6: awaited(version6.slot(at: index), version6[birth: index], &hosts)
            case .replaced:
                let connection = follower.ledger.replaced[index]
                if connection.fromOriginator.isWaiting { hosts.add(connection.responder.address) }
                if connection.fromResponder.isWaiting { hosts.add(connection.originator.address) }
            }
        }
        return hosts
    }

    private func awaited<Key: ConnectionKey>(
        _ slot: ConnectionSlot<Key>, _ birth: ConnectionBirth, _ hosts: inout HeardHosts
    ) {
        if follower.ledger.isWaiting(slot, birth, side: 0) { hosts.add(slot.key.second.address) }
        if follower.ledger.isWaiting(slot, birth, side: 1) { hosts.add(slot.key.first.address) }
    }

    /// Notes in `hosts` when each of them last spoke in any connection, if later than what is there.
    public func noteHeard(_ hosts: inout HeardHosts) {
        guard !hosts.isEmpty else { return }
        note(version4, in: &hosts)
        note(version6, in: &hosts)
    }

    private func note<Key: ConnectionKey>(_ table: borrowing ConnectionTable<Key>, in hosts: inout HeardHosts) {
        for index in 0..<table.count {
            let slot = table.slot(at: index)
            if let spoke = slot.sides.0.spoke { hosts.note(slot.key.first.address, at: spoke) }
            if let spoke = slot.sides.1.spoke { hosts.note(slot.key.second.address, at: spoke) }
        }
    }
}
