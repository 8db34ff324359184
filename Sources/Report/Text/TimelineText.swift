import KeepAlive
import Wire

/// The timeline of one connection: events, idle periods, settings and findings.
struct TimelineText {
    private let diagnosis: Diagnosis
    private let files: SourceFiles
    private let style: TextStyle
    private var clock: ZoneClock
    /// The day and the zone of the line before.
    private var dated: (day: Int64, zone: Int)?
    private let events: [RetainedEvents.Event]
    private let leftOut: UInt64
    private let firstIsOriginator: Bool
    /// The number of events that are printed before and after a row of answered probes.
    private static let context = 3

    /// The timeline of the connection of `diagnosis`. Its events are in `kept`, its frames in `files`.
    init(_ diagnosis: Diagnosis, _ kept: RetainedEvents, files: SourceFiles, _ style: TextStyle = TextStyle()) {
        self.style = style
        clock = ZoneClock(style.zone)
        self.diagnosis = diagnosis
        self.files = files
        let history = kept.history(of: diagnosis.connection.number)
        events = (history?.early ?? []) + (history?.late ?? [])
        leftOut = history?.leftOut ?? 0
        firstIsOriginator = history.map { $0.first == diagnosis.connection.originator } ?? true
    }

    /// Appends the timeline under a heading with the date. A new date, or another offset from UTC, has a line of its own.
    mutating func append(to text: inout TextBuffer) {
        let start = text.count
        let connection = diagnosis.connection
        let isSeen = connection.handshakeSeen
        text.append("\nStream \(connection.number): ")
        style.append(connection.originator, to: &text)
        text.append(isSeen ? " to " : " and ")
        style.append(connection.responder, to: &text)
        let (time, zone) = clock.time(connection.firstTime)
        text.append(", ")
        text.append(date: time, in: clock.name(of: zone))
        text.append("\n")
        dated = (time.day, zone)
        line(connection.firstTime, isSeen ? "opened" : "first packet; the capture started midway", to: &text)
        // An ICMP error may follow the last segment.
        var before = connection.firstTime
        for (index, event) in events.enumerated() {
            if before < connection.lastTime, event.time > connection.lastTime {
                line(connection.lastTime, Self.text(of: connection.ending), to: &text)
            }
            before = event.time
            if isInRow(index) {
                if !isInRow(index - 1) { appendRow(from: index, to: &text) }
            } else {
                append(event, to: &text)
            }
        }
        if events.isEmpty || before < connection.lastTime {
            line(connection.lastTime, Self.text(of: connection.ending), to: &text)
        }
        appendPolicy(.originator, to: &text)
        appendPolicy(.responder, to: &text)
        for finding in diagnosis.findings {
            text.append("\n")
            text.append(block: finding, in: diagnosis, files: files, style)
        }
        text.wrap(from: start, to: style.width, hanging: 3)
    }

    /// Whether the event at `index` is inside a row of answered probes, which is abridged.
    private func isInRow(_ index: Int) -> Bool {
        let row = index - Self.context...index + Self.context
        guard events.indices.contains(row.lowerBound), events.indices.contains(row.upperBound) else { return false }
        return events[row].allSatisfy { ($0.kind == .probe && $0.unanswered == 0) || $0.kind == .answer }
    }

    private func appendRow(from index: Int, to text: inout TextBuffer) {
        let row = events[index...].indices.prefix(while: isInRow)
        text.append("                   ... about ")
        text.append(UInt64(events[row].count { $0.kind == .probe }) + leftOut / 2, of: "more probe")
        text.append(", all answered\n")
    }

    private mutating func append(_ event: RetainedEvents.Event, to text: inout TextBuffer) {
        line(event.time, event.words(isFromOriginator: event.isFromFirst == firstIsOriginator, style), to: &text)
    }

    private mutating func line(_ nanoseconds: Int64, _ event: String, to text: inout TextBuffer) {
        let (time, zone) = clock.time(nanoseconds)
        text.append("  ")
        if dated?.day != time.day || dated?.zone != zone {
            text.append(date: time, in: clock.name(of: zone))
            text.append("\n  ")
            dated = (time.day, zone)
        }
        text.append(timeOfDay: time, digits: 6)
        text.append("  \(event)\n")
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

    private static func text(of ending: Connection.Ending) -> String {
        switch ending {
        case .open: "last packet; still open"
        case .closedByOriginator, .closedByResponder, .closed: "last packet; closed"
        case .resetByOriginator, .resetByResponder: "last packet; reset"
        }
    }
}
