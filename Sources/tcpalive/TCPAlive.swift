import ArgumentParser

/// The command, and the table of contents of the subcommands.
@main
struct TCPAlive: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tcpalive",
        abstract: "Find TCP keep-alives, mark them as Wireshark does, and explain what they show.",
        discussion: """
            Results go to standard output, messages to standard error.

            Exit status (the help of each subcommand has the details):
              0   success
              1   a finding at or above --fail-on, or probes that differ from --expect or --verify
              2   cannot start: no such file, permission denied, invalid filter
              3   damaged input; the readable part was reported
              4   packets were dropped, so the report may be incomplete; or nothing to compare
              10  client: timed out; 11 reset, 12 unreachable, 13 could not connect
              64  invalid usage
            """,
        subcommands: [
            Analyze.self, Extract.self, Watch.self, Client.self, Listen.self, Interfaces.self, Explain.self,
        ])

    @OptionGroup
    var version: VersionFlag
}
