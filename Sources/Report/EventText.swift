import KeepAlive
import Wire

/// Events for people: a line each in tcpdump's notation, under headings with file and date.
struct EventText {
    /// Lines so far.
    private(set) var count: UInt64 = 0
    private let color: Bool
    private var headed: (file: String, day: Int64)?
    /// Digits behind the second: 6 until a time has more, then 9, so that columns stay in line.
    private var digits = 6

    /// Lines in `color`, or without.
    init(color: Bool) {
        self.color = color
    }

    /// Appends `event` of frame `frame` of `file`.
    mutating func append(_ event: SegmentEvent, frame: UInt64, file: String, to text: inout TextBuffer) {
        let segment = event.segment
        let time = CivilTime(segment.time)
        if headed?.day != time.day || headed?.file != file {
            appendHeading(file: file, time, to: &text)
            headed = (file, time.day)
        }
        count &+= 1
        if time.nanosecond % 1000 != 0 { digits = 9 }
        text.append(frame, width: 7)
        text.append("  ")
        text.append(timeOfDay: time, digits: digits)
        text.append(" ")
        text.append(tcpdump: segment)
        text.append("  ")
        append(event.marks, to: &text)
        appendMeaning(of: event, to: &text)
        text.append("\n")
    }

    private func appendHeading(file: String, _ time: CivilTime, to text: inout TextBuffer) {
        if count > 0 { text.append("\n") }
        text.append(printable: nameForPeople(file))
        text.append(", ")
        text.append(date: time)
        text.append(" UTC\n")
    }

    private func append(_ marks: Marks, to text: inout TextBuffer) {
        var isFirst = true
        for (mark, words, color) in Self.words where marks.contains(mark) {
            if !isFirst { text.append(", ") }
            isFirst = false
            append(words, in: color, to: &text)
        }
    }

    private func append(_ words: String, in sequence: String, to text: inout TextBuffer) {
        if color { text.append(sequence) }
        text.append(words)
        if color { text.append("\u{1B}[0m") }
    }

    /// Each mark in words, and its colour.
    private static let words: [(mark: Marks, words: String, color: String)] = [
        (.keepAlive, "keep-alive", asking), (.keepAliveAck, "keep-alive ACK", alive),
        (.zeroWindowProbe, "zero-window probe", stuck),
    ]

    /// Terminal sequences: yellow asks, green answers, magenta is stuck, red is the end.
    private static let asking = "\u{1B}[33m"
    private static let alive = "\u{1B}[32m"
    private static let stuck = "\u{1B}[35m"
    private static let over = "\u{1B}[31m"

    /// Appends what the segment truly is, where its mark does not say so, its place in its train, and what it waited for.
    private func appendMeaning(of event: SegmentEvent, to text: inout TextBuffer) {
        switch event.kind {
        case .probe:
            if event.marks.isEmpty { append("keep-alive (not marked)", in: Self.asking, to: &text) }
            appendProbe(event, to: &text)
        case .zeroWindowProbe:
            if event.marks.isEmpty {
                append("zero-window probe (not marked)", in: Self.stuck, to: &text)
            } else if event.marks != .zeroWindowProbe {
                text.append(", truly a ")
                append("zero-window probe", in: Self.stuck, to: &text)
            }
            appendProbe(event, to: &text)
        case .answer, .zeroWindowAnswer:
            let isWindow = event.kind == .zeroWindowAnswer
            if event.marks.isEmpty {
                let words = isWindow ? "zero-window ACK (not marked)" : "keep-alive ACK (not marked)"
                append(words, in: isWindow ? Self.stuck : Self.alive, to: &text)
            }
            if event.isCopy { text.append(", a copy of the last") }
            if let reply = event.reply {
                text.append(" after ")
                text.append(latency: reply)
            }
        case .retransmission: text.append(", truly one octet of data sent again")
        case .acknowledgment: text.append(", truly an acknowledgment out of place")
        case .abortReset:
            append("gave up", in: Self.over, to: &text)
            if event.unanswered > 0 {
                text.append(": ")
                text.append(UInt64(event.unanswered), of: "probe")
                text.append(" unanswered")
            }
            if let wait = event.wait {
                text.append(", the last ")
                text.append(preciseDuration: wait.gap)
                text.append(" ago")
            }
        case .middleboxProbe:
            if event.marks.isEmpty { append("keep-alive (not marked)", in: Self.asking, to: &text) }
            appendProbe(event, to: &text)
            text.append(", with TTL \(event.segment.timeToLive), which is not the sender's")
        case .peerReset, .pathReset:
            append("reset by the \(event.kind == .peerReset ? "peer" : "path")", in: Self.over, to: &text)
            if let reply = event.reply {
                text.append(", ")
                text.append(latency: reply)
                text.append(" after the probe")
            }
            if event.kind == .pathReset {
                text.append(", with TTL \(event.segment.timeToLive), which is not the peer's")
            }
        }
    }

    private func appendProbe(_ event: SegmentEvent, to text: inout TextBuffer) {
        if event.isCopy { return text.append(", a copy of the last") }
        text.append(" ")
        text.append(UInt64(event.trainNumber))
        guard let wait = event.wait else { return }
        text.append(wait.since == .segment ? " after " : ", ")
        text.append(preciseDuration: wait.gap)
        text.append(wait.since == .segment ? " of silence" : " after the last")
        if event.unanswered > 0 { text.append(", \(event.unanswered) unanswered") }
    }
}

/// What people call the file `path`.
func nameForPeople(_ path: String) -> String {
    path == "-" ? "standard input" : path
}

extension TextBuffer {
    /// Appends a segment as `tcpdump -nS` prints it, less the options.
    fileprivate mutating func append(tcpdump segment: Segment) {
        append(segment.source.address.version == .v4 ? "IP " : "IP6 ")
        append(segment.source)
        append(" > ")
        append(segment.destination)
        append(": Flags [")
        if segment.flags.isEmpty { append("none") }
        for (bit, letter) in "FSRP.UEWe".utf8.enumerated() where segment.flags.rawValue >> UInt16(bit) & 1 == 1 {
            append(octet: letter)
        }
        append("], seq ")
        append(UInt64(segment.sequence.rawValue))
        if segment.payloadLength > 0 {
            append(":")
            append(UInt64((segment.sequence + segment.payloadLength).rawValue))
        }
        if segment.flags.contains(.ack) {
            append(", ack ")
            append(UInt64(segment.acknowledgment.rawValue))
        }
        append(", win ")
        append(UInt64(segment.window))
        append(", length ")
        append(UInt64(segment.payloadLength))
    }
}
