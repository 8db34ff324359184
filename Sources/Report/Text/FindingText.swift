public import KeepAlive
import Sockets
import Wire

extension Finding {
    /// One or two sentences that describe the finding, with the numbers that show it and the remaining alternative.
    ///
    /// - Parameter diagnosis: The diagnosis that has the finding.
    public func sentence(in diagnosis: Diagnosis) -> String {
        sentence(in: diagnosis, nil)
    }

    /// The sentence with the `names` of addresses; nil: without names.
    func sentence(in diagnosis: Diagnosis, _ names: HostNames?) -> String {
        FindingText(self, diagnosis, names).sentence
    }

    /// One or two sentences of advice; empty: none is needed.
    ///
    /// - Parameter diagnosis: The diagnosis that has the finding.
    public func advice(in diagnosis: Diagnosis) -> String {
        FindingText(self, diagnosis, nil).advice
    }
}

/// The sentences of one finding: what happened, with the numbers that show it.
struct FindingText {
    let finding: Finding
    let diagnosis: Diagnosis
    let end: Diagnosis.End
    let own: ConnectionSide
    let peer: ConnectionSide
    let name: String
    let other: String
    private let names: HostNames?

    /// The sentences of `finding`, one of `diagnosis`.
    init(_ finding: Finding, _ diagnosis: Diagnosis, _ names: HostNames?) {
        self.names = names
        self.finding = finding
        self.diagnosis = diagnosis
        end = finding.end ?? .originator
        own = diagnosis.side(end)
        peer = diagnosis.side(end.other)
        name = Self.text(diagnosis.endpoint(end), names)
        other = Self.text(diagnosis.endpoint(end.other), names)
    }

    private static func text(_ endpoint: Endpoint, _ names: HostNames?) -> String {
        guard let names else { return endpoint.description }
        return TextBuffer.string { names.append(endpoint, to: &$0) }
    }

    var details: Finding.Details { finding.details }

    // MARK: Sentences

    /// What happened, and the alternative that the capture does not exclude.
    var sentence: String {
        let text = statement
        guard finding.confidence != .high, let alternative else { return text }
        return "\(text) \(alternative)"
    }

    private var statement: String {
        switch finding.verdict {
        case .notEstablished:
            diagnosis.connection.handshakeSeen
                ? "No connection was established: neither data nor a completed handshake was captured."
                : "Too little was captured: neither data nor a handshake."
        case .oneDirection: oneDirection
        case .incompleteCapture: incomplete
        case .healthy: healthy
        case .closed: closed
        case .neverIdle: "Never idle for longer than \(longestIdle): with a longer TCP_KEEPIDLE no keep-alive is due."
        case .idleClose: idleClose
        case .unknown: unknown
        case .noKeepalive: noKeepalive
        case .closeWait:
            "\(other) closed (FIN), and \(precise(details.duration)) later it answered a probe of \(name) with RST: the "
                + "application of \(name) had not closed its socket (CLOSE_WAIT)."
        case .aborted:
            "\(name) reset the connection itself \(latency(details.duration)) after its probe. No keep-alive timer fires "
                + "then: its application ended the connection."
        case .receiverStalled:
            "\(name) is alive, but its application did not read for \(precise(details.duration)): "
                + "\(count("zero-window probe")) found its window closed."
        case .applicationSilent:
            "\(name) acknowledged the last request and answers probes, but its application has not replied for "
                + "\(precise(details.duration))."
        case .intervalExceedsIdle: "\(name) has an interval longer than its idle time: it probes\(period)."
        case .tooManyProbes: "\(name) sent \(count("probe")), one\(period)."
        case .unresponsive: unresponsive
        case .peerNeverAnswers: neverAnswers
        case .answeredByMiddlebox:
            "The answers to the probes of \(name) do not come from \(other): they have TTL \(foreign) and take "
                + "at most \(latency(details.duration)); its own segments have TTL \(ownTTL) and take "
                + "\(latency(peer.handshakeReply)). The answers show that a middlebox is alive, not the peer."
        case .middleboxProbes:
            "\(count("probe")) in the name of \(name) came from another host: their TTL does not match its own segments."
        case .staleReuse:
            "\(name) sent data \(precise(details.duration)) after \(other) had closed (FIN), and \(other) "
                + "answered with RST: the connection was no longer usable."
        case .halfOpen: halfOpen
        case .unitError:
            "\(name) sends \(count("probe")), one\(period): seconds and milliseconds may have been confused."
        case .peerDead: peerDead
        case .peerUnreachable: unreachable
        case .peerLostState: lostState
        case .silentDrop:
            "The data that \(name) sent after \(precise(details.idle)) of idleness was retransmitted \(times) over "
                + "\(precise(details.duration)) and never answered\(activeElsewhere)."
        case .tooLateForPath:
            "The first probe of \(name) came after \(precise(details.idle)) of idleness; it and its successors "
                + "(\(count("probe"))) had no answer, although the peer's host was active meanwhile."
        case .blocked: blocked
        case .resetWhenIdle: resetWhenIdle
        case .resetByPath:
            "A RST in the name of \(other) reset \(name)\(afterIdle), but \(other) did not send it: its TTL is \(foreign), "
                + "that of the segments of \(other) is \(ownTTL)."
        case .userTimeout:
            "\(name) gave up \(precise(details.duration)) after a single unanswered probe: TCP_USER_TIMEOUT, or a count of "
                + "1."
        case .dataInFlight:
            "\(name) sent data that \(other) does not acknowledge: it was retransmitted \(times) over "
                + "\(precise(details.duration))\(afterProbes)."
        }
    }

    private var oneDirection: String {
        var text =
            "No packet of \(name) was captured, although \(other) acknowledges its data. The capture cannot show whether "
            + "\(name) answered."
        if peer.probes > 2, peer.periodGaps.count > 1 {
            text +=
                " The \(counted(peer.probes, "probe")) of \(other) are as regular as those of a prober whose peer answers."
        }
        return text
    }

    private var healthy: String {
        let answered = details.count ?? own.answered
        var text =
            "\(name) probes\(period), and \(other) answers: \(grouped(answered)) of \(counted(own.probes, "probe"))"
        if answered + own.unanswered < own.probes {
            text += " (\(grouped(own.probes - answered - own.unanswered)) had no answer in time)"
        }
        if own.replies.count > 0 { text += ", the slowest answer after \(latency(own.replies.longest))" }
        if let idle = own.closedIdle {
            text +=
                "; then \(other) \(peer.reset == nil ? "closed" : "reset") the connection, after \(precise(idle)) with "
            text += "nothing but probes"
        }
        if own.replies.longest > max(own.intervalGaps.longest, 1), own.intervalGaps.count > 0 {
            text += ". Answers take longer than the interval"
        }
        return text + "." + refused
    }

    private var refused: String {
        let count = diagnosis.connection.evidence.refusedResets
        if count == 0 { return "" }
        return " \(counted(count, "RST")) \(count == 1 ? "was" : "were") rejected: not the next sequence number."
    }

    private var closed: String {
        let reset = diagnosis.connection.evidence.reset
        switch diagnosis.connection.ending {
        case .resetByOriginator, .resetByResponder:
            let isOriginator = diagnosis.connection.ending == .resetByOriginator
            let sender = Self.text(diagnosis.endpoint(isOriginator ? .originator : .responder), names)
            let how = reset.hasAcknowledgment ? ", from a socket that still existed" : ""
            return "\(sender) reset the connection\(how); nothing shows that keep-alives would have helped."
        case .closed: return "Closed by both ends (FIN)." + refused
        case .closedByOriginator:
            return "Closed by \(Self.text(diagnosis.endpoint(.originator), names)) (FIN)." + refused
        case .closedByResponder: return "Closed by \(Self.text(diagnosis.endpoint(.responder), names)) (FIN)." + refused
        case .open: return "Closed." + refused
        }
    }

    private var unknown: String {
        let connection = diagnosis.connection
        if connection.closeTime != nil { return "Half-closed (FIN of one end) until the capture ends." }
        if connection.lastTime &- connection.firstTime < 60_000_000_000 {
            return "No probe in less than a minute of capture: nothing can be concluded about keep-alives."
        }
        return "No probe, and packets that would show idle periods are missing."
    }

    private var incomplete: String {
        let missing = own.evidence.missing
        let why =
            if missing.contains(.acknowledged) {
                "\(other) acknowledges data that is not in the capture"
            } else if missing.contains(.echoed) {
                "\(other) echoes timestamps that are not in the capture"
            } else if missing.contains(.selective) {
                "\(other) retransmits selectively, so it receives acknowledgments that are not in the capture"
            } else if missing.contains(.answered) {
                "\(other) answers segments that are not in the capture"
            } else if peer.hasUnacknowledged {
                "\(other) does not retransmit its unacknowledged data"
            } else {
                "no pure acknowledgment was captured"
            }
        return
            "Packets of \(name) are missing from the capture: \(why). Nothing can be concluded about loss or missing answers."
    }

    private var idleClose: String {
        let isReset =
            diagnosis.connection.evidence.reset.time != nil && peer.evidence.closeTime == nil
            && own.evidence.closeTime == nil
        let how = isReset ? "reset the connection (RST)" : "closed the connection (FIN)"
        var text = "\(name) \(how) after \(precise(details.idle)) of idleness: its application, or a proxy, ended it"
        if let known = knownTimeout { text += " (known timeout: \(known.seconds) s, \(known.name))" }
        if !isReset, own.hasUnacknowledged || own.evidence.retransmitsClose {
            text += ". The FIN had no answer; no data was lost"
        }
        return text + "."
    }

    /// A documented timeout of the kind of end that closed the connection.
    private var knownTimeout: IdleTimeout? {
        let near = IdleTimeout.nearest(to: details.idle ?? 0, among: .application)
        let port = diagnosis.endpoint(.responder).port
        return near.first { $0.fits(isClient: end == .originator && diagnosis.connection.handshakeSeen, port: port) }
    }

    private var noKeepalive: String {
        if let tail = details.duration {
            return "Neither end probes, and the connection was idle for the last \(precise(tail)) of the capture."
        }
        let silence = diagnosis.connection.idleness
        let survived = silence.longestSurvived > 0 && silence.longestSurvived >= (details.idle ?? .max)
        return "Neither end probes, and the connection was idle for up to \(precise(details.idle))"
            + (survived ? "; it survived." : ".")
    }

    private var unresponsive: String {
        let unanswered = details.count ?? own.unanswered
        var text = unanswered == 1 ? "The last probe" : "The last \(counted(unanswered, "probe"))"
        text += " of \(name) \(unanswered == 1 ? "has" : "have") no answer"
        if own.evidence.retransmissions > 0 {
            text += ", nor has the data after them (retransmitted "
            text += "\(counted(UInt64(own.evidence.retransmissions), "time")), which stops the probes)"
        }
        return text + "; it has not given up yet."
    }

    private var peerDead: String {
        var text = "\(name) gave up after \(count("unanswered probe"))"
        if let duration = details.duration, diagnosis.connection.evidence.reset.time != nil, peer.lastSpoke != nil {
            text += ", \(precise(duration)) after the last segment of \(other)"
        }
        if diagnosis.connection.evidence.reset.time == nil { text += ": neither another probe nor a RST followed" }
        return text + "."
    }

    private var neverAnswers: String {
        "\(other) is alive and answers none of the \(count("probe")) of \(name)"
            + (peer.hasSentPureAcknowledgment
                ? ". Its pure ACKs arrive, so no filter drops them: its TCP does not answer probes without data."
                : ". None of its pure ACKs was captured: its TCP ignores probes without data, or a filter drops such segments.")
    }

    private var halfOpen: String {
        let older = details.idle.map { ", \(precise($0)) after the last segment of its client" } ?? ""
        return
            "\(name) answered a new SYN with the acknowledgment of an older connection: it still holds that one half "
            + "open\(older), and has not detected that the client is gone."
    }

    private var unreachable: String {
        let errors = diagnosis.connection.evidence.errors
        guard let last = errors.last else { return "Routers report that \(other) cannot be reached." }
        let error = ICMPText(isVersion6: last.router.version == .v6, type: last.type, code: last.code)
        let number = max(errors.count, last.isTooBig ? errors.tooBigCount : 0)
        if last.router == diagnosis.endpoint(end).address {
            return "The host of \(name) itself could not deliver \(counted(number, "segment")): \(error.text) (ICMP)."
        }
        let isPeer = last.router == diagnosis.endpoint(end.other).address
        let reporter = isPeer ? "The peer's host" : names?.name(of: last.router) ?? last.router.description
        return "\(reporter) answered \(counted(number, "segment")) of \(name) with ICMP: \(error.text)."
    }

    private var lostState: String {
        let isProbe = diagnosis.connection.evidence.reset.trigger != .data
        var text = "\(other) answered \(isProbe ? "a probe" : "data") of \(name)"
        if let idle = details.idle { text += " after \(precise(idle)) of idleness" }
        text += " with RST: it has no such connection. Either it restarted, or a middlebox lost its state and answered"
        if let distances = details.distances {
            text += " (the RST has TTL \(distances.foreign), the peer's segments \(distances.own): one hop nearer)"
        }
        return text + "."
    }

    private var blocked: String {
        let what = own.unanswered > 1 ? "\(count("probe")) of \(name)" : "Data of \(name), retransmitted \(times),"
        return
            "\(what) had no answer although the peer's host was active meanwhile: something on the path started to drop "
            + "this connection. No idle timeout explains that."
    }

    private var resetWhenIdle: String {
        let reset = diagnosis.connection.evidence.reset
        let who =
            reset.otherTime != nil
            ? "Both ends were reset within one round trip"
            : "\(name), or a device in its name, reset the connection"
        var text = "\(who) after \(precise(details.idle)) of idleness"
        if let distances = details.distances {
            text += " (the RST has TTL \(distances.foreign), its own segments \(distances.own))"
        }
        let near = IdleTimeout.nearest(to: details.idle ?? 0, among: .path)
        if let first = near.first { text += ". Known timeout: \(first.seconds) s, \(first.name)" }
        return text + "."
    }

    // MARK: Pieces

    /// The remaining alternative.
    private var alternative: String? {
        guard let alternative = details.alternative else { return nil }
        return switch alternative {
        case .oneDirection:
            "No packet of \(other) was captured: if the capture has one direction only, the answers may exist."
        case .incompleteCapture: "Packets may be missing from the capture."
        case .peerDied: "The peer or its host may have died instead."
        case .peerRestarted: "The peer may have restarted."
        case .pathForgot:
            "If this recurs after the same idle time, the path is the cause; if it happened once, the peer restarted."
        case .routeChange: "A changed route would look the same."
        case .applicationAbort: "The application may have ended the connection itself."
        case .countOfOne: "The capture cannot distinguish the two."
        case .otherFailure: "The path may have failed for another reason than the idle time."
        case .pathDevice: "A device on the path may have sent this in its name."
        case .slowProtocol: "Some applications do this on purpose."
        case .timeWait: "A TIME_WAIT socket or a late SYN would look similar."
        case .sharedAddress: "If that address is a load balancer or NAT, another host behind it may have been active."
        case .beganMidway: "The capture began when the connection already existed."
        case .evicted: "It may be the rest of a connection that was evicted to limit memory: use a larger --memory."
        case .missingPackets: "Packets may be missing from the capture, which would change this."
        }
    }

    private var longestIdle: String { precise(max(details.idle ?? 0, 5_000_000_000)) }

    private var activeElsewhere: String {
        details.alternative == .otherFailure ? ", although the peer's host was active meanwhile" : ""
    }

    private var afterIdle: String { details.idle.map { " after \(precise($0)) of idleness" } ?? "" }

    private var afterProbes: String {
        own.unanswered > 0 ? ", after \(counted(own.unanswered, "unanswered probe"))" : ""
    }

    private var foreign: String { details.distances.map { "\($0.foreign)" } ?? "unknown" }
    private var ownTTL: String { details.distances.map { "\($0.own)" } ?? "unknown" }

    private var times: String { counted(details.count ?? 0, "time") }

    private func count(_ noun: String) -> String { counted(details.count ?? 0, noun) }

    private func counted(_ number: UInt64, _ noun: String) -> String {
        TextBuffer.string { $0.append(number, of: noun) }
    }

    private func grouped(_ number: UInt64) -> String { TextBuffer.string { $0.append(grouped: number) } }

    private func precise(_ nanoseconds: Int64?) -> String {
        guard let nanoseconds else { return "an unknown time" }
        return TextBuffer.string { $0.append(preciseDuration: nanoseconds) }
    }

    private func latency(_ nanoseconds: Int64?) -> String {
        guard let nanoseconds else { return "an unknown time" }
        return TextBuffer.string { $0.append(latency: nanoseconds) }
    }

    /// The measured gaps between probes, which need not be the setting.
    private var period: String {
        let gaps = own.periodGaps.count > 0 ? own.periodGaps : own.intervalGaps
        guard gaps.count > 0 else { return "" }
        let ends = (precise(gaps.shortest), precise(gaps.longest))
        return " every \(ends.0 == ends.1 ? ends.0 : "\(ends.0) to \(ends.1)")"
    }
}
