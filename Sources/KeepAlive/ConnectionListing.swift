/// Goes through connections in order of appearance: those of which there is something to be said, or all.
///
/// Takes a bit for each, and 16 bytes where they lie in another order, as after evictions: what is said of a connection
/// is made on the way (`ConnectionTracker.next(in:)`).
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

    /// Those of each table that lie in order of appearance.
    private var version4: Row
    private var version6: Row
    /// The others: their ports were used again, or they took the place of a connection that made room.
    private let stragglers: [Place]
    private var passed = 0

    fileprivate init(
        _ version4: PlaceSet, _ version6: PlaceSet, _ stragglers: [Place], of tracker: borrowing ConnectionTracker
    ) {
        self.version4 = Row(version4, .version4, of: tracker)
        self.version6 = Row(version6, .version6, of: tracker)
        self.stragglers = stragglers.sorted { $0.number < $1.number }
    }

    /// The next connection, of `tracker`; nil at the end.
    fileprivate mutating func next(of tracker: borrowing ConnectionTracker) -> Place? {
        // So it is nearly always: there is no other to come first.
        if version6.next == nil, passed == stragglers.count {
            defer { version4.advance(of: tracker) }
            return version4.next
        }
        var first = passed < stragglers.count ? stragglers[passed] : nil
        if let place = version4.next, place.number < first?.number ?? .max { first = place }
        if let place = version6.next, place.number < first?.number ?? .max { first = place }
        guard let first else { return nil }
        if first.number == version4.next?.number {
            version4.advance(of: tracker)
        } else if first.number == version6.next?.number {
            version6.advance(of: tracker)
        } else {
            passed += 1
        }
        return first
    }

    /// What is listed of one table.
    ///
    /// It knows the next two, so that what is kept of them, which lies anywhere, is asked for before it is needed.
    private struct Row: Sendable {
        private let places: PlaceSet
        private let home: Home
        /// The next one, and where the one after it is.
        private(set) var next: Place?
        private var following: Int?

        init(_ places: PlaceSet, _ home: Home, of tracker: borrowing ConnectionTracker) {
            (self.places, self.home) = (places, home)
            following = places.next(from: 0)
            advance(of: tracker)
        }

        mutating func advance(of tracker: borrowing ConnectionTracker) {
            next = tracker.place(home, following)
            guard let index = following else { return }
            following = places.next(from: index + 1)
            if let following { tracker.prefetch(home, following) }
        }
    }
}

/// Places in a table, a bit for each.
private struct PlaceSet: Sendable {
    private var words: [UInt64]

    /// None of `count` places.
    init(count: Int) {
        words = [UInt64](repeating: 0, count: (count + 63) / 64)
    }

    mutating func insert(_ place: Int) {
        words[place / 64] |= 1 << UInt64(place % 64)
    }

    /// The first place from `start` on; nil: there is none.
    func next(from start: Int) -> Int? {
        var index = start / 64
        guard index < words.count else { return nil }
        var word = words[index] & (.max << UInt64(start % 64))
        while word == 0 {
            index += 1
            guard index < words.count else { return nil }
            word = words[index]
        }
        return index * 64 + word.trailingZeroBitCount
    }
}

extension ConnectionTracker {
    /// A list of the connections of which there is something to be said, or of all, before the first of them.
    ///
    /// It holds for the tracker as it is now, and may be gone through several times, each time by a copy.
    ///
    /// `until` is when the capture ends (ns since 1970): connections that are idle until then are listed too.
    public func listing(all: Bool, until: Int64?) -> ConnectionListing {
        var stragglers: [ConnectionListing.Place] = []
        for (index, connection) in pipeline.store.replaced.enumerated() {
            stragglers.append(
                ConnectionListing.Place(
                    number: connection.number, index: UInt32(truncatingIfNeeded: index), home: .replaced))
        }
        let places4 = places(in: version4, .version4, all: all, until: until, &stragglers)
        let places6 = places(in: version6, .version6, all: all, until: until, &stragglers)
        return ConnectionListing(places4, places6, stragglers, of: self)
    }

    /// The next connection in `listing`, which is one of this tracker as it is now; nil at the end.
    public func next(in listing: inout ConnectionListing) -> ConnectionListing.Place? {
        listing.next(of: self)
    }

    /// The connection at `index` of `home`, one of the tables.
    fileprivate func place(_ home: ConnectionListing.Home, _ index: Int?) -> ConnectionListing.Place? {
        guard let index else { return nil }
        precondition(index < (home == .version4 ? version4.count : version6.count), "a list of another tracker")
        let record = home == .version4 ? version4[record: index] : version6[record: index]
        pipeline.store.prefetch(record.histories)
        return ConnectionListing.Place(number: record.number, index: UInt32(truncatingIfNeeded: index), home: home)
    }

    /// Asks for the cache lines of the connection at `index` of `home`.
    fileprivate func prefetch(_ home: ConnectionListing.Home, _ index: Int) {
        if home == .version4 { version4.prefetch(at: index) } else { version6.prefetch(at: index) }
    }

    /// Where `place` is in its home. One of another tracker is a mistake that must not read what is not there.
    func index(of place: ConnectionListing.Place) -> Int {
        let index = Int(place.index)
        let count =
            switch place.home {
            case .version4: version4.count
            case .version6: version6.count
            case .replaced: pipeline.store.replaced.count
            }
        precondition(index < count, "a connection of another tracker")
        return index
    }

    /// What is listed of `table` and lies in order of appearance; the rest goes to `stragglers`.
    private func places<Key: ConnectionKey>(
        in table: borrowing ConnectionTable<Key>, _ home: ConnectionListing.Home, all: Bool, until: Int64?,
        _ stragglers: inout [ConnectionListing.Place]
    ) -> PlaceSet {
        var places = PlaceSet(count: table.count)
        var earliest = UInt64.max
        for index in stride(from: table.count - 1, through: 0, by: -1) {
            let record = table[record: index]
            let isInOrder = record.number < earliest
            if isInOrder { earliest = record.number }
            guard all || pipeline.store.isNotable(table.slot(at: index), record, until: until) else { continue }
            if isInOrder {
                places.insert(index)
            } else {
                stragglers.append(
                    ConnectionListing.Place(
                        number: record.number, index: UInt32(truncatingIfNeeded: index), home: home))
            }
        }
        return places
    }

    /// The connection at `place`.
    public func connection(at place: ConnectionListing.Place) -> Connection {
        let index = index(of: place)
        switch place.home {
        case .version4:
            return pipeline.store.connection(
                version4.slot(at: index), version4[record: index], pipeline.analysis.ranges)
        case .version6:
            return pipeline.store.connection(
                version6.slot(at: index), version6[record: index], pipeline.analysis.ranges)
        case .replaced: return pipeline.store.replaced[index]
        }
    }

    /// The connections in order of appearance: those of which there is something to be said, or all.
    public func connections(all: Bool) -> [Connection] {
        var connections: [Connection] = []
        var listing = listing(all: all, until: lastTime == .min ? nil : lastTime)
        while let place = next(in: &listing) { connections.append(connection(at: place)) }
        return connections
    }
}
