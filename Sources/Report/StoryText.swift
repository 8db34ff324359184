import KeepAlive
import Wire

/// The story of one connection as a person would tell it: what passed, how long nothing did, and what that means.
struct StoryText {
    private let diagnosis: Diagnosis
    private let events: [KeptEvents.Event]
    private let leftOut: UInt64
    /// Events that are told one by one before and after a row of answered probes.
    private static let told = 3

    /// The story of the connection of `diagnosis`, with its events in `kept`.
    init(_ diagnosis: Diagnosis, _ kept: KeptEvents) {
        self.diagnosis = diagnosis
        let history = kept.history(of: diagnosis.connection.number)
        events = (history?.early ?? []) + (history?.late ?? [])
        leftOut = history?.leftOut ?? 0
        firstIsOriginator = history.map { $0.first == diagnosis.connection.originator } ?? true
    }

    private let firstIsOriginator: Bool

    /// Appends it, under a heading.
    func append(to text: inout TextBuffer) {
        let connection = diagnosis.connection
        text.append("\nConnection \(connection.number): ")
        text.append(connection.originator)
        text.append(connection.handshakeSeen ? " to " : " and ")
        text.append(connection.responder)
        text.append("\n")
        line(connection.firstTime, connection.handshakeSeen ? "opened" : "the capture begins midway", to: &text)
        for (place, event) in events.enumerated() {
            if isInRow(place) {
                if !isInRow(place - 1) { tellRow(from: place, to: &text) }
            } else {
                tell(event, to: &text)
            }
        }
        if events.last?.time != connection.lastTime {
            line(connection.lastTime, Self.words(for: connection.ending), to: &text)
        }
        appendPolicy(.originator, to: &text)
        appendPolicy(.responder, to: &text)
        text.append("  \(diagnosis.verdict.rawValue): ")
        text.append(sentenceOf: diagnosis)
        text.append(" (confidence: \(diagnosis.confidence.rawValue))\n")
        if !diagnosis.advice.isEmpty { text.append("  \(diagnosis.advice)\n") }
    }

    /// Whether the event at `place` is one of many probes and answers in a row, of which nothing more is to be told.
    private func isInRow(_ place: Int) -> Bool {
        let row = place - Self.told...place + Self.told
        guard events.indices.contains(row.lowerBound), events.indices.contains(row.upperBound) else { return false }
        return events[row].allSatisfy { ($0.kind == .probe && $0.unanswered == 0) || $0.kind == .answer }
    }

    private func tellRow(from place: Int, to text: inout TextBuffer) {
        let row = events[place...].indices.prefix(while: isInRow)
        let probes = events[row].count { $0.kind == .probe } + (leftOut > 0 ? Int(clamping: leftOut / 2) : 0)
        text.append("                ... about \(probes) probes more, each answered\n")
    }

    private func tell(_ event: KeptEvents.Event, to text: inout TextBuffer) {
        let isFromOriginator = event.isFromFirst == firstIsOriginator
        let sender = isFromOriginator ? "the originator" : "the responder"
        var words = TextBuffer()
        if let wait = event.wait, wait.since == .segment {
            words.append("after a silence of ")
            words.append(preciseDuration: wait.gap)
            words.append(" ")
        }
        words.append(sender)
        words.append(Self.words(for: event.kind))
        if let wait = event.wait, wait.since != .segment {
            words.append(", ")
            words.append(preciseDuration: wait.gap)
            words.append(" after the last")
        }
        if event.unanswered > 0 { words.append(" (\(event.unanswered) unanswered)") }
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

    /// Appends what the probes of `end` tell of its settings and of its stack.
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
        text.append("  the \(end == .originator ? "originator" : "responder")'s settings: ")
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
            text.append(" would have ended it at the same time")
        }
        text.append("\n")
    }

    private static func words(for kind: SegmentKind) -> String {
        switch kind {
        case .probe: " probes"
        case .answer: " answers"
        case .zeroWindowProbe: " probes the closed window"
        case .zeroWindowAnswer: " acknowledges that"
        case .retransmission: " sends an octet again"
        case .acknowledgment: " acknowledges something else"
        case .middleboxProbe: " is said to probe, by somebody else"
        case .abortReset: " gives up and resets the connection"
        case .peerReset: " resets the connection"
        case .pathReset: " is said to reset the connection, by somebody else"
        }
    }

    private static func words(for ending: Connection.Ending) -> String {
        switch ending {
        case .open: "the last that was captured"
        case .closedByOriginator, .closedByResponder, .closed: "the last of the close"
        case .resetByOriginator, .resetByResponder: "reset"
        }
    }
}
