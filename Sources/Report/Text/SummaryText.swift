import KeepAlive
import Wire

extension TextBuffer {
    /// Appends the summary as text: marks, problems, and the counts.
    mutating func append(_ summary: Summary) {
        appendMarks(of: summary)
        appendKinds("Marked, but actually: ", summary.counts.misnamed)
        appendKinds("Not marked by Wireshark: ", summary.counts.unmarked)
        if summary.isLight {
            append(
                "Light: segments with more than one byte of data were not captured, so nothing is known about data.\n")
        }
        if let dropped = summary.dropped {
            append("Dropped by the kernel: ")
            append(dropped, of: "packet")
            append("; they may change any verdict.\n")
        }
        appendCutHeaders(of: summary.tally)
        if summary.counts.copies > 0 {
            append("Not counted: ")
            append(summary.counts.copies, of: "duplicate")
            append(" of probes or answers, from a mirror port or a merged capture.\n")
        }
        if summary.tally.outOfOrder > 0 {
            append("Out of order: ")
            append(summary.tally.outOfOrder, of: "packet")
            append(" with an earlier time than the previous packet.\n")
        }
        appendFailures(of: summary.tally)
        appendEvictions(of: summary.counts)
        for (_, damage) in summary.damaged {
            append(printable: damage.sentence)
            append("\n")
        }
        appendCounts(of: summary)
    }

    /// Appends the summary as one line: connections, marks, packets, and the packets that the kernel dropped.
    mutating func append(lineOf summary: Summary) {
        append(summary.counts.connections, of: "connection")
        append("; ")
        let nouns = ["keep-alive", "keep-alive ACK", "zero-window probe"]
        for (noun, count) in zip(nouns, summary.counts.marks) {
            append(count, of: noun)
            append(noun == nouns.last ? "; " : ", ")
        }
        append(summary.tally.packets, of: "packet")
        if let dropped = summary.dropped {
            append(", ")
            append(grouped: dropped)
            append(" dropped by the kernel")
        }
        append(".\n")
    }

    private mutating func appendMarks(of summary: Summary) {
        let nouns = ["keep-alive", "keep-alive ACK", "zero-window probe"]
        if summary.counts.marks.allSatisfy({ $0 == 0 }) {
            append("Nothing is marked: no keep-alive, no keep-alive ACK, no zero-window probe")
        } else {
            append("Marked: ")
            for (index, count) in summary.counts.marks.enumerated() where index < nouns.count {
                if index > 0 { append(", ") }
                append(count, of: nouns[index])
            }
        }
        append(" (as Wireshark ")
        append(summary.version.name)
        append(" shows them).\n")
    }

    /// Appends a sentence with the kinds whose count is not 0, if any.
    private mutating func appendKinds(_ start: String, _ counts: [UInt64]) {
        var isFirst = true
        for (kind, count) in zip(SegmentKind.allCases, counts) where count > 0 {
            guard let noun = kind.noun else { continue }
            append(isFirst ? start : ", ")
            isFirst = false
            append(grouped: count)
            append(" \(count == 1 ? noun.one : noun.several)")
        }
        if !isFirst { append(".\n") }
    }

    /// Appends the number of segments that are cut within their headers, and the snaplen to use.
    private mutating func appendCutHeaders(of tally: DecodeTally) {
        guard tally.cutHeaders > 0 else { return }
        // The headers of other segments may be longer.
        let snaplen = (tally.cutHeadersNeed + 31) / 32 * 32
        append(tally.cutHeaders, of: "segment")
        let isOne = tally.cutHeaders == 1
        append(isOne ? " is cut within its" : " are cut within their")
        append(" TCP header, which ends at byte \(tally.cutHeadersNeed) of the packet: ")
        append(isOne ? "it has" : "they have")
        append(" no marks, and findings have low confidence. Capture with -s \(snaplen) or more.\n")
    }

    private mutating func appendFailures(of tally: DecodeTally) {
        for layer in Layer.allCases {
            guard let first = tally.firstFailures[Int(layer.rawValue)] else { continue }
            append("Not decoded: ")
            append(tally.failures(at: layer), of: "packet")
            append(" at the \(layer.name) layer, the first with \(first.available) of \(first.required) bytes")
            append(" at offset \(first.offset).\n")
        }
        if tally.evictedDatagrams > 0 {
            append("Evicted to limit memory: ")
            append(tally.evictedDatagrams, of: "incomplete fragmented datagram")
            append(".\n")
        }
        if tally.unknownLinkType > 0 {
            append("Not decoded: ")
            append(tally.unknownLinkType, of: "packet")
            append(" of an unknown link type")
            if let first = tally.firstUnknownLinkType { append(" (the first: \(first.rawValue))") }
            append(".\n")
        }
    }

    /// Appends how many connections were evicted, by class, and what that means for the report.
    private mutating func appendEvictions(of counts: ConnectionTally) {
        guard counts.evicted > 0 else { return }
        append("Evicted to limit memory: ")
        append(counts.evicted, of: "connection")
        var isFirst = true
        for (evicted, count) in zip(EvictionClass.allCases, counts.evictedByClass) where count > 0 {
            append(isFirst ? " (" : ", ")
            isFirst = false
            append(grouped: count)
            append(" \(evicted.words)")
        }
        append(").")
        if counts.evictedWithFindings > 0 {
            append(" They are not in this report, and nothing that needs them is sure: use a larger --memory.")
        }
        append("\n")
    }

    private mutating func appendCounts(of summary: Summary) {
        append("Read ")
        if summary.files.count == 1 {
            append(printable: displayName(summary.files[0]))
        } else {
            append(UInt64(summary.files.count), of: "file")
        }
        append(": ")
        append(summary.tally.packets, of: "packet")
        append(" (")
        append(summary.tally.bytes, of: "byte")
        append("), ")
        append(summary.tally.segments, of: "TCP segment")
        append(", ")
        if summary.tally.icmpErrors > 0 {
            append(summary.tally.icmpErrors, of: "ICMP error")
            append(summary.tally.icmpErrors == 1 ? " that quotes a segment, " : " that quote a segment, ")
        }
        append(summary.counts.connections, of: "connection")
        append(".\n")
        if summary.isFiltered, summary.tally.packets == 0 { append("No packet matched the filter.\n") }
    }
}

extension SegmentKind {
    /// The name for one and for several segments; nil for kinds that Wireshark never marks.
    fileprivate var noun: (one: String, several: String)? {
        switch self {
        case .probe: ("keep-alive", "keep-alives")
        case .answer: ("keep-alive ACK", "keep-alive ACKs")
        case .zeroWindowProbe: ("zero-window probe", "zero-window probes")
        case .retransmission: ("retransmission of one byte", "retransmissions of one byte")
        case .acknowledgment: ("unrelated ACK", "unrelated ACKs")
        case .middleboxProbe: ("keep-alive of a middlebox", "keep-alives of a middlebox")
        case .data: ("byte of data", "bytes of data")
        case .zeroWindowAnswer, .abortReset, .peerReset, .pathReset: nil
        case .ownReset, .refusableReset, .challenge, .icmpError: nil
        }
    }
}

extension EvictionClass {
    /// What its connections are, in the summary.
    fileprivate var words: String {
        switch self {
        case .attempt: "never established"
        case .closed: "closed"
        case .silent: "silent for 8,400 s or never answered"
        case .active: "never idle"
        case .idle: "idle"
        case .probed: "with keep-alives"
        }
    }

    /// The name in records.
    var name: String {
        switch self {
        case .attempt: "attempt"
        case .closed: "closed"
        case .silent: "silent"
        case .active: "active"
        case .idle: "idle"
        case .probed: "probed"
        }
    }
}
