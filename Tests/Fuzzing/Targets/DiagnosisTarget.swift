import Wire

@testable import KeepAlive
@testable import Report
@testable import Stories

/// Segments to findings and reports. Either the bytes are segments (`SegmentGrammar`), or they name a random story, and what to
/// change in it.
enum DiagnosisTarget {
    static func run(_ input: [UInt8]) throws(FuzzFailure) {
        var reader = InputReader(input)
        let (choice, facts) = (reader.byte(), reader.byte())
        var segments: [Segment]
        if choice & 0x80 == 0 {
            var grammar = SegmentGrammar(reader)
            segments = grammar.all()
        } else {
            segments = StorySegments.story(Int(reader.byte()))
            change(&segments, &reader)
        }
        try diagnose(segments, report: report(choice & 0x7F), Facts(rawValue: facts))
    }

    /// The report that `choice`, below 128, stands for: rarely the page, which takes longer than all else.
    private static func report(_ choice: UInt8) -> ReportRun.Choice {
        let reports = ReportRun.Choice.allCases
        let report = reports[Int(choice) % reports.count]
        return report == .page && choice < 100 ? .text : report
    }

    /// What is known about the capture as a whole.
    private struct Facts: OptionSet {
        var rawValue: UInt8

        static let isLight = Facts(rawValue: 1)
        static let isLive = Facts(rawValue: 2)
        static let lacksPackets = Facts(rawValue: 4)
        static let isArtificial = Facts(rawValue: 8)
        static let keepsAll = Facts(rawValue: 16)
        static let endsLater = Facts(rawValue: 32)
    }

    // MARK: Stories

    /// Drops, repeats, moves and changes segments of a story.
    private static func change(_ segments: inout [Segment], _ reader: inout InputReader) {
        while !reader.isAtEnd, !segments.isEmpty {
            let (what, which) = (reader.byte(), Int(reader.byte()) % segments.count)
            let value = reader.byte()
            switch what % 14 {
            case 0: segments.remove(at: which)
            case 1: segments.removeFirst(which)
            case 2: segments.removeLast(which)
            case 3: segments.insert(segments[which], at: which)
            case 4: segments.swapAt(which, Int(value) % segments.count)
            case 5: segments[which].time &+= Int64(Int8(bitPattern: value)) * 1_000_000_000
            case 6: for index in which..<segments.count { segments[index].time &+= Int64(value) * 60_000_000_000 }
            case 7: segments[which].sequence = segments[which].sequence + UInt32(value)
            case 8: segments[which].acknowledgment = segments[which].acknowledgment - UInt32(value)
            case 9: segments[which].flags.formSymmetricDifference(TCPFlags(rawValue: UInt16(value)))
            case 10: segments[which].payloadLength = UInt32(value)
            case 11: segments[which].window = UInt16(value)
            case 12: segments[which].timeToLive = value
            default:
                // One end is not captured.
                let source = segments[which].source
                segments.removeAll { $0.source == source }
            }
        }
        for index in segments.indices {
            segments[index].record = UInt32(index)
            segments[index].frame = FrameReference(file: 0, frame: UInt64(index) + 1)
        }
    }

    // MARK: Diagnoses

    private static func diagnose(
        _ segments: [Segment], report: ReportRun.Choice, _ facts: Facts
    ) throws(FuzzFailure) {
        var tracker = ConnectionTracker(
            seed: 1, keepsAll: facts.contains(.keepsAll), isLight: facts.contains(.isLight))
        var events: [SegmentEvent] = []
        var origins: [SegmentOrigin?] = []
        let batch = SegmentBatch(segments)
        if report == .page {
            tracker.track(batch, events: &events, origins: &origins)
        } else {
            tracker.track(batch, events: &events)
        }
        let context = context(of: segments, facts)
        let diagnoses = tracker.diagnoses(all: facts.contains(.keepsAll), in: context)
        try checkTally(tracker.tally, events)
        if facts.contains(.keepsAll) {
            try check(
                UInt64(diagnoses.count) == tracker.tally.connections,
                "\(diagnoses.count) of \(tracker.tally.connections) connections are diagnosed")
        }
        for diagnosis in diagnoses { try DiagnosisCheck.check(diagnosis, context, isLight: facts.contains(.isLight)) }

        var run = ReportRun(report)
        try run.begin(file: "case")
        for event in events { try run.event(event) }
        var summary = Summary(version: .newest)
        summary.files = ["case"]
        summary.counts = tracker.tally
        var ticks = DataTicks()
        if run.hasPage { ticks.take(batch, origins, events) }
        try run.finish(diagnoses, summary, ticks)
    }

    private static func context(of segments: [Segment], _ facts: Facts) -> CaptureContext {
        var context = CaptureContext()
        context.isLive = facts.contains(.isLive)
        context.lacksPackets = facts.contains(.lacksPackets)
        context.isArtificial = facts.contains(.isArtificial)
        if facts.contains(.endsLater), let last = segments.last { context.end = last.time &+ 10_000_000_000_000 }
        if !context.isLive {
            var pauses = CapturePauses()
            var last = Int64.min
            for segment in segments {
                pauses.add(after: last, at: segment.time)
                last = segment.time
            }
            context.pauses = pauses.pauses
        }
        return context
    }

    private static func checkTally(_ tally: ConnectionTally, _ events: [SegmentEvent]) throws(FuzzFailure) {
        let kinds = tally.kinds.reduce(0, +)
        try check(
            kinds + tally.copies == UInt64(events.count),
            "\(kinds) segments of a kind and \(tally.copies) copies in \(events.count) events")
        for (index, named) in Marks.named.enumerated() {
            let count = events.count { $0.marks.contains(named.mark) }
            try check(
                tally.marks[index] == UInt64(count), "\(tally.marks[index]) marks \(named.name) in \(count) events")
        }
        for index in tally.kinds.indices {
            try check(
                tally.unmarked[index] + tally.misnamed[index] <= tally.kinds[index],
                "more marks than segments: \(tally)")
        }
    }
}
