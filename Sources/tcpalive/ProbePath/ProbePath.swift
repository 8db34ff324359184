import ArgumentParser
import Platform
import Report
import Sockets

/// `tcpalive probe-path`: measures after which idle time a path forgets a connection.
struct ProbePath: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe-path",
        abstract: "Measure after which idle time a path forgets a connection.",
        usage: "tcpalive probe-path [<options>] <host> <port>",
        discussion: """
            Opens connections to HOST without keep-alives, leaves them idle for different times, and checks which of them \
            still work: first up to --max, then between the longest idle time that a connection survived and the shortest \
            that it did not. The check is a keep-alive probe, which every TCP answers and no application sees. A silent \
            connection counts only if HOST accepts a new one.

            Any server will do that keeps idle connections and sends nothing on them, neither data nor keep-alives: those \
            keep the path in use, so the result says so instead. In all other cases run tcpalive listen PORT at the other \
            end, and give --with listen: then the check is a byte of data that it answers, so a proxy in between has to pass \
            both on.

            The result takes two to four times the idle time that is found, or --max if all connections survive. \
            With --log, each result is kept in a file, and the same command goes on where an earlier one was stopped.

            Examples:
              tcpalive probe-path --max 4m 192.0.2.1 6379
              tcpalive probe-path --with listen --log path.csv example.org 5001
              tcpalive probe-path --with listen --precision 5 192.0.2.1 5001

            \(ExitStatus.help([
                ExitStatus.couldNotRun, ExitStatus.inconclusive, ExitStatus.couldNotConnect,
            ]))
            Status 4 means here: stopped by a signal before the end; what is known so far was printed.
            """)

    @OptionGroup
    var options: ProbePathOptions

    func run() throws {
        try exitingOnFailure {
            let wakeup = try SignalWakeup()
            let endpoint = try options.endpoint
            let addresses: [SocketAddress]
            do throws(SocketError) {
                addresses = try SocketAddress.resolve(
                    host: endpoint.host ?? "", port: endpoint.port, family: options.connection.family.family)
            } catch {
                complain(error.text)
                throw ExitStatus.couldNotConnect
            }
            var search = options.search.search
            let trials = try PathTrialLog(options.search.log, addresses)
            // Earlier ends at once may have had another reason.
            for trial in trials.earlier where !trial.outcome.isEarly(after: trial.idle) {
                search.record(trial.idle, trial.outcome)
            }
            var session = ProbePathSession(options, search, trials.address)
            try session.run(trials, stoppedBy: wakeup)
        }
    }
}
