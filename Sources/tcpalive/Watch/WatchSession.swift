import Analysis
import Capture
import KeepAlive
import Platform
import Report
import Sockets
import Wire

/// What becomes of the packets of a live capture: marks and findings at once, a file if wanted, a report at the end.
struct WatchSession: ~Copyable {
    /// The interfaces, as a heading says them.
    let name: String

    private var analysis: CaptureAnalysis
    private var packets = CommentedPackets()
    private var reporter: Reporter
    private var writer: PcapngWriter?
    /// When packets are next written to the file, if some are pending.
    private var nextFlush = ContinuousClock.now
    private var looks = LookSchedule()
    /// The findings that wait, and those that were printed.
    private var findings: LiveFindings
    private var hasFullFindings = false
    /// Bytes for what reports keep.
    private let memoryForReport: Int
    private var status: StatusLine
    private var interfaces: InterfaceNames
    /// Whether each batch is written at once, because a program reads it.
    private let isPiped: Bool
    /// Whether the last of a number of files is complete.
    private var hasAllFiles = false
    /// Whether the file could not be written to its end.
    private var isFileLost = false
    private var hostProbes = HostProbes()
    /// nil: processes are not wanted, or cannot be had.
    private var sockets: LocalSocketFinder?
    private var inspectorSocket: Int32?
    private var mismatches = LiveMismatches()
    private let kernelBefore = KernelCounters.now()
    private let output: OutputOptions
    private let style: TextStyle
    /// Where the report goes.
    private let descriptor: OutputDescriptor
    private let isFiltered: Bool

    /// A session on the interfaces `described`, written as `file` says; `isFiltered`: not all that passes there
    /// is captured; `isLight`: data is kept out. `socket` is one of the capture. `inspector` answers questions about the
    /// sockets of this host.
    init(
        described: [CaptureInterface], socket: Int32?, isFiltered: Bool, isLight: Bool, file: LiveFileOptions,
        output: OutputOptions, text: TextOptions, packetLimit: UInt64?, memoryLimit: Int,
        inspector: consuming InspectorConnection?
    ) throws {
        name = described.map(\.name).joined(separator: ", ")
        self.output = output
        self.isFiltered = isFiltered
        var settings = AnalysisSettings()
        settings.version = output.wireshark
        settings.packetLimit = packetLimit
        settings.keepsAll = output.connections == .all
        settings.isLight = isLight
        settings.memoryLimit = memoryLimit
        memoryForReport = settings.memoryShares.report
        analysis = CaptureAnalysis(settings)
        findings = LiveFindings(memory: memoryForReport / 2)
        if let inspector {
            inspectorSocket = inspector.number
            sockets = LocalSocketFinder(asking: inspector, memory: memoryForReport / 4)
        }
        // Packets and text do not mix.
        descriptor = file.isStandardOutput ? .standardError : .standardOutput
        style = text.style(on: descriptor)
        reporter = output.reporter(style, namesFiles: false, memory: memoryForReport, to: descriptor)
        status = StatusLine(sharingTerminalWith: descriptor)
        interfaces = InterfaceNames(described, socket: socket)
        isPiped = file.isStandardOutput
        writer = try file.writer(at: WallClock.now)
        // It can be read while it grows, from the start.
        writer?.describe(described, of: 0)
        try writer?.flush()
        try reporter.begin(file: name)
        analysis.begin(name)
    }

    /// Sockets through which it asks the kernel and the process that looks at sockets.
    var kernelSockets: [Int32] { hostProbes.sockets + [inspectorSocket].compactMap(\.self) }

    /// Whether `-c` packets were captured, or `-W` files written.
    var isDone: Bool { analysis.isDone || hasAllFiles || isOutOfMemory }

    /// Whether the system gave no more memory.
    var isOutOfMemory: Bool { analysis.isOutOfMemory }

    /// How long packets wait for others before they are written to the file. With the time that the kernel collects
    /// packets, a packet is in the file within a second.
    private static let flushInterval = Duration.milliseconds(500)

    /// Takes what has come, and prints events and findings. Called again and again, also while no packet comes.
    mutating func take(from live: inout LiveCapture) throws {
        analysis.advance(&live)
        try write()
        if !analysis.events.isEmpty {
            hostProbes.count(analysis.events)
            status.makeRoom()
            for event in analysis.events {
                let record = analysis.pipeline.batch.records[Int(event.segment.record)]
                try reporter.event(
                    event, frame: event.segment.frame.frame,
                    interface: interfaces.name(of: record, in: analysis.pipeline.batch))
            }
            try sockets?.observe(analysis.events, hostProbes.addresses, &reporter)
            try reporter.flush()
        }
        try sockets?.advance(analysis.pipeline.tracker, &hostProbes.addresses, &reporter)
        if reporter.hasPendingText {
            status.makeRoom()
            try reporter.flush()
        }
        if sockets?.isOver == true {
            sockets = nil
            status.erase()
            inform("the process that looks for processes has ended; processes are not shown any more")
        }
        for notice in live.notices {
            status.erase()
            if case .gone = notice { complain(notice.sentence) } else { inform(notice.sentence) }
        }
        live.notices.removeAll()
        if reporter.wantsFindings, looks.isDue { try look(live.counters) }
        if status.isDue { status.draw(analysis, live.counters) }
    }

    /// Writes the packets that have come to the file, some of them later. If that fails, for instance because the disk is full,
    /// the capture goes on without it.
    private mutating func write() throws {
        do throws(OutputError) {
            try packets.write(analysis, to: &writer)
            let now = ContinuousClock.now
            if !isPiped, now < nextFlush { return }
            let time = present
            if try writer?.advance(to: time) == false { hasAllFiles = true }
            try writer?.flush()
            nextFlush = now + Self.flushInterval
        } catch {
            guard !isPiped, case .failed(let sentence) = error else { throw error }
            loseFile(sentence)
        }
    }

    /// Goes on without the file, for the reason in `sentence`.
    private mutating func loseFile(_ sentence: String) {
        status.erase()
        complain("\(sentence); the capture goes on, but its packets are not written any more")
        writer = nil
        isFileLost = true
    }

    /// Looks at the notable connections, and prints what is found about them, each finding once.
    private mutating func look(_ counters: LiveCapture.Counters) throws {
        let time = present
        analysis.now = time
        analysis.hasDrops = counters.droppedByKernel > 0
        looks.begin()
        var ready: [(finding: Finding, diagnosis: Diagnosis)] = []
        var differing: [ProbeVerification] = []
        let sockets = counters.droppedByKernel > 0 ? LocalSockets() : reporter.sockets
        looks.next = analysis.diagnoseNotable(from: looks.next ?? 0) { diagnosis in
            for finding in findings.take(diagnosis, at: time) { ready.append((finding, diagnosis)) }
            for verified in sockets.verify(diagnosis)
            where mismatches.take(verified, diagnosis.connection.number, at: time) { differing.append(verified) }
            return looks.advance(withFindings: ready.count)
        }
        if looks.next == nil { findings.endRound() }
        looks.end()
        if findings.isFull, !hasFullFindings {
            hasFullFindings = true
            status.makeRoom()
            inform("too many findings for the memory: the others follow at the end; use a larger --memory")
        }
        if ready.isEmpty, differing.isEmpty { return }
        status.makeRoom()
        for (finding, diagnosis) in ready { try reporter.finding(finding, in: diagnosis, at: time) }
        for verified in differing { try reporter.mismatch(verified) }
        try reporter.flush()
    }

    /// The time until which the packets were read (ns since 1970). If the last ones are a second old, more are waiting.
    private var present: Int64 {
        let now = WallClock.now
        guard let last = analysis.pipeline.batch.records.last?.time, now &- last > 1_000_000_000 else { return now }
        return last
    }

    /// Prints the connections and the summary as they are now, and goes on.
    mutating func report(_ counters: LiveCapture.Counters, captured: UInt64) throws {
        status.erase()
        var interim = output.reporter(style, namesFiles: false, memory: memoryForReport, to: descriptor)
        conclude(counters, neededAnyway: false)
        try sockets?.refresh(&reporter)
        try reporter.flush()
        interim.sockets = reporter.sockets
        try interim.finish(analysis, summary(counters), localVerifications(counters))
        tellCounts(counters, captured: captured)
    }

    /// Makes ready for the verdicts as they are now, none of them sure where packets were dropped.
    private mutating func conclude(_ counters: LiveCapture.Counters, neededAnyway: Bool) {
        analysis.now = present
        analysis.hasDrops = counters.droppedByKernel > 0
        if output.listsConnections || neededAnyway { analysis.conclude() }
    }

    /// The comparison of probes with the options of the sockets of this host; none if packets are missing, or the format has
    /// none.
    private func localVerifications(_ counters: LiveCapture.Counters) -> [ProbeVerification] {
        if counters.droppedByKernel > 0 || !reporter.wantsVerifications { return [] }
        return reporter.sockets.verify(analysis)
    }

    private func summary(_ counters: LiveCapture.Counters) -> Summary {
        var summary = analysis.summary
        if counters.droppedByKernel > 0 { summary.dropped = counters.droppedByKernel }
        return summary
    }

    private mutating func tellCounts(_ counters: LiveCapture.Counters, captured: UInt64) {
        inform(counters.sentence(captured: captured))
        guard let kernelBefore, let now = KernelCounters.now() else { return }
        let seen = hostProbes.ofThisHost()
        inform(
            now.since(kernelBefore).sentence(
                probes: seen.probes, windowProbes: seen.windowProbes, isFiltered: isFiltered))
    }

    /// Writes all packets taken so far to the file, after something else failed, such as the report.
    mutating func saveFile() {
        try? writer?.flush()
    }

    /// Ends the file and the report, with the results of the checks of `options`.
    mutating func finish(
        _ counters: LiveCapture.Counters, captured: UInt64, checking options: CheckOptions
    ) throws -> [ProbeVerification] {
        status.erase()
        do throws(OutputError) {
            try writer?.flush()
        } catch {
            guard !isPiped, case .failed(let sentence) = error else { throw error }
            loseFile(sentence)
        }
        try sockets?.refresh(&reporter)
        conclude(counters, neededAnyway: options.isRequested)
        let verifications = options.verify(analysis, dropped: counters.droppedByKernel)
        try reporter.finish(
            analysis, summary(counters), verifications + localVerifications(counters), printed: findings)
        tellCounts(counters, captured: captured)
        return verifications
    }

    /// Writes `verifications` and the findings by `options` to the JUnit file, if there is one.
    func write(_ verifications: [ProbeVerification], by options: CheckOptions, to file: inout JUnitFile?) throws {
        try options.write(verifications, analysis, sources: SourceFiles([name]), to: &file)
    }

    /// Throws if the file of the packets could not be written to its end.
    func checkFile() throws {
        if isFileLost { throw ExitStatus.couldNotRun }
    }

    /// Throws the exit status for `verifications` and the findings by `options`.
    func end(_ verifications: [ProbeVerification], by options: CheckOptions) throws {
        try options.end(verifications, analysis, analysis.summary.counts)
    }
}

extension LiveCapture.Notice {
    /// What happened, for a person.
    fileprivate var sentence: String {
        switch self {
        case .down(let name): "\(name) is down; going on, should it come up again"
        case .up(let name): "\(name) is up again"
        case .renamed(let before, let name): "\(before) is now called \(name)"
        case .gone(let reason): "\(reason): the capture ends"
        }
    }
}

extension LiveCapture.Counters {
    /// What the kernel has counted, beside the packets `captured`.
    fileprivate func sentence(captured: UInt64) -> String {
        var text =
            "\(captured) packet\(captured == 1 ? "" : "s") captured, \(received) received by the filter, "
            + "\(droppedByKernel) dropped by the kernel"
        if droppedByInterface > 0 { text += ", \(droppedByInterface) dropped by the interface" }
        return droppedByKernel > 0 ? text + ": use a larger --buffer, a smaller -s, or a filter" : text
    }
}
