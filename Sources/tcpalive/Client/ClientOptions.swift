import ArgumentParser
import Sockets

/// The arguments and options of `tcpalive client`.
struct ClientOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Host name, IPv4 or IPv6 address; and port number or service name, as a second word or after a colon.",
            valueName: "host-and-port"))
    var words: [String] = []

    @OptionGroup(title: "Connection")
    var connection: ConnectionOptions

    @OptionGroup(title: "Keep-alive")
    var probes: ProbeOptions

    @OptionGroup(title: "Data")
    var data: DataOptions

    @OptionGroup(title: "Checks")
    var checks: VerificationOptions

    @OptionGroup(title: "Output")
    var output: ClientOutputOptions

    /// The host, empty if there is none.
    var host: String { (try? endpoint.host) ?? "" }
    /// The port, empty if there is none.
    var port: String { (try? endpoint.port) ?? "" }

    private var endpoint: EndpointArgument {
        get throws { try EndpointArgument(words, of: "client") }
    }

    func validate() throws {
        let endpoint = try endpoint
        if endpoint.host == nil {
            throw ValidationError(
                "no port given: write tcpalive client \(endpoint.port) PORT, or \(endpoint.port):PORT.")
        }
        try endpoint.checkPort(1...65535)
        if !checks.verify, output.format != nil { throw ValidationError("--format needs --verify.") }
        if !checks.verify { return }
        if probes.noKeepalive { throw ValidationError("--verify contradicts --no-keepalive.") }
        if connection.reconnect { throw ValidationError("--verify checks one connection: omit --reconnect.") }
        if Int(port) == nil { throw ValidationError("--verify needs a port number, not \(port).") }
    }
}

/// How `client` connects, and how long it stays.
struct ConnectionOptions: ParsableArguments {
    @OptionGroup
    var family: FamilyOptions

    @Option(help: ArgumentHelp("Local address.", valueName: "address"))
    var bind: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Connect timeout for each address (default: 10).", valueName: "seconds"),
        transform: { try Seconds($0) })
    var connectTimeout = Seconds(10)

    @Flag(help: "Reconnect after the connection ends or fails; waits 1 s, then twice as long each time, up to 60 s.")
    var reconnect = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Close the connection and exit after this long.", valueName: "seconds"),
        transform: { try Seconds($0) })
    var duration: Seconds?
}

/// The keep-alive options of the socket of `client`.
struct ProbeOptions: ParsableArguments {
    @OptionGroup
    var settings: SettingsOptions<OrdinarySettings>

    @Flag(help: "Disable SO_KEEPALIVE.")
    var noKeepalive = false

    @Flag(help: "Enable SO_KEEPALIVE, with the system's idle, interval and count.")
    var systemDefaults = false

    /// The options of the socket.
    var options: KeepAliveOptions {
        if noKeepalive || systemDefaults {
            return KeepAliveOptions(isEnabled: !noKeepalive, userTimeout: settings.userTimeout)
        }
        return settings.options
    }

    func validate() throws {
        if let named = settings.firstGiven, noKeepalive || systemDefaults {
            throw ValidationError("\(named) contradicts \(noKeepalive ? "--no-keepalive" : "--system-defaults").")
        }
        if noKeepalive, systemDefaults { throw ValidationError("--system-defaults contradicts --no-keepalive.") }
    }
}

/// What `client` sends, and how it reads and prints what it receives.
struct DataOptions: ParsableArguments {
    @Flag(help: "Send standard input even if it is a terminal.")
    var interactive = false

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Maximum bytes per read (default: 10).", valueName: "bytes"),
        transform: { try wholeNumber($0, 1...1_048_576, of: "bytes") })
    var readSize = 10

    @Flag(help: "Print received data in hexadecimal.")
    var hex = false
}

/// The check of the probes of `client` on the wire.
struct VerificationOptions: ParsableArguments {
    @Flag(help: "Capture the connection and check its probes against the options; needs the capability cap_net_raw.")
    var verify = false

    @Option(
        name: .customLong("junit"),
        help: ArgumentHelp("Also write the result of --verify to this file, as JUnit XML.", valueName: "file"),
        completion: .file())
    var junitFile: String?

    func validate() throws {
        if !verify, junitFile != nil { throw ValidationError("--junit needs --verify.") }
    }
}

/// What `client` prints.
struct ClientOutputOptions: ParsableArguments {
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Time between status lines (default: 5).", valueName: "seconds"),
        transform: { try Seconds($0) })
    var tick = Seconds(5)

    /// The formats of the result of --verify.
    enum VerificationFormat: String, CaseIterable, ExpressibleByArgument {
        case text, json
    }

    @Option(help: "Format of the result of --verify; json sends everything else to standard error (default: text).")
    var format: VerificationFormat?

    @OptionGroup
    var color: ColorOptions
}
