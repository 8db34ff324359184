/// A pass over the connections of a tracker in order of appearance: all of them, or only those worth reporting.
///
/// It takes one bit per connection, and 16 bytes for each that is not stored in order of appearance, for example after
/// an eviction. It does not hold the connections: `ConnectionTracker.connection(at:)` makes them one by one.
package struct ConnectionListing: Sendable {
    /// A connection of the listing. A `Connection` has hundreds of bytes, an entry 16.
    package struct Entry: Sendable, BitwiseCopyable {
        /// The number of the connection, from 0 in order of appearance.
        package let number: UInt64
        let index: UInt32
        let storage: Storage
    }

    /// What stores a connection: one of the two tables, or the list of replaced connections.
    enum Storage: UInt8, Sendable {
        case version4, version6, replaced
    }

    /// The connections of each table that are stored in order of appearance.
    private var version4: Row
    private var version6: Row
    /// The others: their ports were reused, or they replaced an evicted connection.
    private let outOfOrder: [Entry]
    private var outOfOrderIndex = 0

    fileprivate init(
        _ version4: IndexBitmap, _ version6: IndexBitmap, _ outOfOrder: [Entry], of tracker: borrowing ConnectionTracker
    ) {
        self.version4 = Row(version4, .version4, of: tracker)
        self.version6 = Row(version6, .version6, of: tracker)
        self.outOfOrder = outOfOrder
    }

    /// The next connection of `tracker`; nil at the end.
    fileprivate mutating func next(of tracker: borrowing ConnectionTracker) -> Entry? {
        // The common case: only the IPv4 table has connections left.
        if version6.next == nil, outOfOrderIndex == outOfOrder.count {
            defer { version4.advance(of: tracker) }
            return version4.next
        }
        var first = outOfOrderIndex < outOfOrder.count ? outOfOrder[outOfOrderIndex] : nil
        if let entry = version4.next, entry.number < first?.number ?? .max { first = entry }
        if let entry = version6.next, entry.number < first?.number ?? .max { first = entry }
        guard let first else { return nil }
        if first.number == version4.next?.number {
            version4.advance(of: tracker)
        } else if first.number == version6.next?.number {
            version6.advance(of: tracker)
        } else {
            outOfOrderIndex += 1
        }
        return first
    }

    /// The listed connections of one table.
    ///
    /// It looks two connections ahead, and prefetches each before it is needed.
    private struct Row: Sendable {
        private let indices: IndexBitmap
        private let storage: Storage
        /// The next connection, and the index of the one after it.
        private(set) var next: Entry?
        private var following: Int?

        init(_ indices: IndexBitmap, _ storage: Storage, of tracker: borrowing ConnectionTracker) {
            (self.indices, self.storage) = (indices, storage)
            following = indices.next(from: 0)
            advance(of: tracker)
        }

        mutating func advance(of tracker: borrowing ConnectionTracker) {
            next = tracker.entry(in: storage, following)
            guard let index = following else { return }
            following = indices.next(from: index + 1)
            if let following { tracker.prefetch(storage, following) }
        }
    }
}

/// Indices of a table, one bit for each.
private struct IndexBitmap: Sendable {
    private var words: [UInt64]

    /// An empty set of indices below `count`.
    init(count: Int) {
        words = [UInt64](repeating: 0, count: (count + 63) / 64)
    }

    mutating func insert(_ index: Int) {
        words[index / 64] |= 1 << UInt64(index % 64)
    }

    /// The smallest index from `start` on; nil: none.
    func next(from start: Int) -> Int? {
        var position = start / 64
        guard position < words.count else { return nil }
        var word = words[position] & (.max << UInt64(start % 64))
        while word == 0 {
            position += 1
            guard position < words.count else { return nil }
            word = words[position]
        }
        return position * 64 + word.trailingZeroBitCount
    }
}

extension ConnectionTracker {
    /// A listing of all connections, or of those worth reporting, before its first connection.
    ///
    /// It is valid until the tracker changes. To go through it again, copy it first.
    ///
    /// `until` is when the capture ends (ns since 1970): connections that are idle until then are listed too.
    package func listing(all: Bool, until: Int64?) -> ConnectionListing {
        var outOfOrder: [ConnectionListing.Entry] = []
        // It does not grow by doubling, and pages that are not touched take no memory.
        outOfOrder.reserveCapacity(version4.count + version6.count + pipeline.store.replaced.count)
        for index in 0..<pipeline.store.replaced.count {
            outOfOrder.append(
                ConnectionListing.Entry(
                    number: pipeline.store.replaced[index].number, index: UInt32(truncatingIfNeeded: index),
                    storage: .replaced))
        }
        let indices4 = listedIndices(in: version4, .version4, all: all, until: until, &outOfOrder)
        let indices6 = listedIndices(in: version6, .version6, all: all, until: until, &outOfOrder)
        outOfOrder.sort { $0.number < $1.number }
        return ConnectionListing(indices4, indices6, outOfOrder, of: self)
    }

    /// The next connection in `listing`, which must be a listing of this tracker in its present state; nil at the end.
    package func next(in listing: inout ConnectionListing) -> ConnectionListing.Entry? {
        listing.next(of: self)
    }

    /// The entry of the connection at `index` of `storage`, one of the tables.
    fileprivate func entry(in storage: ConnectionListing.Storage, _ index: Int?) -> ConnectionListing.Entry? {
        guard let index else { return nil }
        precondition(index < (storage == .version4 ? version4.count : version6.count), "a listing of another tracker")
        let record = storage == .version4 ? version4[record: index] : version6[record: index]
        pipeline.store.prefetch(record.histories)
        return ConnectionListing.Entry(
            number: record.number, index: UInt32(truncatingIfNeeded: index), storage: storage)
    }

    /// Prefetches the connection at `index` of `storage`, one of the tables.
    fileprivate func prefetch(_ storage: ConnectionListing.Storage, _ index: Int) {
        if storage == .version4 { version4.prefetch(at: index) } else { version6.prefetch(at: index) }
    }

    /// The index of `entry` in its storage. Traps if it is out of range, because the entry is from another tracker.
    func index(of entry: ConnectionListing.Entry) -> Int {
        let index = Int(entry.index)
        let count =
            switch entry.storage {
            case .version4: version4.count
            case .version6: version6.count
            case .replaced: pipeline.store.replaced.count
            }
        precondition(index < count, "a connection of another tracker")
        return index
    }

    /// The indices of listed connections in `table` that are stored in order of appearance. The others are appended to
    /// `outOfOrder`.
    private func listedIndices<Key: ConnectionKey>(
        in table: borrowing ConnectionTable<Key>, _ storage: ConnectionListing.Storage, all: Bool, until: Int64?,
        _ outOfOrder: inout [ConnectionListing.Entry]
    ) -> IndexBitmap {
        var indices = IndexBitmap(count: table.count)
        var earliest = UInt64.max
        for index in stride(from: table.count - 1, through: 0, by: -1) where !table.isVacant(index) {
            let record = table[record: index]
            let isInOrder = record.number < earliest
            if isInOrder { earliest = record.number }
            guard all || pipeline.store.isNotable(table.slot(at: index), record, until: until) else { continue }
            if isInOrder {
                indices.insert(index)
            } else {
                outOfOrder.append(
                    ConnectionListing.Entry(
                        number: record.number, index: UInt32(truncatingIfNeeded: index), storage: storage))
            }
        }
        return indices
    }

    /// The connection of `entry`. Traps if the entry is from another tracker.
    package func connection(at entry: ConnectionListing.Entry) -> Connection {
        let index = index(of: entry)
        switch entry.storage {
        case .version4:
            return pipeline.store.connection(
                version4.slot(at: index), version4[record: index], pipeline.analysis.ranges)
        case .version6:
            return pipeline.store.connection(
                version6.slot(at: index), version6[record: index], pipeline.analysis.ranges)
        case .replaced: return pipeline.store.replaced[index]
        }
    }

    /// All connections in order of appearance, or those worth reporting.
    package func connections(all: Bool) -> [Connection] {
        var connections: [Connection] = []
        var listing = listing(all: all, until: lastTime == .min ? nil : lastTime)
        while let entry = next(in: &listing) { connections.append(connection(at: entry)) }
        return connections
    }
}
