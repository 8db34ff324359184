/// Goes through connections in order of appearance: those of which there is something to be said, or all.
///
/// What is listed is found on the way (`ConnectionTracker.next(in:)`), so that a list takes no memory for each of them.
public struct ConnectionListing: Sendable {
    /// Where a connection is: light, while connections are large.
    public struct Place: Sendable, BitwiseCopyable {
        /// Its number from 0 in order of appearance.
        public let number: UInt64
        let index: UInt32
        let home: Home
    }

    /// What holds a connection.
    enum Home: UInt8, Sendable {
        case version4, version6, replaced
    }

    /// Whether all are listed.
    let all: Bool
    /// The next one of each table.
    fileprivate var next4: Place?
    fileprivate var next6: Place?
    /// Those that lie in no table in order of appearance: their ports were used again, or were used before.
    private let stragglers: [Place]
    private var passed = 0

    fileprivate init(all: Bool, stragglers: [Place]) {
        self.all = all
        self.stragglers = stragglers.sorted { $0.number < $1.number }
    }

    /// The next one of the stragglers.
    fileprivate var nextStraggler: Place? { passed < stragglers.count ? stragglers[passed] : nil }

    fileprivate mutating func passStraggler() {
        passed += 1
    }

    /// Whether the connection `number` is one of the stragglers.
    fileprivate func isStraggler(_ number: UInt64) -> Bool {
        var range = 0..<stragglers.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            if stragglers[middle].number == number { return true }
            range = stragglers[middle].number < number ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return false
    }
}

extension ConnectionTracker {
    /// A list of the connections of which there is something to be said, or of all, before the first of them.
    public func listing(all: Bool) -> ConnectionListing {
        var stragglers: [ConnectionListing.Place] = []
        for (index, connection) in follower.ledger.replaced.enumerated() {
            stragglers.append(
                ConnectionListing.Place(
                    number: connection.number, index: UInt32(truncatingIfNeeded: index), home: .replaced))
        }
        append(stragglersOf: version4, .version4, all: all, to: &stragglers)
        append(stragglersOf: version6, .version6, all: all, to: &stragglers)
        var listing = ConnectionListing(all: all, stragglers: stragglers)
        listing.next4 = next(version4, .version4, from: 0, in: listing)
        listing.next6 = next(version6, .version6, from: 0, in: listing)
        return listing
    }

    /// The next connection in `listing`, which is one of this tracker as it is now; nil at the end.
    public func next(in listing: inout ConnectionListing) -> ConnectionListing.Place? {
        var first = listing.nextStraggler
        if let place = listing.next4, place.number < first?.number ?? .max { first = place }
        if let place = listing.next6, place.number < first?.number ?? .max { first = place }
        guard let first else { return nil }
        let following = Int(first.index) + 1
        if first.number == listing.next4?.number {
            listing.next4 = next(version4, .version4, from: following, in: listing)
        } else if first.number == listing.next6?.number {
            listing.next6 = next(version6, .version6, from: following, in: listing)
        } else {
            listing.passStraggler()
        }
        return first
    }

    /// The connection at `place`.
    public func connection(at place: ConnectionListing.Place) -> Connection {
        let index = Int(place.index)
        return switch place.home {
        case .version4:
            follower.ledger.connection(version4.slot(at: index), version4[birth: index], follower.analysis.ranges)
        case .version6:
            follower.ledger.connection(version6.slot(at: index), version6[birth: index], follower.analysis.ranges)
        case .replaced: follower.ledger.replaced[index]
        }
    }

    /// The connections in order of appearance: those of which there is something to be said, or all.
    public func connections(all: Bool) -> [Connection] {
        var connections: [Connection] = []
        var listing = listing(all: all)
        while let place = next(in: &listing) { connections.append(connection(at: place)) }
        return connections
    }

    /// The first place from `start` on in `table` that is listed in its turn.
    private func next<Key: ConnectionKey>(
        _ table: borrowing ConnectionTable<Key>, _ home: ConnectionListing.Home, from start: Int,
        in listing: ConnectionListing
    ) -> ConnectionListing.Place? {
        for index in start..<max(start, table.count) {
            let birth = table[birth: index]
            guard listing.all || follower.ledger.isNotable(table.slot(at: index), birth) else { continue }
            if listing.isStraggler(birth.number) { continue }
            return ConnectionListing.Place(number: birth.number, index: UInt32(truncatingIfNeeded: index), home: home)
        }
        return nil
    }

    /// Appends those in `table` that took the places of others, and so lie before connections that appeared earlier.
    private func append<Key: ConnectionKey>(
        stragglersOf table: borrowing ConnectionTable<Key>, _ home: ConnectionListing.Home, all: Bool,
        to stragglers: inout [ConnectionListing.Place]
    ) {
        var earliest = UInt64.max
        for index in stride(from: table.count - 1, through: 0, by: -1) {
            let birth = table[birth: index]
            if birth.number < earliest {
                earliest = birth.number
            } else if all || follower.ledger.isNotable(table.slot(at: index), birth) {
                stragglers.append(
                    ConnectionListing.Place(
                        number: birth.number, index: UInt32(truncatingIfNeeded: index), home: home))
            }
        }
    }
}
