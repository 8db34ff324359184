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
    /// The columns that are shown, with their places in a line, and whether times have their dates: known when all is
    /// measured.
    private var columns: [(column: Column, start: Int, end: Int)] = []
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

    private mutating func measure(_ end: Endpoint) {
        guard end.address.version == .v4 else { return widen(.end) { $0.append(end) } }
        var width = 4 + UInt64(end.port).digits
        for shift: UInt64 in [0, 8, 16, 24] { width += (end.address.low >> shift & 255).digits }
        widen(.end, to: width)
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
        var time = TextBuffer()
        append(earliest, to: &time)
        for column in [Column.first, .last] { widen(column, to: time.count) }
        var end = -2
        for column in Column.allCases where isShown(column) {
            let start = end + 2
            end = start + widths[column.rawValue]
            columns.append((column, start, end))
        }
        let line = text.count
        for (column, start, end) in columns {
            if !Self.isNumber(column) { text.pad(to: start, from: line) }
            let first = text.count
            text.append(Self.title(of: column))
            if Self.isNumber(column) { text.alignRight(from: first, to: line + end - first) }
        }
        text.append(octet: UInt8(ascii: "\n"))
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
        let first = text.count
        for (column, start, end) in columns {
            append(column, first + start, first + end, of: .originator, diagnosis, to: &text)
        }
        text.append(octet: UInt8(ascii: "\n"))
        let second = text.count
        // What stands for the connection has its place in the first line.
        for (column, start, end) in columns where Column.end.rawValue..<Column.first.rawValue ~= column.rawValue {
            append(column, second + start, second + end, of: .responder, diagnosis, to: &text)
        }
        text.append(octet: UInt8(ascii: "\n"))
    }

    /// Appends what the table needs to be understood.
    func appendFoot(to text: inout TextBuffer) {
        if hasUnseenHandshake {
            text.append("\n? the handshake was not captured: the smaller endpoint stands first\n")
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

    /// Appends the cell of `column` for `end`, from `start` to `limit` in the text.
    private func append(
        _ column: Column, _ start: Int, _ limit: Int, of end: Diagnosis.End, _ diagnosis: Diagnosis,
        to text: inout TextBuffer
    ) {
        let before = text.count
        let width = limit - before
        if !Self.isNumber(column) { text.pad(to: start - before, from: before) }
        switch column {
        case .stream:
            text.append(diagnosis.connection.number)
            if !diagnosis.connection.handshakeSeen { text.append(octet: UInt8(ascii: "?")) }
        case .end: text.append(end == .originator ? diagnosis.connection.originator : diagnosis.connection.responder)
        case .probes: text.append(count: diagnosis.side(end).probes, width: width)
        case .answered where diagnosis.side(end).probes > 0: text.append(diagnosis.side(end).answered, width: width)
        case .answered: text.append(count: 0, width: width)
        case .verdict: text.append(diagnosis.verdict.rawValue)
        case .idle: text.append(seconds: diagnosis.policy(of: end).idle)
        case .interval: text.append(seconds: diagnosis.policy(of: end).interval)
        case .count: text.append(count: diagnosis.policy(of: end).count ?? 0, width: width)
        case .zeroWindow: text.append(count: diagnosis.side(end).zeroWindowProbes, width: width)
        case .first: append(diagnosis.connection.firstTime, to: &text)
        case .last: append(diagnosis.connection.lastTime, to: &text)
        case .duration: text.append(duration: diagnosis.connection.lastTime &- diagnosis.connection.firstTime)
        case .ended: text.append(diagnosis.connection.ending.words)
        }
        if Self.isNumber(column) { text.alignRight(from: before, to: width) }
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
        guard let range else { return append(octet: UInt8(ascii: "-")) }
        append(signed: range.lowerBound)
        if range.count > 1 {
            append(octet: UInt8(ascii: "-"))
            append(signed: range.upperBound)
        }
        append(octet: UInt8(ascii: "s"))
    }

    /// Appends `count`, or `-` for none, so that the eye finds what there is, with spaces in front up to `width` columns.
    fileprivate mutating func append(count: UInt64, width: Int) {
        if count > 0 { return append(count, width: width) }
        pad(to: width - 1, from: self.count)
        append(octet: UInt8(ascii: "-"))
    }
}
