import ArgumentParser
import Capture
import KeepAlive
import Report

/// The page of HTML, if one is wanted.
struct PageOptions: ParsableArguments {
    @Option(
        name: .customLong("html"),
        help: ArgumentHelp("Write the report to this file too, as one page of HTML with drawings.", valueName: "file"))
    var path: String?

    func validate() throws {
        if path == "-" || path == "" { throw ValidationError("--html takes the name of a file.") }
    }

    /// Begins the page on `files`; nil: none is wanted. Throws where it cannot be written.
    func begin(on files: [String]) throws -> PageFile? {
        guard let path else { return nil }
        if files.contains(where: { OutputFile.isSame($0, path) }) {
            throw ValidationError("--html \(path): that is a capture to read.")
        }
        return try PageFile(path: path)
    }

    /// Runs `body`, after which a page that is wanted must be there: that nobody reads standard output is no excuse.
    func insist(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch OutputError.closed where path != nil {
            throw OutputError.failed("nobody reads standard output any more: \(path ?? "") was not written")
        }
    }
}

/// A page in the making: what it needs is kept, and it is there when it is complete.
struct PageFile: ~Copyable {
    private var file: OutputFile
    private var kept = KeptEvents()

    /// Begins the page that will be at `path`, so that one that cannot be written is told before all is read.
    init(path: String) throws(OutputError) {
        file = try OutputFile(path: path)
    }

    /// The next events are those of the file at `path`.
    mutating func begin(_ path: String) {
        kept.begin(file: path)
    }

    /// Keeps `event` of frame `frame`, as far as the page shows it.
    mutating func add(_ event: SegmentEvent, frame: UInt64) {
        kept.add(event, frame: frame)
    }

    /// Writes the page of `diagnoses` and `summary`. Throws when the file takes it not.
    mutating func finish(_ diagnoses: [Diagnosis], _ summary: Summary) throws(OutputError) {
        var text = TextBuffer()
        Page(diagnoses, summary, kept).append(to: &text)
        try file.write(text.octets)
        try file.finish()
    }
}
