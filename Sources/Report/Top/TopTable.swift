package import KeepAlive
import Sockets
package import Wire

/// The connections of `tcpalive top`: those of the last look at the kernel's list, and those that closed a moment ago.
package struct TopTable: Sendable {
    /// The connections, in no order.
    package private(set) var rows: [TopRow] = []
    /// The totals of the last look.
    package private(set) var totals = AuditTotals(limit: 0)
    /// Whether packets are captured.
    package var isCaptured = false
    /// The captured keep-alives and their answers.
    package private(set) var probes: UInt64 = 0
    package private(set) var answers: UInt64 = 0

    /// The index of each connection.
    private var indices: [UInt64: Int] = [:]
    /// The connections by their ends.
    private var cookies: [Ends: UInt64] = [:]

    private struct Ends: Hashable {
        var local: Endpoint
        var remote: Endpoint
    }

    /// More sockets than that are not shown, but counted: the worst stay.
    package static let limit = 50_000
    /// A connection that closed is shown for so long (ns).
    static let closedTime: Int64 = 60_000_000_000
    /// More closed connections than that are not shown.
    static let closedLimit = 1000

    /// No connections.
    package init() {}

    // MARK: Looks

    /// Takes the sockets of a look at `now` (ns since 1970), in `totals`. `isComplete`: the look has missed none.
    package mutating func update(_ totals: consuming AuditTotals, at now: Int64, isComplete: Bool = true) {
        let isCut = totals.rows.count > Self.limit
        if isCut { totals.finish() }
        var next: [TopRow] = []
        next.reserveCapacity(totals.rows.count)
        var seen: Set<UInt64> = []
        seen.reserveCapacity(totals.rows.count)
        for audited in totals.rows where seen.insert(audited.socket.cookie).inserted {
            guard let index = indices[audited.socket.cookie] else {
                next.append(TopRow(audited))
                continue
            }
            var row = rows[index]
            // Its events are moved, not copied.
            rows[index].events = []
            for event in TopEvent.events(
                from: row.audited.socket, to: audited.socket, at: now, isCaptured: isCaptured)
            {
                row.add(event)
            }
            if let before = row.audited.options, let options = audited.options, before != options {
                row.add(TopEvent(now, .settings(options.settingsText)))
            }
            row.audited = audited
            row.closed = nil
            // The peer was heard, perhaps by a segment with data, which is not captured.
            if audited.socket.timer == .keepAlive, audited.socket.unanswered == 0 { row.wire.unanswered = 0 }
            next.append(row)
        }
        appendMissing(to: &next, seen, now, isComplete: isComplete, isCut: isCut)
        rows = next
        self.totals = totals
        // The rows are here now, with what belongs to them.
        self.totals.forgetRows()
        index()
    }

    /// Keeps the rows that are not in `seen` any more for a while. They are closed, unless the look may have missed some, or the
    /// list was cut.
    private mutating func appendMissing(
        to next: inout [TopRow], _ seen: Set<UInt64>, _ now: Int64, isComplete: Bool, isCut: Bool
    ) {
        var closed = 0
        for var row in rows where !seen.contains(row.cookie) {
            if row.closed == nil {
                if isCut { continue }
                if !isComplete {
                    next.append(row)
                    continue
                }
                row.closed = now
                row.add(TopEvent(now, .closed))
            }
            guard now - (row.closed ?? now) < Self.closedTime, closed < Self.closedLimit else { continue }
            closed += 1
            next.append(row)
        }
    }

    private mutating func index() {
        indices.removeAll(keepingCapacity: true)
        cookies.removeAll(keepingCapacity: true)
        for (index, row) in rows.enumerated() {
            indices[row.cookie] = index
            let ends = Ends(local: row.audited.socket.local, remote: row.audited.socket.remote)
            // A port may be used again at once.
            if row.closed == nil || cookies[ends] == nil { cookies[ends] = row.cookie }
        }
    }

    /// The connections that were not closed in the last look.
    package var openConnections: Set<UInt64> { Set(rows.lazy.filter { $0.closed == nil }.map(\.cookie)) }

    /// The row of the connection `cookie`.
    package func row(of cookie: UInt64) -> TopRow? { indices[cookie].map { rows[$0] } }

    // MARK: Packets

    /// Takes a packet of `kind` from `source` to `destination`, described by `text`. `reply` is how long an answer took (ns),
    /// `number` the number of a probe since the peer was last heard.
    ///
    /// Returns whether one of its ends is a socket of the table.
    @discardableResult
    package mutating func add(
        _ kind: SegmentKind, from source: Endpoint, to destination: Endpoint, at time: Int64, reply: Int64?,
        number: Int, text: String
    ) -> Bool {
        if kind == .probe { probes += 1 }
        if kind == .answer { answers += 1 }
        // Of a connection within this host, both ends are here.
        let sent = change(Ends(local: source, remote: destination)) { row in
            row.add(TopEvent(time, .packet(kind, isSent: true, text: text)))
            if kind == .probe { row.wire.unanswered = number }
        }
        let received = change(Ends(local: destination, remote: source)) { row in
            row.add(TopEvent(time, .packet(kind, isSent: false, text: text)))
            if kind == .icmpError { return }
            row.wire.unanswered = 0
            if kind == .answer, let reply { row.wire.lastReply = reply }
        }
        return sent || received
    }

    /// Takes what is found about the connection between two ends.
    package mutating func add(_ found: TopRow.Wire.Found, between one: Endpoint, and other: Endpoint) {
        change(Ends(local: one, remote: other)) { $0.wire.finding = found }
        change(Ends(local: other, remote: one)) { $0.wire.finding = found }
    }

    @discardableResult
    private mutating func change(_ ends: Ends, _ body: (inout TopRow) -> Void) -> Bool {
        guard let cookie = cookies[ends], let index = indices[cookie] else { return false }
        body(&rows[index])
        return true
    }
}
