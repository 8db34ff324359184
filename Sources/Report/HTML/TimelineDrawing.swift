import KeepAlive
import Wire

/// The drawing of one connection over time: a lane for each end, with its segments.
struct TimelineDrawing {
    private let diagnosis: Diagnosis
    private let history: RetainedEvents.History
    private let ends: DataTicks.Ends?
    private let files: [String]
    private let scale: Drawing.Scale

    private static let left = 16.0
    private static let right = Drawing.width - 16
    /// The distance between the lanes.
    private static let laneHeight = 44.0
    private static let rowHeight = 12.0

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
        scale = Drawing.Scale(connection.firstTime...last, from: Self.left, to: Self.right)
    }

    /// The values of the template.
    var values: Template.Values {
        let idles = idles
        let longest = idles.max { $0.duration < $1.duration }?.duration ?? 0
        let labels = Self.timeouts.filter { $0 * Self.second <= longest }
        let top = Double(labels.count) * Self.rowHeight
        let lanes = (top + 34, top + 34 + Self.laneHeight)
        let axis = lanes.1 + 22
        let connection = diagnosis.connection
        let events = history.early + history.late
        return [
            "height": .text(Drawing.text(axis + 40)),
            "left": .text(Drawing.text(Self.left)), "right": .text(Drawing.text(Self.right)),
            "top": .text(Drawing.text(top + 6)), "axis": .text(Drawing.text(axis)),
            "tickLabel": .text(Drawing.text(axis + 16)), "endLabel": .text(Drawing.text(axis + 33)),
            "firstTime": .text(Self.time(connection.firstTime)), "lastTime": .text(Self.time(connection.lastTime)),
            "description": .text(description),
            "lanes": .items([
                Self.lane(connection.originator, lanes.0), Self.lane(connection.responder, lanes.1),
            ]),
            "idles": .items(idles) { values(of: $0, top + 6, axis) },
            "timeouts": .items(timeoutLines(idles, labels: labels, top + 6, axis)),
            "ticks": .items(Drawing.ticks(max(0, connection.lastTime &- connection.firstTime))) { tick in
                let x = scale.x(connection.firstTime &+ tick.offset)
                return [
                    "x": .text(Drawing.text(x)), "label": .text(tick.label),
                    "anchor": .text(x < 40 ? "start" : x > Drawing.width - 40 ? "end" : "middle"),
                ]
            },
            "data": .items(senders.flatMap { data($0, $0 == connection.originator ? lanes.0 : lanes.1) }),
            "turns": .items(senders.flatMap { turns($0, $0 == connection.originator ? lanes.0 : lanes.1) }),
            "links": .items(events.filter { $0.reply != nil }) { event in
                [
                    "x": .text(Drawing.text(scale.x(event.time))), "y1": .text(Drawing.text(lanes.0)),
                    "y2": .text(Drawing.text(lanes.1)),
                ]
            },
            "marks": .items(events) { event in
                [
                    "shape": .text(event.kind.shape), "x": .text(Drawing.text(scale.x(event.time))),
                    "y": .text(Drawing.text(height(of: event, lanes))),
                    "title": .text(title(of: event)),
                ]
            },
            "leftOuts": .items(leftOut(lanes.0 - 8, lanes.1 + 8)),
        ]
    }

    private static func lane(_ endpoint: Endpoint, _ y: Double) -> Template.Values {
        ["name": .text(endpoint.description), "y": .text(Drawing.text(y)), "labelY": .text(Drawing.text(y - 12))]
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

    /// The content of the drawing, for screen readers.
    private var description: String {
        var parts: [String] = []
        for sender in senders {
            let count = ends?.row(of: sender).count ?? 0
            if count > 0 { parts.append("\(Self.grouped(count)) × data of \(sender)") }
        }
        for kind in SegmentKind.allCases {
            let count = UInt64((history.early + history.late).count { $0.kind == kind })
            if count > 0 { parts.append("\(Self.grouped(count)) × \(kind.drawingText)") }
        }
        if history.leftOut > 0 { parts.append("\(Self.grouped(history.leftOut)) more not drawn") }
        return parts.joined(separator: ", ")
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
                "x": .text(Drawing.text(start - Self.tickWidth / 2)), "y": .text(Drawing.text(y - Self.tickHeight / 2)),
                "width": .text(Drawing.text(max(0, end - start) + Self.tickWidth)),
                "height": .text(Drawing.text(Self.tickHeight)), "count": .number(tick.count),
                "title": .text(title.string),
            ]
        }
    }

    private static let tickWidth = 1.8
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
                "shape": .text(shape), "x": .text(Drawing.text(scale.x(time))), "y": .text(Drawing.text(y)),
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
        let label = Drawing.seconds(idle.duration)
        return [
            "x": .text(Drawing.text(start)), "width": .text(Drawing.text(max(0, end - start))),
            "y": .text(Drawing.text(top)), "height": .text(Drawing.text(axis - top)),
            "title": .text("idle for \(Drawing.precise(idle.duration))"),
            "label": end - start > Double(label.utf8.count) * 7 + 8 ? .text("\(label)") : .truth(false),
            "labelX": .text(Drawing.text((start + end) / 2)), "labelY": .text(Drawing.text(axis - 5)),
        ]
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
                let isAtEdge = x > Drawing.width - 60
                lines.append([
                    "x": .text(Drawing.text(x)), "y1": .text(Drawing.text(top - height + 2)),
                    "y2": .text(Drawing.text(axis)),
                    "title": .text("\(seconds) s: " + names.joined(separator: "; ")),
                    "label": index == 0 ? .text("\(seconds) s") : .truth(false),
                    "labelX": .text(Drawing.text(isAtEdge ? x - 3 : x + 3)),
                    "anchor": .text(isAtEdge ? "end" : "start"), "labelY": .text(Drawing.text(top - height + 9)),
                ])
            }
        }
        return lines
    }

    // MARK: Events that are not kept

    private func leftOut(_ top: Double, _ bottom: Double) -> [Template.Values] {
        guard history.leftOut > 0, let before = history.early.last, let after = history.late.first else { return [] }
        let (start, end) = (scale.x(before.time), scale.x(after.time))
        return [
            [
                "x": .text(Drawing.text(start)), "width": .text(Drawing.text(max(1, end - start))),
                "y": .text(Drawing.text(top)), "height": .text(Drawing.text(bottom - top)),
                "count": .count(history.leftOut), "labelX": .text(Drawing.text((start + end) / 2)),
                "labelY": .text(Drawing.text((top + bottom) / 2 + 4)),
            ]
        ]
    }
}
