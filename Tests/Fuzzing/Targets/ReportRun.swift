import KeepAlive
import Platform
import Wire

@testable import Report

/// One report, whose format an input chooses, with checks of what is written.
struct ReportRun: ~Copyable {
    private let choice: Choice
    private var reporter: Reporter

    /// What is written.
    enum Choice: Int, CaseIterable {
        case text, json, events, page, timelines, connections, jsonLines, paths, brief, summary, marks
    }

    init(_ choice: Choice) {
        self.choice = choice
        var style = TextStyle()
        if choice == .brief { style.isBrief = true }
        reporter = Reporter(
            format: choice.format, to: Output(to: nil), style: style, printsTimelines: choice == .timelines,
            keepsEvents: choice == .page)
    }

    /// Whether the report needs `DataTicks`.
    var hasPage: Bool { choice == .page }

    mutating func begin(file: String) throws(FuzzFailure) {
        do throws(OutputError) {
            try reporter.begin(file: file)
        } catch {
            throw FuzzFailure("\(error)")
        }
    }

    mutating func event(_ event: SegmentEvent, interface: String? = nil) throws(FuzzFailure) {
        do throws(OutputError) {
            try reporter.event(event, frame: event.segment.frame.frame, interface: interface)
        } catch {
            throw FuzzFailure("\(error)")
        }
    }

    /// Writes the rest and checks all.
    mutating func finish(
        _ findings: borrowing some Findings & ~Copyable, _ summary: Summary, _ ticks: DataTicks?
    ) throws(FuzzFailure) {
        do throws(OutputError) {
            try reporter.finish(findings, summary)
        } catch {
            throw FuzzFailure("\(error)")
        }
        let text = Array(reporter.pendingText.utf8)
        switch choice {
        case .text, .timelines, .brief: try TextCheck.checkPrintable(text, "the text")
        case .marks: try TextCheck.checkPrintable(text, "the marks", hasTabs: true)
        case .json: try TextCheck.checkJSON(text)
        case .jsonLines: try TextCheck.checkJSONLines(text)
        case .events, .connections, .paths, .summary: try TextCheck.checkCSV(text)
        case .page:
            guard let kept = reporter.kept, let ticks else { return }
            var page = TextBuffer()
            Page(findings, summary, kept, ticks).append(to: &page)
            try TextCheck.checkPrintable(page.bytes, "the page")
        }
    }
}

extension ReportRun.Choice {
    fileprivate var format: ReportFormat {
        switch self {
        case .text, .timelines, .brief, .page: .text
        case .json: .json
        case .jsonLines: .jsonl
        case .marks: .marks
        case .events: .table(TableFormat(.events, .csv))
        case .connections: .table(TableFormat(.connections, .csv))
        case .paths: .table(TableFormat(.paths, .csv))
        case .summary: .table(TableFormat(.summary, .csv))
        }
    }
}
