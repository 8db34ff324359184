import Capture
import KeepAlive
import Wire

extension TextBuffer {
    /// Appends the summary for people: what is marked, what could not be read, and last what was.
    mutating func append(_ summary: Summary) {
        appendMarks(of: summary)
        appendKinds("Of these ", summary.counts.misnamed, " are truly ")
        appendKinds("Not marked by Wireshark: ", summary.counts.unmarked, " ")
        if summary.isLight {
            append("Light: segments with more than one octet of data were kept out, ")
            append("so that nothing is known of data.\n")
        }
        if let dropped = summary.dropped {
            append("Dropped by the kernel: ")
            append(dropped, of: "packet")
            append(": what was in them may change each verdict.\n")
        }
        if summary.counts.copies > 0 {
            append("Not counted: ")
            append(
                "\(summary.counts.copies) \(summary.counts.copies == 1 ? "copy" : "copies") of probes or answers, as mirror ports make them.\n"
            )
        }
        if summary.tally.outOfOrder > 0 {
            append("Out of order: ")
            append(summary.tally.outOfOrder, of: "packet")
            append(" with an earlier time than the one before.\n")
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

    /// Appends a sentence of the kinds that have a count, where there are any.
    private mutating func appendKinds(_ start: String, _ counts: [UInt64], _ between: String) {
        var isFirst = true
        for (kind, count) in zip(SegmentKind.allCases, counts) where count > 0 && kind.plural != nil {
            append(isFirst ? start : ", ")
            isFirst = false
            append(count)
            append(between)
            append(kind.plural ?? "")
        }
        if !isFirst { append(".\n") }
    }

    private mutating func appendFailures(of tally: DecodeTally, evicted: UInt64) {
        for layer in Layer.allCases {
            guard let first = tally.firstFailures[Int(layer.rawValue)] else { continue }
            append("Not decoded: ")
            append(tally.failures(at: layer), of: "packet")
            append(" at the \(layer.name) layer, the first with \(first.available) of \(first.required) octets")
            append(" at offset \(first.offset).\n")
        }
        if tally.evictedDatagrams > 0 {
            append("Given up: ")
            append(tally.evictedDatagrams, of: "fragmented datagram")
            append(", as others needed the room.\n")
        }
        if evicted > 0 {
            append("Forgotten: ")
            append(evicted, of: "connection")
            append(" that had come no further than an attempt, as others needed the memory.\n")
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
        append(summary.tally.octets, of: "octet")
        append("), ")
        append(summary.tally.segments, of: "TCP segment")
        append(", ")
        append(summary.counts.connections, of: "connection")
        append(".\n")
    }
}

extension SegmentKind {
    /// Several of its kind, for people; nil for what is never marked.
    fileprivate var plural: String? {
        switch self {
        case .probe: "keep-alives"
        case .answer: "keep-alive ACKs"
        case .zeroWindowProbe: "zero-window probes"
        case .retransmission: "octets of data sent again"
        case .acknowledgment: "acknowledgments out of place"
        case .middleboxProbe: "keep-alives of a middlebox"
        case .zeroWindowAnswer, .abortReset, .peerReset, .pathReset: nil
        }
    }
}
