import ArgumentParser
import Capture
import KeepAlive
import Platform
import Report

/// The page of HTML, if one is wanted.
struct PageOptions: ParsableArguments {
    @Option(
        name: .customLong("html"),
        help: ArgumentHelp("Also write the report to this file, as one HTML page with drawings.", valueName: "file"))
    var path: String?

    func validate() throws {
        if path == "-" || path == "" { throw ValidationError("--html requires a file name.") }
    }

    /// Begins the page on `files`; nil: none is wanted. Throws where it cannot be written.
    func begin(on files: [String]) throws -> PageFile? {
        guard let path else { return nil }
        if let source = files.first(where: { CaptureFile.isSame($0, path) }) {
            throw ValidationError("--html \(path) would replace \(source), which is read: name another file.")
        }
        return try PageFile(path: path)
    }
}

/// A page in the making: what it needs is kept, and it is there when it is complete.
struct PageFile: ~Copyable {
    private var file: OutputFile

    /// Begins the page that will be at `path`, so that one that cannot be written is told before all is read.
    init(path: String) throws(OutputError) {
        file = try OutputFile(path: path)
    }

    /// Writes the page of `diagnoses`, `summary`, the events `kept` and the data in `ticks`. Throws when the file takes it
    /// not.
    mutating func finish(
        _ diagnoses: [Diagnosis], _ summary: Summary, _ kept: RetainedEvents, _ ticks: DataTicks
    ) throws(OutputError) {
        var text = TextBuffer()
        Page(diagnoses, summary, kept, ticks).append(to: &text)
        try file.write(text.bytes)
        try file.finish()
    }
}
