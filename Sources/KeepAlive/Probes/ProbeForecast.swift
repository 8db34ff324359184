/// Finds the next keep-alive probe of all connections, a limited number of connections at a time.
///
/// A live capture must not stop for long: a pass over 100,000 connections that probe takes 44 ms.
package struct ProbeForecast: Sendable {
    /// The next probe, by the last complete pass over the connections; nil: none is due.
    package private(set) var next: ExpectedProbe?

    /// The next probe among the connections of this pass so far.
    private var soonest: ExpectedProbe?
    /// The index at which the pass continues: first in the IPv4 table, then in the IPv6 table.
    private var index = 0
    private var isVersion6 = false

    /// The most connections that one `advance` describes, and the most slots that it inspects.
    static let describedLimit = 1_000
    static let slotLimit = 50_000

    /// A forecast before its first pass.
    package init() {}

    /// Continues the pass over the connections of `tracker`; returns the number of described connections.
    ///
    /// `time` is the current time (ns since 1970). With few connections, one call is a complete pass.
    @discardableResult
    package mutating func advance(over tracker: borrowing ConnectionTracker, at time: Int64) -> Int {
        if let due = next?.time, due <= time { next = nil }
        var (described, slots) = (0, 0)
        while described < Self.describedLimit, slots < Self.slotLimit {
            guard index < (isVersion6 ? tracker.version6.count : tracker.version4.count) else {
                index = 0
                isVersion6.toggle()
                if isVersion6 { continue }
                next = soonest
                soonest = nil
                break
            }
            slots += 1
            defer { index += 1 }
            guard let connection = tracker.probingConnection(index, isVersion6: isVersion6) else { continue }
            described += 1
            consider(connection, at: time)
        }
        return described
    }

    private mutating func consider(_ connection: Connection, at time: Int64) {
        guard connection.ending == .open else { return }
        let ends = [
            (connection.fromOriginator, connection.originator), (connection.fromResponder, connection.responder),
        ]
        for (side, prober) in ends {
            guard let expected = ExpectedProbe(of: prober, side, after: time) else { continue }
            if expected.isSooner(than: soonest) { soonest = expected }
        }
    }
}

extension ConnectionTracker {
    /// The connection at `index` of its table; nil: neither end has probed.
    fileprivate func probingConnection(_ index: Int, isVersion6: Bool) -> Connection? {
        isVersion6 ? probingConnection(index, in: version6) : probingConnection(index, in: version4)
    }

    private func probingConnection<Key: ConnectionKey>(
        _ index: Int, in table: borrowing ConnectionTable<Key>
    ) -> Connection? {
        let record = table[record: index]
        guard record.hasEvents else { return nil }
        return pipeline.store.connection(table.slot(at: index), record, pipeline.analysis.ranges)
    }
}
