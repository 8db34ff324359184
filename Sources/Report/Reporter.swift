public import KeepAlive
public import Platform

/// A format of a report.
public enum ReportFormat: String, CaseIterable, Sendable {
    /// For people: events in tcpdump's notation, a table of connections, a summary.
    case text
    /// One JSON document: `events`, `connections`, `summary`.
    case json
    /// JSON Lines: one record a line.
    case jsonl
    /// Frame numbers and marks, a line a frame, for comparison with Wireshark.
    case tsv
}

/// Writes a report as its parts become known: files and events in order, then `finish`.
///
/// The members of JSON records are described in `tcpalive.schema.json`, beside this file.
public struct Reporter: ~Copyable {
    private let format: ReportFormat
    private let showsEvents: Bool
    private var output: Output
    private var file = ""
    private var files: SourceFiles
    private var events: EventText
    private var marks: MarksText
    private var needsComma = false
    /// Whether the last thing printed as text was a finding, which has an empty line on either side.
    private var endsWithFinding = false
    /// Whether text was printed before the end.
    private var hasText: Bool { events.count > 0 || endsWithFinding }
    private let printsTimelines: Bool
    /// The events so far, as far as they are kept for drawings and stories; nil where nobody wants them.
    public private(set) var kept: RetainedEvents?

    /// A reporter that writes `format` to `output`.
    ///
    /// Without `showsEvents` events are left out. `namesFiles` has every line of `tsv` say its file.
    /// `color` and `printsTimelines` concern `text` only: the story of each connection takes the place of the findings.
    /// With `keepsEvents` they are in `kept`. `isFiltered`: a filter leaves out packets of the files.
    public init(
        format: ReportFormat, to output: consuming Output, showsEvents: Bool = true, namesFiles: Bool = false,
        color: Bool = false, printsTimelines: Bool = false, keepsEvents: Bool = false, isFiltered: Bool = false
    ) {
        files = SourceFiles(isFiltered: isFiltered)
        self.printsTimelines = printsTimelines
        kept = printsTimelines || keepsEvents ? RetainedEvents() : nil
        self.format = format
        self.showsEvents = showsEvents
        self.output = output
        events = EventText(color: color)
        marks = MarksText(namesFiles: namesFiles)
    }

    /// What was not written out yet: all of it, when the output has no descriptor.
    public var pendingText: String { output.text.string }

    /// What follows was read from `file`.
    public mutating func begin(file: String) throws(OutputError) {
        try output.write { marks.flush(to: &$0) }
        self.file = file
        files.names.append(file)
        kept?.begin(file: file)
    }

    /// Whether `event` does anything.
    public var wantsEvents: Bool { showsEvents || kept != nil }

    /// Reports what happened in frame `frame` of the current file.
    public mutating func event(_ event: SegmentEvent, frame: UInt64) throws(OutputError) {
        kept?.add(event, frame: frame)
        guard showsEvents else { return }
        switch format {
        case .text:
            // A heading brings an empty line of its own.
            let isApart = endsWithFinding && (events.count == 0 || !events.needsHeading(event, file: file))
            try output.write {
                if isApart { $0.append("\n") }
                events.append(event, frame: frame, file: file, to: &$0)
            }
            endsWithFinding = false
        case .tsv:
            // What Wireshark does not mark has no line there.
            if event.marks.isEmpty { break }
            try output.write { marks.append(event.marks, frame: frame, file: file, to: &$0) }
        case .jsonl:
            try output.write {
                $0.appendRecord(event, frame: frame, file: file)
                $0.append("\n")
            }
        case .json:
            try output.write {
                $0.append(needsComma ? ",\n" : "{\"events\":[\n")
                $0.appendRecord(event, frame: frame, file: file)
            }
            needsComma = true
        }
    }

    /// Whether `finding(_:in:at:)` does anything: the document of `json` lists findings at its end only, `tsv` has none.
    public var wantsFindings: Bool { format == .text || format == .jsonl }

    /// Reports `finding`, which became known at `time` (ns since 1970) while the capture goes on.
    public mutating func finding(
        _ finding: Finding, in diagnosis: Diagnosis, at time: Int64
    ) throws(OutputError) {
        switch format {
        case .text:
            let isApart = hasText
            try output.write {
                if isApart { $0.append("\n") }
                $0.append(block: finding, in: diagnosis, files: files)
            }
            endsWithFinding = true
        case .jsonl:
            try output.write {
                $0.appendRecord(finding, in: diagnosis, at: time, files: files)
                $0.append("\n")
            }
        case .json, .tsv: break
        }
    }

    /// Writes out what was reported so far.
    public mutating func flush() throws(OutputError) {
        try output.flush()
    }

    /// Ends the report with `findings`, `summary` and `judgements`, and writes out what is left.
    ///
    /// As text, the findings that were `printed` while the capture went on are not printed again.
    public mutating func finish(
        _ findings: borrowing some Findings & ~Copyable, _ summary: Summary, _ judgements: [JudgedProbes] = [],
        printed: LiveFindings = LiveFindings()
    ) throws(OutputError) {
        switch format {
        case .text:
            try finishText(findings, summary, printed)
            try finishText(judgements)
        case .tsv: try output.write { marks.flush(to: &$0) }
        case .jsonl: try finishJSONLines(findings, judgements, summary)
        case .json: try finishJSON(findings, judgements, summary)
        }
        try output.flush()
    }

    private mutating func finishText(
        _ findings: borrowing some Findings & ~Copyable, _ summary: Summary, _ printed: LiveFindings
    ) throws(OutputError) {
        let hasText = hasText
        var table = ConnectionText()
        var sentences = FindingsText(files: files)
        findings.forEachDiagnosis { diagnosis in
            table.measure(diagnosis)
            if !printsTimelines { sentences.take(diagnosis, without: printed) }
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
                    try output.write { TimelineText(diagnosis, kept, files: files).append(to: &$0) }
                }
            }
            try output.write {
                sentences.append(to: &$0)
                for path in findings.paths { $0.append(PathText(path)) }
            }
        }
        try output.write {
            if $0.count > 0 || hasText || table.count > 0 { $0.append("\n") }
            $0.append(summary)
        }
    }

    private mutating func finishText(_ judgements: [JudgedProbes]) throws(OutputError) {
        for judged in judgements {
            try output.write {
                $0.append("\n")
                if let prober = judged.prober, let peer = judged.peer {
                    $0.append("Probes from ")
                    $0.append(prober)
                    $0.append(" to ")
                    $0.append(peer)
                    $0.append("\n")
                }
                $0.append(linesOf: judged.verification)
                $0.append(conclusionOf: judged.verification)
                $0.append("\n")
            }
        }
    }

    private mutating func finishJSONLines(
        _ findings: borrowing some Findings & ~Copyable, _ judgements: [JudgedProbes], _ summary: Summary
    ) throws(OutputError) {
        try findings.forEachDiagnosis { diagnosis throws(OutputError) in
            try output.write {
                $0.appendRecord(diagnosis, files: files)
                $0.append("\n")
            }
        }
        for path in findings.paths {
            try output.write {
                $0.appendRecord(path)
                $0.append("\n")
            }
        }
        for judged in judgements {
            try output.write {
                $0.appendRecord(judged)
                $0.append("\n")
            }
        }
        try output.write {
            $0.appendRecord(summary)
            $0.append("\n")
        }
    }

    private mutating func finishJSON(
        _ findings: borrowing some Findings & ~Copyable, _ judgements: [JudgedProbes], _ summary: Summary
    ) throws(OutputError) {
        try output.write { $0.append(needsComma ? "\n],\n\"connections\":" : "{\"events\":[],\n\"connections\":") }
        var isEmpty = true
        try output.write { $0.append("[") }
        try findings.forEachDiagnosis { diagnosis throws(OutputError) in
            try output.write {
                $0.append(isEmpty ? "\n" : ",\n")
                $0.appendRecord(diagnosis, files: files)
            }
            isEmpty = false
        }
        try output.write { $0.append(isEmpty ? "]" : "\n]") }
        let paths = findings.paths
        if !paths.isEmpty {
            try output.write { $0.append(",\n\"paths\":") }
            try writeArray(paths) { $0.appendRecord($1) }
        }
        if !judgements.isEmpty {
            try output.write { $0.append(",\n\"verifications\":") }
            try writeArray(judgements) { $0.appendRecord($1) }
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
