import KeepAlive
import Wire

/// The values of one connection in the page: its row in the table, and its section.
struct ConnectionPart {
    private let diagnosis: Diagnosis
    private let files: SourceFiles

    /// The connection of `diagnosis`, with frames in `files`.
    init(_ diagnosis: Diagnosis, files: SourceFiles) {
        self.diagnosis = diagnosis
        self.files = files
    }

    /// The values of the row.
    var values: Template.Values {
        let connection = diagnosis.connection
        let severity = diagnosis.severity
        return [
            "number": .number(connection.number), "isUnseen": .truth(!connection.handshakeSeen),
            "verdict": .text(diagnosis.verdict.rawValue), "severity": .text(severity.rawValue),
            "rank": .number(Severity.allCases.firstIndex(of: severity) ?? 0),
            "ends": .items([
                values("originator", connection.originator, connection.fromOriginator, diagnosis.originatorPolicy),
                values("responder", connection.responder, connection.fromResponder, diagnosis.responderPolicy),
            ]),
            "probes": .number(connection.fromOriginator.probes &+ connection.fromResponder.probes),
            "filter": .text(connection.wiresharkFilter(in: files)),
            "firstNanoseconds": .number(connection.firstTime), "lastNanoseconds": .number(connection.lastTime),
            "durationNanoseconds": .number(connection.lastTime &- connection.firstTime),
            "duration": .text(TextBuffer.string { $0.append(duration: connection.lastTime &- connection.firstTime) }),
            "ending": .text(connection.ending.text), "ended": .text(connection.ending.name),
        ]
    }

    private func values(
        _ end: String, _ endpoint: Endpoint, _ side: ConnectionSide, _ policy: InferredPolicy
    ) -> Template.Values {
        let stacks = Stack.consistent(with: side, policy).map(\.rawValue)
        return [
            "end": .text(end), "endpoint": .text(endpoint.description),
            "probes": .count(side.probes), "exactProbes": .number(side.probes),
            "answered": .count(side.answered), "exactAnswered": .number(side.answered),
            "hasProbes": .truth(side.probes > 0),
            "idle": Self.range(policy.idle), "interval": Self.range(policy.interval),
            "policyCount": .text(policy.count.map { "\($0)" }),
            "stacks": .text(stacks.isEmpty ? nil : stacks.joined(separator: ", ")),
        ]
    }

    private static func range(_ range: ClosedRange<Int64>?) -> Template.Value {
        guard let range else { return .truth(false) }
        return .items([
            [
                "low": .number(range.lowerBound), "high": .number(range.upperBound),
                "isRange": .truth(range.count > 1),
            ]
        ])
    }

    /// The values of the section; with `isDrawn` also the drawings and the table of the events in `kept`, and the
    /// data in `ticks`.
    func section(isDrawn: Bool, _ kept: RetainedEvents, _ ticks: DataTicks) -> Template.Values {
        var values = values
        let findings = diagnosis.findings
        values["findings"] = .items(findings.count) { self.values(of: findings[$0], isFirst: $0 == 0) }
        values["meaning"] = .text(diagnosis.verdict.guide.meaning)
        let silence = diagnosis.connection.idleness
        values["longestIdle"] = Template.duration(silence.longest)
        values["survived"] = Template.duration(silence.longestSurvived)
        values["failed"] = Template.duration(silence.shortestFailed)
        values["closedIdle"] = Template.duration(diagnosis.connection.closedIdle ?? 0)
        let ends = ticks.ends(of: diagnosis.connection.number)
        values["sent"] = .items(ends.map { [counts(in: $0)] } ?? [])
        values["timeline"] = .truth(false)
        values["events"] = .truth(false)
        guard isDrawn else { return values }
        let history = kept.history(of: diagnosis.connection.number)
        // Idle periods and data are drawn even without events.
        guard history != nil || ends != nil || silence.longest > 0 else { return values }
        if let history { values["events"] = .items([EventTable(history, diagnosis, files: kept.files).values]) }
        let drawn = history ?? RetainedEvents.History(first: diagnosis.connection.originator)
        values["timeline"] = .items([TimelineDrawing(diagnosis, drawn, ends, files: kept.files).values])
        values["strips"] = strips(drawn)
        return values
    }

    private func values(of finding: Finding, isFirst: Bool) -> Template.Values {
        let (frames, advice) = (finding.frames.all, finding.advice(in: diagnosis))
        return [
            "name": .text(finding.verdict.rawValue), "severity": .text(finding.severity.rawValue),
            "confidence": .text(finding.confidence.rawValue), "isFirst": .truth(isFirst),
            "sentence": .text(finding.sentence(in: diagnosis)), "advice": .text(advice.isEmpty ? nil : advice),
            "frames": .text(frames.isEmpty ? nil : TextBuffer.string { $0.append(frames: frames, files: files) }),
        ]
    }

    /// The number of segments with data of each end.
    private func counts(in ends: DataTicks.Ends) -> Template.Values {
        let connection = diagnosis.connection
        let originator = ends.row(of: connection.originator).count
        let responder = ends.row(of: connection.responder).count
        return [
            "originator": .count(originator), "exactOriginator": .number(originator),
            "responder": .count(responder), "exactResponder": .number(responder),
        ]
    }

    private func strips(_ history: RetainedEvents.History) -> Template.Value {
        let connection = diagnosis.connection
        let isOriginatorFirst = history.first == connection.originator
        let events = history.early + history.late
        let ends = [
            (connection.originator, connection.fromOriginator, diagnosis.originatorPolicy, isOriginatorFirst),
            (connection.responder, connection.fromResponder, diagnosis.responderPolicy, !isOriginatorFirst),
        ]
        let strips = ends.flatMap { endpoint, side, policy, isFirst in
            let name = endpoint.description
            return GapStrip(side, policy, events.filter { $0.isFromFirst == isFirst }).values.map { strip in
                strip.merging(["endpoint": .text(name)]) { old, _ in old }
            }
        }
        return .items(strips)
    }
}
