import KeepAlive
import Wire

/// A verdict in words: what happened, and what to do.
extension TextBuffer {
    /// Appends one plain sentence that says what happened, with the numbers that it rests on.
    mutating func append(sentenceOf diagnosis: Diagnosis) {
        let end = diagnosis.end ?? .originator
        let own = diagnosis.side(end)
        let peer = diagnosis.side(end.other)
        let silence = diagnosis.connection.silence
        let (name, other) = (diagnosis.name(of: end), diagnosis.name(of: end.other))
        switch diagnosis.verdict {
        case .healthy:
            append(name, " probes", period(of: own), ", and ", other, " answers: ")
            append("\(own.answered) of \(own.probes) probes")
            if let idle = own.closedIdle {
                append("; then ", other, peer.reset == nil ? " closed it, after " : " reset it, after ", duration(idle))
                append(" in which nothing passed but probes")
            }
            append(".")
        case .unresponsive:
            append(
                "The last ", counted(own.unanswered, "probe"), " of ", name, " had no answer when the capture ended.")
        case .peerDead:
            append(name, " gave up after ", counted(own.unanswered, "probe"), " without an answer")
            appendTime(own.gaveUp, since: peer.lastSpoke)
        case .userTimeout:
            append(name, " gave up after a single unanswered probe")
            appendTime(own.gaveUp, since: peer.lastSpoke)
        case .tooLateForPath:
            append("The first probe of ", name, " came after ", duration(own.firstWait?.gap ?? silence.longest))
            append(" of silence and had no answer, though its peer was heard elsewhere later.")
        case .silentDrop:
            if own.gaveUp != nil {
                append(name, " gave up after ", counted(own.unanswered, "probe"), " without an answer")
                append(", though its peer was heard elsewhere later.")
            } else {
                append("What ", name, " sent after ", duration(silence.shortestFailed), " of silence had no answer")
                append(diagnosis.isPeerAliveElsewhere ? ", though its peer was heard elsewhere later." : ".")
            }
        case .peerLostState:
            append(other, " answered")
            append(own.wasResetWhenAsking ? " a probe by RST." : " by RST what came after a silence of ")
            if !own.wasResetWhenAsking { append(duration(silence.shortestFailed), ".") }
        case .resetByPath:
            append("A RST in the name of ", other, " came to ", name, " that ", other)
            append(" did not send: its TTL is another's.")
        case .peerNeverAnswers:
            append(other, " answers none of the \(own.probes) probes of ", name, ", and yet is heard.")
        case .noKeepalive:
            append("Nobody probes, and nothing passed for up to ", duration(silence.longest))
            append(silence.longestSurvived >= silence.longest ? "; it was survived." : ".")
        case .intervalExceedsIdle:
            append(name, " has an interval longer than its idle time: it probes", period(of: own), ".")
        case .unitError:
            append(name, " probes", period(of: own), ": \(own.probes) probes.")
        case .tooManyProbes:
            append(name, " sent \(own.probes) probes,", period(of: own), ".")
        case .dataInFlight:
            if own.zeroWindowProbes > 0 {
                append(name, " has data for ", other, ", whose window is closed: it sent ")
                append(counted(own.zeroWindowProbes, "window probe"), ", which are no keep-alives.")
            } else {
                if own.awaitsCloseOnly {
                    append(name, " closed (FIN), and ", other, " does not acknowledge that")
                } else {
                    append(name, " sent data that ", other, " does not acknowledge")
                }
                appendTime(own.lastSpoke, since: peer.lastSpoke)
            }
        case .middleboxProbes:
            append("Somebody else sent ", counted(own.middleboxProbes, "probe"), " in the name of ", name)
            append(": their TTL is not its.")
        case .closed: append("Closed, with nothing that concerns keep-alives.")
        case .unknown: append("The capture shows too little: no probe, no long silence, no end.")
        default: append(diagnosis.verdict.rawValue)
        }
    }

    /// Appends each of `words`.
    private mutating func append(_ words: String...) {
        for word in words { append(word) }
    }

    private mutating func appendTime(_ time: Int64?, since start: Int64?) {
        if let time, let start, time >= start {
            append(", ", duration(time &- start), " after it had last heard its peer.")
        } else {
            append(".")
        }
    }

    private func duration(_ nanoseconds: Int64) -> String {
        var text = TextBuffer()
        text.append(preciseDuration: nanoseconds)
        return text.string
    }

    private func counted(_ number: UInt64, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    /// The gaps between probes, as they were: a setting is not told by them alone.
    private func period(of side: ConnectionSide) -> String {
        let gaps = side.periodGaps.count > 0 ? side.periodGaps : side.intervalGaps
        guard gaps.count > 0 else { return "" }
        let ends = (duration(gaps.shortest), duration(gaps.longest))
        return " after " + (ends.0 == ends.1 ? ends.0 : "\(ends.0) to \(ends.1)")
    }
}
