import ArgumentParser
import KeepAlive
import Platform
import Report
import Sockets
import Wire

/// Runs `tcpalive client`: connects, prints what happens on the connection, and checks it with --verify.
struct ClientSession: ~Copyable {
    private let options: ClientOptions
    private let log: ClientLog
    private let wakeup: SignalWakeup
    /// When --duration is over.
    private let deadline: ContinuousClock.Instant?
    /// Standard input, until its end.
    private var input: StandardInput?
    /// The time to wait before connecting again.
    private var backoff = Duration.seconds(1)
    /// Captures the current connection, with --verify.
    private var verifier: Verifier?
    /// The file of --junit.
    private var junitFile: JUnitFile?

    /// How one connection ended.
    private enum Stop {
        case ended(EndCause), interrupted, durationOver

        /// How the connection ended by itself; nil: it was open.
        var cause: EndCause? {
            if case .ended(let cause) = self { cause } else { nil }
        }
    }

    /// A session with `options`, which writes the results of --verify to `junitFile` and catches signals from now on.
    init(_ options: ClientOptions, _ junitFile: consuming JUnitFile?) throws(SystemError) {
        wakeup = try SignalWakeup()
        self.options = options
        log = ClientLog(
            to: options.output.format == .json ? .standardError : .standardOutput, options.output.color)
        deadline = options.connection.duration.map { ContinuousClock.now + $0.duration }
        self.junitFile = junitFile
        input = StandardInput.forSending(isInteractive: options.data.interactive)
    }

    /// Runs until the connection ends, with --reconnect until the duration is over or a signal comes. Throws the exit
    /// status.
    mutating func run() throws {
        while true {
            var failure = ExitStatus.couldNotConnect
            do {
                var client = try connect()
                backoff = .seconds(1)
                switch try hold(&client) {
                case .interrupted, .durationOver: return
                case .ended(.closedByPeer) where !options.connection.reconnect: return
                case .ended(let cause): failure = cause.exitStatus
                }
            } catch SocketError.interrupted {
                return try log.write("Interrupted while connecting.")
            } catch let error as SocketError where error.isFailureToConnect {
                if options.connection.reconnect { try log.write(error.text) } else { complain(error.text) }
            }
            guard options.connection.reconnect else { throw failure }
            let next = ContinuousClock.now + backoff
            try log.write("Connecting again in \(backoff.secondsText).")
            backoff = min(backoff * 2, .seconds(60))
            if try wakeup.wait(until: min(next, deadline ?? next)) { return try log.write("Interrupted.") }
            if let deadline, deadline <= .now { return try log.write("The duration is over.") }
        }
    }

    private mutating func connect() throws -> KeepAliveClient {
        var timeout = options.connection.connectTimeout.duration
        if let deadline { timeout = max(.milliseconds(1), min(timeout, ContinuousClock.now.duration(to: deadline))) }
        if options.checks.verify { verifier = try Verifier(port: options.port) }
        let addresses = try SocketAddress.resolve(
            host: options.host, port: options.port, family: options.connection.family.family)
        let log = log
        let client = try KeepAliveClient.connect(
            to: addresses, options: options.probes.options, bind: options.connection.bind, timeout: timeout,
            watching: wakeup.descriptor, receivesICMP: true, onAttempt: { try? log.write("Connecting to \($0).") })
        try verifier?.begin(client)
        return client
    }

    /// Prints what happens on the connection until it ends, the duration is over, or a signal comes.
    private mutating func hold(_ client: inout KeepAliveClient) throws -> Stop {
        try describe(client)
        var nextTick = ContinuousClock.now + options.output.tick.duration
        while true {
            // While much is unsent, no more input is read.
            var watching = [wakeup.descriptor] + (verifier?.descriptors ?? [])
            if let input, client.unsentCount < 65536 { watching.append(input.descriptor) }
            let event = try client.wait(
                until: min(nextTick, deadline ?? nextTick), readSize: options.data.readSize, watching: watching)
            switch event {
            case .received(let bytes): try log.write(log.received(bytes, hex: options.data.hex))
            case .reported(let error, let count):
                // Of later ones, the status lines and the last line have the number.
                if count == 1 { try log.write("\(error.clause); \(client.effect(of: error))", in: .doubtful) }
            case .ended(let cause):
                try log.write(cause.explanation(client.endContext()), in: cause.color)
                return try verify(.ended(cause))
            case .ready(wakeup.descriptor):
                try log.write("Interrupted: closed from this end.\(client.endContext().stateText)")
                return try verify(.interrupted)
            case .ready(let descriptor) where verifier?.descriptors.contains(descriptor) ?? false:
                verifier?.takePackets()
            case .ready:
                if let bytes = input?.read() { client.send(bytes) } else { input = nil }
            case .tick: break
            }
            let now = ContinuousClock.now
            if let deadline, deadline <= now {
                try log.write("The duration is over: closed from this end.\(client.endContext().stateText)")
                return try verify(.durationOver)
            }
            if nextTick <= now {
                try writeStatus(of: &client)
                repeat { nextTick += options.output.tick.duration } while nextTick <= now
            }
        }
    }

    /// With --verify, checks the connection that came to `stop`, and throws the exit status of the result.
    private mutating func verify(_ stop: Stop) throws -> Stop {
        guard let result = verifier?.verify(cause: stop.cause) else { return stop }
        var text = TextBuffer()
        text.append(linesOf: result.verification, log.style)
        text.append(conclusionOf: result.verification, log.style)
        var lines = text.string.split(separator: "\n").map(String.init)
        let conclusion = lines.popLast() ?? ""
        for line in lines { try log.write(plain: line) }
        try log.write(conclusion)
        if options.output.format == .json {
            var record = TextBuffer()
            record.appendRecord(result)
            record.append("\n")
            try OutputDescriptor.standardOutput.write(record.bytes)
        }
        try junitFile?.finish([result])
        throw result.exitStatus
    }

    /// Prints the status line of a tick.
    private mutating func writeStatus(of client: inout KeepAliveClient) throws {
        verifier?.lookAtOthers()
        client.sample()
        let next = client.nextProbe()
        let line = client.activity.waitingText(next: next, reply: verifier?.lastReply, at: .now)
        let errors = client.reports.total
        try log.write(
            errors == 0 ? line : "\(line); \(counted(errors, "ICMP error")) so far",
            in: next.color(hasAnswers: client.activity.answeredProbes > 0))
    }

    /// Prints the addresses of the connection and the options that the kernel has for it.
    private func describe(_ client: borrowing KeepAliveClient) throws {
        for attempt in client.failedAttempts { try log.write("Failed to connect to \(attempt.text).") }
        try log.write("Connected to \(client.remoteAddress) from \(client.localAddress).")
        let now = try client.options()
        let (before, after) = (client.initialOptions.isEnabled ? "on" : "off", now.isEnabled ? "on" : "off")
        try log.write(
            "SO_KEEPALIVE was \(before)" + (before == after ? " and stays \(after)." : "; it is \(after) now."))
        for failure in client.optionFailures {
            try log.write("\(failure). \(failure.consequence)")
        }
        for line in optionTable(now, defaults: .systemDefaults) { try log.write(plain: line) }
        for option in KeepAliveOption.allCases {
            guard let wanted = options.probes.options[option], let actual = now[option], wanted != actual else {
                continue
            }
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

extension NextProbe {
    /// The colour of a status line: whether the peer answers.
    fileprivate func color(hasAnswers: Bool) -> Palette.Color? {
        switch self {
        case .probe(_, 1): hasAnswers ? .good : nil
        case .probe, .givesUp, .retransmission, .windowProbe: .doubtful
        case .never, .unknown: nil
        }
    }
}

extension EndCause {
    /// The colour of the line that reports this end.
    var color: Palette.Color {
        switch self {
        case .closedByPeer: .neutral
        case .timedOut, .reset, .unreachable, .failed: .bad
        }
    }

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
    /// Standard input if `client` sends it: a pipe or a file, or a terminal with --interactive.
    fileprivate static func forSending(isInteractive: Bool) -> StandardInput? {
        let input = StandardInput()
        return !input.isTerminal || isInteractive ? input : nil
    }
}
