import ArgumentParser
import KeepAlive
import Platform
import Report
import Sockets

/// `tcpalive audit`: the sockets of this host.
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List this host's TCP sockets with their keep-alive settings and assess them.",
        usage: "tcpalive audit [<options>] [<filter> ...]",
        discussion: """
            Asks the kernel for all established TCP sockets, without packets and without rights, and prints them, the \
            worst first: process, ends, keep-alive settings, idle time, next probe, and a verdict, then totals per \
            process and service. Without rights to a process, idle and interval are inferred from the timer, as far \
            as it shows them. Linux only.

            The filter has the words of ss(8): sport, dport, src, dst, state, exclude, and, or, not, parentheses.

            Examples:
              tcpalive audit
              sudo tcpalive audit --limit all
              tcpalive audit dport = :5432 and not dst 127.0.0.0/8
              tcpalive audit --port 443 --path-timeout 350 --fail-on warning
              sudo tcpalive audit --all-netns --format jsonl
              tcpalive audit --pid 812 --watch 1

            \(ExitStatus.help([ExitStatus.failedExpectation, ExitStatus.couldNotRun]))
            """)

    /// Which sockets.
    struct SelectionOptions: ParsableArguments {
        @OptionGroup
        var sockets: SocketSelection

        @Option(
            help: ArgumentHelp(
                "Only sockets in this state, as in ss(8): close-wait, connected, all (default: established and close-wait).",
                valueName: "state"),
            transform: { try StateArgument($0) })
        var state: StateArgument?

        @Option(
            parsing: .unconditionalSingleValue,
            help: ArgumentHelp(
                "Sockets of this network namespace: a name of ip-netns(8), or a process id; may be repeated.",
                valueName: "name|pid"))
        var netns: [String] = []

        @Flag(help: "Sockets of all network namespaces.")
        var allNetns = false
    }

    /// How they are assessed.
    struct AssessmentOptions: ParsableArguments {
        @OptionGroup
        var path: PathTimeoutOption

        /// The severities that a socket can have: one that still exists has not failed.
        enum Level: String, CaseIterable, ExpressibleByArgument {
            case warning, notice

            var severity: Severity { self == .warning ? .warning : .notice }
        }

        @Option(help: ArgumentHelp("Exit with status 1 if any finding is at least this severe.", valueName: "severity"))
        var failOn: Level?
    }

    /// How they are shown.
    struct ReportOptions: ParsableArguments {
        @Option(name: .customLong("format"), help: "Report format (default: text).")
        var chosenFormat: OutputOptions.Format?

        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Sockets to show in the text, or all (default: 50).", valueName: "number"),
            transform: { try LimitArgument($0) })
        var limit: LimitArgument?

        @Flag(help: "Do not look for processes: faster, and settings are inferred from timers.")
        var noProcesses = false

        @Option(
            parsing: .unconditional,
            help: ArgumentHelp(
                "Repeat the report after this time until Ctrl-C; settings that a timer shows only when it fires are added.",
                valueName: "seconds"), transform: { try Seconds($0) })
        var watch: Seconds?

        @OptionGroup
        var color: ColorOptions

        /// The format.
        var format: OutputOptions.Format { chosenFormat ?? .text }
    }

    @OptionGroup(title: "Sockets")
    var selection: SelectionOptions

    @OptionGroup(title: "Checks")
    var assessment: AssessmentOptions

    @OptionGroup(title: "Output")
    var report: ReportOptions

    func validate() throws {
        if selection.state != nil, try SocketFilter(selection.sockets.filter).namesStates {
            throw ValidationError("--state and the filter both name states: give one of them.")
        }
        if selection.netns.contains("") { throw ValidationError("--netns requires a name or a process id.") }
        if selection.allNetns, !selection.netns.isEmpty {
            throw ValidationError("--all-netns includes every --netns: give one of them.")
        }
        if report.noProcesses, selection.sockets.pid != nil {
            throw ValidationError("--pid contradicts --no-processes.")
        }
        if report.limit != nil, report.format != .text { throw ValidationError("--limit requires --format text.") }
        if report.watch != nil, report.format == .json {
            throw ValidationError("--watch requires another format than json, such as jsonl.")
        }
    }

    func run() throws {
        Signals.catchStops()
        try exitingOnFailure {
            #if os(Linux)
                var session = try AuditSession(selection, assessment, report)
                try session.run()
            #else
                complain("audit: only Linux lists the sockets of all processes with their timers (sock_diag)")
                throw ExitStatus.couldNotRun
            #endif
        }
    }
}

/// A state of sockets on the command line.
struct StateArgument: Sendable, Equatable {
    /// The states.
    let states: SocketStates

    /// The states that `argument` names. Throws `ValidationError`.
    init(_ argument: String) throws {
        guard let states = SocketStates(name: argument) else {
            throw ValidationError(
                "there is no such state; the states are \(SocketState.allNames.joined(separator: ", ")), "
                    + "all, connected, synchronized.")
        }
        self.states = states
    }
}

/// A number of rows on the command line, or `all`.
struct LimitArgument: Sendable, Equatable {
    /// The number; nil: all.
    let number: Int?

    /// The limit in `argument`. Throws `ValidationError`.
    init(_ argument: String) throws {
        if argument == "all" {
            number = nil
        } else if let number = Int(argument), (0...1_000_000_000).contains(number) {
            self.number = number
        } else {
            throw ValidationError("it is neither a whole number from 0 to 1,000,000,000, nor \"all\".")
        }
    }
}
