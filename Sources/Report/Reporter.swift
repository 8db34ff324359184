package import KeepAlive
package import Platform

/// A format of a report.
package enum ReportFormat: Sendable, Equatable {
    /// For people: events in tcpdump's notation, a table of connections, findings, a summary.
    case text
    /// One JSON document: `events`, `connections`, `summary`.
    case json
    /// JSON Lines: one record per line.
    case jsonl
    /// Frame numbers and marks, one line per frame, for comparison with Wireshark.
    case marks
    /// A table with a header, for spreadsheets, databases and `cut`.
    case table(TableFormat)
}

extension ReportFormat {
    /// Whether the format has events.
    fileprivate var hasEvents: Bool {
        if case .table(let table) = self { table.records == .events } else { true }
    }
}

/// Writes a report in one of the formats. Call `begin` for each file, `event` for each event, and `finish` once.
///
/// `tcpalive.schema.json`, beside this file, describes the members of JSON records.
package struct Reporter: ~Copyable {
    private let format: ReportFormat
    private let showsEvents: Bool
    private var output: Output
    private var file = ""
    private var files: SourceFiles
    private var events: EventText
    private var marks: MarksText
    /// The row of a table; nil: the format is none.
    private var row: TableRow?
    private var hasHeader = false
    /// Whether there are several files: then the numbers of connections are not Wireshark's.
    private let namesFiles: Bool
    private var needsComma = false
    /// Whether the text so far ends with a finding, which is followed by an empty line.
    private var endsWithFinding = false
    /// Whether there is text before the table of connections.
    private var hasText: Bool { events.count > 0 || endsWithFinding }
    private let printsTimelines: Bool
    private let style: TextStyle
    /// The sockets of this host at the ends of connections.
    package var sockets = LocalSockets()
    /// The events that are kept for drawings and timelines; nil: neither is wanted.
    package private(set) var kept: RetainedEvents?

    /// Creates a reporter.
    ///
    /// - Parameters:
    ///   - format: The format of the report.
    ///   - output: Where the report is written.
    ///   - showsEvents: Whether events are written.
    ///   - namesFiles: Whether there are several files: each line of `marks` then begins with the file name.
    ///   - style: How `text` shows times, names, colours and long lines.
    ///   - printsTimelines: Whether `text` has a timeline of each connection instead of the findings.
    ///   - keepsEvents: Whether `kept` has the events.
    ///   - memory: Bytes for `kept` and `DataTicks(memory:)`.
    ///   - isFiltered: Whether a filter excludes packets of the files.
    package init(
        format: ReportFormat, to output: consuming Output, showsEvents: Bool = true, namesFiles: Bool = false,
        style: TextStyle = TextStyle(), printsTimelines: Bool = false, keepsEvents: Bool = false,
        memory: Int = 96 << 20, isFiltered: Bool = false
    ) {
        files = SourceFiles(isFiltered: isFiltered)
        self.printsTimelines = printsTimelines
        kept = printsTimelines || keepsEvents ? RetainedEvents(memory: memory) : nil
        self.format = format
        self.showsEvents = showsEvents && format.hasEvents && !(format == .text && style.isBrief)
        self.output = output
        self.style = style
        events = EventText(style)
        marks = MarksText(namesFiles: namesFiles)
        self.namesFiles = namesFiles
        if case .table(let table) = format { row = TableRow(table) }
    }

    /// The text that is not written yet: all of it if the output has no descriptor.
    package var pendingText: String { output.text.string }

    /// Whether text waits to be written.
    package var hasPendingText: Bool { output.text.count > 0 }

    /// Whether the report has verifications.
    package var wantsVerifications: Bool {
        switch format {
        case .text, .json, .jsonl: true
        case .marks, .table: false
        }
    }

    /// The events that follow are from `file`.
    package mutating func begin(file: String) throws(OutputError) {
        try output.write { marks.flush(to: &$0) }
        try writeHeader()
        self.file = file
        files.names.append(file)
        kept?.begin(file: file)
    }

    /// Whether `event(_:frame:)` has an effect.
    package var wantsEvents: Bool { showsEvents || kept != nil }

    /// Whether the numbers of connections in events are Wireshark's.
    private var hasStreamNumbers: Bool { files.hasStreamNumbers && !namesFiles }

    /// Reports `event`, which is in frame `frame` of the current file; `interface` names where it was captured, if the
    /// capture has several interfaces.
    package mutating func event(
        _ event: SegmentEvent, frame: UInt64, interface: String? = nil
    ) throws(OutputError) {
        kept?.add(event, frame: frame)
        guard showsEvents else { return }
        let hasStreamNumbers = hasStreamNumbers
        switch format {
        case .text:
            // A heading begins with an empty line of its own.
            let isApart = endsWithFinding && (events.count == 0 || !events.needsHeading(event, file: file))
            try output.write {
                if isApart { $0.append("\n") }
                events.append(event, frame: frame, file: file, interface: interface, to: &$0)
            }
            endsWithFinding = false
        case .marks:
            // This format has only what Wireshark marks.
            if event.marks.isEmpty { break }
            try output.write { marks.append(event.marks, frame: frame, file: file, to: &$0) }
        case .jsonl:
            try output.writeLine {
                $0.appendRecord(
                    event, frame: frame, file: file, interface: interface, hasStreamNumbers: hasStreamNumbers)
            }
        case .json:
            try output.write {
                $0.append(needsComma ? ",\n" : "{\"events\":[\n")
                $0.appendRecord(
                    event, frame: frame, file: file, interface: interface, hasStreamNumbers: hasStreamNumbers)
            }
            needsComma = true
        case .table(let table):
            guard table.records == .events else { break }
            row?.appendRecord(event, frame: frame, file: file, interface: interface, hasStreamNumbers: hasStreamNumbers)
            try writeRow()
        }
    }

    /// Reports that the socket at `end` has become known, with `isNew`, or that its process or its options are others now.
    /// Only text with events has it: the other formats have it in the record of the connection.
    package mutating func socket(at end: LocalSockets.End, isNew: Bool) throws(OutputError) {
        guard format == .text, showsEvents, let entry = sockets[end], !entry.socket.text.isEmpty else { return }
        let isApart = endsWithFinding
        endsWithFinding = false
        try output.write {
            if isApart { $0.append("\n") }
            $0.append(lineOf: entry, at: end, isNew: isNew, style)
        }
    }

    /// Reports that probes do not match the options of their socket, during a live capture. Only text does so; the other
    /// formats have it at the end, as text has once more.
    package mutating func mismatch(_ verified: ProbeVerification) throws(OutputError) {
        guard format == .text else { return }
        if style.isBrief { return try output.write { $0.append(line: verified, style) } }
        let isApart = hasText
        try output.write {
            if isApart { $0.append("\n") }
            $0.append(block: verified, style)
        }
        endsWithFinding = true
    }

    /// Whether `finding(_:in:at:)` has an effect: `json` has findings only at its end, `marks` and tables have none.
    package var wantsFindings: Bool { format == .text || format == .jsonl }

    /// Reports `finding`, which became known at `time` (ns since 1970) during a live capture.
    package mutating func finding(
        _ finding: Finding, in diagnosis: Diagnosis, at time: Int64
    ) throws(OutputError) {
        switch format {
        case .text where style.isBrief:
            try output.write { $0.append(line: finding, in: diagnosis, style, sockets: sockets) }
        case .text:
            let isApart = hasText
            try output.write {
                if isApart { $0.append("\n") }
                $0.append(block: finding, in: diagnosis, files: files, style, sockets: sockets)
            }
            endsWithFinding = true
        case .jsonl:
            try output.writeLine { $0.appendRecord(finding, in: diagnosis, at: time, files: files, sockets: sockets) }
        case .json, .marks, .table: break
        }
    }

    /// Writes all text so far to the descriptor.
    package mutating func flush() throws(OutputError) {
        try output.flush()
    }

    /// Ends the report with `findings`, `summary` and `verifications`, and writes all text to the descriptor.
    ///
    /// Text omits the findings that were `printed` during the capture.
    package mutating func finish(
        _ findings: borrowing some Findings & ~Copyable, _ summary: Summary, _ verifications: [ProbeVerification] = [],
        printed: LiveFindings = LiveFindings()
    ) throws(OutputError) {
        switch format {
        case .text where style.isBrief: try finishBrief(findings, summary, verifications, printed)
        case .text:
            try finishText(findings, summary, printed)
            try finishText(verifications)
        case .marks: try output.write { marks.flush(to: &$0) }
        case .table(let table): try finish(table, findings, summary)
        case .jsonl: try finishJSONLines(findings, verifications, summary)
        case .json: try finishJSON(findings, verifications, summary)
        }
        try output.flush()
    }

    private mutating func finishText(
        _ findings: borrowing some Findings & ~Copyable, _ summary: Summary, _ printed: LiveFindings
    ) throws(OutputError) {
        let hasText = hasText
        var table = ConnectionText(style, sockets: sockets)
        var blocks = FindingBlocks(files: files, style, sockets: sockets)
        findings.forEachDiagnosis { diagnosis in
            table.measure(diagnosis)
            if !printsTimelines { blocks.add(diagnosis, without: printed) }
        }
        if table.count > 0 {
            try output.write {
                if hasText { $0.append("\n") }
                table.appendHead(of: summary.counts.connections, to: &$0)
            }
            try findings.forEachDiagnosis { diagnosis throws(OutputError) in
                try output.write { table.append(diagnosis, to: &$0) }
            }
            try output.write { table.appendFoot(to: &$0) }
            if printsTimelines, let kept {
                try findings.forEachDiagnosis { diagnosis throws(OutputError) in
                    var timeline = TimelineText(diagnosis, kept, files: files, style)
                    try output.write { timeline.append(to: &$0) }
                }
            }
            try output.write {
                blocks.append(to: &$0)
                for path in findings.paths { $0.append(PathText(path), style) }
            }
        }
        try output.write {
            if $0.count > 0 || hasText || table.count > 0 { $0.append("\n") }
            let start = $0.count
            if events.isReduced {
                $0.append("Flags and numbers of segments omitted to fit \(style.width ?? 0) columns.\n")
            }
            $0.append(summary)
            $0.wrap(from: start, to: style.width, hanging: 3)
        }
    }

    /// Writes one line per finding that was not `printed`, per verification, and for the summary.
    private mutating func finishBrief(
        _ findings: borrowing some Findings & ~Copyable, _ summary: Summary, _ verifications: [ProbeVerification],
        _ printed: LiveFindings
    ) throws(OutputError) {
        try findings.forEachDiagnosis { diagnosis throws(OutputError) in
            for finding in diagnosis.findings
            where finding.isReported(in: diagnosis) && !printed.hasPrinted(finding, in: diagnosis) {
                try output.write { $0.append(line: finding, in: diagnosis, style, sockets: sockets) }
            }
        }
        for verified in verifications { try output.write { $0.append(line: verified, style) } }
        try output.write {
            let start = $0.count
            $0.append(lineOf: summary)
            $0.wrap(from: start, to: style.width, hanging: 3)
        }
    }

    /// Writes what was compared with `--expect` in full, and what was compared with sockets in one line if it matches.
    private mutating func finishText(_ verifications: [ProbeVerification]) throws(OutputError) {
        let matching = verifications.filter { $0.socket != nil && $0.verification.passes }
        if !matching.isEmpty {
            try output.write {
                $0.append("\n")
                for verified in matching.prefix(Self.mostVerifications) { $0.append(line: verified, style) }
                $0.append(rest: matching.count - Self.mostVerifications)
            }
        }
        var blocks = 0
        for verified in verifications where verified.socket == nil || !verified.verification.passes {
            if verified.socket != nil {
                blocks += 1
                if blocks > Self.mostVerifications { continue }
            }
            try output.write {
                $0.append("\n")
                $0.append(block: verified, style)
            }
        }
        if blocks > Self.mostVerifications {
            try output.write {
                $0.append("\n")
                $0.append(rest: blocks - Self.mostVerifications)
            }
        }
    }

    /// Verifications by sockets that the text has, at most, of those that match and of the others.
    private static let mostVerifications = 20

    /// Writes the rows of a table that are known only at the end.
    private mutating func finish(
        _ table: TableFormat, _ findings: borrowing some Findings & ~Copyable, _ summary: Summary
    ) throws(OutputError) {
        try writeHeader()
        switch table.records {
        case .events: break
        case .connections:
            try findings.forEachDiagnosis { diagnosis throws(OutputError) in
                row?.appendRecord(diagnosis, files: files, sockets: sockets)
                try writeRow()
            }
        case .paths:
            for path in findings.paths {
                row?.appendRecord(path)
                try writeRow()
            }
        case .summary:
            row?.appendRecord(summary)
            try writeRow()
        }
    }

    /// Writes the header of a table, once.
    private mutating func writeHeader() throws(OutputError) {
        if hasHeader || row == nil { return }
        hasHeader = true
        row?.writeHeader()
        try writeRow()
    }

    private mutating func writeRow() throws(OutputError) {
        guard let row else { return }
        try output.write { $0.append(row.text) }
    }

    private mutating func finishJSONLines(
        _ findings: borrowing some Findings & ~Copyable, _ verifications: [ProbeVerification], _ summary: Summary
    ) throws(OutputError) {
        try findings.forEachDiagnosis { diagnosis throws(OutputError) in
            try output.writeLine { $0.appendRecord(diagnosis, files: files, sockets: sockets) }
        }
        for path in findings.paths { try output.writeLine { $0.appendRecord(path) } }
        for verified in verifications { try output.writeLine { $0.appendRecord(verified) } }
        try output.writeLine { $0.appendRecord(summary) }
    }

    private mutating func finishJSON(
        _ findings: borrowing some Findings & ~Copyable, _ verifications: [ProbeVerification], _ summary: Summary
    ) throws(OutputError) {
        try output.write { $0.append(needsComma ? "\n],\n\"connections\":" : "{\"events\":[],\n\"connections\":") }
        var isEmpty = true
        try output.write { $0.append("[") }
        try findings.forEachDiagnosis { diagnosis throws(OutputError) in
            try output.write {
                $0.append(isEmpty ? "\n" : ",\n")
                $0.appendRecord(diagnosis, files: files, sockets: sockets)
            }
            isEmpty = false
        }
        try output.write { $0.append(isEmpty ? "]" : "\n]") }
        let paths = findings.paths
        if !paths.isEmpty {
            try output.write { $0.append(",\n\"paths\":") }
            try writeArray(paths) { $0.appendRecord($1) }
        }
        if !verifications.isEmpty {
            try output.write { $0.append(",\n\"verifications\":") }
            try writeArray(verifications) { $0.appendRecord($1) }
        }
        try output.write {
            $0.append(",\n\"summary\":")
            $0.appendRecord(summary)
            $0.append("}\n")
        }
    }

    private mutating func writeArray<Item>(
        _ items: [Item], _ append: (inout TextBuffer, Item) -> Void
    ) throws(OutputError) {
        try output.write { $0.append("[") }
        for (index, item) in items.enumerated() {
            try output.write {
                $0.append(index > 0 ? ",\n" : "\n")
                append(&$0, item)
            }
        }
        try output.write { $0.append(items.isEmpty ? "]" : "\n]") }
    }
}

extension TextBuffer {
    /// Appends how many more verifications there are, if any.
    fileprivate mutating func append(rest count: Int) {
        if count > 0 { append("... and \(count) more: use --brief or --format jsonl\n") }
    }
}

extension Output {
    /// Appends a record as one line.
    fileprivate mutating func writeLine(_ append: (inout TextBuffer) -> Void) throws(OutputError) {
        try write {
            append(&$0)
            $0.append("\n")
        }
    }
}
