import KeepAlive

/// The table of the first and the last events of one connection: frame, time and what happened.
struct EventTable {
    /// The number of events that are shown at either end.
    private static let limit = 100

    private let count: UInt64
    private let early: [RetainedEvents.Event]
    private let late: [RetainedEvents.Event]
    private let isOriginatorFirst: Bool
    private let files: [String]

    /// The events in `history` of the connection of `diagnosis`, from `files`.
    init(_ history: RetainedEvents.History, _ diagnosis: Diagnosis, files: [String]) {
        count = history.count
        let kept = history.early + history.late
        if history.leftOut == 0, kept.count <= 2 * Self.limit {
            (early, late) = (kept, [])
        } else {
            // If some are not kept, those at either end may be fewer.
            let start = history.leftOut > 0 ? history.early.count : kept.count - Self.limit
            (early, late) = (Array(kept[..<min(start, Self.limit)]), Array(kept[start...].suffix(Self.limit)))
        }
        isOriginatorFirst = history.first == diagnosis.connection.originator
        self.files = files
    }

    /// The number of events between `early` and `late`.
    private var leftOut: UInt64 { count - UInt64(early.count + late.count) }

    /// The values of the template.
    var values: Template.Values {
        let gap = leftOut > 0 ? 1 : 0
        return [
            "eventCount": .count(count), "hasFiles": .truth(files.count > 1),
            "rows": .items(early.count + gap + late.count) { index in
                if index < early.count { return values(of: early[index], after: index > 0 ? early[index - 1] : nil) }
                let index = index - early.count - gap
                if index < 0 { return ["leftOut": .count(leftOut)] }
                return values(of: late[index], after: index > 0 ? late[index - 1] : nil)
            },
        ]
    }

    /// The row of `event`, with the date unless `previous` is of the same day.
    private func values(of event: RetainedEvents.Event, after previous: RetainedEvents.Event?) -> Template.Values {
        let time = CivilTime(event.time)
        let isSameDay = previous.map { CivilTime($0.time).day == time.day } ?? false
        return [
            "leftOut": .truth(false), "frame": .number(event.frame), "kind": .text(event.kind.name),
            "file": .text(files.indices.contains(Int(event.file)) ? displayName(files[Int(event.file)]) : ""),
            "date": isSameDay ? .truth(false) : .text(TextBuffer.string { $0.append(date: time) }),
            "time": .text(TextBuffer.string { $0.append(timeOfDay: time, digits: 6) }),
            "words": .text(event.words(isFromOriginator: event.isFromFirst == isOriginatorFirst)),
        ]
    }
}
