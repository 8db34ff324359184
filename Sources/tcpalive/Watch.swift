import ArgumentParser
import Capture
import KeepAlive
import Report
import Wire

/// `tcpalive watch`: live interfaces.
struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Marks the keep-alives on live interfaces as they pass.",
        discussion: """
            Captures on interfaces and prints every keep-alive, keep-alive ACK and zero-window probe when it passes, \
            and the RST that ends a row of them, as `analyze` would of a file. Ctrl-C (SIGINT), SIGTERM or SIGHUP ends it with the connections and a summary; SIGUSR1 \
            prints both and goes on. With -w, what passes is written to a pcapng file that `analyze` and Wireshark read. \
            With --expect, the probes of every connection are judged at the end by the options that they should have.

            With --light, the kernel hands over only segments with at most one octet of data, and those with SYN, FIN or \
            RST, and what the peer has acknowledged counts as sent. Probes and answers are told as without it; of data \
            nothing is known but what acknowledgments tell that carry none. So no verdict tells of data that is not \
            acknowledged, those that rest on data are of low confidence, a wait or a silence is told only where no data \
            may have broken it, and connections are those of which something was seen. Marks may differ where data \
            alone tells a window or was the first to pass: an answer after it has none, and the first probe of a window \
            that data closed is called a keep-alive. Fragments, tunnels, IPv6 extension headers, and VLAN tags on other \
            links than Ethernet are not seen. A file that it writes is for analyze --light.

            Examples:
              tcpalive watch -i eth0
              tcpalive watch -i any port 5432
              tcpalive watch -i eth0 -i eth1 -w seen.pcapng --duration 600
              tcpalive watch -i eth0 --light
              tcpalive watch -i eth0 --duration 300 --expect idle=60,interval=15,count=4 port 5432

            Exit status:
              0   as expected
              1   a verdict at or above --fail-on; probes that are not as --expect has them
              2   could not run: no permission, no such interface, or it was removed
              4   packets were dropped: what is reported may lack some; or nothing to judge by --expect
              64  the command line is wrong
            """)

    @Option(
        name: .customShort("i"), help: ArgumentHelp("An interface, or any; may be repeated.", valueName: "interface"))
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
        help: ArgumentHelp("Octets of each packet to capture.", valueName: "octets"))
    var snaplen = 192

    @Flag(name: .customLong("promiscuous"), help: "See packets for other hosts too.")
    var isPromiscuous = false

    @Option(help: ArgumentHelp("Size of the ring in which the kernel collects packets.", valueName: "MiB"))
    var buffer = 16

    @Flag(help: "Take each packet at once, at the cost of more work: a line appears within milliseconds.")
    var immediate = false

    @Flag(
        name: .customLong("light"),
        help: "Have the kernel keep out segments with more than one octet of data: for busy links.")
    var isLight = false

    @OptionGroup(title: "Judgement")
    var judgement: JudgementOptions

    @OptionGroup(title: "Output")
    var output: OutputOptions

    @Argument(help: ArgumentHelp("The words of a BPF filter.", valueName: "filter"))
    var words: [String] = []

    func validate() throws {
        if interfaces.isEmpty { throw ValidationError("No interface is named: give -i INTERFACE, or -i any.") }
        if Set(interfaces).count < interfaces.count { throw ValidationError("An interface is named twice.") }
        if packetLimit == 0 { throw ValidationError("-c 0 would capture nothing: give at least 1.") }
        if file == "-" { throw ValidationError("-w -: standard output is for the report, so name a file.") }
        if !(1...262_144).contains(snaplen) {
            throw ValidationError("-s: \(snaplen) is not between 1 and 262144 octets.")
        }
        if !(1...2047).contains(buffer) { throw ValidationError("--buffer: \(buffer) is not between 1 and 2047 MiB.") }
    }

    func run() throws {
        Signals.catchStops()
        Signals.catchReports()
        // A closed pipe on standard output must not end the process before the file is whole.
        if file != nil { Signals.ignoreClosedPipes() }
        try exitingOnFailure { try watch() }
    }

    /// How the kernel shall capture.
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
            file: file, output: output, packetLimit: packetLimit)
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
        let judgements = try session.finish(live.counters, captured: live.captured, judgedBy: judgement)
        if live.isOver { throw ExitStatus.couldNotRun }
        try session.writeJUnitFile(judgements, by: judgement)
        if live.counters.droppedByKernel > 0, judgement.expect == nil { throw ExitStatus.inconclusive }
        try session.end(judgements, by: judgement)
    }
}
