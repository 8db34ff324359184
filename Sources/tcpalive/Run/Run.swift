import ArgumentParser
import Platform
import Sockets

/// `tcpalive run`: starts a program with keep-alive on all its TCP sockets.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start a program with keep-alive enabled on all its TCP sockets.",
        usage: "tcpalive run [<options>] [--] <program> [<argument> ...]",
        discussion: """
            Becomes the program, after it has started a helper. The kernel holds each connect(2) and listen(2) of the program \
            and of all that it starts until the helper has set the options of the socket (seccomp_unotify(2), Linux 5.9 or \
            later). So they are set before the first packet, and accepted connections inherit them. It works for static \
            programs and those in Go and Java too. The helper ends with the last of these processes.

            What the program sets itself is ignored, unless --as-defaults is given. Without root, programs such as sudo gain no \
            rights (no_new_privs).

            Examples:
              tcpalive run -- psql -h db.example.com
              tcpalive run --idle 120 --interval 20 --count 5 -- ./server --port 8080
              tcpalive run --as-defaults --user-timeout 30 -- sh -c 'make fetch'

            \(ExitStatus.help([ExitStatus.couldNotRun, ExitStatus.notExecutable, ExitStatus.notFound]))
            Once the program has started, its exit status is returned.
            """)

    /// The options of each socket.
    struct OptionsOfSockets: ParsableArguments {
        @OptionGroup
        var settings: SettingsOptions<OrdinarySettings>

        @Flag(help: "Use these values only where the program sets none of its own.")
        var asDefaults = false
    }

    @OptionGroup(title: "Keep-alive")
    var sockets: OptionsOfSockets

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("The program, searched in PATH, and its arguments.", valueName: "program"))
    var words: [String] = []

    /// The program and its arguments.
    private var command: [String] { words.first == "--" ? Array(words.dropFirst()) : words }

    private var settings: RunSettings {
        RunSettings(options: sockets.settings.options, areDefaults: sockets.asDefaults)
    }

    func validate() throws {
        // The parser takes the first word that it does not know for the program, even those of all commands.
        switch words.first {
        case "-h", "--help": throw CleanExit.helpRequest(Run.self)
        case "-V", "--version": throw CleanExit.message(Version.text)
        case .some(let word) where word.hasPrefix("-") && word != "--":
            let names = ["--idle", "--interval", "--count", "--user-timeout", "--as-defaults"]
            let near = word.hasPrefix("--") ? word.nearest(of: names).first : nil
            throw ValidationError("Unknown option '\(word)'" + (near.map { ". Did you mean '\($0)'?" } ?? ""))
        default: break
        }
        if command.isEmpty {
            throw ValidationError("no program given, such as tcpalive run -- psql -h db.example.com.")
        }
    }

    func run() throws {
        try exitingOnFailure {
            #if os(Linux)
                try RunSession(settings).run(command)
            #else
                complain("run: only Linux lets a process change the sockets of another (seccomp_unotify, pidfd_getfd)")
                throw ExitStatus.couldNotRun
            #endif
        }
    }
}
