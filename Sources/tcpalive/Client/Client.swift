import ArgumentParser

/// `tcpalive client`: connects with keep-alive enabled and reports how the connection ends.
struct Client: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Connect with TCP keep-alive enabled and report how the connection ends.",
        usage: "tcpalive client [<options>] <host> <port>",
        discussion: """
            Tries each address of HOST in order. Sets idle, interval, count and SO_KEEPALIVE before connecting, reads \
            them back, and prints them next to the system defaults. An option that cannot be set is reported, and the \
            rest still applies. While it waits, it prints received data and, at each tick, whether the peer answers \
            probes and when the next one is due. Standard input is sent to the peer unless it is a terminal; its end \
            does not close the connection.

            On Linux it also prints ICMP errors about the connection, which the kernel ignores while the connection \
            is idle. This needs the capability cap_net_raw; without it only their number is reported.

            Examples:
              tcpalive client 192.0.2.1 5001
              tcpalive client [2001:db8::1]:5001
              tcpalive client --idle 5 --interval 2 --count 3 localhost 5001
              tcpalive client --system-defaults --tick 60 example.org 443
              echo hello | tcpalive client -4 --duration 90 localhost 5001

            \(ExitStatus.help([
                ExitStatus.failedExpectation, ExitStatus.couldNotRun, ExitStatus.inconclusive, ExitStatus.timedOut,
                ExitStatus.reset, ExitStatus.unreachable, ExitStatus.couldNotConnect,
            ]))
            Success is an end by the peer, by --duration or by a signal. With --verify, a connection that came about ends \
            with 0, 1 or 4; with --reconnect, only --duration and signals end it.
            """)

    @OptionGroup
    var options: ClientOptions

    func run() throws {
        try exitingOnFailure {
            var session = try ClientSession(options, JUnitFile.begin(options.checks.junitFile))
            try session.run()
        }
    }
}
