import KeepAlive
import Wire

/// A timeline of one connection in words: its events, its idle periods, its settings and its findings.
struct TimelineText {
    private let diagnosis: Diagnosis
    private let files: SourceFiles
    private let events: [RetainedEvents.Event]
    private let leftOut: UInt64
    private let firstIsOriginator: Bool
    /// Events that are printed before and after a row of answered probes.
    private static let context = 3

    /// The timeline of the connection of `diagnosis`, with its events in `kept`; frames are in `files`.
    init(_ diagnosis: Diagnosis, _ kept: RetainedEvents, files: SourceFiles) {
        self.diagnosis = diagnosis
        self.files = files
        let history = kept.history(of: diagnosis.connection.number)
        events = (history?.early ?? []) + (history?.late ?? [])
        leftOut = history?.leftOut ?? 0
        firstIsOriginator = history.map { $0.first == diagnosis.connection.originator } ?? true
    }

    /// Appends it, under a heading.
    func append(to text: inout TextBuffer) {
        let connection = diagnosis.connection
        text.append("\nConnection \(connection.number): ")
        text.append(connection.originator)
        text.append(connection.handshakeSeen ? " to " : " and ")
        text.append(connection.responder)
        text.append("\n")
        line(connection.firstTime, connection.handshakeSeen ? "opened" : "first packet; started midway", to: &text)
        for (index, event) in events.enumerated() {
            if isInRow(index) {
                if !isInRow(index - 1) { appendRow(from: index, to: &text) }
            } else {
                append(event, to: &text)
            }
        }
        if events.last?.time != connection.lastTime {
            line(connection.lastTime, Self.words(for: connection.ending), to: &text)
        }
        appendPolicy(.originator, to: &text)
        appendPolicy(.responder, to: &text)
        for finding in diagnosis.findings {
            text.append("\n")
            text.append(block: finding, in: diagnosis, files: files)
        }
    }

    /// Whether the event at `index` is amid a row of answered probes, which is abridged.
    private func isInRow(_ index: Int) -> Bool {
        let row = index - Self.context...index + Self.context
        guard events.indices.contains(row.lowerBound), events.indices.contains(row.upperBound) else { return false }
        return events[row].allSatisfy { ($0.kind == .probe && $0.unanswered == 0) || $0.kind == .answer }
    }

    private func appendRow(from index: Int, to text: inout TextBuffer) {
        let row = events[index...].indices.prefix(while: isInRow)
        let probes = events[row].count { $0.kind == .probe } + (leftOut > 0 ? Int(clamping: leftOut / 2) : 0)
        text.append("                   ... about \(probes) more \(probes == 1 ? "probe" : "probes"), all answered\n")
    }

    private func append(_ event: RetainedEvents.Event, to text: inout TextBuffer) {
        let isFromOriginator = event.isFromFirst == firstIsOriginator
        var words = TextBuffer()
        words.append(isFromOriginator ? "originator " : "responder ")
        words.append(Self.words(for: event.kind))
        if let error = event.error {
            words.append(": ")
            words.append(icmpType: error.type, code: error.code, from: error.router)
        }
        if let wait = event.wait {
            words.append(wait.since == .segment ? " after " : ", +")
            words.append(preciseDuration: wait.gap)
            if wait.since == .segment { words.append(" idle") }
        }
        if event.unanswered > 0 { words.append(", \(event.unanswered) unanswered") }
        if let reply = event.reply {
            words.append(" after ")
            words.append(latency: reply)
        }
        line(event.time, words.string, to: &text)
    }

    private func line(_ time: Int64, _ words: String, to text: inout TextBuffer) {
        text.append("  ")
        text.append(timeOfDay: CivilTime(time), digits: 6)
        text.append("  \(words)\n")
    }

    /// Appends the settings and stacks that the probes of `end` are consistent with.
    private func appendPolicy(_ end: Diagnosis.End, to text: inout TextBuffer) {
        let policy = diagnosis.policy(of: end)
        if policy.isEmpty { return }
        var parts: [String] = []
        for (name, range) in [("idle", policy.idle), ("interval", policy.interval), ("period", policy.period)] {
            guard let range else { continue }
            parts.append(
                name + (range.count > 1 ? " \(range.lowerBound) to \(range.upperBound) s" : " \(range.lowerBound) s"))
        }
        if let count = policy.count { parts.append("count \(count)") }
        text.append("  Settings of the \(end.name): ")
        text.append(parts.joined(separator: ", "))
        var stacks = Stack.consistent(with: diagnosis.side(end), policy).map(\.rawValue)
        if let linux = stacks.firstIndex(of: Stack.linux.rawValue), policy.isTicking {
            stacks[linux] += " (\(policy.tickRates.map(String.init).joined(separator: ", ")) Hz)"
        }
        if !stacks.isEmpty { text.append("; consistent with \(stacks.joined(separator: ", "))") }
        if let timeout = policy.userTimeout {
            text.append("; a user timeout above ")
            text.append(preciseDuration: timeout.lowerBound)
            text.append(" and up to ")
            text.append(preciseDuration: timeout.upperBound)
            text.append(" would have the same effect")
        }
        text.append("\n")
    }

    private static func words(for kind: SegmentKind) -> String {
        switch kind {
        case .probe: "sends a keep-alive"
        case .answer: "answers"
        case .zeroWindowProbe: "probes the closed window"
        case .zeroWindowAnswer: "answers the window probe"
        case .retransmission: "retransmits one byte"
        case .acknowledgment: "sends an unrelated ACK"
        case .middleboxProbe: "appears to send a keep-alive (sent by a middlebox)"
        case .abortReset: "gives up (RST)"
        case .peerReset: "resets the connection"
        case .pathReset: "appears to reset the connection (sent by a middlebox)"
        case .data: "sends one byte of data"
        case .ownReset: "resets the connection itself"
        case .refusableReset: "appears to send a RST that is not the next in sequence"
        case .challenge: "refuses with a challenge ACK"
        case .icmpError: "is told by ICMP that its segment was not delivered"
        }
    }

    private static func words(for ending: Connection.Ending) -> String {
        switch ending {
        case .open: "last packet; still open"
        case .closedByOriginator, .closedByResponder, .closed: "last packet; closed"
        case .resetByOriginator, .resetByResponder: "last packet; reset"
        }
    }
}
