import Analysis
import ArgumentParser
import Capture
import KeepAlive
import Platform
import Report
import Sandbox
import Wire

/// `tcpalive analyze`: saved captures.
struct Analyze: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Mark keep-alives in saved captures and report findings.",
        usage: "tcpalive analyze [<options>] <file> ... [<filter> ...]",
        discussion: """
            Reads pcap and pcapng files, plain or compressed, or standard input (-). Several files are read in the given \
            order as one capture. Prints each segment that Wireshark marks as keep-alive, keep-alive ACK or zero-window \
            probe, with its frame number and what it really is, and unmarked segments that concern keep-alives. Then \
            prints the connections, their findings with advice, and a summary. Ctrl-C stops reading and prints the \
            report. With --expect, the probes are compared with the options. With --html, the report is also written \
            to a page with a drawing of each connection, which needs no network.

            With -w, all packets are written to a pcapng file. The printed segments have a comment with the same words \
            and the verdict (frame.comment in Wireshark). Files are read twice for this. Standard input and pipes can \
            be read only once, so the verdict is missing there. The file appears when it is complete.

            Examples:
              tcpalive analyze capture.pcapng
              tcpalive analyze -q monday.pcap.gz tuesday.pcap.gz
              tcpalive analyze capture.pcap host 10.0.0.1 and port 443
              tcpalive analyze --wireshark 4.0 --marks capture.pcap
              tcpalive analyze -q --html report.html capture.pcap
              tcpalive analyze --expect idle=60,count=4 --junit result.xml capture.pcap
              tcpalive analyze -q -w commented.pcapng capture.pcap
              tcpdump -U -w - tcp | tcpalive analyze --format jsonl -

            \(ExitStatus.help([
                ExitStatus.failedExpectation, ExitStatus.couldNotRun, ExitStatus.damagedInput, ExitStatus.inconclusive,
            ]))
            """)

    @OptionGroup(title: "Input")
    var input: InputOptions

    @OptionGroup(title: "File")
    var writing: WritingOptions

    @OptionGroup(title: "Work")
    var work: WorkOptions

    @OptionGroup(title: "Work")
    var memory: MemoryOptions

    @OptionGroup(title: "Checks")
    var checks: CheckOptions

    @OptionGroup(title: "Output")
    var output: OutputOptions

    @OptionGroup(title: "Output")
    var timeline: TimelineOptions

    @OptionGroup(title: "Output")
    var page: PageOptions

    @OptionGroup(title: "Text")
    var text: TextOptions

    @OptionGroup(title: "Privileges")
    var sandbox: SandboxOptions

    func validate() throws {
        if work.shard != nil, let file = writing.file ?? page.path {
            throw ValidationError("--shard writes no file: omit \(file) or --shard.")
        }
        if timeline.isVerbose, output.format != .text { throw ValidationError("-v requires --format text.") }
        try text.check(output.format, isVerbose: timeline.isVerbose)
        if writing.file == "-" {
            throw ValidationError("-w -: standard output has the report; give a file name, or use extract -w -.")
        }
        do {
            try checkOutputs(
                [("-w", writing.file), ("--html", page.path), ("--junit", checks.junitFile)],
                against: input.resolved(for: "analyze").files)
        } catch is CaptureError {
            // The command line is valid; `run` reports what cannot be opened.
        }
    }

    func run() throws {
        Signals.catchStops()
        try exitingOnFailure {
            do {
                try analyze()
            } catch OutputError.closed {
                // If no file is written, the reader of the report has seen enough.
                let files = [writing.file, page.path, checks.junitFile].compactMap(\.self).joined(separator: " and ")
                if files.isEmpty { throw OutputError.closed }
                throw OutputError.failed("standard output was closed, so \(files) was not written")
            }
        }
    }

    private func analyze() throws {
        let source = try input.resolved(for: "analyze")
        let privileges = try sandbox.begin(
            namesFiles: writing.file != nil || page.path != nil || checks.junitFile != nil)
        let inputs = try CaptureInputs(source.files, filter: source.filter, isLight: work.isLight)
        var writer = try writing.writer()
        var pageFile = try page.begin()
        var junitFile = try JUnitFile.begin(checks.junitFile)
        var needs = Needs()
        needs.readablePaths = inputs.openedLater
        needs.resolvesNames = text.resolve
        try sandbox.enter(privileges, for: needs)
        // What can be read twice is written the second time, when the verdicts are known.
        let writesLater = writing.file != nil && source.files.allSatisfy(SavedCaptures.isRereadable)
        var settings = AnalysisSettings()
        settings.version = output.wireshark
        settings.packetLimit = input.packetLimit
        settings.keepsAll = output.connections == .all
        settings.tracksOrigins = page.path != nil
        settings.shard = work.shard?.shard
        settings.usesTwoThreads = work.jobs > 1
        settings.isLight = work.isLight
        // The second time, what was found the first time is still in memory.
        settings.memoryLimit = writesLater ? memory.bytes / 2 : memory.bytes
        settings.keepsEvents = page.path != nil || timeline.isVerbose
        let memoryForReport = settings.memoryShares.report
        var reporter = output.reporter(
            text.style(on: .standardOutput), namesFiles: source.files.count > 1, printsTimelines: timeline.isVerbose,
            keepsEvents: page.path != nil, memory: memoryForReport, isFiltered: source.filter != nil)
        var analysis = CaptureAnalysis(settings)
        var packets = CommentedPackets()
        var ticks = page.path == nil ? nil : DataTicks(memory: memoryForReport)
        // What was read up to a failure is still reported.
        var failure: (any Error)?
        do {
            for path in source.files where !analysis.isDone && !Signals.isStopping {
                try read(path, inputs, &analysis, &reporter) { file, analysis in
                    ticks?.take(analysis.pipeline.segments, analysis.pipeline.origins, analysis.events)
                    if writesLater { return }
                    writer?.describe(file.interfaces, of: analysis.file)
                    do {
                        try packets.write(analysis, to: &writer)
                    } catch {
                        // All is read and reported, even if the disk is full.
                        failure = error
                        writer = nil
                    }
                }
            }
        } catch let error as CaptureError {
            failure = error
        }
        var summary = analysis.summary
        summary.isFiltered = source.filter != nil
        var verifications: [ProbeVerification] = []
        if output.listsConnections || checks.isRequested || page.path != nil || writesLater { analysis.conclude() }
        if failure == nil, writesLater {
            do {
                let conclusions = Conclusions(analysis, memory: memoryForReport / 2)
                try write(source.files, inputs, settings, summary, conclusions, to: &writer)
                if conclusions.omitted > 0 {
                    inform("\(conclusions.omitted) findings have no comment for lack of memory: use a larger --memory")
                }
            } catch {
                failure = error
            }
        }
        if failure == nil {
            do { try writer?.flush() } catch { failure = error }
        }
        if failure == nil || !summary.files.isEmpty {
            verifications = checks.verify(analysis)
            try reporter.finish(analysis, summary, verifications)
            if let kept = reporter.kept, let ticks { try pageFile?.finish(analysis, summary, kept, ticks) }
        }
        for (_, damage) in summary.damaged { complain(damage.sentence) }
        if let failure { throw failure }
        try writer?.finish()
        if !summary.damaged.isEmpty { throw ExitStatus.damagedInput }
        try checks.write(verifications, analysis, sources: summary.sources, to: &junitFile)
        try checks.end(verifications, analysis, summary.counts)
    }

    /// Reads all again and writes what was read, with `conclusions` in the comments.
    private func write(
        _ files: [String], _ inputs: CaptureInputs, _ settings: AnalysisSettings, _ summary: Summary,
        _ conclusions: Conclusions,
        to writer: inout PcapngWriter?
    ) throws {
        let captures = SavedCaptures(files: files, inputs: inputs, settings)
        var packets = CommentedPackets(conclusions)
        // The user may have ended the reading, but not the writing.
        try captures.readAgain(after: summary, onWhenStopping: Signals.isStopping) { file, analysis in
            writer?.describe(file.interfaces, of: analysis.file)
            try packets.write(analysis, to: &writer)
        }
    }

    /// Reads the capture at `path`, reports what happens in it, and calls `body` after each batch.
    private func read(
        _ path: String, _ inputs: CaptureInputs, _ analysis: inout CaptureAnalysis, _ reporter: inout Reporter,
        _ body: (borrowing CaptureFile, inout CaptureAnalysis) throws -> Void
    ) throws {
        var file = try inputs.open(path)
        var progress = Progress(of: path)
        try reporter.begin(file: path)
        analysis.begin(path)
        defer {
            progress.erase()
            analysis.end(file)
        }
        while !Signals.isStopping, try analysis.advance(&file) {
            if progress.isDue { progress.draw(done: file.bytesRead, total: file.bytesTotal) }
            try body(file, &analysis)
            if analysis.events.isEmpty || !reporter.wantsEvents { continue }
            progress.makeRoom()
            let interfaces = file.interfaces
            for event in analysis.events {
                let record = analysis.pipeline.batch.records[Int(event.segment.record)]
                try reporter.event(
                    event, frame: event.segment.frame.frame,
                    interface: interfaces.name(of: record, in: analysis.pipeline.batch))
            }
            // A pipe may bring nothing more for a long time, so nothing is held back.
            if !file.isFinite { try reporter.flush() }
        }
    }
}

/// The option `-v`.
struct TimelineOptions: ParsableArguments {
    @Flag(name: .customShort("v"), help: "Also print a timeline of each connection.")
    var isVerbose = false
}
