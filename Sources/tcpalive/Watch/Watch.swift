import ArgumentParser
import Capture
import KeepAlive
import Platform
import Report
import Sandbox
import Wire

/// `tcpalive watch`: live interfaces.
struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show keep-alives and findings on live interfaces.",
        discussion: """
            Prints keep-alives, their answers, zero-window probes, RSTs and ICMP errors as they arrive, in the words of \
            `analyze`. Prints each finding about a connection once, when it becomes known: probes have no answer, the \
            connection was idle for a minute without keep-alives, or it ended. A finding must hold for a second, because \
            later packets may change it. Ctrl-C (SIGINT), SIGTERM or SIGHUP ends the capture with a table of connections, \
            the findings that were not printed yet, and a summary. SIGUSR1 prints a complete report and continues. With \
            -w, the packets are also written to a pcapng file for `analyze` and Wireshark. With --expect, the probes of \
            every connection are compared with the options at the end.

            On Linux, a connection with an end on this host has its process and the options of its socket beside it, and at \
            the end its probes are compared with those options, as by `client --verify`. Without root, only your own \
            processes are seen. --no-processes leaves this out.

            Root, capabilities, files and system calls are needed only to begin: before the first packet is read, watch gives \
            them up.

            A filter such as `port 5432` leaves out ICMP errors: add `or icmp or icmp6` to see them.

            With --light, the kernel delivers only segments with at most one byte of data, those with SYN, FIN or RST, and \
            ICMP errors; what the peer acknowledged counts as sent. Probes and answers are found as without it. Data is \
            not seen: no finding reports unacknowledged data, findings that depend on data are of low confidence, idle \
            times are reported only if no data can have passed, and connections that exchange nothing else are not \
            listed. Some marks may differ: the first answer after data has none, and the first probe of a window that \
            data closed is called a keep-alive. Fragments, tunnels, IPv6 extension headers, and VLAN tags on links other \
            than Ethernet are not seen. Read the file that it writes with analyze --light.

            On several interfaces, each line has the name of the interface after the time.

            The file of -w can be read while it grows. -C, -G and -W continue it in other files, as in tcpdump: -C when it \
            has that size, with a number after the name; -G after that time, with a name by strftime(3). -W limits the \
            number of files: with -C the oldest is replaced, with -G the capture ends, with both only the numbers get \
            zeros in front. Every file is complete by itself. With -w -, the packets go to standard output, as pcapng, and \
            the report to standard error.

            Examples:
              tcpalive watch -i eth0
              tcpalive watch -i any port 5432
              tcpalive watch -i eth0 -i eth1 -w seen.pcapng --duration 10m
              tcpalive watch -i eth0 -w seen.pcapng -C 100 -W 10
              tcpalive watch -i eth0 -w seen-%H.pcapng -G 3600 -W 24
              tcpalive watch -i eth0 -w - | wireshark -k -i -
              tcpalive watch -i eth0 --light
              tcpalive watch -i eth0 --duration 5m --expect idle=60,count=4 port 5432

            \(ExitStatus.help([
                ExitStatus.failedExpectation, ExitStatus.couldNotRun, ExitStatus.inconclusive,
            ]))
            """)

    @OptionGroup(title: "Capture")
    var capture: LiveOptions

    @OptionGroup(title: "Capture")
    var memory: MemoryOptions

    @OptionGroup(title: "File")
    var file: LiveFileOptions

    @OptionGroup(title: "Checks")
    var checks: CheckOptions

    @OptionGroup(title: "Output")
    var output: OutputOptions

    @OptionGroup(title: "Text")
    var text: TextOptions

    @OptionGroup(title: "Privileges")
    var sandbox: SandboxOptions

    @Argument(help: ArgumentHelp("BPF filter (pcap-filter(7)).", valueName: "filter"))
    var words: [String] = []

    func validate() throws {
        try text.check(output.format)
        try checkOutputs([("-w", file.isStandardOutput ? nil : file.path), ("--junit", checks.junitFile)], against: [])
        let interfaces = capture.interfaces
        if let word = words.first, HostInterface.exists(word) {
            let options = (interfaces + [word]).map { "-i \($0)" }
            let fixed = (["tcpalive watch"] + options + words.dropFirst()).joined(separator: " ")
            throw ValidationError("\(word) is an interface: write \(fixed)")
        }
        if interfaces.isEmpty {
            throw ValidationError("no interface given: use -i INTERFACE or -i any; tcpalive interfaces lists them.")
        }
        if Set(interfaces).count < interfaces.count { throw ValidationError("an interface is given twice.") }
    }

    func run() throws {
        Signals.catchStops()
        Signals.catchReports()
        // A closed pipe on standard output must not end the process before the file is whole.
        if file.path != nil { Signals.ignoreClosedPipes() }
        try exitingOnFailure {
            do {
                try watch()
            } catch OutputError.closed {
                // If no such file is written, the reader of the report has seen enough; the file of -w is whole.
                guard let path = checks.junitFile else { throw OutputError.closed }
                throw OutputError.failed("standard output was closed, so \(path) was not written")
            }
        }
    }

    private func watch() throws {
        let filter = words.isEmpty ? nil : words.joined(separator: " ")
        let privileges = try sandbox.begin(
            namesFiles: file.size != nil || file.period != nil || checks.junitFile != nil)
        // It must have its rights before they are given up, and be there before threads are.
        let inspector = capture.noProcesses ? nil : SocketHelper.start(sandbox)
        var live = try LiveCapture(on: capture.interfaces, capture.settings(filter: filter))
        var junitFile = try JUnitFile.begin(checks.junitFile)
        var session = try WatchSession(
            described: live.described(snaplen: capture.snaplen), socket: live.descriptors.first,
            isFiltered: filter != nil || capture.isLight,
            isLight: capture.isLight, file: file, output: output, text: text, packetLimit: capture.packetLimit,
            memoryLimit: memory.bytes, inspector: inspector)
        try sandbox.enter(privileges, for: needs(of: live, session))
        inform("capturing on \(session.name); Ctrl-C ends it with the summary")
        let deadline = capture.duration.map { ContinuousClock.now + $0.duration }
        do {
            while !Signals.isStopping, !session.isDone, !live.isOver {
                if let deadline, ContinuousClock.now >= deadline { break }
                try session.take(from: &live)
                if Signals.takeReport() { try session.report(live.counters, captured: live.captured) }
            }
            // The ring may hold what passed before the end, however long it takes to read that.
            live.acceptNoMore()
            while !session.isDone, !live.isDrained {
                try session.take(from: &live)
            }
        } catch {
            // Standard output may be gone, with its terminal: the file must still be whole.
            session.saveFile()
            throw error
        }
        let verifications = try session.finish(live.counters, captured: live.captured, checking: checks)
        if live.isOver {
            if !session.isDone, let sentence = live.lossSentence { complain(sentence) }
            throw ExitStatus.couldNotRun
        }
        if session.isOutOfMemory {
            complain("out of memory: the capture ends; use a smaller --memory, or give the process more")
            throw ExitStatus.couldNotRun
        }
        try session.write(verifications, by: checks, to: &junitFile)
        try session.checkFile()
        if live.counters.droppedByKernel > 0, checks.expect == nil { throw ExitStatus.inconclusive }
        try session.end(verifications, by: checks)
    }

    /// What the capture still does when it has begun.
    private func needs(of live: borrowing LiveCapture, _ session: borrowing WatchSession) -> Needs {
        var needs = Needs()
        needs.captureSockets = live.descriptors
        needs.kernelSockets = session.kernelSockets
        needs.resolvesNames = text.resolve
        // libpcap reads how many packets the interface dropped.
        if capture.isPromiscuous {
            needs.readablePaths = capture.interfaces.map { "/sys/class/net/\($0)/statistics" }
        }
        return needs
    }
}

extension LiveCapture {
    /// Says how many packets were counted and neither delivered nor dropped, after an interface is gone; nil: none.
    fileprivate var lossSentence: String? {
        let counters = counters
        let (known, isMore) = captured.addingReportingOverflow(counters.droppedByKernel)
        guard !isMore, counters.received > known else { return nil }
        let lost = counters.received - known
        return "\(lost) packet\(lost == 1 ? "" : "s") received before the interface was gone could not be read"
    }
}
