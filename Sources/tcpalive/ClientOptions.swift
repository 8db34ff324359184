import ArgumentParser
import Sockets

/// The arguments and options of `tcpalive client`.
struct ClientOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Host name, IPv4 or IPv6 address.", valueName: "host"))
    var host: String

    @Argument(help: ArgumentHelp("Port number, 1 to 65535, or service name.", valueName: "port"))
    var port: String

    @OptionGroup(title: "Addresses")
    var family: FamilyOptions

    @Option(help: ArgumentHelp("Local address.", valueName: "address"))
    var bind: String?

    @Option(
        help: ArgumentHelp("Connect timeout for each address (default: 10).", valueName: "seconds"),
        transform: { try Seconds($0) })
    var connectTimeout = Seconds(10)

    @Flag(help: "Reconnect after the connection ends or fails; waits 1 s, then twice as long each time, up to 60 s.")
    var reconnect = false

    @Option(help: ArgumentHelp("Idle time before the first probe, 1 to 32767 (default: 60).", valueName: "seconds"))
    var idle: Int?

    @Option(help: ArgumentHelp("Time between unanswered probes, 1 to 32767 (default: 15).", valueName: "seconds"))
    var interval: Int?

    @Option(help: ArgumentHelp("Unanswered probes before giving up, 1 to 127 (default: 4).", valueName: "probes"))
    var count: Int?

    @OptionGroup
    var timeout: UserTimeoutOption

    @Flag(help: "Disable SO_KEEPALIVE.")
    var noKeepalive = false

    @Flag(help: "Enable SO_KEEPALIVE, with the system's idle, interval and count.")
    var systemDefaults = false

    @Option(
        help: ArgumentHelp("Time between status lines (default: 5).", valueName: "seconds"),
        transform: { try Seconds($0) })
    var tick = Seconds(5)

    @Option(help: ArgumentHelp("Maximum bytes per read.", valueName: "bytes"))
    var readSize = 10

    @Flag(help: "Print received data in hexadecimal.")
    var hex = false

    @Flag(help: "Send standard input even if it is a terminal.")
    var interactive = false

    @Option(
        help: ArgumentHelp("Close the connection and exit after this long.", valueName: "seconds"),
        transform: { try Seconds($0) })
    var duration: Seconds?

    @Flag(help: "Capture the connection and check its probes against the options; needs the capability cap_net_raw.")
    var verify = false

    /// The formats of the result of --verify.
    enum VerificationFormat: String, CaseIterable, ExpressibleByArgument {
        case text, json
    }

    @Option(help: "Format of the result of --verify; json sends everything else to standard error (default: text).")
    var format: VerificationFormat?

    @Option(
        name: .customLong("junit"),
        help: ArgumentHelp("Also write the result of --verify to this file, as JUnit XML.", valueName: "file"))
    var junitFile: String?

    @OptionGroup(title: "Text")
    var color: ColorOptions

    /// The keep-alive options of the command line.
    var keepAlive: KeepAliveOptions {
        let isOurs = !noKeepalive && !systemDefaults
        return KeepAliveOptions(
            isEnabled: !noKeepalive, idle: idle ?? (isOurs ? 60 : nil), interval: interval ?? (isOurs ? 15 : nil),
            count: count ?? (isOurs ? 4 : nil), userTimeout: timeout.userTimeout?.milliseconds)
    }

    func validate() throws {
        try tcpalive.validate(keepAlive, named: optionNames)
        if !(1...1_048_576).contains(readSize) {
            throw ValidationError("--read-size: \(readSize) is not between 1 and 1048576 bytes.")
        }
        if let number = Int(port), !(1...65535).contains(number) {
            throw ValidationError("\(port): a port is between 1 and 65535.")
        }
        let named = [("--idle", idle), ("--interval", interval), ("--count", count)].first { $0.1 != nil }
        if let named, noKeepalive || systemDefaults {
            throw ValidationError("\(named.0) contradicts \(noKeepalive ? "--no-keepalive" : "--system-defaults").")
        }
        if !verify, format != nil { throw ValidationError("--format needs --verify.") }
        if !verify, junitFile != nil { throw ValidationError("--junit needs --verify.") }
        if verify, noKeepalive { throw ValidationError("--verify contradicts --no-keepalive.") }
        if verify, reconnect { throw ValidationError("--verify checks one connection: leave out --reconnect.") }
        if verify, Int(port) == nil { throw ValidationError("--verify needs a port number, not \(port).") }
        if noKeepalive, systemDefaults { throw ValidationError("--system-defaults contradicts --no-keepalive.") }
    }
}
