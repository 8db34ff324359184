import ArgumentParser
import Capture
import KeepAlive
import Platform
import Report
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

            A filter such as `port 5432` leaves out ICMP errors: add `or icmp or icmp6` to see them.

            With --light, the kernel delivers only segments with at most one byte of data, those with SYN, FIN or RST, and \
            ICMP errors; what the peer acknowledged counts as sent. Probes and answers are found as without it. Data is \
            not seen: no finding reports unacknowledged data, findings that depend on data are of low confidence, idle \
            times are reported only if no data can have passed, and connections that exchange nothing else are not \
            listed. Some marks may differ: the first answer after data has none, and the first probe of a window that \
            data closed is called a keep-alive. Fragments, tunnels, IPv6 extension headers, and VLAN tags on links other \
            than Ethernet are not seen. Read the file that it writes with analyze --light.

            Examples:
              tcpalive watch -i eth0
              tcpalive watch -i any port 5432
              tcpalive watch -i eth0 -i eth1 -w seen.pcapng --duration 600
              tcpalive watch -i eth0 --light
              tcpalive watch -i eth0 --duration 300 --expect idle=60,interval=15,count=4 port 5432

            Exit status:
              0   as expected
              1   a finding at or above --fail-on, or probes that differ from --expect
              2   cannot start or continue: permission denied, no such interface, interface removed
              4   packets were dropped, so the report may be incomplete; or nothing to compare with --expect
              64  invalid usage
            """)

    @Option(
        name: .customShort("i"), help: ArgumentHelp("Interface, or any. Repeat for several.", valueName: "interface"))
    var interfaces: [String] = []

    @Option(name: .customShort("w"), help: ArgumentHelp("Write the packets to this pcapng file.", valueName: "file"))
    var file: String?

    @Option(name: .customShort("c"), help: ArgumentHelp("Stop after this many packets.", valueName: "packets"))
    var packetLimit: UInt64?

    @Option(
        help: ArgumentHelp("Stop after this long.", valueName: "seconds"),
        transform: { try Seconds($0) })
    var duration: Seconds?

    @Option(
        name: [.customShort("s"), .customLong("snaplen")],
        help: ArgumentHelp("Bytes of each packet to capture.", valueName: "bytes"))
    var snaplen = 192

    @Flag(name: .customLong("promiscuous"), help: "Also capture packets for other hosts.")
    var isPromiscuous = false

    @Option(help: ArgumentHelp("Size of the capture buffer in the kernel.", valueName: "MiB"))
    var buffer = 16

    @Flag(help: "Deliver packets immediately: lower latency, more CPU.")
    var immediate = false

    @Flag(
        name: .customLong("light"),
        help: "Capture no segments with more than one byte of data: for busy links.")
    var isLight = false

    @OptionGroup(title: "Checks")
    var checks: CheckOptions

    @OptionGroup(title: "Output")
    var output: OutputOptions

    @OptionGroup(title: "Text")
    var text: TextOptions

    @Argument(help: ArgumentHelp("BPF filter (pcap-filter(7)).", valueName: "filter"))
    var words: [String] = []

    func validate() throws {
        if interfaces.isEmpty { throw ValidationError("no interface given: use -i INTERFACE or -i any") }
        if Set(interfaces).count < interfaces.count { throw ValidationError("an interface is given twice") }
        try text.check(output.format)
        if packetLimit == 0 { throw ValidationError("-c: must be at least 1") }
        if file == "-" { throw ValidationError("-w -: standard output is used for the report; give a file name") }
        if !(1...262_144).contains(snaplen) {
            throw ValidationError("-s: \(snaplen) is not between 1 and 262144 bytes")
        }
        if !(1...2047).contains(buffer) { throw ValidationError("--buffer: \(buffer) is not between 1 and 2047 MiB") }
    }

    func run() throws {
        Signals.catchStops()
        Signals.catchReports()
        // A closed pipe on standard output must not end the process before the file is whole.
        if file != nil { Signals.ignoreClosedPipes() }
        try exitingOnFailure { try watch() }
    }

    /// How the kernel captures.
    private var settings: LiveCapture.Settings {
        var settings = LiveCapture.Settings()
        settings.snaplen = snaplen
        settings.isPromiscuous = isPromiscuous
        settings.bufferSize = buffer << 20
        settings.isImmediate = immediate
        settings.isLight = isLight
        settings.filter = words.isEmpty ? nil : words.joined(separator: " ")
        return settings
    }

    private func watch() throws {
        var live = try LiveCapture(on: interfaces, settings)
        var session = try WatchSession(
            described: live.described(snaplen: snaplen), isFiltered: !words.isEmpty || isLight, isLight: isLight,
            file: file, output: output, style: text.style(), packetLimit: packetLimit)
        complain("capturing on \(session.name); Ctrl-C ends it with the summary")
        let deadline = duration.map { ContinuousClock.now + $0.duration }
        do {
            while !Signals.isStopping, !session.isDone, !live.isOver {
                if let deadline, ContinuousClock.now >= deadline { break }
                try session.take(from: &live)
                if Signals.takeReport() { try session.report(live.counters, captured: live.captured) }
            }
            // The ring may hold what passed before the end, however long it takes to read that.
            live.acceptNoMore()
            while !session.isDone, !live.isOver, !live.isDrained {
                try session.take(from: &live)
            }
        } catch {
            // Standard output may be gone, with its terminal: the file must still be whole.
            session.saveFile()
            throw error
        }
        let verifications = try session.finish(live.counters, captured: live.captured, checking: checks)
        if live.isOver { throw ExitStatus.couldNotRun }
        try session.writeJUnitFile(verifications, by: checks)
        if live.counters.droppedByKernel > 0, checks.expect == nil { throw ExitStatus.inconclusive }
        try session.end(verifications, by: checks)
    }
}
