import ArgumentParser
import Platform
import Report
import Sockets

/// `tcpalive top`: the connections of this host on the full screen.
struct Top: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show this host's TCP connections and their keep-alives on the full screen.",
        usage: "tcpalive top [<options>] [<filter> ...]",
        discussion: """
            Lists the connections, the worst first, with process, ends, keep-alive settings, idle time, countdown to the \
            next probe, unanswered probes, round trip of the last answer, and verdict: once a second, and when a packet \
            of a keep-alive passes. Enter shows one connection with its timeline and its last events. The keys are much \
            like those of htop(1); ? lists them. Linux only.

            Without rights it shows what the kernel reports to every user, as audit does. With the rights to capture, it adds \
            what packets show, as watch --light does; a second process reads them, without any rights.

            The filter has the words of ss(8): sport, dport, src, dst, state, exclude, and, or, not, parentheses.

            Examples:
              tcpalive top
              sudo tcpalive top
              sudo tcpalive top -i eth0 dport = :5432
              tcpalive top --pid 812 --sort idle

            \(ExitStatus.help([ExitStatus.couldNotRun]))
            """)

    @OptionGroup(title: "Sockets")
    var sockets: SocketSelection

    @OptionGroup(title: "Assessment")
    var path: PathTimeoutOption

    @OptionGroup(title: "Packets")
    var packets: PacketOptions

    @OptionGroup(title: "Screen")
    var screen: ScreenOptions

    /// What is captured.
    struct PacketOptions: ParsableArguments {
        @Option(
            name: .customShort("i"),
            help: ArgumentHelp(
                "Capture on this interface (default: any, if the rights suffice). Repeat for several.",
                valueName: "interface"))
        var interfaces: [String] = []

        @Flag(help: "Capture no packets.")
        var noPackets = false

        func validate() throws {
            if noPackets, !interfaces.isEmpty { throw ValidationError("-i contradicts --no-packets.") }
        }
    }

    /// How it is shown.
    struct ScreenOptions: ParsableArguments {
        @Option(
            name: .shortAndLong, parsing: .unconditional,
            help: ArgumentHelp("Time between two looks (default: 1).", valueName: "seconds"),
            transform: { try Seconds($0) })
        var delay: Seconds?

        @Option(name: .customLong("sort"), help: "Order of the list (default: severity).")
        var order: TopOrder?

        @OptionGroup
        var color: ColorOptions
    }

    func run() throws {
        Signals.catchStops()
        try exitingOnFailure {
            #if os(Linux)
                var session = try TopSession(self)
                try session.run()
            #else
                complain("top: only Linux lists the sockets of all processes with their timers (sock_diag)")
                throw ExitStatus.couldNotRun
            #endif
        }
    }
}

extension TopOrder: ExpressibleByArgument {}
