import KeepAlive

/// The table of the events of one connection that are kept: frame, time and what happened.
struct EventTable {
    private let history: RetainedEvents.History
    private let isOriginatorFirst: Bool
    private let files: [String]

    /// The events in `history` of the connection of `diagnosis`, from `files`.
    init(_ history: RetainedEvents.History, _ diagnosis: Diagnosis, files: [String]) {
        self.history = history
        isOriginatorFirst = history.first == diagnosis.connection.originator
        self.files = files
    }

    /// The values of the template.
    var values: Template.Values {
        let (early, late) = (history.early, history.late)
        let gap = history.leftOut > 0 ? 1 : 0
        return [
            "eventCount": .count(history.count), "hasFiles": .truth(files.count > 1),
            "rows": .items(early.count + gap + late.count) { index in
                if index < early.count { return values(of: early[index], after: index > 0 ? early[index - 1] : nil) }
                let index = index - early.count - gap
                if index < 0 { return ["leftOut": .count(history.leftOut)] }
                return values(of: late[index], after: index > 0 ? late[index - 1] : gap > 0 ? nil : early.last)
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
