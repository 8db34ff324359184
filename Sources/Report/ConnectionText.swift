import KeepAlive
import Wire

/// The connections for people: two lines each, one an end, the originator first.
///
/// Columns are as wide as they must be, and times have their date only where the table holds more than one day: so all
/// connections are measured first, and then each is appended. Nothing is kept of either.
struct ConnectionText {
    /// Connections measured.
    private(set) var count: UInt64 = 0
    /// How wide each column is.
    private var widths = Column.allCases.map { title(of: $0).utf8.count }
    private var hasUnseenHandshake = false
    private var hasZeroWindow = false
    private var hasPolicy = false
    private var earliest = Int64.max
    private var latest = Int64.min
    /// The columns that are shown, and whether times have their dates: known when all is measured.
    private var columns: [Column] = []
    private var showsDates = false
    /// A cell that is measured.
    private var cell = TextBuffer()

    /// A column. Some stand for a connection and appear in the line of its originator only: the ones before `end` and
    /// from `first` on.
    private enum Column: Int, CaseIterable {
        case stream, verdict, end, probes, answered, idle, interval, count, zeroWindow, first, last, duration, ended
    }

    // MARK: Measuring

    /// Makes room for the lines of `diagnosis`.
    mutating func measure(_ diagnosis: Diagnosis) {
        count += 1
        let (first, last) = (diagnosis.connection.firstTime, diagnosis.connection.lastTime)
        earliest = min(earliest, first, last)
        latest = max(latest, first, last)
        if !diagnosis.connection.handshakeSeen { hasUnseenHandshake = true }
        widen(.stream, to: diagnosis.connection.number.digits + (diagnosis.connection.handshakeSeen ? 0 : 1))
        widen(.verdict, to: diagnosis.verdict.rawValue.utf8.count)
        widen(.ended, to: diagnosis.connection.ending.words.utf8.count)
        widen(.duration) { $0.append(duration: last &- first) }
        widen(.end) { $0.append(diagnosis.connection.originator) }
        widen(.end) { $0.append(diagnosis.connection.responder) }
        measure(diagnosis.connection.fromOriginator)
        measure(diagnosis.connection.fromResponder)
        measure(diagnosis.originatorPolicy)
        measure(diagnosis.responderPolicy)
    }

    private mutating func measure(_ side: ConnectionSide) {
        widen(.probes, to: side.probes.digits)
        widen(.answered, to: side.answered.digits)
        widen(.zeroWindow, to: side.zeroWindowProbes.digits)
        if side.zeroWindowProbes > 0 { hasZeroWindow = true }
    }

    private mutating func measure(_ policy: InferredPolicy) {
        if policy.isEmpty { return }
        hasPolicy = true
        widen(.idle) { $0.append(seconds: policy.idle) }
        widen(.interval) { $0.append(seconds: policy.interval) }
        widen(.count, to: (policy.count ?? 0).digits)
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

    /// Appends how many of `total` connections the table shows, and the titles of its columns.
    mutating func appendHead(of total: UInt64, to text: inout TextBuffer) {
        if count == total {
            text.append(total, of: "connection")
        } else {
            text.append("\(count) of ")
            text.append(total, of: "connection")
        }
        showsDates = CivilTime(earliest).day != CivilTime(latest).day
        if showsDates {
            text.append(", times in UTC\n\n")
        } else {
            text.append(", ")
            text.append(date: CivilTime(earliest))
            text.append(" UTC\n\n")
        }
        columns = Column.allCases.filter(isShown)
        var time = TextBuffer()
        append(earliest, to: &time)
        for column in [Column.first, .last] { widen(column, to: time.count) }
        for column in columns { append(column, to: &text) { $0.append(Self.title(of: column)) } }
        text.append("\n")
    }

    private func isShown(_ column: Column) -> Bool {
        switch column {
        case .zeroWindow: hasZeroWindow
        case .idle, .interval, .count: hasPolicy
        default: true
        }
    }

    /// Appends the two lines of `diagnosis`, which was measured.
    func append(_ diagnosis: Diagnosis, to text: inout TextBuffer) {
        for column in columns { append(column, to: &text) { append(column, of: .originator, diagnosis, to: &$0) } }
        text.append("\n")
        // Behind the last cell that has a text there is none.
        for column in columns where column.rawValue < Column.first.rawValue {
            append(column, to: &text) { append(column, of: .responder, diagnosis, to: &$0) }
        }
        text.append("\n")
    }

    /// Appends what the table needs to be understood.
    func appendFoot(to text: inout TextBuffer) {
        if hasUnseenHandshake {
            text.append("\n? the handshake was not captured: the smaller endpoint stands first\n")
        }
    }

    /// Appends the cell of `column` that `body` appends, as wide as that is.
    @inline(__always)
    private func append(_ column: Column, to text: inout TextBuffer, _ body: (inout TextBuffer) -> Void) {
        if column != .stream { text.append("  ") }
        let start = text.count
        body(&text)
        if Self.isNumber(column) {
            text.alignRight(from: start, to: widths[column.rawValue])
        } else if column != .ended {
            text.pad(to: widths[column.rawValue], from: start)
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

    @inline(__always)
    private func append(_ column: Column, of end: Diagnosis.End, _ diagnosis: Diagnosis, to cell: inout TextBuffer) {
        let isFirstLine = end == .originator
        switch column {
        case .stream where isFirstLine:
            cell.append(diagnosis.connection.number)
            if !diagnosis.connection.handshakeSeen { cell.append("?") }
        case .end: cell.append(isFirstLine ? diagnosis.connection.originator : diagnosis.connection.responder)
        case .probes: cell.append(count: diagnosis.side(end).probes)
        case .answered where diagnosis.side(end).probes > 0: cell.append(diagnosis.side(end).answered)
        case .answered: cell.append("-")
        case .verdict where isFirstLine: cell.append(diagnosis.verdict.rawValue)
        case .idle: cell.append(seconds: diagnosis.policy(of: end).idle)
        case .interval: cell.append(seconds: diagnosis.policy(of: end).interval)
        case .count: cell.append(count: diagnosis.policy(of: end).count ?? 0)
        case .zeroWindow: cell.append(count: diagnosis.side(end).zeroWindowProbes)
        case .first where isFirstLine: append(diagnosis.connection.firstTime, to: &cell)
        case .last where isFirstLine: append(diagnosis.connection.lastTime, to: &cell)
        case .duration where isFirstLine:
            cell.append(duration: diagnosis.connection.lastTime &- diagnosis.connection.firstTime)
        case .ended where isFirstLine: cell.append(diagnosis.connection.ending.words)
        case .stream, .verdict, .first, .last, .duration, .ended: break
        }
    }

    private func append(_ nanoseconds: Int64, to cell: inout TextBuffer) {
        let time = CivilTime(nanoseconds)
        if showsDates {
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

extension UInt64 {
    /// How many digits it has in decimal.
    fileprivate var digits: Int {
        var (digits, rest) = (1, self)
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        return digits
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
