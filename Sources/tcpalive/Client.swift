import ArgumentParser

/// `tcpalive client`: connects with keep-alive enabled and reports how the connection ends.
struct Client: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Connect with TCP keep-alive enabled and report how the connection ends.",
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
              tcpalive client --idle 5 --interval 2 --count 3 localhost 5001
              tcpalive client --system-defaults --tick 60 example.org 443
              echo hello | tcpalive client -4 --duration 90 localhost 5001

            Exit status:
              0   closed by the peer; or ended by --duration, SIGINT, SIGTERM or SIGHUP
              2   cannot start or continue: out of descriptors, output failed
              10  timed out: the peer did not answer (ETIMEDOUT)
              11  reset by the peer (ECONNRESET)
              12  unreachable, with data in flight (EHOSTUNREACH, ENETUNREACH)
              13  could not connect: unknown name, refused, no answer
              64  invalid usage
            With --verify, once connected: 0 all as expected, 1 a difference, 4 nothing could be checked.
            With --reconnect it ends only by --duration or a signal, with status 0.
            """)

    @OptionGroup
    var options: ClientOptions

    func run() throws {
        try exitingOnFailure {
            var session = try ClientSession(options)
            try session.run()
        }
    }
}
