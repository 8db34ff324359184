import ArgumentParser
import Capture
import KeepAlive
import Platform
import Report

/// The option `--html`.
struct PageOptions: ParsableArguments {
    @Option(
        name: .customLong("html"),
        help: ArgumentHelp("Also write the report to this file, as one HTML page with drawings.", valueName: "file"),
        completion: .file())
    var path: String?

    func validate() throws {
        if path == "-" || path == "" { throw ValidationError("--html requires a file name.") }
    }

    /// Begins the page; nil: the option is not given. Throws if the page cannot be written.
    func begin() throws(OutputError) -> PageFile? {
        guard let path else { return nil }
        // A closed pipe must not end the process before it has cleaned up.
        Signals.ignoreClosedPipes()
        return try PageFile(path: path)
    }
}

/// The file of the HTML page, which appears when it is complete.
struct PageFile: ~Copyable {
    private var file: OutputFile

    /// Opens the file for the page at `path`, so that an error is reported before any input is read.
    init(path: String) throws(OutputError) {
        file = try OutputFile(path: path, isPrivate: false)
    }

    /// Writes the page of `findings`, `summary`, the events `kept` and the data in `ticks`. Throws if that fails.
    mutating func finish(
        _ findings: borrowing some Findings & ~Copyable, _ summary: Summary, _ kept: RetainedEvents, _ ticks: DataTicks
    ) throws(OutputError) {
        var text = TextBuffer()
        Page(findings, summary, kept, ticks).append(to: &text)
        try file.write(text.bytes)
        try file.finish()
    }
}
