import ArgumentParser
import Capture
import KeepAlive
import Report
import Wire

/// `tcpalive analyze`: saved captures.
struct Analyze: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Marks the keep-alives in saved captures.",
        discussion: """
            Reads pcap and pcapng files, also compressed ones, or standard input (-). Several files are read in the \
            given order as one capture; Ctrl-C ends the reading, with the report of what was read. Every segment that \
            Wireshark would mark as keep-alive, keep-alive ACK or zero-window probe is printed with its frame number \
            and what it truly is, and so are those that concern keep-alives without a mark; then the connections that \
            have any, then what was read. With --expect, the probes are judged by the options that they should have. \
            With --html, the same and a drawing of each connection go to a page that needs no network.

            With -w, all packets read are written to a pcapng file, each of those segments with a comment that says \
            the same, and the verdict (frame.comment in Wireshark). For that files are read twice. Standard input and \
            pipes can be read only once, so that the comments leave out the verdict. The file appears when it is complete.

            Examples:
              tcpalive analyze capture.pcapng
              tcpalive analyze -q monday.pcap.gz tuesday.pcap.gz
              tcpalive analyze capture.pcap host 10.0.0.1 and port 443
              tcpalive analyze --wireshark 4.0 --marks capture.pcap
              tcpalive analyze -q --html report.html capture.pcap
              tcpalive analyze --expect idle=60,interval=15,count=4 --junit result.xml capture.pcap
              tcpalive analyze -q -w commented.pcapng capture.pcap
              tcpdump -U -w - tcp | tcpalive analyze --format jsonl -

            Exit status:
              0   as expected
              1   a verdict at or above --fail-on; probes that are not as --expect has them
              2   could not run: no such file, no permission, a wrong filter
              3   the input is damaged; what could be read was reported
              4   with --expect: there was nothing to judge
              64  the command line is wrong
            """)

    @OptionGroup(title: "Input")
    var input: InputOptions

    @OptionGroup(title: "File")
    var writing: WritingOptions

    @Flag(name: .customShort("v"), help: "Tell the story of each connection, in place of the findings.")
    var isVerbose = false

    @OptionGroup(title: "Work")
    var work: WorkOptions

    @OptionGroup(title: "Judgement")
    var judgement: JudgementOptions

    @OptionGroup(title: "Output")
    var output: OutputOptions

    @OptionGroup(title: "Output")
    var page: PageOptions

    func validate() throws {
        if work.shard != nil, let file = writing.file ?? page.path {
            throw ValidationError("--shard is for a report alone: leave out \(file), or --shard.")
        }
        if isVerbose, output.format != .text { throw ValidationError("-v is for --format text.") }
        if writing.file == "-" { throw ValidationError("-w -: standard output is for the report, so name a file.") }
        do {
            try writing.check(against: input.resolved().files)
        } catch is CaptureError {
            // Not the command line is wrong, but the world: `run` tells that.
        }
    }

    func run() throws {
        Signals.catchStops()
        try exitingOnFailure {
            do {
                try analyze()
            } catch OutputError.closed {
                // Without a file, whoever read the report has seen enough.
                let files = [writing.file, page.path].compactMap(\.self).joined(separator: " and ")
                if files.isEmpty { throw OutputError.closed }
                throw OutputError.failed("standard output: nobody reads it any more, so that \(files) is not written")
            }
        }
    }

    private func analyze() throws {
        let source = try input.resolved()
        var writer = try writing.writer()
        var pageFile = try page.begin(on: source.files)
        var reporter = output.reporter(
            namesFiles: source.files.count > 1, tellsStories: isVerbose, keepsEvents: page.path != nil,
            isFiltered: source.filter != nil)
        var analysis = Analysis(
            version: output.wireshark, packetLimit: input.packetLimit, keepsAll: output.connections == .all,
            tellsPlaces: page.path != nil, shard: work.shard?.shard, jobs: work.jobs,
            isLight: work.isLight)
        var ticks = page.path == nil ? nil : DataTicks()
        // What can be read twice is written the second time, when the verdicts are known.
        let writesLater = writing.file != nil && source.files.allSatisfy(SavedCaptures.isRereadable)
        var failure: CaptureError?
        do {
            for path in source.files where !analysis.isDone && !Signals.isStopping {
                try read(path, filter: source.filter, &analysis, &reporter) { file, analysis in
                    analysis.note(in: &ticks)
                    if writesLater { return }
                    analysis.describe(file, to: &writer)
                    try analysis.write(to: &writer)
                }
            }
        } catch let error as CaptureError {
            failure = error  // What was read up to here is still reported.
        }
        var summary = analysis.summary
        summary.isFiltered = source.filter != nil
        var judgements: [JudgedProbes] = []
        if output.listsConnections || judgement.isWanted || page.path != nil || writesLater { analysis.conclude() }
        if failure == nil, writesLater {
            do {
                try write(source.files, filter: source.filter, summary, CommentedConclusions(analysis), to: &writer)
            } catch let error as CaptureError {
                failure = error
            }
        }
        if failure == nil { try writer?.flush() }
        if failure == nil || !summary.files.isEmpty {
            judgements = judgement.judge(analysis)
            try reporter.finish(analysis, summary, judgements)
            if let kept = reporter.kept, let ticks { try pageFile?.finish(analysis.diagnoses, summary, kept, ticks) }
        }
        for (_, damage) in summary.damaged { complain(damage.sentence) }
        if let failure { throw failure }
        try writer?.finish()
        if !summary.damaged.isEmpty { throw ExitStatus.damagedInput }
        try judgement.writeJUnitFile(judgements, analysis, files: summary.sources)
        try judgement.end(judgements, analysis)
    }

    /// Reads all again and writes what was read, with `conclusions` in the comments.
    private func write(
        _ files: [String], filter: String?, _ summary: Summary, _ conclusions: CommentedConclusions,
        to writer: inout PcapngWriter?
    ) throws {
        let captures = SavedCaptures(
            files: files, filter: filter, isLight: work.isLight, version: output.wireshark)
        // No more than was reported: the user may have ended the reading, and a file may have grown.
        _ = try captures.read(packetLimit: summary.tally.packets, onWhenStopping: Signals.isStopping) {
            file, analysis in
            analysis.describe(file, to: &writer)
            try analysis.write(conclusions, to: &writer)
        }
    }

    /// Reads the capture at `path`, reports what happens in it, and calls `body` after each batch.
    private func read(
        _ path: String, filter: String?, _ analysis: inout Analysis, _ reporter: inout Reporter,
        _ body: (borrowing CaptureFile, inout Analysis) throws -> Void
    ) throws {
        var file = try CaptureFile(path: path, filter: filter, isLight: work.isLight)
        var progress = Progress(of: path)
        try reporter.begin(file: path)
        analysis.begin(path)
        defer {
            progress.erase()
            analysis.end(file)
        }
        while !Signals.isStopping, try analysis.advance(&file) {
            if progress.isDue { progress.draw(done: file.octetsRead, total: file.octetsTotal) }
            try body(file, &analysis)
            if analysis.events.isEmpty || !reporter.wantsEvents { continue }
            progress.makeRoom()
            for event in analysis.events { try reporter.event(event, frame: analysis.frame(of: event)) }
            // Of a pipe nobody knows when more comes, so nothing is held back.
            if !file.isFinite { try reporter.flush() }
        }
    }
}
