import KeepAlive
import Wire

extension TextBuffer {
    /// Appends the summary for people: marks, problems, and last what was read.
    mutating func append(_ summary: Summary) {
        appendMarks(of: summary)
        appendKinds("Marked, but actually: ", summary.counts.misnamed)
        appendKinds("Not marked by Wireshark: ", summary.counts.unmarked)
        if summary.isLight {
            append("Light: segments with more than one byte of data were not captured; nothing is known about data.\n")
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
            append(" of probes or answers, as mirror ports and merged captures have them.\n")
        }
        if summary.tally.outOfOrder > 0 {
            append("Out of order: ")
            append(summary.tally.outOfOrder, of: "packet")
            append(" with an earlier time than the packet before.\n")
        }
        appendFailures(of: summary.tally, evicted: summary.counts.evicted)
        for (_, damage) in summary.damaged {
            append(printable: damage.sentence)
            append("\n")
        }
        appendCounts(of: summary)
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

    /// Appends a sentence with the kinds that have a count, if any.
    private mutating func appendKinds(_ start: String, _ counts: [UInt64]) {
        var isFirst = true
        for (kind, count) in zip(SegmentKind.allCases, counts) where count > 0 {
            guard let noun = kind.noun else { continue }
            append(isFirst ? start : ", ")
            isFirst = false
            append("\(count) \(count == 1 ? noun.one : noun.several)")
        }
        if !isFirst { append(".\n") }
    }

    /// Appends how many segments are cut within their headers, and what to capture.
    private mutating func appendCutHeaders(of tally: DecodeTally) {
        guard tally.cutHeaders > 0 else { return }
        // Headers of other segments may be a little longer.
        let snaplen = (tally.cutHeadersNeed + 31) / 32 * 32
        append(tally.cutHeaders, of: "segment")
        append(tally.cutHeaders == 1 ? " is" : " are")
        append(" cut within \(tally.cutHeaders == 1 ? "its" : "their") TCP header, which ends at byte ")
        append("\(tally.cutHeadersNeed) of the packet: ")
        append(tally.cutHeaders == 1 ? "it carries" : "they carry")
        append(" no marks, and findings are of low confidence. Capture with -s \(snaplen) or more.\n")
    }

    private mutating func appendFailures(of tally: DecodeTally, evicted: UInt64) {
        for layer in Layer.allCases {
            guard let first = tally.firstFailures[Int(layer.rawValue)] else { continue }
            append("Not decoded: ")
            append(tally.failures(at: layer), of: "packet")
            append(" at the \(layer.name) layer, the first with \(first.available) of \(first.required) bytes")
            append(" at offset \(first.offset).\n")
        }
        if tally.evictedDatagrams > 0 {
            append("Evicted: ")
            append(tally.evictedDatagrams, of: "incomplete fragmented datagram")
            append(", to limit memory.\n")
        }
        if evicted > 0 {
            append("Evicted: ")
            append(evicted, of: "connection attempt")
            append(", to limit memory.\n")
        }
        if tally.unknownLinkType > 0 {
            append("Not decoded: ")
            append(tally.unknownLinkType, of: "packet")
            append(" of an unknown link type")
            if let first = tally.firstUnknownLinkType { append(" (the first: \(first.rawValue))") }
            append(".\n")
        }
    }

    private mutating func appendCounts(of summary: Summary) {
        append("Read ")
        if summary.files.count == 1 {
            append(printable: nameForPeople(summary.files[0]))
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
    }
}

extension SegmentKind {
    /// Its name for one and for several segments; nil for kinds that Wireshark never marks.
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
