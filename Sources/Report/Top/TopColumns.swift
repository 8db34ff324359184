import KeepAlive
import Sockets
import Wire

/// The columns of `tcpalive top` on a screen of some width: all of them, or without those that matter least.
struct TopColumns {
    private enum Column: String, CaseIterable {
        case process, local, remote, state
        case settings = "keep-alive"
        case idle, next
        case unanswered = "un"
        case answer, verdict

        /// Whether numbers are aligned at their right end.
        var isRightAligned: Bool {
            switch self {
            case .idle, .next, .unanswered, .answer: true
            default: false
            }
        }

        /// The columns that it may be reduced to.
        var least: Int {
            switch self {
            case .process: 12
            case .remote: 21
            case .settings: 10
            case .verdict: 17
            default: 0
            }
        }
    }

    /// What a narrow screen lacks first, in this order; then columns become narrower, in the order of `shrinkable`; and then the
    /// others are missing.
    private static let dispensable: [Column] = [.state, .local, .answer]
    private static let shrinkable: [Column] = [.process, .remote, .verdict, .settings]
    private static let last: [Column] = [.unanswered, .next]
    /// The columns of the mark before a row.
    private static let margin = 2

    private let columns: [Column]
    private let widths: [Int]

    /// The columns for `rows` on a screen of `width` columns.
    init(_ rows: [TopRow], width: Int) {
        var columns = Column.allCases
        // Without rights nothing is known of other processes.
        if !rows.isEmpty, rows.allSatisfy({ $0.audited.owner == nil }) { columns.removeFirst() }
        var widths = Dictionary(uniqueKeysWithValues: columns.map { ($0, $0.rawValue.count) })
        for row in rows {
            for column in columns { widths[column] = max(widths[column] ?? 0, Self.cell(column, of: row).count) }
        }
        func excess() -> Int {
            columns.reduce(Self.margin - 1) { $0 + 1 + (widths[$1] ?? 0) } - width
        }
        func shrink() {
            for column in Self.shrinkable {
                guard let natural = widths[column], excess() > 0 else { continue }
                widths[column] = max(min(natural, column.least), natural - excess())
            }
        }
        for column in Self.dispensable where excess() > 0 { columns.removeAll { $0 == column } }
        let natural = widths
        shrink()
        for column in Self.last where excess() > 0 {
            columns.removeAll { $0 == column }
            widths = natural
            shrink()
        }
        self.columns = columns
        self.widths = columns.map { widths[$0] ?? 0 }
    }

    /// The titles, with a mark at that of `order`.
    func header(sortedBy order: TopOrder, isInverted: Bool, width: Int) -> ScreenLine {
        var line = ScreenLine()
        line.pad(to: Self.margin, .reversed)
        for (column, width) in zip(columns, widths) {
            let isSorted = column == Self.column(of: order)
            let style = ScreenLine.Style(isReversed: true, isBold: isSorted)
            var title = String(column.rawValue.prefix(width))
            if isSorted, title.count < width { title += isInverted ? "^" : "v" }
            append(title, column, width, style, .reversed, to: &line)
        }
        line.pad(to: width, .reversed)
        return line.cut(to: width)
    }

    /// The line of `row`.
    func line(of row: TopRow, isSelected: Bool, width: Int) -> ScreenLine {
        let gap = isSelected ? ScreenLine.Style.reversed : .plain
        var style = gap
        style.color = row.closed == nil ? Palette.color(of: row.severity) : nil
        var line = ScreenLine()
        line.append(row.mark, style)
        line.pad(to: Self.margin, gap)
        for (column, width) in zip(columns, widths) {
            let isColored = column == .verdict || column == .unanswered && row.unanswered > 0
            append(
                Self.fitting(column, of: row, width), column, width, isColored && row.closed == nil ? style : gap, gap,
                to: &line)
        }
        line.pad(to: width, gap)
        return line.cut(to: width)
    }

    private func append(
        _ text: String, _ column: Column, _ width: Int, _ style: ScreenLine.Style, _ gap: ScreenLine.Style,
        to line: inout ScreenLine
    ) {
        let end = line.columns + width
        if column.isRightAligned { line.pad(to: end - text.count, gap) }
        line.append(text, style)
        line.pad(to: end + 1, gap)
    }

    private static func column(of order: TopOrder) -> Column {
        switch order {
        case .severity: .verdict
        case .process: .process
        case .local: .local
        case .remote: .remote
        case .settings: .settings
        case .idle: .idle
        case .next: .next
        case .unanswered: .unanswered
        case .answer: .answer
        }
    }

    // MARK: Cells

    private static func cell(_ column: Column, of row: TopRow) -> String {
        let socket = row.audited.socket
        let cells = SocketCells(row: row.audited)
        switch column {
        case .process: return cells.process
        case .local: return row.audited.local
        case .remote: return socket.remote.description
        case .state: return row.closed == nil ? socket.state.shortName : "CLOSED"
        case .settings: return cells.settings
        case .idle: return socket.idleNow.map { duration(Int64($0) * 1_000_000) } ?? "-"
        case .next:
            if row.closed != nil { return "-" }
            switch socket.timer {
            case .keepAlive: return socket.expires == 0 ? "due" : duration(Int64(socket.expires) * 1_000_000)
            case .retransmission: return cells.sent
            case .windowProbe: return "window"
            case .closing, nil: return "-"
            }
        case .unanswered: return row.unanswered > 0 ? String(row.unanswered) : ""
        case .answer: return row.answerText
        case .verdict: return row.closed == nil ? row.verdict : "closed: \(row.verdict)"
        }
    }

    /// The cell in at most `width` columns. Of an address that is too long, the port stays.
    private static func fitting(_ column: Column, of row: TopRow, _ width: Int) -> String {
        let cell = cell(column, of: row)
        if cell.count <= width { return cell }
        switch column {
        case .local, .remote:
            let port = (cell.lastIndex(of: "]") ?? cell.lastIndex(of: ":")).map { cell[$0...] } ?? ""
            return cell.prefix(max(0, width - port.count - 1)) + "~" + port
        case .process:
            let number = cell.lastIndex(of: "[").map { cell[$0...] } ?? ""
            return cell.prefix(max(0, width - number.count - 1)) + "~" + number
        default: return cell.prefix(width - 1) + "~"
        }
    }

    /// `nanoseconds` in whole units, in at most five columns: 0s, 59s, 12m05, 1h02m, 3d04h.
    static func duration(_ nanoseconds: Int64) -> String {
        let seconds = max(0, nanoseconds) / 1_000_000_000
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : String(number) }
        switch seconds {
        case 0..<60: return "\(seconds)s"
        case 60..<3600: return "\(seconds / 60)m\(two(seconds % 60))"
        case 3600..<86_400: return "\(seconds / 3600)h\(two(seconds / 60 % 60))"
        default: return "\(seconds / 86_400)d\(two(seconds / 3600 % 24))"
        }
    }
}

extension TopRow {
    /// A sign of the severity, for screens without color.
    fileprivate var mark: String {
        if closed != nil { return "-" }
        return switch severity {
        case .failure: "X"
        case .warning: "!"
        case .notice: "*"
        case .ok: " "
        }
    }

    /// How long the last answer took; `~` before the smoothed round trip of the kernel.
    var answerText: String {
        guard let roundTrip else { return "" }
        let text = TextBuffer.string { text in
            let microseconds = UInt64(max(0, roundTrip) + 500) / 1000
            switch microseconds {
            case ..<10_000:
                text.append(microseconds / 1000)
                text.append(".")
                text.append(zeros: microseconds % 1000 / 10, width: 2)
                text.append("ms")
            case ..<1_000_000:
                text.append(microseconds / 1000)
                text.append("ms")
            default:
                text.append(microseconds / 1_000_000)
                text.append(".\(microseconds / 100_000 % 10)s")
            }
        }
        return wire.lastReply == nil ? "~" + text : text
    }
}
