import ArgumentParser
import KeepAlive
import Platform
import Report
import Sockets

/// Runs `tcpalive probe-path`: prints each trial, and what they show in the end.
struct ProbePathSession: ~Copyable {
    private let options: ProbePathOptions
    private let log: ClientLog
    private var prober: PathProber

    /// A session that goes on with `search`, by connections to `address`.
    init(_ options: ProbePathOptions, _ search: PathSearch, _ address: SocketAddress) {
        self.options = options
        log = ClientLog(to: options.output.format == .json ? .standardError : .standardOutput, options.output.color)
        prober = PathProber(
            search, to: address, bind: options.connection.bind, sendsData: options.connection.peer == .listen)
    }

    /// Runs to the end of the search, or until `wakeup`; each result is added to `trials`. Throws the exit status.
    mutating func run(_ trials: PathTrialLog, stoppedBy wakeup: SignalWakeup) throws {
        if !trials.earlier.isEmpty {
            try log.write("Going on from \(counted(trials.earlier.count, "result")) in \(options.search.log ?? "").")
        }
        // Whether that was said in this round.
        var closesAtOnce = false
        do {
            while true {
                switch try prober.next(watching: wakeup.descriptor) {
                case .began(let times):
                    closesAtOnce = false
                    try log.write(Self.sentence(times, prober.address))
                case .ended(let idle, let outcome):
                    try log.write(Self.sentence(idle, outcome), in: outcome == .survived ? .good : .doubtful)
                    try trials.append(PathTrial(idle: idle, outcome: outcome))
                case .closedAtOnce(let outcome):
                    // Once in a round: there may be many.
                    if !closesAtOnce {
                        let verb = outcome == .resetWhileIdle ? "resets" : "closes"
                        try log.write("The other end \(verb) connections at once.", in: .doubtful)
                    }
                    closesAtOnce = true
                case .active(let planned, let activity):
                    try log.write(
                        "Never idle for \(planned.idleText): the other end sends \(activity.text).", in: .doubtful)
                case .complete: return try conclude()
                case .ready:
                    try interrupt()
                    throw ExitStatus.inconclusive
                }
            }
        } catch SocketError.interrupted {
            try interrupt()
            throw ExitStatus.inconclusive
        } catch let error as SocketError {
            guard case .notConnected = error else { throw error }
            complain(error.text)
            if prober.search.hasResults { try conclude() }
            throw ExitStatus.couldNotConnect
        }
    }

    private func interrupt() throws {
        try log.write(
            "Interrupted before the end." + (options.search.log.map { " The same command goes on from \($0)." } ?? ""))
        try conclude()
    }

    /// Prints what is known.
    private func conclude() throws {
        for sentence in prober.search.sentences(for: prober.address) { try log.write(plain: sentence) }
        if options.output.format == .json {
            var record = TextBuffer()
            record.appendRecord(prober.search, safeIdle: prober.search.safeIdle, for: prober.address)
            record.append("\n")
            try OutputDescriptor.standardOutput.write(record.bytes)
        }
    }

    private static func sentence(_ times: [Duration], _ address: SocketAddress) -> String {
        guard let first = times.first, let last = times.last, times.count > 1 else {
            return "1 connection to \(address), idle for \(times.first?.idleText ?? "")."
        }
        return "\(times.count) connections to \(address), idle for \(first.idleText) to \(last.idleText)."
    }

    private static func sentence(_ idle: Duration, _ outcome: PathSearch.Outcome) -> String {
        switch outcome {
        case .survived: "Idle for \(idle.idleText): still works."
        case .silent: "Idle for \(idle.idleText): no answer, but a new connection works."
        case .reset: "Idle for \(idle.idleText): answered by RST."
        case .resetWhileIdle: "Reset after \(idle.idleText), while idle."
        case .closedWhileIdle: "Closed by the other end after \(idle.idleText), while idle."
        }
    }
}

extension PathSearch {
    /// The largest idle setting (s) whose probes come within the idle time that was survived; nil: none is known.
    var safeIdle: Int64? {
        let idle = TimerWheel.longestSetting(within: longestSurvived.wholeNanoseconds)
        return idle > 0 ? idle : nil
    }

    /// What the search has shown about the path to `address`, in sentences.
    fileprivate func sentences(for address: SocketAddress) -> [String] {
        if closesAtOnce {
            return [
                "The other end of \(address), or a proxy, \(ending == .resetWhileIdle ? "resets" : "closes") connections "
                    + "at once, so nothing is known about the path. Run tcpalive listen at the other end."
            ]
        }
        var sentences = pathSentences(for: address)
        switch activity?.kind {
        case .keepAlives:
            sentences.append(
                "The other end, or a device on the path, sends \(activity?.text ?? ""): the path stays in use, so longer idle "
                    + "times cannot be measured. Switch them off there, or run tcpalive listen at the other end.")
        case .data:
            sentences.append(
                "The other end, or a proxy, sends \(activity?.text ?? ""): longer idle times cannot be measured here. Run "
                    + "tcpalive listen at the other end.")
        case nil: break
        }
        if let connectionLimit {
            sentences.append(
                "The other end, or a device on the path, did not take all connections at once: "
                    + "--connections \(connectionLimit) opens no more than it took.")
        }
        return sentences
    }

    /// What the trials have shown that were idle.
    private func pathSentences(for address: SocketAddress) -> [String] {
        let survived = longestSurvived.idleText
        guard let shortestEnded, let ending else {
            if longestSurvived == .zero {
                return [activity == nil ? "Nothing is known yet." : "Nothing is known about the path to \(address)."]
            }
            return [
                "Connections to \(address) survive \(survived) without a packet"
                    + (longestSurvived >= maximum ? ", the longest time that was tried." : "; more is not known."),
                advice,
            ].filter { !$0.isEmpty }
        }
        let between = "between \(survived) and \(shortestEnded.idleText)"
        var sentences: [String] = []
        switch ending {
        case .silent:
            sentences.append("The path to \(address) forgets a connection that is idle for \(between).")
            sentences.append("It does so silently: packets are then dropped, and neither end learns of it.")
        case .reset:
            sentences.append("The path to \(address) forgets a connection that is idle for \(between).")
            sentences.append("The next packet is then answered by RST.")
        case .resetWhileIdle:
            sentences.append("A connection to \(address) is reset when it is idle for \(between).")
            sentences.append("The RST comes from the other end, or from a firewall or load balancer on the path.")
        case .closedWhileIdle:
            sentences.append(
                "The other end of \(address), or a proxy, closes a connection that is idle for \(between).")
            sentences.append(
                "Keep-alives do not prevent that if an application counts its own idle time. To measure the path beyond "
                    + "that time, run tcpalive listen at the other end.")
        case .survived: break
        }
        if isInconsistent {
            sentences.append(
                "Some connections survived longer than others: there may be several paths, or a busy table.")
        }
        if ending != .closedWhileIdle, !advice.isEmpty { sentences.append(advice) }
        return sentences
    }

    private var advice: String {
        guard let safeIdle else {
            return longestSurvived == .zero ? "" : "No idle time of whole seconds is known to be safe."
        }
        return
            "Set TCP_KEEPIDLE to \(safeIdle) s or less: probes then come in time, even if the timer of Linux is late."
    }
}

extension PeerActivity {
    /// Such as `TCP keep-alives about every 30.0 s`.
    fileprivate var text: String {
        (kind == .keepAlives ? "TCP keep-alives" : "data") + " about every \(interval.idleText)"
    }
}

extension Duration {
    /// The duration with one decimal below two minutes, and in whole seconds, minutes and hours above: `5.0 s`, `1 h 2 min 3 s`.
    fileprivate var idleText: String {
        if self < .seconds(120) { return preciseSecondsText }
        var seconds = Int(components.seconds)
        var parts: [String] = []
        for (unit, length) in [("h", 3600), ("min", 60), ("s", 1)] {
            if seconds >= length { parts.append("\(seconds / length) \(unit)") }
            seconds %= length
        }
        return parts.joined(separator: " ")
    }
}
