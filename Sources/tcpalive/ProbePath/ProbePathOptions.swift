import ArgumentParser
import Sockets

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
