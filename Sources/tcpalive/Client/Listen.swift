import ArgumentParser
import Capture
import Platform
import Sockets

/// `tcpalive listen`: the other end of `tcpalive client`.
struct Listen: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Accept connections and print received data: the peer for experiments.",
        usage: "tcpalive listen [<options>] [<host>] <port>",
        discussion: """
            Without HOST it listens on all addresses of this host. The first line shows the address and port; with port 0 \
            the system chooses one. Any number of connections is accepted, numbered from 1. A received byte ENQ (5) is \
            answered by ACK (6), for tcpalive probe-path --with listen.

            Examples:
              tcpalive listen 5001
              tcpalive listen --send hello --close-after 5 127.0.0.1 0
              tcpalive listen --stop-reading localhost 5001

            \(ExitStatus.help([ExitStatus.couldNotRun]))
            """)

    @Argument(
        help: ArgumentHelp(
            "Address to listen on (optional), and port, as a second word or after a colon.", valueName: "host-and-port")
    )
    var words: [String] = []

    @OptionGroup(title: "Connections")
    var connections: ListenConnectionOptions

    @OptionGroup(title: "Keep-alive")
    var probes: ListenProbeOptions

    @OptionGroup(title: "Data")
    var data: ListenDataOptions

    @OptionGroup(title: "Text")
    var color: ColorOptions

    private var endpoint: EndpointArgument {
        get throws {
            if words.isEmpty { throw ValidationError("no port given: write tcpalive listen 5001.") }
            return try EndpointArgument(words, of: "listen")
        }
    }

    func validate() throws {
        let endpoint = try endpoint
        try endpoint.checkPort(0...65535)
        if endpoint.host == nil, (try? SocketAddress.resolve(host: "127.0.0.1", port: endpoint.port)) == nil {
            throw ValidationError(
                "\(endpoint.port) is no port: give one, and an address before it, as in tcpalive listen 127.0.0.1 5001."
            )
        }
    }

    func run() throws {
        try exitingOnFailure { try listen() }
    }

    private func listen() throws {
        let wakeup = try SignalWakeup()
        let endpoint = try endpoint
        let options = probes.options
        var listener = try KeepAliveListener(
            host: endpoint.host, port: endpoint.port, family: connections.family.family, options: options,
            reads: !data.stopReading)
        let log = ClientLog(color)
        try log.write(plain: "Listening on \(listener.localAddress)")
        for failure in listener.optionFailures {
            try log.write("\(failure). The other options are set.")
        }
        let end = connections.duration.map { ContinuousClock.now + $0.duration }
        let lifetime = (connections.closeAfter ?? connections.resetAfter)?.duration
        // In the order of acceptance, which is the order of their ends.
        var due: [(number: Int, at: ContinuousClock.Instant)] = []
        while true {
            let deadline = [end, due.first?.at].compactMap { $0 }.min()
            switch try listener.wait(until: deadline, watching: [wakeup.descriptor]) {
            case .accepted(let number, let peer):
                try log.write("#\(number) from \(peer)")
                if options != nil, let options = try listener.options(of: number) {
                    for line in optionTable(options, defaults: .systemDefaults) { try log.write(plain: line) }
                }
                listener.send(data.send.flatMap { Array("\($0)\n".utf8) }, on: number)
                if let lifetime { due.append((number, .now + lifetime)) }
            case .received(let number, let bytes):
                if bytes == [PathCheck.question] { listener.send([PathCheck.answer], on: number) }
                try log.write("#\(number) \(log.received(bytes, hex: data.hex))")
            case .ended(let number, let cause):
                due.removeAll { $0.number == number }
                try log.write("#\(number) \(Self.sentence(cause))", in: cause.color)
            case .ready:
                return try log.write(
                    "Interrupted; connections closed from this end: \(listener.connections.count).")
            case .tick: break
            }
            while let first = due.first, first.at <= .now {
                due.removeFirst()
                listener.close(first.number, resetting: connections.resetAfter != nil)
                try log.write("#\(first.number) \(connections.resetAfter != nil ? "reset" : "closed") from this end")
            }
            if let end, end <= .now { return try log.write("The duration is over.") }
        }
    }

    private static func sentence(_ cause: EndCause) -> String {
        switch cause {
        case .closedByPeer: "closed by the peer (FIN)"
        case .reset: "reset by the peer (ECONNRESET)"
        case .timedOut: "timed out (ETIMEDOUT): the peer did not answer"
        case .unreachable(let error): "unreachable: \(error)"
        case .failed(let error): "failed: \(error)"
        }
    }
}

/// Which connections `listen` accepts, and for how long.
struct ListenConnectionOptions: ParsableArguments {
    @OptionGroup
    var family: FamilyOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Close each connection after this time (FIN).", valueName: "seconds"),
        transform: { try Seconds($0) })
    var closeAfter: Seconds?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Reset each connection after this time (RST).", valueName: "seconds"),
        transform: { try Seconds($0) })
    var resetAfter: Seconds?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Exit after this long.", valueName: "seconds"),
        transform: { try Seconds($0) })
    var duration: Seconds?

    func validate() throws {
        if closeAfter != nil, resetAfter != nil {
            throw ValidationError("--close-after and --reset-after: a connection ends once, give one of them.")
        }
    }
}

/// The keep-alive options of the connections that `listen` accepts.
struct ListenProbeOptions: ParsableArguments {
    /// Without one of them, keep-alive is off.
    enum Enabling: SettingsMeaning {
        static var effect: String { "Enable SO_KEEPALIVE: " }
    }

    @OptionGroup
    var settings: SettingsOptions<Enabling>

    /// The options of each socket; nil: those of the system, which are off.
    var options: KeepAliveOptions? {
        if settings.firstGiven != nil { return settings.options }
        return settings.userTimeout.map { KeepAliveOptions(isEnabled: false, userTimeout: $0) }
    }
}

/// What `listen` sends, and how it reads and prints what it receives.
struct ListenDataOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Send this line on each new connection. Repeat for several.", valueName: "line"))
    var send: [String] = []

    @Flag(help: "Do not read, with a small buffer: a sending peer soon sees a zero window.")
    var stopReading = false

    @Flag(help: "Print received data in hexadecimal.")
    var hex = false
}
