package import Wire

/// Where a look at new connections ended.
package struct AppearanceCursor: Sendable {
    /// The next index of each table.
    fileprivate var version4 = 0
    fileprivate var version6 = 0
    /// Connections that were passed before they were established.
    fileprivate var attempts4: [Attempt] = []
    fileprivate var attempts6: [Attempt] = []

    /// The index of a connection, and how often it is still looked at.
    fileprivate struct Attempt {
        var index: Int
        var looks: Int
    }

    /// Attempts that are looked at again: a flood of SYNs takes no more.
    fileprivate static let mostAttempts = 1024
    /// How often they are looked at.
    fileprivate static let looks = 10

    /// Before the first connection.
    package init() {}
}

extension ConnectionTracker {
    /// Calls `body` with the number and the ends of connections that have been established since the last look with `cursor`.
    ///
    /// At most `limit` connections of each IP version are looked at, and older ones are skipped. One that takes the place of an
    /// evicted connection, or of an earlier one between the same ends, is not found.
    package func forEachNew(
        since cursor: inout AppearanceCursor, limit: Int, _ body: (UInt64, Endpoint, Endpoint) -> Void
    ) {
        Self.look(in: version4, &cursor.version4, &cursor.attempts4, limit, body)
        Self.look(in: version6, &cursor.version6, &cursor.attempts6, limit, body)
    }

    private static func look<Key: ConnectionKey>(
        in table: borrowing ConnectionTable<Key>, _ next: inout Int, _ attempts: inout [AppearanceCursor.Attempt],
        _ limit: Int, _ body: (UInt64, Endpoint, Endpoint) -> Void
    ) {
        if next == table.count, attempts.isEmpty { return }
        var open: [AppearanceCursor.Attempt] = []
        for attempt in attempts where !isEstablished(attempt.index, in: table, body) && attempt.looks > 1 {
            open.append(AppearanceCursor.Attempt(index: attempt.index, looks: attempt.looks - 1))
        }
        for index in max(next, table.count - limit)..<table.count where !isEstablished(index, in: table, body) {
            guard open.count < AppearanceCursor.mostAttempts else { continue }
            open.append(AppearanceCursor.Attempt(index: index, looks: AppearanceCursor.looks))
        }
        attempts = open
        next = table.count
    }

    /// Whether the connection at `index` is established or gone; if it is established, `body` is called with it.
    private static func isEstablished<Key: ConnectionKey>(
        _ index: Int, in table: borrowing ConnectionTable<Key>, _ body: (UInt64, Endpoint, Endpoint) -> Void
    ) -> Bool {
        if table.isVacant(index) { return true }
        let slot = table.slot(at: index)
        guard slot.sides.0.activity.union(slot.sides.1.activity).contains(.established) else { return false }
        body(table[record: index].number, slot.key.first, slot.key.second)
        return true
    }
}
