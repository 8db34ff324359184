import ArgumentParser
import Platform
import Sockets

/// `tcpalive lab`: the experiment with a dead peer, on one machine.
struct Lab: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "Show how keep-alive notices a dead peer, on this machine alone (Linux).",
        discussion: """
            Makes two hosts on this machine: network namespaces, joined by a cable. On one of them runs tcpalive listen, on the \
            other tcpalive client --verify, with tcpalive watch beside it. After the first answered probe the cable is cut. Then \
            the probes have no answer, the client's kernel gives up, and the client and watch say whether all of that \
            happened as the options imply. Nothing remains.

            Needs no root where users may create namespaces. Nothing leaves this machine.

            Examples:
              tcpalive lab
              tcpalive lab --idle 5 --interval 2 --count 3
              tcpalive lab --count 4 --user-timeout 5

            \(ExitStatus.help([
                ExitStatus.failedExpectation, ExitStatus.couldNotRun, ExitStatus.inconclusive,
            ]))
            Status 4 also means here: stopped by a signal before the end.
            """)

    @OptionGroup(title: "Keep-alive")
    var probes: SettingsOptions<LabSettings>

    @OptionGroup(title: "Experiment")
    var cable: CableOptions

    func run() throws {
        try exitingOnFailure {
            #if os(Linux)
                var session = try LabSession(probes.options)
                try session.run(cutAfter: cable.answering?.duration)
            #else
                complain("lab: only Linux has network namespaces")
                throw ExitStatus.couldNotRun
            #endif
        }
    }
}

/// The keep-alive options of the client's socket.
enum LabSettings: SettingsMeaning {
    static var defaults: (idle: Int, interval: Int, count: Int)? { (3, 1, 4) }
}

/// When the cable is cut.
struct CableOptions: ParsableArguments {
    @Option(
        name: .customLong("for"), parsing: .unconditional,
        help: ArgumentHelp(
            "Cut the cable after this long (default: after the first answered probe).", valueName: "seconds"),
        transform: { try Seconds($0) })
    var answering: Seconds?

    func validate() throws {
        if let answering, answering.duration > .seconds(86400) {
            throw ValidationError("--for is a time up to 24h.")
        }
    }
}
