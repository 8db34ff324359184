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

            Any server that keeps idle connections will do. If it closes them itself, run tcpalive listen PORT at the other \
            end, and give --with listen: then the check is a byte of data, which a proxy in between has to pass on.

            The time until the result is about twice the idle time that is found, or --max if all connections survive. \
            With --log, each result is kept in a file, and the same command goes on where an earlier one was stopped.

            Examples:
              tcpalive probe-path example.org 443
              tcpalive probe-path --max 10m --log path.csv 192.0.2.1 22
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
            let trials = try PathTrialLog(options.search.log, address: addresses[0])
            for trial in trials.earlier { search.record(trial.idle, trial.outcome) }
            var session = ProbePathSession(options, search, addresses[0])
            try session.run(trials, stoppedBy: wakeup)
        }
    }
}

/// The arguments and options of `tcpalive probe-path`.
struct ProbePathOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Host name, IPv4 or IPv6 address; and port number or service name, as a second word or after a colon.",
            valueName: "host-and-port"))
    var words: [String] = []

    @OptionGroup(title: "Search")
    var search: PathSearchOptions

    @OptionGroup(title: "Connection")
    var connection: PathConnectionOptions

    @OptionGroup(title: "Output")
    var output: PathOutputOptions

    /// The host and the port.
    var endpoint: EndpointArgument {
        get throws { try EndpointArgument(words, of: "probe-path") }
    }

    func validate() throws {
        let endpoint = try endpoint
        if endpoint.host == nil {
            throw ValidationError(
                "no port given: write tcpalive probe-path \(endpoint.port) PORT, or \(endpoint.port):PORT.")
        }
        try endpoint.checkPort(1...65535)
    }
}

/// Which idle times to try.
struct PathSearchOptions: ParsableArguments {
    @Option(
        name: .customLong("max"), parsing: .unconditional,
        help: ArgumentHelp("The longest idle time to try, up to 24h (default: 2h).", valueName: "time"),
        transform: { try Seconds($0) })
    var maximum: Seconds?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How exactly to measure, 0.1 or more (default: 1).", valueName: "seconds"),
        transform: { try Seconds($0) })
    var precision: Seconds?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Connections at once, 1 to 256 (default: 16).", valueName: "number"),
        transform: { try wholeNumber($0, 1...256, of: "connections") })
    var connections: Int?

    @Option(
        help: ArgumentHelp("Keep each result in this CSV file, and go on from those in it.", valueName: "file"),
        completion: .file())
    var log: String?

    /// A search by the options that knows nothing.
    var search: PathSearch {
        PathSearch(
            maximum: maximum?.duration ?? .seconds(7200), precision: precision?.duration ?? .seconds(1),
            width: connections ?? 16)
    }

    func validate() throws {
        if let maximum, !(.seconds(2)...(.seconds(86400))).contains(maximum.duration) {
            throw ValidationError("--max is a time from 2s to 24h.")
        }
        if let precision, precision.duration < .milliseconds(100) {
            throw ValidationError("--precision is 0.1 seconds or more.")
        }
        if log == "" { throw ValidationError("--log requires a file name.") }
    }
}

/// How to connect, and to what.
struct PathConnectionOptions: ParsableArguments {
    /// What is at the other end.
    enum Peer: String, CaseIterable, ExpressibleByArgument {
        case server, listen
    }

    @Option(
        name: .customLong("with"), help: "What is at the other end, any server or tcpalive listen (default: server).")
    var peer: Peer?

    @OptionGroup
    var family: FamilyOptions

    @Option(help: ArgumentHelp("Connect from this local address.", valueName: "address"))
    var bind: String?
}

/// How to print the results.
struct PathOutputOptions: ParsableArguments {
    /// The formats of the result.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json
    }

    @Option(help: "Format: text, or a JSON record of the result, with the log on standard error (default: text).")
    var format: Format?

    @OptionGroup
    var color: ColorOptions
}
