import Wire

// Pure acknowledgments that an end repeats: in a capture that began midway they may be probes, or answers to probes that
// were not captured.

extension EvidenceStore {
    /// Whether the end at `side` repeated an acknowledgment.
    func hasRepeated(_ record: ConnectionRecord, side: Int) -> Bool {
        record.repeats != 0 && repeats[Int(record.repeats) - 1][side].count > 0
    }

    /// Notes pure acknowledgments that are repeated while the peer is silent, and decides when they are probes.
    mutating func recordRepeats(_ passage: Passage, _ gaps: Elapsed, _ record: inout ConnectionRecord) {
        let side = passage.side
        let opened = record.facts.0.union(record.facts.1).isDisjoint(with: [.sentSYN, .sentSYNACK, .sentFIN, .sentRST])
        let hasAsked = gaps.asked.peer.map { $0 >= passage.sender.spokeTime } ?? false
        guard opened, passage.repeatsAcknowledgment, !hasAsked,
            // An end whose data was captured probes one below its next number, which Wireshark marks.
            passage.sender.next == (side == 0 ? record.bases.0 : record.bases.1) + 1
        else {
            if passage.repeatsLast, !hasAsked, passage.peer.spokeTime != .min { recordUnseenTrigger(passage, &record) }
            // So long after the peer, an acknowledgment without news answers something.
            if !hasAsked, gaps.path >= Idleness.threshold, passage.acknowledgesNothing {
                let place = repeats(of: &record)
                repeats[place][side].count = max(1, repeats[place][side].count)
            }
            if record[facts: side].contains(.repeats), !passage.repeatsAcknowledgment { endRepeats(passage, &record) }
            if record[facts: 1 - side].contains(.repeats), !passage.segment.flags.contains(.rst) {
                record[facts: 1 - side].subtract(.repeats)
            }
            return
        }
        let segment = passage.segment
        let place = repeats(of: &record)
        let isFirst = repeats[place][side].count == 0
        if isFirst {
            repeats[place][side].start = passage.sender.spokeTime
            repeats[place][side].echo = segment.timestampEcho
        }
        let isStanding = !segment.hasTimestamps || repeats[place][side].echo == segment.timestampEcho
        repeats[place][side].count &+= 1
        // Answers to probes that were not captured look the same, but echo a new timestamp each time.
        if !isStanding {
            evidences[evidence(of: &record)][1 - side].miss(.echoed, at: segment.time)
            record[facts: side].subtract(.repeats)
            return
        }
        if segment.hasTimestamps, isFirst { return }
        adoptRepeats(passage, &record)
    }

    /// An end repeats an acknowledgment although nothing came from its peer, twice: it answers what was not captured.
    mutating func recordUnseenTrigger(_ passage: Passage, _ record: inout ConnectionRecord) {
        let side = passage.side
        guard passage.segment.window == passage.sender.window,
            record.facts.0.union(record.facts.1).isDisjoint(with: [.sentFIN, .sentRST, .repeats])
        else { return }
        let place = repeats(of: &record)
        repeats[place][side].count &+= 1
        guard repeats[place][side].count > 1 else { return }
        let index = evidence(of: &record)
        if evidences[index][1 - side].missing.isEmpty {
            evidences[index][1 - side].missingFrame = passage.segment.frame
        }
        evidences[index][1 - side].miss(.answered, at: passage.time)
    }

    /// The repeated acknowledgments before `passage` were probes.
    mutating func adoptRepeats(_ passage: Passage, _ record: inout ConnectionRecord) {
        let side = passage.side
        guard !record[facts: side].contains(.repeats), record[history: side] == 0, record.repeats != 0 else { return }
        record[facts: side].formUnion([.repeats, .awaitsAnswer, .probesIdle])
        let history = ownHistory(side, &record)
        let (start, last) = (repeats[Int(record.repeats) - 1][side].start, passage.sender.spokeTime)
        histories[history].adopt(
            probesAt: start == 0 || start == last ? [last] : [start, last], sequence: passage.sender.next, &details)
    }

    /// The peer's only kind of segment so far was a pure acknowledgment, and this answers it: it was a probe.
    mutating func recordUnknownProbe(_ passage: Passage, _ record: inout ConnectionRecord) {
        let other = 1 - passage.side
        guard passage.answersUnknownProbe, record[history: other] == 0,
            record[facts: other].isDisjoint(with: [.sentSYN, .sentSYNACK, .sentFIN, .sentRST]),
            passage.peer.next == (other == 0 ? record.bases.0 : record.bases.1) + 1
        else { return }
        let history = ownHistory(other, &record)
        histories[history].adopt(
            probesAt: [passage.peer.spokeTime], sequence: passage.peer.next, &details)
        record[facts: other].formUnion([.awaitsAnswer, .probesIdle])
    }

    /// A RST one above the repeated acknowledgments proves that they were probes.
    mutating func endRepeats(_ passage: Passage, _ record: inout ConnectionRecord) {
        if !passage.segment.flags.contains(.rst) { record[facts: passage.side].subtract(.repeats) }
    }
}
