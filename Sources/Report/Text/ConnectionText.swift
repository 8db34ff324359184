import KeepAlive
import Wire

/// The table of connections: two lines each, the originator first.
///
/// Call `measure` for all connections, then `appendHead`, then `append` for all connections: the widths of the columns,
/// and whether times need a date, depend on all of them. No connection is kept.
struct ConnectionText {
    /// The number of measured connections.
    private(set) var count: UInt64 = 0
    /// The width of each column except the last.
    private var widths = Column.allCases.map { title(of: $0).utf8.count }
    private var hasUnseenHandshake = false
    private var hasZeroWindow = false
    private var hasPolicy = false
    private var earliest = Int64.max
    private var latest = Int64.min
    /// The offsets of each column in a line; valid after `appendHead`.
    private var offsets = Column.allCases.map { _ in 0..<0 }
    /// The length of a responder's line; valid after `appendHead`.
    private var responderWidth = 0
    /// Whether times have dates; valid after `appendHead`.
    private var showsDates = false
    /// The text of one cell.
    private var cell = TextBuffer()

    /// A column. The ones before `end`, and from `first` on, describe the connection and are only in the originator's line.
    private enum Column: Int, CaseIterable {
        case stream, verdict, end, probes, answered, idle, interval, count, zeroWindow, first, last, duration, ended
    }

    // MARK: Measuring

    /// Widens the columns for the lines of `diagnosis`.
    mutating func measure(_ diagnosis: Diagnosis) {
        count += 1
        let (first, last) = (diagnosis.connection.firstTime, diagnosis.connection.lastTime)
        earliest = min(earliest, first, last)
        latest = max(latest, first, last)
        if !diagnosis.connection.handshakeSeen { hasUnseenHandshake = true }
        widen(.stream, to: diagnosis.connection.number.digits + (diagnosis.connection.handshakeSeen ? 0 : 1))
        widen(.verdict) { Self.append(verdictOf: diagnosis, to: &$0) }
        // Below a thousand days a duration is no wider than its title.
        let duration = last &- first
        if duration.magnitude >= 86_400_000_000_000_000 { widen(.duration) { $0.append(duration: duration) } }
        measure(diagnosis.connection.originator)
        measure(diagnosis.connection.responder)
        measure(diagnosis.connection.fromOriginator)
        measure(diagnosis.connection.fromResponder)
        measure(diagnosis.originatorPolicy)
        measure(diagnosis.responderPolicy)
    }

    /// Appends the most severe finding, and the number of others above `ok`: `peer_dead +1`.
    private static func append(verdictOf diagnosis: Diagnosis, to text: inout TextBuffer) {
        text.append(diagnosis.verdict.rawValue)
        let others = diagnosis.findings.dropFirst().count { $0.severity > .ok }
        if others == 0 { return }
        text.append(" +")
        text.append(UInt64(others))
    }

    private mutating func measure(_ end: Endpoint) {
        // No IPv4 endpoint is wider than the title.
        if end.address.version == .v6 { widen(.end) { $0.append(end) } }
    }

    private mutating func measure(_ side: ConnectionSide) {
        widen(.probes, to: side.probes.groupedWidth)
        widen(.answered, to: side.answered.groupedWidth)
        widen(.zeroWindow, to: side.zeroWindowProbes.groupedWidth)
        if side.zeroWindowProbes > 0 { hasZeroWindow = true }
    }

    private mutating func measure(_ policy: InferredPolicy) {
        if policy.isEmpty { return }
        hasPolicy = true
        widen(.idle) { $0.append(seconds: policy.idle) }
        widen(.interval) { $0.append(seconds: policy.interval) }
        widen(.count, to: (policy.count ?? 0).groupedWidth)
    }

    private mutating func widen(_ column: Column, to width: Int) {
        if width > widths[column.rawValue] { widths[column.rawValue] = width }
    }

    private mutating func widen(_ column: Column, _ append: (inout TextBuffer) -> Void) {
        cell.removeAll()
        append(&cell)
        widen(column, to: cell.count)
    }

    // MARK: Lines

    /// Appends the number of connections in the table, of `total`, and the titles of the columns.
    mutating func appendHead(of total: UInt64, to text: inout TextBuffer) {
        if count != total {
            text.append(grouped: count)
            text.append(" of ")
        }
        text.append(total, of: "connection")
        showsDates = CivilTime(earliest).day != CivilTime(latest).day
        if showsDates {
            text.append(", times in UTC\n\n")
        } else {
            text.append(", ")
            text.append(date: CivilTime(earliest))
            text.append(" UTC\n\n")
        }
        for column in [Column.first, .last] { widen(column, to: showsDates ? 19 : 8) }
        setOffsets()
        text.append(row: start(.ended) + Self.title(of: .ended).utf8.count + 1) { row in
            for column in Column.allCases where isShown(column) {
                let title = Self.title(of: column)
                row.write(title, at: Self.isNumber(column) ? end(column) - title.utf8.count : start(column))
            }
            row[row.count - 1] = UInt8(ascii: "\n")
        }
    }

    /// Sets the offsets of the columns that are shown.
    private mutating func setOffsets() {
        var end = -2
        for column in Column.allCases where isShown(column) {
            let start = end + 2
            end = start + widths[column.rawValue]
            offsets[column.rawValue] = start..<end
            if column.rawValue < Column.first.rawValue { responderWidth = end }
        }
    }

    /// The offset of `column` in a line.
    private func start(_ column: Column) -> Int { offsets[column.rawValue].lowerBound }

    /// The offset after `column` in a line.
    private func end(_ column: Column) -> Int { offsets[column.rawValue].upperBound }

    private func isShown(_ column: Column) -> Bool {
        switch column {
        case .zeroWindow: hasZeroWindow
        case .idle, .interval, .count: hasPolicy
        default: true
        }
    }

    /// Appends the two lines of `diagnosis`, which was measured.
    mutating func append(_ diagnosis: Diagnosis, to text: inout TextBuffer) {
        let ending = diagnosis.connection.ending.text
        let first = start(.ended) + ending.utf8.count + 1
        text.append(row: first + responderWidth + 1) { row in
            let number = diagnosis.connection.number
            row.write(number, endingAt: start(.stream) + number.digits)
            if !diagnosis.connection.handshakeSeen { row[start(.stream) + number.digits] = UInt8(ascii: "?") }
            cell.removeAll()
            Self.append(verdictOf: diagnosis, to: &cell)
            row.write(cell.bytes.span, at: start(.verdict))
            let (begin, last) = (diagnosis.connection.firstTime, diagnosis.connection.lastTime)
            write(begin, at: start(.first), to: &row)
            write(last, at: start(.last), to: &row)
            cell.removeAll()
            cell.append(duration: last &- begin)
            row.write(cell.bytes.span, at: end(.duration) - cell.count)
            row.write(ending, at: start(.ended))
            row[first - 1] = UInt8(ascii: "\n")

            write(diagnosis.connection.originator, at: start(.end), to: &row)
            write(diagnosis.connection.fromOriginator, diagnosis.originatorPolicy, line: 0, to: &row)
            write(diagnosis.connection.responder, at: first + start(.end), to: &row)
            write(diagnosis.connection.fromResponder, diagnosis.responderPolicy, line: first, to: &row)
            row[row.count - 1] = UInt8(ascii: "\n")
        }
    }

    private mutating func write(_ end: Endpoint, at start: Int, to row: inout MutableSpan<UInt8>) {
        if end.address.version == .v4 { return row.write(v4: end, at: start) }
        cell.removeAll()
        cell.append(end)
        row.write(cell.bytes.span, at: start)
    }

    /// Writes the numbers of one end into the line at offset `line` of `row`.
    private func write(
        _ side: ConnectionSide, _ policy: InferredPolicy, line: Int, to row: inout MutableSpan<UInt8>
    ) {
        row.write(count: side.probes, endingAt: line + end(.probes))
        if side.probes > 0 {
            row.write(grouped: side.answered, endingAt: line + end(.answered))
        } else {
            row.write(count: 0, endingAt: line + end(.answered))
        }
        if hasPolicy {
            row.write(seconds: policy.idle, endingAt: line + end(.idle))
            row.write(seconds: policy.interval, endingAt: line + end(.interval))
            row.write(count: policy.count ?? 0, endingAt: line + end(.count))
        }
        if hasZeroWindow { row.write(count: side.zeroWindowProbes, endingAt: line + end(.zeroWindow)) }
    }

    private func write(_ nanoseconds: Int64, at start: Int, to row: inout MutableSpan<UInt8>) {
        let time = CivilTime(nanoseconds)
        if showsDates { row.write(date: time, at: start) }
        row.write(timeOfDay: time, at: showsDates ? start + 11 : start)
    }

    /// Appends the note below the table.
    func appendFoot(to text: inout TextBuffer) {
        if hasUnseenHandshake {
            text.append("\n? handshake not captured: the smaller endpoint is listed first\n")
        }
    }

    private static func isNumber(_ column: Column) -> Bool {
        switch column {
        case .probes, .answered, .idle, .interval, .count, .zeroWindow, .duration: true
        case .stream, .verdict, .end, .first, .last, .ended: false
        }
    }

    private static func title(of column: Column) -> String {
        switch column {
        case .stream: "stream"
        case .end: "originator, responder"
        case .probes: "probes"
        case .answered: "answered"
        case .verdict: "verdict"
        case .idle: "idle"
        case .interval: "interval"
        case .count: "count"
        case .zeroWindow: "zero-window"
        case .first: "first"
        case .last: "last"
        case .duration: "duration"
        case .ended: "ended"
        }
    }
}

extension Connection.Ending {
    /// The ending in text.
    var text: String {
        switch self {
        case .open: "open"
        case .closedByOriginator: "closed by originator"
        case .closedByResponder: "closed by responder"
        case .closed: "closed"
        case .resetByOriginator: "reset by originator"
        case .resetByResponder: "reset by responder"
        }
    }
}

extension TextBuffer {
    /// Appends a range of whole seconds: `57-60s`, `60s` if it has one value, `-` for nil.
    fileprivate mutating func append(seconds range: ClosedRange<Int64>?) {
        guard let range else { return append(byte: UInt8(ascii: "-")) }
        append(signed: range.lowerBound)
        if range.count > 1 {
            append(byte: UInt8(ascii: "-"))
            append(signed: range.upperBound)
        }
        append(byte: UInt8(ascii: "s"))
    }
}
