import KeepAlive
import Wire

/// The connections for people: two lines each, one an end, the originator first.
///
/// Columns are as wide as they must be, and times have their date only where the table holds more than one day.
struct ConnectionText {
    private let shown: Int
    private let total: UInt64
    private let columns: [Column]
    private let widths: [Int]
    /// Whether each column stands to the right.
    private let isNumber: [Bool]
    private let dates: Dates
    private let hasUnseenHandshake: Bool
    /// All cells: what a column needs is known when all are there.
    private let rows: Rows

    /// The text of cells, row by row, and how long each is: no cell has 255 octets.
    private struct Rows {
        var cells = TextBuffer()
        var starts: [Int] = []
        var lengths: [UInt8] = []

        /// Begins a row.
        mutating func begin() {
            starts.append(cells.count)
        }

        /// Appends a cell that `body` appends; its length.
        mutating func append(_ body: (inout TextBuffer) -> Void) -> Int {
            let start = cells.count
            body(&cells)
            lengths.append(UInt8(clamping: cells.count - start))
            return cells.count - start
        }
    }

    /// A column. Some stand for a connection and appear in the line of its originator only.
    private enum Column: CaseIterable {
        case stream, verdict, end, probes, answered, idle, interval, count, zeroWindow, first, last, duration, ended
    }

    /// How times of day are told apart.
    private enum Dates: Equatable {
        case same(CivilTime)
        case different
    }

    /// An end of a connection.
    private enum End: CaseIterable {
        case originator, responder
    }

    /// A table of the connections of `diagnoses`, not empty, out of `total`.
    init(_ diagnoses: [Diagnosis], of total: UInt64) {
        shown = diagnoses.count
        self.total = total
        dates = Self.dates(of: diagnoses)
        hasUnseenHandshake = diagnoses.contains { !$0.connection.handshakeSeen }
        let hasZeroWindow = diagnoses.contains {
            $0.connection.fromOriginator.zeroWindowProbes > 0 || $0.connection.fromResponder.zeroWindowProbes > 0
        }
        let hasPolicy = diagnoses.contains { !$0.originatorPolicy.isEmpty || !$0.responderPolicy.isEmpty }
        columns = Column.allCases.filter { column in
            switch column {
            case .zeroWindow: hasZeroWindow
            case .idle, .interval, .count: hasPolicy
            default: true
            }
        }
        isNumber = columns.map(Self.isNumber)
        var widths = columns.map { Self.title(of: $0).utf8.count }
        let dates = dates
        var rows = Rows()
        rows.lengths.reserveCapacity(diagnoses.count * 2 * columns.count)
        rows.starts.reserveCapacity(diagnoses.count * 2)
        for diagnosis in diagnoses {
            for end in End.allCases {
                rows.begin()
                for (index, column) in columns.enumerated() {
                    let length = rows.append { Self.append(column, of: end, diagnosis, dates, to: &$0) }
                    widths[index] = max(widths[index], length)
                }
            }
        }
        self.widths = widths
        self.rows = rows
    }

    private static func dates(of diagnoses: [Diagnosis]) -> Dates {
        guard let first = diagnoses.first.map({ CivilTime($0.connection.firstTime) }) else { return .different }
        let isSameDay = diagnoses.allSatisfy {
            CivilTime($0.connection.firstTime).day == first.day && CivilTime($0.connection.lastTime).day == first.day
        }
        return isSameDay ? .same(first) : .different
    }

    /// Appends what the table shows, and the titles of its columns.
    func appendHead(to text: inout TextBuffer) {
        if UInt64(shown) == total {
            text.append(total, of: "connection")
        } else {
            text.append("\(shown) of ")
            text.append(total, of: "connection")
        }
        switch dates {
        case .same(let time):
            text.append(", ")
            text.append(date: time)
            text.append(" UTC\n\n")
        case .different: text.append(", times in UTC\n\n")
        }
        var titles = Rows()
        titles.begin()
        for column in columns { _ = titles.append { $0.append(Self.title(of: column)) } }
        append(row: 0, of: titles, to: &text)
    }

    /// Connections in the table.
    var count: Int { shown }

    /// Appends the two lines of connection `place` of the table.
    func append(_ place: Int, to text: inout TextBuffer) {
        append(row: place * 2, of: rows, to: &text)
        append(row: place * 2 + 1, of: rows, to: &text)
    }

    /// Appends what the table needs to be understood.
    func appendFoot(to text: inout TextBuffer) {
        if hasUnseenHandshake {
            text.append("\n? the handshake was not captured: the smaller endpoint stands first\n")
        }
    }

    /// Appends row `row` of `rows`, each cell in its column.
    private func append(row: Int, of rows: Rows, to text: inout TextBuffer) {
        let first = row * columns.count
        var start = rows.starts[row]
        // What is behind the last cell that has a text has none.
        var last = columns.count - 1
        while last > 0, rows.lengths[first + last] == 0 { last -= 1 }
        let octets = rows.cells.octets.span
        let space = UInt8(ascii: " ")
        text.append(addingCapacity: widths.reduce(0, +) + 2 * widths.count + 1) { output in
            for index in 0...last {
                if index > 0 { output.append(repeating: space, count: 2) }
                let end = start + Int(rows.lengths[first + index])
                let missing = widths[index] - (end - start)
                let isRight = isNumber[index]
                if isRight { output.append(repeating: space, count: missing) }
                for place in start..<end { output.append(octets[place]) }
                if !isRight, index < last { output.append(repeating: space, count: missing) }
                start = end
            }
            output.append(UInt8(ascii: "\n"))
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

    private static func append(
        _ column: Column, of end: End, _ diagnosis: Diagnosis, _ dates: Dates, to cell: inout TextBuffer
    ) {
        let connection = diagnosis.connection
        let isFirstLine = end == .originator
        let policy = isFirstLine ? diagnosis.originatorPolicy : diagnosis.responderPolicy
        let side = isFirstLine ? connection.fromOriginator : connection.fromResponder
        switch column {
        case .stream where isFirstLine:
            cell.append(connection.number)
            if !connection.handshakeSeen { cell.append("?") }
        case .end: cell.append(isFirstLine ? connection.originator : connection.responder)
        case .probes: cell.append(count: side.probes)
        case .answered where side.probes > 0: cell.append(side.answered)
        case .answered: cell.append("-")
        case .verdict where isFirstLine: cell.append(diagnosis.verdict.rawValue)
        case .idle: cell.append(seconds: policy.idle)
        case .interval: cell.append(seconds: policy.interval)
        case .count where policy.count != nil: cell.append(policy.count ?? 0)
        case .count: cell.append("-")
        case .zeroWindow: cell.append(count: side.zeroWindowProbes)
        case .first where isFirstLine: append(connection.firstTime, dates, to: &cell)
        case .last where isFirstLine: append(connection.lastTime, dates, to: &cell)
        case .duration where isFirstLine: cell.append(duration: connection.lastTime &- connection.firstTime)
        case .ended where isFirstLine: cell.append(connection.ending.words)
        case .stream, .verdict, .first, .last, .duration, .ended: break
        }
    }

    private static func append(_ nanoseconds: Int64, _ dates: Dates, to cell: inout TextBuffer) {
        let time = CivilTime(nanoseconds)
        if dates == .different {
            cell.append(date: time)
            cell.append(" ")
        }
        cell.append(timeOfDay: time, digits: 0)
    }
}

extension Connection.Ending {
    /// What it is, for people.
    var words: String {
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
    /// Appends a range of whole seconds as `57-60s`, one number where it is one, or `-` where nothing is known.
    fileprivate mutating func append(seconds range: ClosedRange<Int64>?) {
        guard let range else { return append("-") }
        append(signed: range.lowerBound)
        if range.count > 1 {
            append("-")
            append(signed: range.upperBound)
        }
        append("s")
    }

    /// Appends `count`, or `-` for none, so that the eye finds what there is.
    fileprivate mutating func append(count: UInt64) {
        if count == 0 { append("-") } else { append(count) }
    }
}
