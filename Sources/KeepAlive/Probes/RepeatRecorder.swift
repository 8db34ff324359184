import Wire

// Pure acknowledgments that an end repeats. In a capture that began midway, they may be probes, or answers to probes
// that were not captured.

extension EvidenceStore {
    /// Whether the end at `side` repeated a pure acknowledgment.
    func hasRepeated(_ record: ConnectionRecord, side: Int) -> Bool {
        (record.repeats.map { repeats[$0][side].count } ?? 0) > 0
    }

    /// Records pure acknowledgments that are repeated while the peer sends nothing, and decides when they are probes.
    mutating func recordRepeats(_ tracked: TrackedSegment, _ gaps: Elapsed, _ record: inout ConnectionRecord) {
        let side = tracked.side
        let opened = record.facts.0.union(record.facts.1).isDisjoint(with: [.sentSYN, .sentSYNACK, .sentFIN, .sentRST])
        let hasAsked = gaps.asked.peer.map { $0 >= tracked.sender.spokeTime } ?? false
        guard opened, tracked.repeatsAcknowledgment, !hasAsked,
            // An end whose data was captured probes one below its next number, which Wireshark marks.
            tracked.sender.next == (side == 0 ? record.bases.0 : record.bases.1) + 1
        else {
            if tracked.repeatsLast, !hasAsked, tracked.peer.spokeTime != .min { recordUnseenTrigger(tracked, &record) }
            // After so long an idle period, an acknowledgment without news answers something.
            if !hasAsked, gaps.path >= Idleness.threshold, tracked.acknowledgesNothing {
                let handle = repeats(of: &record)
                repeats[handle][side].count = max(1, repeats[handle][side].count)
            }
            if record[facts: side].contains(.repeats), !tracked.repeatsAcknowledgment { endRepeats(tracked, &record) }
            if record[facts: 1 - side].contains(.repeats), !tracked.segment.flags.contains(.rst) {
                record[facts: 1 - side].subtract(.repeats)
            }
            return
        }
        let segment = tracked.segment
        let handle = repeats(of: &record)
        let isFirst = repeats[handle][side].count == 0
        if isFirst {
            repeats[handle][side].start = tracked.sender.spokeTime
            repeats[handle][side].echo = segment.timestampEcho
        }
        let isStanding = !segment.hasTimestamps || repeats[handle][side].echo == segment.timestampEcho
        repeats[handle][side].count &+= 1
        // Answers to probes that were not captured look the same, but each echoes a new timestamp.
        if !isStanding {
            evidences[evidence(of: &record)][1 - side].recordMissing(.echoed, at: segment.time)
            record[facts: side].subtract(.repeats)
            return
        }
        if segment.hasTimestamps, isFirst { return }
        recordRepeatsAsProbes(tracked, &record)
    }

    /// Records that an end repeats an acknowledgment although its peer sent nothing. From the second time on, it
    /// answers segments of the peer that were not captured.
    mutating func recordUnseenTrigger(_ tracked: TrackedSegment, _ record: inout ConnectionRecord) {
        let side = tracked.side
        guard tracked.segment.window == tracked.sender.window,
            record.facts.0.union(record.facts.1).isDisjoint(with: [.sentFIN, .sentRST, .repeats])
        else { return }
        let handle = repeats(of: &record)
        repeats[handle][side].count &+= 1
        guard repeats[handle][side].count > 1 else { return }
        let index = evidence(of: &record)
        if evidences[index][1 - side].missing.isEmpty {
            evidences[index][1 - side].missingFrame = tracked.segment.frame
        }
        evidences[index][1 - side].recordMissing(.answered, at: tracked.time)
    }

    /// Records the repeated acknowledgments before `tracked` as probes.
    mutating func recordRepeatsAsProbes(_ tracked: TrackedSegment, _ record: inout ConnectionRecord) {
        let side = tracked.side
        guard !record[facts: side].contains(.repeats), record[history: side] == nil, let handle = record.repeats else {
            return
        }
        record[facts: side].formUnion([.repeats, .awaitsAnswer, .probesIdle])
        let history = history(of: &record, side: side)
        let (start, last) = (repeats[handle][side].start, tracked.sender.spokeTime)
        histories[history].recordEarlierProbes(
            at: start == 0 || start == last ? [last] : [start, last], sequence: tracked.sender.next, &details)
    }

    /// Records the last pure acknowledgment of the peer as a probe, if `tracked` proves that it was one.
    mutating func recordUnknownProbe(_ tracked: TrackedSegment, _ record: inout ConnectionRecord) {
        let other = 1 - tracked.side
        guard tracked.answersUnknownProbe, record[history: other] == nil,
            record[facts: other].isDisjoint(with: [.sentSYN, .sentSYNACK, .sentFIN, .sentRST]),
            tracked.peer.next == (other == 0 ? record.bases.0 : record.bases.1) + 1
        else { return }
        let history = history(of: &record, side: other)
        histories[history].recordEarlierProbes(
            at: [tracked.peer.spokeTime], sequence: tracked.peer.next, &details)
        record[facts: other].formUnion([.awaitsAnswer, .probesIdle])
    }

    /// Ends the repetition, unless `tracked` is a RST: `isExact` needs to know what that followed.
    mutating func endRepeats(_ tracked: TrackedSegment, _ record: inout ConnectionRecord) {
        if !tracked.segment.flags.contains(.rst) { record[facts: tracked.side].subtract(.repeats) }
    }
}
