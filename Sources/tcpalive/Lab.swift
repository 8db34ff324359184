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
    var probes: LabProbeOptions

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
struct LabProbeOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Idle time before the first probe, 1 to 32767 (default: 3).", valueName: "seconds"),
        transform: { try wholeSeconds($0, for: .idle) })
    var idle = 3

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Time between unanswered probes, 1 to 32767 (default: 1).", valueName: "seconds"),
        transform: { try wholeSeconds($0, for: .interval) })
    var interval = 1

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Unanswered probes before giving up, 1 to 127 (default: 4).", valueName: "probes"),
        transform: { try wholeNumber($0, KeepAliveOption.count.bounds, of: "probes") })
    var count = 4

    @OptionGroup
    var timeout: UserTimeoutOption

    /// The options of the socket.
    var options: KeepAliveOptions {
        KeepAliveOptions(
            idle: idle, interval: interval, count: count, userTimeout: timeout.userTimeout?.milliseconds)
    }
}

/// When the cable is cut.
struct CableOptions: ParsableArguments {
    @Option(
        name: .customLong("for"), parsing: .unconditional,
        help: ArgumentHelp(
            "Cut the cable after this long (default: after the first answered probe).", valueName: "seconds"),
        transform: { try Seconds($0) })
    var answering: Seconds?
}
