import KeepAlive
import Sockets
import Wire

/// One connection of `tcpalive top` on the whole screen: what is known about it, its timeline, and its last events.
struct TopDetails {
    let row: TopRow
    /// Seconds east of UTC.
    let zone: Int64
    /// The idle time after which the path forgets (s); nil: unknown.
    let pathTimeout: Int?

    /// The lines, wrapped to `width` columns, at `now` (ns since 1970).
    func lines(width: Int, now: Int64) -> [ScreenLine] {
        let (audited, socket) = (row.audited, row.audited.socket)
        var lines = [ScreenLine("\(audited.local) > \(socket.remote)", .bold)]
        append("process", process, width, to: &lines)
        append("state", state(now), width, to: &lines)
        append("keep-alive", settings, width, to: &lines)
        if row.closed == nil { append("next probe", next, width, to: &lines) }
        append("idle now", idle, width, to: &lines)
        if !row.answerText.isEmpty {
            append(
                "answer",
                row.wire.lastReply == nil
                    ? "smoothed round trip of the kernel \(row.answerText.dropFirst())"
                    : "the last one took \(row.answerText)", width, to: &lines)
        }
        append("queues", "\(socket.receiveQueue) bytes to read, \(socket.sendQueue) to send", width, to: &lines)
        lines.append(ScreenLine())
        appendFindings(audited, width, to: &lines)
        let timeline = TopTimeline(row.events, now: now, columns: min(width - 10, 120))
        lines.append(ScreenLine("timeline", .bold))
        lines += timeline.lines.map { ScreenLine($0) }
        lines.append(ScreenLine("(\(TopTimeline.legend))").cut(to: width))
        lines.append(ScreenLine())
        lines.append(ScreenLine("events", .bold))
        if row.events.isEmpty { lines.append(ScreenLine("none since tcpalive top began")) }
        // The last one first: it stays visible however many there are.
        for event in row.events.reversed() { append(time(of: event), event.text, width, to: &lines) }
        return lines
    }

    private func append(
        _ name: String, _ text: String, _ width: Int, _ style: ScreenLine.Style = .plain, to lines: inout [ScreenLine]
    ) {
        let indent = 12
        var buffer = TextBuffer()
        buffer.append(printable: name)
        buffer.pad(to: indent, from: 0)
        if name.count >= indent { buffer.append(" ") }
        buffer.append(printable: text)
        buffer.wrap(from: 0, to: width, indent: indent)
        for line in buffer.string.split(separator: "\n") { lines.append(ScreenLine(String(line), style)) }
    }

    private func appendFindings(_ audited: AuditedSocket, _ width: Int, to lines: inout [ScreenLine]) {
        let start = lines.count
        if let found = row.wire.finding {
            append(
                found.severity.rawValue, "\(found.verdict.rawValue): \(found.sentence)", width, style(found.severity),
                to: &lines)
        }
        // What the kernel showed last is not true any more.
        let findings = row.closed == nil || row.wire.finding == nil ? audited.assessment.findings : []
        for (verdict, severity) in findings where verdict != row.wire.finding?.verdict {
            let meaning = SocketAdvice.meaning(of: verdict, pathTimeout: pathTimeout)
            append(severity.rawValue, "\(verdict.rawValue): \(meaning)", width, style(severity), to: &lines)
            append("", SocketAdvice.remedy(of: verdict, on: audited), width, to: &lines)
        }
        if lines.count == start {
            append("ok", "nothing is wrong with its keep-alive, as far as it is known", width, to: &lines)
        }
        lines.append(ScreenLine())
    }

    private func style(_ severity: Severity) -> ScreenLine.Style {
        ScreenLine.Style(color: Palette.color(of: severity))
    }

    // MARK: Texts

    private var process: String {
        let audited = row.audited
        var text = SocketCells(row: audited).process
        if let owner = audited.owner { text += ", descriptor \(owner.descriptor)" }
        text += ", user \(audited.user ?? String(audited.socket.user))"
        if let namespace = audited.namespace { text += ", network namespace \(namespace)" }
        return text
    }

    private func state(_ now: Int64) -> String {
        guard let closed = row.closed else { return row.audited.socket.state.shortName }
        return "closed \(TopColumns.duration(now - closed)) ago"
    }

    private var settings: String {
        let audited = row.audited
        guard let isOn = audited.isOn else { return "unknown: \(SocketCells(row: audited).next)" }
        if !isOn { return "off" }
        let names = "idle/interval/count"
        if let options = audited.options { return "\(options.settingsText) (\(names), read from the socket)" }
        return "\(SocketCells(row: audited).settings) (\(names), inferred from the timer)"
    }

    private var next: String {
        let socket = row.audited.socket
        return switch socket.timer {
        case .keepAlive:
            (socket.expires == 0 ? "due" : "in \(TopColumns.duration(Int64(socket.expires) * 1_000_000))")
                + ", \(row.unanswered) unanswered"
        case .retransmission:
            "none while \(SocketCells(row: row.audited).sent) is not acknowledged, sent again \(socket.unanswered) times"
        case .windowProbe: "none while the window of the peer is closed"
        case .closing, nil: "none"
        }
    }

    private var idle: String {
        row.audited.socket.idleNow.map { TopColumns.duration(Int64($0) * 1_000_000) } ?? "unknown"
    }

    private func time(of event: TopEvent) -> String {
        let time = CivilTime(event.time, offset: zone)
        return TextBuffer.string {
            $0.append(timeOfDay: time, digits: 0)
            $0.append(".\(time.nanosecond / 100_000_000)")
        }
    }
}
