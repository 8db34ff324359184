import ArgumentParser
import Capture
import KeepAlive
import Platform
import Report
import Sockets
import Wire

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
            With --verify, once connected: 0 all as expected, 1 a difference, 4 nothing could be judged.
            With --reconnect it ends only by --duration or a signal, with status 0.
            """)

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

    /// The keep-alive options of the command line.
    var options: KeepAliveOptions {
        let isOurs = !noKeepalive && !systemDefaults
        return KeepAliveOptions(
            isEnabled: !noKeepalive, idle: idle ?? (isOurs ? 60 : nil), interval: interval ?? (isOurs ? 15 : nil),
            count: count ?? (isOurs ? 4 : nil), userTimeout: timeout.userTimeout?.milliseconds)
    }

    func validate() throws {
        try tcpalive.validate(options, named: optionNames)
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

    func run() throws {
        try exitingOnFailure { try converse() }
    }

    /// Why one connection is over.
    private enum Stop {
        case ended(EndCause), interrupted, durationOver

        /// How the connection ended by itself; nil: it was open.
        var cause: EndCause? {
            if case .ended(let cause) = self { cause } else { nil }
        }
    }

    private func converse() throws {
        let log = ClientLog(to: format == .json ? .standardError : .standardOutput)
        let wakeup = try SignalWakeup()
        let deadline = duration.map { ContinuousClock.now + $0.duration }
        var backoff = Duration.seconds(1)
        var input = StandardInput.forSending(isInteractive: interactive)
        while true {
            var failure = ExitStatus.couldNotConnect
            do {
                let stop = try hold(log, wakeup, deadline, &input, onConnect: { backoff = .seconds(1) })
                switch stop {
                case .interrupted, .durationOver: return
                case .ended(.closedByPeer) where !reconnect: return
                case .ended(let cause): failure = cause.exitStatus
                }
            } catch SocketError.interrupted {
                return try log.write("Interrupted while connecting.")
            } catch let error as SocketError where error.isFailureToConnect {
                if reconnect { try log.write(error.text) } else { complain(error.text) }
            }
            guard reconnect else { throw failure }
            let next = ContinuousClock.now + backoff
            try log.write("Connecting again in \(backoff.secondsText).")
            backoff = min(backoff * 2, .seconds(60))
            if try wakeup.wait(until: min(next, deadline ?? next)) { return try log.write("Interrupted.") }
            if let deadline, deadline <= .now { return try log.write("The duration is over.") }
        }
    }

    /// Makes one connection and prints what happens until it ends, the duration is over, or a signal comes.
    private func hold(
        _ log: ClientLog, _ wakeup: SignalWakeup, _ deadline: ContinuousClock.Instant?,
        _ input: inout StandardInput?, onConnect: () -> Void
    ) throws -> Stop {
        var timeout = connectTimeout.duration
        if let deadline { timeout = max(.milliseconds(1), min(timeout, ContinuousClock.now.duration(to: deadline))) }
        var verifier: Verifier?
        if verify { verifier = try Verifier(port: port) }
        let addresses = try SocketAddress.resolve(host: host, port: port, family: family.family)
        var client = try KeepAliveClient.connect(
            to: addresses, options: options, bind: bind, timeout: timeout, watching: wakeup.descriptor,
            receivesICMP: true,
            onAttempt: { try? log.write("Connecting to \($0).") })
        onConnect()
        verifier?.begin(client)
        let schedule = verify ? ProbeSchedule(try client.options()) : nil
        for attempt in client.failedAttempts { try log.write("Failed to connect to \(attempt.text).") }
        try describe(client, log)
        var nextTick = ContinuousClock.now + tick.duration
        while true {
            // While much is unsent, no more input is read.
            var watching = [wakeup.descriptor] + (verifier?.descriptors ?? [])
            if let input, client.unsentCount < 65536 { watching.append(input.descriptor) }
            let event = try client.wait(
                until: min(nextTick, deadline ?? nextTick), readSize: readSize, watching: watching)
            switch event {
            case .received(let bytes):
                try log.write(log.received(bytes, hex: hex))
            case .reported(let error, let count):
                // Of later ones, the status lines and the last line have the number.
                if count == 1 { try log.write("\(error.clause); \(client.effect(of: error))") }
            case .ended(let cause):
                try log.write(cause.explanation(client.endContext()))
                return try judge(.ended(cause), schedule, &verifier, log)
            case .ready(wakeup.descriptor):
                try log.write("Interrupted: closed from this end.\(client.endContext().stateText)")
                return try judge(.interrupted, schedule, &verifier, log)
            case .ready(let descriptor) where verifier?.descriptors.contains(descriptor) ?? false:
                verifier?.takePackets()
            case .ready:
                if let bytes = input?.read() { client.send(bytes) } else { input = nil }
            case .tick: break
            }
            let now = ContinuousClock.now
            if let deadline, deadline <= now {
                try log.write("The duration is over: closed from this end.\(client.endContext().stateText)")
                return try judge(.durationOver, schedule, &verifier, log)
            }
            if nextTick <= now {
                verifier?.lookAtOthers()
                try log.write(waitingText(&client, reply: verifier?.lastReply))
                repeat { nextTick += tick.duration } while nextTick <= now
            }
        }
    }

    /// Checks the connection that came to `stop`, with --verify. Throws the exit status of the result.
    private func judge(
        _ stop: Stop, _ schedule: ProbeSchedule?, _ verifier: inout Verifier?, _ log: ClientLog
    ) throws -> Stop {
        guard verify, let judged = verifier?.judge(schedule, cause: stop.cause) else { return stop }
        var text = TextBuffer()
        text.append(linesOf: judged.verification)
        text.append(conclusionOf: judged.verification)
        var lines = text.string.split(separator: "\n").map(String.init)
        let conclusion = lines.popLast() ?? ""
        for line in lines { try log.write(plain: line) }
        try log.write(conclusion)
        if format == .json {
            var record = TextBuffer()
            record.appendRecord(judged)
            record.append("\n")
            try OutputDescriptor.standardOutput.write(record.bytes)
        }
        if let junitFile { try writeJUnit([judged], to: junitFile) }
        throw judged.exitStatus
    }

    /// The status line at a tick.
    private func waitingText(_ client: inout KeepAliveClient, reply: Duration?) -> String {
        client.sample()
        let line = client.activity.waitingText(next: client.nextProbe(), reply: reply, at: .now)
        let errors = client.reports.total
        return errors == 0 ? line : "\(line); \(errors) ICMP error\(errors == 1 ? "" : "s") so far"
    }

    /// Prints the addresses of the connection and the options that the kernel has for it.
    private func describe(_ client: borrowing KeepAliveClient, _ log: ClientLog) throws {
        try log.write("Connected to \(client.remoteAddress) from \(client.localAddress).")
        let before = client.initialOptions.isEnabled
        let now = try client.options()
        try log.write(
            "SO_KEEPALIVE was \(before ? "on" : "off")"
                + (before == now.isEnabled
                    ? " and stays \(before ? "on" : "off")." : "; it is \(now.isEnabled ? "on" : "off") now."))
        for failure in client.optionFailures {
            try log.write("\(failure). \(failure.consequence)")
        }
        for line in optionTable(now, defaults: .systemDefaults) { try log.write(plain: line) }
        for option in KeepAliveOption.allCases {
            guard let wanted = options[option], let actual = now[option], wanted != actual else { continue }
            try log.write("\(option.name): the kernel has \(actual) instead of \(wanted).")
        }
        guard let schedule = ProbeSchedule(now) else { return }
        try log.write(
            "A silent peer is given up after \(schedule.firstProbe.secondsText) + \(schedule.probes) × "
                + "\(schedule.interval.secondsText) = \(schedule.givesUpAfter.secondsText)"
                + (schedule.isByUserTimeout ? ", by the user timeout." : "."))
    }
}

extension SocketError {
    /// Whether trying again later may help.
    fileprivate var isFailureToConnect: Bool {
        switch self {
        case .unresolved, .notConnected: true
        case .outOfRange, .interrupted, .system: false
        }
    }
}

extension OptionFailure {
    /// The consequence, and what to do about it.
    fileprivate var consequence: String {
        switch (option, reason) {
        case (nil, _): "No keep-alive probes will be sent."
        case (_, .absent): "The other options apply."
        case (_, .refused):
            "The system's value applies; so do the other options. Use --system-defaults to leave them all to the system."
        }
    }
}

extension KeepAliveClient {
    /// How the kernel reacts to `error` now.
    fileprivate func effect(of error: ICMPError) -> String {
        if error.isTooBig { return "the kernel sends smaller segments" }
        return unacknowledgedBytes.map { $0 > 0 } ?? false
            ? "the kernel keeps retransmitting the data in flight"
            : "the kernel ignores this on an idle connection"
    }
}

extension EndCause {
    /// The exit status of `client` for this end.
    var exitStatus: ExitCode {
        switch self {
        case .closedByPeer: .success
        case .timedOut: ExitStatus.timedOut
        case .reset: ExitStatus.reset
        case .unreachable: ExitStatus.unreachable
        case .failed: ExitStatus.couldNotRun
        }
    }
}

extension StandardInput {
    /// Standard input if it is to be sent: a pipe or a file, or a terminal with --interactive.
    fileprivate static func forSending(isInteractive: Bool) -> StandardInput? {
        let input = StandardInput()
        return !input.isTerminal || isInteractive ? input : nil
    }
}
