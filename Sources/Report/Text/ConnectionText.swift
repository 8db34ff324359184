import KeepAlive
import Sockets
import Wire

/// The table of connections: two lines each, the originator first.
///
/// Call `measure` for all connections, then `appendHead`, then `append` for all connections: the widths of the columns,
/// and whether times need a date, depend on all of them. No connection is kept.
///
/// If the terminal is too narrow, columns are omitted, the least important first. If that would leave nothing but the ends
/// and their probes, as with long addresses of IPv6, the table is stacked: stream, verdict and times are in a line of their
/// own above the two ends.
struct ConnectionText {
    /// The number of measured connections.
    private(set) var count: UInt64 = 0
    /// The width of each column except the last.
    private var widths = Column.allCases.map { title(of: $0).utf8.count }
    private var hasUnseenHandshake = false
    private var hasZeroWindow = false
    private var hasPolicy = false
    private var hasProcess = false
    private var hasSettings = false
    private var earliest = Int64.max
    private var latest = Int64.min
    /// The index of the zone of the first time; whether another time has another zone.
    private var zone: Int?
    private var hasZones = false
    private var clock: ZoneClock
    private let style: TextStyle
    private let sockets: LocalSockets
    /// The columns that are shown, and those without room in the terminal; valid after `appendHead`.
    private var shows = Columns()
    private var omitted = Columns()
    /// The length of a line up to the last column of the connection; valid after `appendHead`.
    private var connectionWidth = 0
    /// Whether the ends have lines of their own, below the verdict; valid after `appendHead`.
    private var isStacked = false
    /// The offsets of each column in a line; valid after `appendHead`.
    private var offsets = Column.allCases.map { _ in 0..<0 }
    /// The length of a responder's line; valid after `appendHead`.
    private var responderWidth = 0
    /// Whether times have dates; valid after `appendHead`. If the offset from UTC changes, the zone follows the time.
    private var showsDates = false
    /// The text of one cell.
    private var cell = TextBuffer()

    /// A column. The ones before `end`, and from `first` on, describe the connection and are only in the originator's line.
    private enum Column: Int, CaseIterable {
        case stream, verdict, end, probes, answered, idle, interval, count, zeroWindow, process, settings
        case first, last, duration, ended

        /// Whether it has one cell per connection, not one per end.
        var isOfConnection: Bool { rawValue < Self.end.rawValue || rawValue >= Self.first.rawValue }
    }

    /// A set of columns.
    private struct Columns {
        private var bits: UInt16 = 0

        subscript(column: Column) -> Bool {
            get { bits & Self.bit(column) != 0 }
            set { bits = newValue ? bits | Self.bit(column) : bits & ~Self.bit(column) }
        }

        private static func bit(_ column: Column) -> UInt16 { 1 &<< UInt16(truncatingIfNeeded: column.rawValue) }

        /// The columns in the set, from left to right.
        var all: [Column] { Column.allCases.filter { self[$0] } }
    }

    /// The columns that a narrow terminal omits, in this order.
    private static let dispensable: [Column] = [
        .duration, .last, .first, .zeroWindow, .count, .ended, .interval, .settings, .idle, .process, .answered,
    ]

    /// A table in `style`, with what is known about the `sockets` of the ends.
    init(_ style: TextStyle = TextStyle(), sockets: LocalSockets = LocalSockets()) {
        self.style = style
        self.sockets = sockets
        clock = ZoneClock(style.zone)
    }

    // MARK: Measuring

    /// Widens the columns for the lines of `diagnosis`.
    mutating func measure(_ diagnosis: Diagnosis) {
        count += 1
        let (first, last) = (diagnosis.connection.firstTime, diagnosis.connection.lastTime)
        earliest = min(earliest, first, last)
        latest = max(latest, first, last)
        note(clock.zone(at: first))
        note(clock.zone(at: last))
        if !diagnosis.connection.handshakeSeen { hasUnseenHandshake = true }
        widen(.stream, to: diagnosis.connection.number.digits + (diagnosis.connection.handshakeSeen ? 0 : 1))
        widen(.verdict) { Self.append(verdictOf: diagnosis, to: &$0) }
        // Below a thousand days a duration is no wider than its title.
        let duration = last &- first
        if duration.magnitude >= 86_400_000_000_000_000 { widen(.duration) { $0.append(duration: duration) } }
        // Only a limit makes it matter how wide the last column is.
        if style.width != nil { widen(.ended, to: diagnosis.connection.ending.text.utf8.count) }
        measure(diagnosis.connection.originator)
        measure(diagnosis.connection.responder)
        measure(diagnosis.connection.fromOriginator)
        measure(diagnosis.connection.fromResponder)
        measure(diagnosis.originatorPolicy)
        measure(diagnosis.responderPolicy)
        if sockets.isEmpty { return }
        for end in Connection.End.allCases { measure(sockets[diagnosis, end]?.socket) }
    }

    private mutating func measure(_ socket: InspectedSocket?) {
        if let process = socket?.processText {
            hasProcess = true
            widen(.process, to: process.utf8.count)
        }
        if let settings = socket?.settingsText {
            hasSettings = true
            widen(.settings, to: settings.utf8.count)
        }
    }

    private mutating func note(_ zone: Int) {
        if let known = self.zone, known != zone { hasZones = true } else { self.zone = zone }
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
        if end.address.version == .v4, style.names == nil { return }
        cell.removeAll()
        append(end, to: &cell)
        widen(.end, to: cell.count)
    }

    /// Appends `end` to `text`, with its name if that is not too long for the terminal.
    private func append(_ end: Endpoint, to text: inout TextBuffer) {
        guard let names = style.names else { return text.append(end) }
        names.append(end, limit: style.width.map { $0 - 30 } ?? .max, to: &text)
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
        let (first, last) = (clock.time(earliest), clock.time(latest))
        showsDates = hasZones || first.time.day != last.time.day
        if hasZones {
            text.append(", local times\n\n")
        } else if showsDates {
            text.append(", times in ")
            text.append(printable: clock.name(of: first.zone))
            text.append("\n\n")
        } else {
            text.append(", ")
            text.append(date: first.time, in: clock.name(of: first.zone))
            text.append("\n\n")
        }
        for column in [Column.first, .last] { widen(column, to: timeWidth) }
        setOffsets()
        appendTitles(to: &text)
    }

    /// The width of a time.
    private var timeWidth: Int {
        if hasZones { return 20 + clock.widestName }
        return showsDates ? 19 : 8
    }

    private func appendTitles(to text: inout TextBuffer) {
        let lines = isStacked ? [{ $0.isOfConnection }, { !$0.isOfConnection }] : [{ (_: Column) in true }]
        for isInLine in lines {
            let columns = shows.all.filter(isInLine)
            let width =
                columns.map { Self.isNumber($0) ? end($0) : start($0) + Self.title(of: $0).utf8.count }.max() ?? 0
            text.append(row: width + 1) { row in
                for column in columns {
                    let title = Self.title(of: column)
                    row.write(title, at: Self.isNumber(column) ? end(column) - title.utf8.count : start(column))
                }
                row[width] = UInt8(ascii: "\n")
            }
        }
    }

    /// Chooses the columns for the width of the terminal, and sets their offsets.
    private mutating func setOffsets() {
        for stacks in [false, true] {
            isStacked = stacks
            omitted = Columns()
            placeColumns()
            guard let limit = style.width else { return }
            for column in Self.dispensable where shows[column] {
                // In a stacked table, only a column of the line that is too wide gives room.
                let width = column.isOfConnection ? connectionWidth : responderWidth
                if (stacks ? width : max(connectionWidth, responderWidth)) <= limit { continue }
                omitted[column] = true
                placeColumns()
            }
            if !stacks, omitted[.answered] { continue }
            // A wide column, such as the ending, may leave room for some of those before it.
            for column in Self.dispensable.reversed() where omitted[column] {
                omitted[column] = false
                placeColumns()
                if max(connectionWidth, responderWidth) > limit { omitted[column] = true }
            }
            return placeColumns()
        }
    }

    /// Sets the offsets of the columns that are shown, and the lengths of the lines.
    private mutating func placeColumns() {
        for column in Column.allCases { shows[column] = hasCells(column) && !omitted[column] }
        var end = -2
        (connectionWidth, responderWidth) = (0, 0)
        for column in shows.all {
            // In a stacked table, the ends begin below the verdict, and the times follow the verdict.
            if isStacked, column == .end { end = offsets[Column.stream.rawValue].upperBound }
            if isStacked, column.isOfConnection, column.rawValue > Column.end.rawValue { end = connectionWidth }
            let start = end + 2
            end = start + widths[column.rawValue]
            offsets[column.rawValue] = start..<end
            if column.isOfConnection { connectionWidth = end } else { responderWidth = end }
        }
    }

    /// The offset of `column` in a line.
    private func start(_ column: Column) -> Int { offsets[column.rawValue].lowerBound }

    /// The offset after `column` in a line.
    private func end(_ column: Column) -> Int { offsets[column.rawValue].upperBound }

    /// Whether any connection has something in `column`.
    private func hasCells(_ column: Column) -> Bool {
        switch column {
        case .zeroWindow: hasZeroWindow
        case .idle, .interval, .count: hasPolicy
        case .process: hasProcess
        case .settings: hasSettings
        default: true
        }
    }

    /// Appends the lines of `diagnosis`, which was measured.
    mutating func append(_ diagnosis: Diagnosis, to text: inout TextBuffer) {
        let ending = diagnosis.connection.ending.text
        cell.removeAll()
        Self.append(verdictOf: diagnosis, to: &cell)
        let verdict = start(.verdict)..<start(.verdict) + cell.count
        // The lengths of the line with the verdict, of the originator's line if that is another, and of the responder's.
        let first = lengthOfFirst(verdict, ending)
        let own = isStacked ? responderWidth + 1 : 0
        let rowStart = text.count
        text.append(row: first + own + responderWidth + 1) { row in
            row.write(cell.bytes.span, at: verdict.lowerBound)
            let number = diagnosis.connection.number
            row.write(number, endingAt: start(.stream) + number.digits)
            if !diagnosis.connection.handshakeSeen { row[start(.stream) + number.digits] = UInt8(ascii: "?") }
            let (begin, last) = (diagnosis.connection.firstTime, diagnosis.connection.lastTime)
            if shows[.first] { write(begin, at: start(.first), to: &row) }
            if shows[.last] { write(last, at: start(.last), to: &row) }
            if shows[.duration] {
                cell.removeAll()
                cell.append(duration: last &- begin)
                row.write(cell.bytes.span, at: end(.duration) - cell.count)
            }
            if shows[.ended] { row.write(ending, at: start(.ended)) }
            row[first - 1] = UInt8(ascii: "\n")

            let (origin, response) = (isStacked ? first : 0, first + own)
            write(diagnosis.connection.originator, at: origin + start(.end), to: &row)
            write(diagnosis.connection.fromOriginator, diagnosis.originatorPolicy, line: origin, to: &row)
            write(sockets[diagnosis, .originator]?.socket, line: origin, to: &row)
            if isStacked { row[first + own - 1] = UInt8(ascii: "\n") }
            write(diagnosis.connection.responder, at: response + start(.end), to: &row)
            write(diagnosis.connection.fromResponder, diagnosis.responderPolicy, line: response, to: &row)
            write(sockets[diagnosis, .responder]?.socket, line: response, to: &row)
            row[row.count - 1] = UInt8(ascii: "\n")
        }
        if style.palette.isOn, let color = Palette.color(of: diagnosis.severity) {
            text.insert(Palette.end, at: rowStart + verdict.upperBound)
            text.insert(color.rawValue, at: rowStart + verdict.lowerBound)
        }
        // The last cell of an end may be shorter than its column.
        if shows[.process] || shows[.settings] { text.trimLines(from: rowStart) }
    }

    /// The length of the line with the verdict. It ends with the ending, or with a time, or with what precedes them.
    private func lengthOfFirst(_ verdict: Range<Int>, _ ending: String) -> Int {
        if shows[.ended] { return start(.ended) + ending.utf8.count + 1 }
        if connectionWidth > end(.verdict) { return connectionWidth + 1 }
        return (isStacked ? verdict.upperBound : responderWidth) + 1
    }

    private mutating func write(_ end: Endpoint, at start: Int, to row: inout MutableSpan<UInt8>) {
        if end.address.version == .v4, style.names == nil { return row.write(v4: end, at: start) }
        cell.removeAll()
        append(end, to: &cell)
        row.write(cell.bytes.span, at: start)
    }

    /// Writes the numbers of one end into the line at offset `line` of `row`.
    private func write(
        _ side: ConnectionSide, _ policy: InferredPolicy, line: Int, to row: inout MutableSpan<UInt8>
    ) {
        row.write(count: side.probes, endingAt: line + end(.probes))
        if shows[.answered] {
            if side.probes > 0 {
                row.write(grouped: side.answered, endingAt: line + end(.answered))
            } else {
                row.write(count: 0, endingAt: line + end(.answered))
            }
        }
        if shows[.idle] { row.write(seconds: policy.idle, endingAt: line + end(.idle)) }
        if shows[.interval] { row.write(seconds: policy.interval, endingAt: line + end(.interval)) }
        if shows[.count] { row.write(count: policy.count ?? 0, endingAt: line + end(.count)) }
        if shows[.zeroWindow] { row.write(count: side.zeroWindowProbes, endingAt: line + end(.zeroWindow)) }
    }

    /// Writes process and settings of `socket` into the line at offset `line` of `row`.
    private func write(_ socket: InspectedSocket?, line: Int, to row: inout MutableSpan<UInt8>) {
        if shows[.process] { row.write(socket?.processText ?? "-", at: line + start(.process)) }
        if shows[.settings] { row.write(socket?.settingsText ?? "-", at: line + start(.settings)) }
    }

    private mutating func write(_ nanoseconds: Int64, at start: Int, to row: inout MutableSpan<UInt8>) {
        let (time, zone) = clock.time(nanoseconds)
        if showsDates { row.write(date: time, at: start) }
        row.write(timeOfDay: time, at: showsDates ? start + 11 : start)
        if hasZones { row.write(clock.name(of: zone), at: start + 20) }
    }

    /// Appends the notes below the table.
    func appendFoot(to text: inout TextBuffer) {
        let start = text.count
        if hasUnseenHandshake {
            text.append("\n? handshake not captured: the smaller endpoint is listed first\n")
        }
        let titles = omitted.all.map(Self.title)
        if let width = style.width, !titles.isEmpty {
            text.append(hasUnseenHandshake ? "" : "\n")
            text.append("Omitted to fit \(width) columns: \(titles.joined(separator: ", ")). ")
            text.append("Use a wider terminal, or --format csv.\n")
        }
        text.wrap(from: start, to: style.width, hanging: 3)
    }

    private static func isNumber(_ column: Column) -> Bool {
        switch column {
        case .probes, .answered, .idle, .interval, .count, .zeroWindow, .duration: true
        case .stream, .verdict, .end, .process, .settings, .first, .last, .ended: false
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
        case .process: "process"
        case .settings: "keep-alive"
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
