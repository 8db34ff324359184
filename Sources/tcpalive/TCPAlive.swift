import ArgumentParser

/// The command, and the table of contents of the subcommands.
@main
struct TCPAlive: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tcpalive",
        abstract: "Finds TCP keep-alives, marks them as Wireshark does, and says what they mean.",
        discussion: """
            Results go to standard output, everything else to standard error.

            Exit status (each subcommand's help tells its own):
              0   as expected
              1   probes are not as --expect or --verify has them, or a verdict is as severe as --fail-on
              2   could not run: no such file, no permission, a wrong filter
              3   the input is damaged; what could be read was reported
              4   packets were dropped: what is reported may lack some
              10  client: timed out; 11 reset, 12 unreachable, 13 could not connect
              64  the command line is wrong
            """,
        version: "0.1.0",
        subcommands: [
            Analyze.self, Extract.self, Watch.self, Client.self, Listen.self, Interfaces.self, Explain.self,
        ])
}
