import KeepAlive
import Sockets
import Wire

/// The audit as text: a table of the worst sockets, what the verdicts mean, totals, and what is hidden.
package struct AuditText {
    private let totals: AuditTotals
    private var style: TextStyle
    private let pathTimeout: Int?
    private let showsProcesses: Bool
    /// Processes and services, the worst first.
    private let processes: [(name: String, counts: AuditTotals.Counts)]
    private let services: [(name: String, counts: AuditTotals.Counts)]

    /// A report of `totals`, which are finished, in `style`, for paths with this idle timeout (s), if it is known.
    package init(_ totals: AuditTotals, _ style: TextStyle, pathTimeout: Int?, showsProcesses: Bool = true) {
        self.totals = totals
        self.style = style
        self.pathTimeout = pathTimeout
        self.showsProcesses = showsProcesses
        processes = totals.worstProcesses.map { (Self.name(of: $0.key), $0.value) }
        services = totals.worstServices.map { ($0.key.text, $0.value) }
    }

    /// Columns, in the order in which a narrow terminal omits them.
    private static let dispensable = ["local", "state", "next probe", "idle now", "netns"]

    /// How much of the report beside the table there is.
    private struct Extent {
        /// The most lines of totals by process, and by service.
        var totals = 10
        var hasMeanings = true
        var hasNotes = true

        /// From all to the least.
        static let all = [
            Extent(), Extent(totals: 3), Extent(totals: 0), Extent(totals: 0, hasMeanings: false),
            Extent(totals: 0, hasMeanings: false, hasNotes: false),
        ]
    }

    /// Appends the report to `text`. `notes` are sentences on what is hidden or incomplete. On a screen with `height` lines,
    /// totals, meanings and notes give way to the table, of which a third of the lines remains, with the worst; nil: all.
    package func append(to text: inout TextBuffer, notes: [String], height: Int? = nil) {
        // The last line is for the cursor.
        guard let height else { return append(totals.rows.count, Extent(), to: &text, notes) }
        for (number, extent) in Extent.all.enumerated() {
            let isLast = number == Extent.all.count - 1
            let least = min(totals.rows.count, isLast ? 1 : height / 3)
            if !isLast, lines(least, extent, notes) >= height { continue }
            // The most rows that fit, by bisection.
            var (rows, tooMany) = (least, totals.rows.count + 1)
            while rows + 1 < tooMany {
                let middle = (rows + tooMany) / 2
                if lines(middle, extent, notes) < height { rows = middle } else { tooMany = middle }
            }
            return append(rows, extent, to: &text, notes)
        }
    }

    /// The number of lines on the screen of the report with so many rows. The terminal divides lines that are too long.
    private func lines(_ rows: Int, _ extent: Extent, _ notes: [String]) -> Int {
        var plain = self
        plain.style.palette = TextStyle().palette
        var text = TextBuffer()
        plain.append(rows, extent, to: &text, notes)
        let width = max(1, style.width ?? .max)
        return text.string.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .reduce(0) { $0 + max(1, ($1.count - 1) / width + 1) }
    }

    private func append(_ count: Int, _ extent: Extent, to text: inout TextBuffer, _ notes: [String]) {
        let rows = Array(totals.rows.prefix(count))
        if !rows.isEmpty { appendTable(rows, to: &text) }
        let missing = totals.all.sockets - UInt64(rows.count)
        if missing > 0, !rows.isEmpty {
            text.append("... and ")
            text.append(missing, of: "more socket")
            text.append(", none worse (--limit all)\n")
        }
        if !rows.isEmpty { text.append("\n") }
        if extent.hasMeanings { appendMeanings(rows, to: &text) }
        appendTotals("process", processes, extent.totals, to: &text)
        appendTotals("service", services, extent.totals, to: &text)
        appendSummary(to: &text)
        if extent.hasNotes {
            for note in notes { appendLine(note, to: &text) }
        }
    }

    private static func name(of process: AuditTotals.Process) -> String {
        guard let number = process.number else { return "unknown" }
        return TextBuffer.string {
            $0.append(printable: process.name ?? "")
            $0.append("[\(number)]")
        }
    }

    private func appendLine(_ line: String, to text: inout TextBuffer) {
        let start = text.count
        text.append(line)
        text.append("\n")
        text.wrap(from: start, to: style.width, hanging: 2)
    }

    // MARK: Table

    private func appendTable(_ rows: [AuditedSocket], to text: inout TextBuffer) {
        var columns: [(title: String, cell: (AuditedSocket) -> String)] = [
            ("verdict", { SocketCells(row: $0).verdict }), ("process", { SocketCells(row: $0).process }),
            ("local", { $0.local }), ("remote", { end($0.socket.remote) }),
            ("state", { $0.socket.state.shortName }), ("keep-alive", { SocketCells(row: $0).settings }),
            ("idle now", { SocketCells(row: $0).idle }), ("next probe", { SocketCells(row: $0).next }),
        ]
        if !showsProcesses || rows.allSatisfy({ $0.owner == nil && $0.socket.inode == 0 }) { columns.remove(at: 1) }
        if rows.contains(where: { $0.namespace != nil }) {
            columns.insert(("netns", { $0.namespace ?? "-" }), at: 1)
        }
        // The cells are made twice, because those of all rows would take more memory than the rows.
        var widths = columns.map(\.title.count)
        for row in rows {
            for index in columns.indices { widths[index] = max(widths[index], columns[index].cell(row).count) }
        }
        if let width = style.width {
            for title in Self.dispensable where widths.reduce(-2, { $0 + $1 + 2 }) > width {
                guard let index = columns.firstIndex(where: { $0.title == title }) else { continue }
                columns.remove(at: index)
                widths.remove(at: index)
            }
        }
        appendLine(of: columns.map(\.title), widths, color: nil, to: &text)
        for row in rows {
            appendLine(
                of: columns.map { $0.cell(row) }, widths, color: Palette.color(of: row.assessment.severity), to: &text)
        }
    }

    /// Appends a line with `cells`, the first in `color`.
    private func appendLine(of cells: [String], _ widths: [Int], color: Palette.Color?, to text: inout TextBuffer) {
        for (index, cell) in cells.enumerated() {
            if index == 0 { style.palette.append(cell, in: color, to: &text) } else { text.append(printable: cell) }
            if index + 1 < cells.count { text.append(String(repeating: " ", count: widths[index] - cell.count + 2)) }
        }
        text.append("\n")
    }

    private func end(_ endpoint: Endpoint) -> String {
        TextBuffer.string { style.append(endpoint, to: &$0) }
    }

    // MARK: Meanings

    /// A line for each verdict in the totals, and for what is short in the table.
    private func appendMeanings(_ rows: [AuditedSocket], to text: inout TextBuffer) {
        let present = SocketAssessment.verdicts.filter { totals.verdicts[$0] != nil }
        for verdict in present {
            appendLine(
                "\(verdict.rawValue) (\(count(verdict))): \(SocketAdvice.meaning(of: verdict, pathTimeout: pathTimeout))",
                to: &text)
        }
        if rows.contains(where: { $0.isOn == true }) {
            var line = "keep-alive is idle/interval/count in seconds"
            let settings = rows.map { SocketCells(row: $0).settings }
            for (sign, meaning) in [
                ("?", "? unknown"), (">=", ">=N no probe before N s of silence"), ("*", "N* idle or interval"),
                ("u", "u user timeout"),
            ] where settings.contains(where: { $0.contains(sign) }) {
                line += ", \(meaning)"
            }
            appendLine(line, to: &text)
        }
        if !present.isEmpty || rows.contains(where: { $0.isOn == true }) { text.append("\n") }
    }

    private func count(_ verdict: Verdict) -> String {
        TextBuffer.string { $0.append(totals.verdicts[verdict] ?? 0, of: "socket") }
    }

    // MARK: Totals

    private func appendTotals(
        _ title: String, _ entries: [(name: String, counts: AuditTotals.Counts)], _ most: Int,
        to text: inout TextBuffer
    ) {
        // One line would repeat the summary.
        if entries.count < 2 || most == 0 { return }
        let shown = entries.prefix(most)
        let width = ([title] + shown.map(\.name)).map(\.count).max() ?? 0
        let titles = ["sockets", "off", "notices", "warnings"]
        text.append(title)
        text.append(String(repeating: " ", count: width - title.count))
        for title in titles { text.append("  \(String(repeating: " ", count: max(0, 8 - title.count)))\(title)") }
        text.append("\n")
        for (name, counts) in shown {
            text.append(name)
            text.append(String(repeating: " ", count: width - name.count))
            for number in [counts.sockets, counts.off, counts.notices, counts.warnings] {
                let cell = TextBuffer.string { $0.append(grouped: number) }
                text.append("  \(String(repeating: " ", count: max(0, 8 - cell.count)))\(cell)")
            }
            text.append("\n")
        }
        if entries.count > shown.count {
            text.append("... and ")
            text.append(grouped: UInt64(entries.count - shown.count))
            text.append(" more\n")
        }
        text.append("\n")
    }

    private func appendSummary(to text: inout TextBuffer) {
        let all = totals.all
        let start = text.count
        text.append(all.sockets, of: "socket")
        if all.sockets > 0 {
            text.append(": keep-alive is off on ")
            text.append(grouped: all.off)
            text.append(", ")
            text.append(all.warnings, of: "warning")
            text.append(", ")
            text.append(all.notices, of: "notice")
        }
        text.append("\n")
        text.wrap(from: start, to: style.width)
    }
}
