import KeepAlive
import Wire

/// The drawing of one connection over time: a lane for each end, with its segments.
struct TimelineDrawing {
    private let diagnosis: Diagnosis
    private let history: RetainedEvents.History
    private let ends: DataTicks.Ends?
    private let files: [String]
    private let scale: Drawing.Scale

    /// The distance between the lanes (px).
    private static let laneHeight = 54.0
    /// The height of a line of text (px).
    private static let rowHeight = 15.0

    /// The maximum number of idle periods, the longest first.
    private static let idleLimit = 40
    /// The idle timeouts that are drawn into idle periods (s).
    private static let timeouts: [Int64] = [240, 350, 600, 900]
    private static let second: Int64 = 1_000_000_000

    /// The drawing of the connection of `diagnosis`, with the events in `history` from `files`, and the data in `ends`; nil:
    /// not known.
    init(_ diagnosis: Diagnosis, _ history: RetainedEvents.History, _ ends: DataTicks.Ends?, files: [String]) {
        self.diagnosis = diagnosis
        self.history = history
        self.ends = ends
        self.files = files
        let connection = diagnosis.connection
        let last = max(connection.firstTime, connection.lastTime)
        scale = Drawing.Scale(connection.firstTime...last)
    }

    /// The values of the template.
    var values: Template.Values {
        let idles = idles
        let longest = idles.max { $0.duration < $1.duration }?.duration ?? 0
        let labels = Self.timeouts.filter { $0 * Self.second <= longest }
        let top = Double(labels.count) * Self.rowHeight + 4
        let lanes = (top + 32, top + 32 + Self.laneHeight)
        let axis = lanes.1 + 30
        let connection = diagnosis.connection
        let events = history.early + history.late
        return [
            "height": .text(Drawing.text(axis + 22)), "top": .text(Drawing.text(top)),
            "axis": .text(Drawing.text(axis)), "tickEnd": .text(Drawing.text(axis + 5)),
            "tickLabel": .text(Drawing.text(axis + 18)),
            "firstTime": .text(Self.time(connection.firstTime)), "lastTime": .text(Self.time(connection.lastTime)),
            "shown": .items(shown) { part in
                ["shape": .text(part.shape), "isData": .truth(part.isData), "words": .text(part.words)]
            },
            "lanes": .items([
                Self.lane(connection.originator, lanes.0), Self.lane(connection.responder, lanes.1),
            ]),
            "idles": .items(idles) { values(of: $0, top, axis) },
            "timeouts": .items(timeoutLines(idles, labels: labels, top, axis)),
            "ticks": .items(
                Array(Drawing.ticks(max(0, connection.lastTime &- connection.firstTime)).enumerated())
            ) { index, tick in
                [
                    "x": .text(Drawing.percent(scale.x(connection.firstTime &+ tick.offset))),
                    "label": .text(tick.label), "isWide": .truth(index % 2 == 1),
                ]
            },
            "data": .items(senders.flatMap { data($0, $0 == connection.originator ? lanes.0 : lanes.1) }),
            "turns": .items(senders.flatMap { turns($0, $0 == connection.originator ? lanes.0 : lanes.1) }),
            "links": .items(events.filter { $0.reply != nil }) { event in
                [
                    "x": .text(Drawing.percent(scale.x(event.time))), "y1": .text(Drawing.text(lanes.0)),
                    "y2": .text(Drawing.text(lanes.1)),
                ]
            },
            "marks": .items(events) { event in
                [
                    "shape": .text(event.kind.shape), "x": .text(Drawing.percent(scale.x(event.time))),
                    "y": .text(Drawing.text(height(of: event, lanes))),
                    "title": .text(title(of: event)),
                ]
            },
            "leftOuts": .items(leftOut(lanes.0 - 9, lanes.1 + 9)),
        ]
    }

    private static func lane(_ endpoint: Endpoint, _ y: Double) -> Template.Values {
        ["name": .text(endpoint.description), "y": .text(Drawing.text(y)), "labelY": .text(Drawing.text(y - 14))]
    }

    private func isFromOriginator(_ event: RetainedEvents.Event) -> Bool {
        (history.first == diagnosis.connection.originator) == event.isFromFirst
    }

    /// The y coordinate of `event`: its lane; of an ICMP error, which a router sends, the middle between the lanes.
    private func height(of event: RetainedEvents.Event, _ lanes: (Double, Double)) -> Double {
        if event.kind == .icmpError { return (lanes.0 + lanes.1) / 2 }
        return isFromOriginator(event) ? lanes.0 : lanes.1
    }

    private static func time(_ nanoseconds: Int64) -> String {
        let time = CivilTime(nanoseconds)
        return TextBuffer.string {
            $0.append(date: time)
            $0.append(" ")
            $0.append(timeOfDay: time, digits: 0)
        }
    }

    /// What is drawn: shapes, and their numbers in words.
    private var shown: [(shape: String?, isData: Bool, words: String)] {
        var parts: [(String?, Bool, String)] = []
        for sender in senders {
            let count = ends?.row(of: sender).count ?? 0
            if count > 0 { parts.append((nil, true, "\(Self.grouped(count)) × data of \(sender)")) }
        }
        for kind in SegmentKind.allCases {
            let count = UInt64((history.early + history.late).count { $0.kind == kind })
            if count > 0 { parts.append((kind.shape, false, "\(Self.grouped(count)) × \(kind.drawingText)")) }
        }
        if history.leftOut > 0 { parts.append((nil, false, "\(Self.grouped(history.leftOut)) more not drawn")) }
        return parts
    }

    private static func grouped(_ count: UInt64) -> String { TextBuffer.string { $0.append(grouped: count) } }

    private func title(of event: RetainedEvents.Event) -> String {
        var text = TextBuffer()
        text.append("\(event.kind.drawingText), frame \(event.frame)")
        if files.count > 1, Int(event.file) < files.count {
            text.append(" of \(displayName(files[Int(event.file)]))")
        }
        text.append(", ")
        text.append(timeOfDay: CivilTime(event.time), digits: 6)
        if let wait = event.wait {
            text.append(", ")
            text.append(preciseDuration: wait.gap)
            text.append(wait.since == .segment ? " idle" : " after the previous probe")
        }
        if event.unanswered > 0 { text.append(", \(Self.grouped(UInt64(event.unanswered))) unanswered") }
        if let reply = event.reply {
            text.append(", ")
            text.append(latency: reply)
            text.append(" after the probe")
        }
        return text.string
    }

    // MARK: Data, SYN and FIN

    /// Both ends; one, if they are the same.
    private var senders: [Endpoint] {
        let (originator, responder) = (diagnosis.connection.originator, diagnosis.connection.responder)
        return originator == responder ? [originator] : [originator, responder]
    }

    /// The data of `endpoint` on its lane at `y`. A tick of several segments is as wide as their time.
    private func data(_ endpoint: Endpoint, _ y: Double) -> [Template.Values] {
        (ends?.row(of: endpoint).ticks ?? []).map { tick in
            let (start, end) = (scale.x(tick.first), scale.x(tick.last))
            var title = TextBuffer()
            title.append(tick.count, of: "segment")
            title.append(" with data, ")
            title.append(timeOfDay: CivilTime(tick.first), digits: 6)
            if tick.last != tick.first {
                title.append(" to ")
                title.append(timeOfDay: CivilTime(tick.last), digits: 6)
            }
            return [
                "x": .text(Drawing.percent(start)), "y": .text(Drawing.text(y - Self.tickHeight / 2)),
                // The outline makes it wide enough to be seen.
                "width": .text(Drawing.percent(max(0.02, end - start))),
                "height": .text(Drawing.text(Self.tickHeight)), "count": .number(tick.count),
                "title": .text(title.string),
            ]
        }
    }

    private static let tickHeight = 10.0

    /// The first SYN and the first FIN of `endpoint`, on its lane at `y`.
    private func turns(_ endpoint: Endpoint, _ y: Double) -> [Template.Values] {
        let row = ends?.row(of: endpoint)
        return [("syn", "SYN", row?.opened), ("fin", "FIN", row?.closed)].compactMap { shape, name, time in
            guard let time else { return nil }
            let title = TextBuffer.string {
                $0.append("\(name), ")
                $0.append(timeOfDay: CivilTime(time), digits: 6)
            }
            return [
                "shape": .text(shape), "x": .text(Drawing.percent(scale.x(time))), "y": .text(Drawing.text(y)),
                "title": .text(title),
            ]
        }
    }

    // MARK: Idle periods

    private struct Idle: Hashable {
        var start: Int64
        var end: Int64
        var duration: Int64 { end &- start }
    }

    /// The idle periods: those before probes, and the longest one, which may have no probe at its end.
    private var idles: [Idle] {
        let connection = diagnosis.connection
        var idles: Set<Idle> = []
        var before = connection.firstTime
        for event in history.early + history.late {
            defer { before = max(before, event.time) }
            guard let wait = event.wait, wait.since != .unansweredProbe, wait.gap > 0 else { continue }
            // A probe waits for its peer, but the path is idle only since the last segment of either end.
            let start = max(before, event.time &- wait.gap)
            if start < event.time { idles.insert(Idle(start: start, end: event.time)) }
        }
        let silence = connection.idleness
        if silence.longest > 0, !idles.contains(where: { $0.end == silence.longestEnd }) {
            idles.insert(Idle(start: silence.longestEnd &- silence.longest, end: silence.longestEnd))
        }
        return Array(idles.sorted { ($1.duration, $0.start) < ($0.duration, $1.start) }.prefix(Self.idleLimit))
    }

    private func values(of idle: Idle, _ top: Double, _ axis: Double) -> Template.Values {
        let (start, end) = (scale.x(idle.start), scale.x(idle.end))
        return Self.label(Drawing.seconds(idle.duration), from: start, to: end).merging([
            "x": .text(Drawing.percent(start)), "width": .text(Drawing.percent(max(0, end - start))),
            "y": .text(Drawing.text(top)), "height": .text(Drawing.text(axis - top)),
            "title": .text("idle for \(Drawing.precise(idle.duration))"),
            "labelY": .text(Drawing.text(axis - 6)),
        ]) { old, _ in old }
    }

    /// Lines where idle timeouts of the catalogue are within `idles`. Those in the longest idle period have `labels`.
    private func timeoutLines(
        _ idles: [Idle], labels: [Int64], _ top: Double, _ axis: Double
    ) -> [Template.Values] {
        var lines: [Template.Values] = []
        for (index, idle) in idles.enumerated() {
            for (row, seconds) in labels.enumerated() where seconds * Self.second <= idle.duration {
                let x = scale.x(idle.start &+ seconds * Self.second)
                let height = index == 0 ? Double(labels.count - row) * Self.rowHeight : 0
                let names = IdleTimeout.catalogue.filter { $0.seconds == seconds && $0.role == .path }.map(\.name)
                let isAtEdge = x > 75
                lines.append([
                    "x": .text(Drawing.percent(x)), "y1": .text(Drawing.text(top - height)),
                    "y2": .text(Drawing.text(axis)),
                    "title": .text("\(seconds) s: " + names.joined(separator: "; ")),
                    "label": index == 0 ? .text("\(seconds) s") : .truth(false),
                    "gap": .text(isAtEdge ? "-4" : "4"), "anchor": .text(isAtEdge ? "end" : "start"),
                    "labelY": .text(Drawing.text(top - height + 11)),
                ])
            }
        }
        return lines
    }

    // MARK: Events that are not kept

    private func leftOut(_ top: Double, _ bottom: Double) -> [Template.Values] {
        guard history.leftOut > 0, let before = history.early.last, let after = history.late.first else { return [] }
        let (start, end) = (scale.x(before.time), scale.x(after.time))
        let label = "\(Self.grouped(history.leftOut)) more not drawn"
        return [
            Self.label(label, from: start, to: end).merging([
                "x": .text(Drawing.percent(start)), "width": .text(Drawing.percent(max(0.1, end - start))),
                "y": .text(Drawing.text(top)), "height": .text(Drawing.text(bottom - top)),
                "labelY": .text(Drawing.text(top + 29)),
            ]) { old, _ in old }
        ]
    }

    /// The values of `label` between two coordinates, if it fits; `isWide`: it does not fit on a narrow screen.
    private static func label(_ label: String, from start: Double, to end: Double) -> Template.Values {
        let whole = (Drawing.width(of: label) + 8) / max(0.001, (end - start) / 100)
        return [
            "label": whole <= Drawing.wide ? .text(label) : .truth(false),
            "isWide": .truth(whole > Drawing.narrow), "labelX": .text(Drawing.percent((start + end) / 2)),
        ]
    }
}
