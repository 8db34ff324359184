import Analysis
import ArgumentParser
import Capture
import KeepAlive
import Platform
import Report
import Sandbox
import Wire

/// `tcpalive extract`: only the packets that show how keep-alives fared.
struct Extract: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the keep-alives of saved captures, with comments, to a small capture.",
        usage: "tcpalive extract [<options>] <file> ... [<filter> ...] -w <file>",
        discussion: """
            Reads captures like `analyze` and writes to a pcapng file: each segment that `analyze` prints, with a comment \
            that has the same words and the verdict (frame.comment in Wireshark); the last packet of each end before \
            it, which its mark depends on; and SYN, FIN, RST and their acknowledgments of the same connections. All \
            other packets and connections are omitted. The comments describe the complete capture.

            The captures are read twice, so standard input and pipes cannot be used. The file appears when it is \
            complete; - is standard output.

            Examples:
              tcpalive extract capture.pcapng -w keepalives.pcapng
              tcpalive extract monday.pcap tuesday.pcap port 5432 -w keepalives.pcapng
              tcpalive extract --snaplen 128 capture.pcapng -w headers.pcapng
              tcpalive extract capture.pcapng -w - | wireshark -k -i -

            \(ExitStatus.help([ExitStatus.couldNotRun, ExitStatus.damagedInput, ExitStatus.inconclusive]))
            Success includes that there was nothing to extract. After status 2 there is no file.
            """)

    @OptionGroup(title: "Input")
    var input: InputOptions

    @OptionGroup(title: "File")
    var writing: WritingOptions

    @OptionGroup(title: "Work")
    var memory: MemoryOptions

    @OptionGroup(title: "Output")
    var marks: MarkOptions

    @OptionGroup(title: "Privileges")
    var sandbox: SandboxOptions

    func validate() throws {
        if writing.file == nil { throw ValidationError("no output file given: use -w FILE.") }
        if writing.file == "-" { try refuseTerminal() }
        do {
            let files = try input.resolved(for: "extract").files
            if files.contains("-") {
                throw ValidationError(
                    "extract reads its captures twice, and standard input can be read only once: save it to a file first."
                )
            }
            try checkOutputs(
                [("-w", writing.file == "-" ? nil : writing.file)], against: files, hasReport: false)
        } catch is CaptureError {
            // The command line is valid; `run` reports what cannot be opened.
        }
    }

    func run() throws {
        Signals.catchStops()
        try exitingOnFailure { try extract() }
    }

    private func extract() throws {
        let source = try input.resolved(for: "extract")
        for path in source.files where !SavedCaptures.isRereadable(path) {
            throw CaptureError(
                .notARegularFile, "\(path) is no regular file, and extract reads its captures twice: save it to a file",
                path: path)
        }
        let privileges = try sandbox.begin(namesFiles: writing.file != "-")
        let inputs = try CaptureInputs(source.files, filter: source.filter)
        var writer = try writing.writer()
        var needs = Needs()
        needs.readablePaths = inputs.openedLater
        try sandbox.enter(privileges, for: needs)
        var settings = AnalysisSettings()
        settings.version = marks.wireshark
        // The second time, what was found the first time is still in memory.
        settings.memoryLimit = memory.bytes / 2
        settings.keepsEvents = true
        let memoryForSelection = settings.memoryShares.report
        var selection = ExtractSelection(memory: memoryForSelection)
        let captures = SavedCaptures(files: source.files, inputs: inputs, settings)
        let survey = try captures.read(packetLimit: input.packetLimit, tracksOrigins: true) { _, analysis in
            selection.survey(
                analysis.pipeline.segments, analysis.pipeline.origins, analysis.events,
                packets: analysis.pipeline.batch.records.count)
        }
        var packets = CommentedPackets(Conclusions(survey, memory: memoryForSelection))
        selection.rewind()
        var written = 0
        let summary = survey.summary
        try captures.readAgain(after: summary, tracksOrigins: true) { file, analysis in
            writer?.describe(file.interfaces, of: analysis.file)
            written += try packets.write(&selection, of: analysis, to: &writer)
        }
        try writer?.finish()
        inform(
            "wrote \(written) of \(summary.tally.packets) packets; \(selection.connectionCount) of "
                + "\(summary.counts.connections) connections have keep-alives")
        if selection.isIncomplete {
            inform("memory was short, so packets may be missing from the file: use a larger --memory")
        }
        for (_, damage) in summary.damaged { complain(damage.sentence) }
        if !summary.damaged.isEmpty { throw ExitStatus.damagedInput }
        if selection.isIncomplete { throw ExitStatus.inconclusive }
    }
}

/// Which marks to use.
struct MarkOptions: ParsableArguments {
    @Option(help: "Wireshark version whose marks to use; they differ in a few corner cases.")
    var wireshark = WiresharkVersion.newest
}
