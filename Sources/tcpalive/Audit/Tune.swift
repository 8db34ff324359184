import ArgumentParser
import Platform
import Sockets

/// `tcpalive tune`: changes keep-alive on the sockets of running processes.
struct Tune: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Change keep-alive on sockets of running processes, without a restart.",
        usage: "tcpalive tune [<options>] [<filter> ...]",
        discussion: """
            Borrows each socket that is selected from its process (pidfd_getfd(2), Linux 5.6 or later), reads its options, \
            sets those that are given, reads them again, and prints both. The process does not notice, and its connection \
            goes on. An idle, interval or count turns keep-alive on, unless --off is given. A new idle time counts from \
            the last segment that was received: if that is over, a probe is sent at once.

            It needs to be root, or the user of the process with the rights of ptrace(2). Select sockets by process, \
            descriptor, port, or filter words of ss(8). --dry-run shows what would change.

            Examples:
              sudo tcpalive tune --pid 812 --idle 60 --interval 15 --count 4
              sudo tcpalive tune --dry-run --idle 300 dport = :5432
              tcpalive tune --pid 812 --fd 7 --off

            \(ExitStatus.help([ExitStatus.couldNotRun]))
            Status 2 means here: no socket is selected, or one of them could not be changed.
            """)

    /// Which sockets.
    struct SelectionOptions: ParsableArguments {
        @OptionGroup
        var sockets: SocketSelection

        @Option(
            name: .customLong("fd"), parsing: .unconditional,
            help: ArgumentHelp("Only this descriptor of the process.", valueName: "number"),
            transform: { try identifier($0, 0...Int32.max, "descriptor") })
        var descriptor: Int32?
    }

    /// What to change.
    struct ChangeOptions: ParsableArguments {
        /// What is not given stays.
        enum Changing: SettingsMeaning {}

        @OptionGroup
        var settings: SettingsOptions<Changing>

        @Flag(help: "Turn keep-alive on.")
        var on = false

        @Flag(help: "Turn keep-alive off.")
        var off = false

        @Flag(help: "Only show what would change.")
        var dryRun = false

        /// The options that a socket with the options `before` is to have; nil values stay.
        func wanted(after before: KeepAliveOptions) -> KeepAliveOptions {
            var options = settings.options
            options.isEnabled = !off && (on || settings.firstGiven != nil || before.isEnabled)
            return options
        }

        func validate() throws {
            if on, off { throw ValidationError("--on contradicts --off.") }
            if !on, !off, settings.firstGiven == nil, settings.userTimeout == nil {
                throw ValidationError(
                    "nothing to change: give --idle, --interval, --count, --user-timeout, --on or --off.")
            }
        }
    }

    @OptionGroup(title: "Sockets")
    var selection: SelectionOptions

    @OptionGroup(title: "Change")
    var change: ChangeOptions

    func validate() throws {
        let sockets = selection.sockets
        if selection.descriptor != nil, sockets.pid == nil { throw ValidationError("--fd requires --pid.") }
        if sockets.pid == nil, sockets.port == nil, sockets.filter.isEmpty {
            throw ValidationError(
                "no sockets selected: give --pid, --port or filter words, such as tcpalive tune --pid 812 --idle 60.")
        }
    }

    func run() throws {
        try exitingOnFailure {
            #if os(Linux)
                var session = try TuneSession(selection, change)
                try session.run()
            #else
                complain("tune: only Linux lets a process change the sockets of another (pidfd_getfd)")
                throw ExitStatus.couldNotRun
            #endif
        }
    }
}
