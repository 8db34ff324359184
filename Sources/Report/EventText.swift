import KeepAlive
import Wire

/// Marked segments for people: a line each in tcpdump's notation, under headings with file and date.
struct EventText {
    /// Lines so far.
    private(set) var count: UInt64 = 0
    private let color: Bool
    private var headed: (file: String, day: Int64)?
    /// Digits behind the second: 6 until a time has more, then 9, so that columns stay in line.
    private var digits = 6

    /// Lines with marks in `color`, or without.
    init(color: Bool) {
        self.color = color
    }

    /// Appends `marked` of frame `frame` of `file`.
    mutating func append(_ marked: MarkedSegment, frame: UInt64, file: String, to text: inout TextBuffer) {
        let segment = marked.segment
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
        append(marked.marks, to: &text)
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
        for (mark, words, sequence) in Self.words where marks.contains(mark) {
            if !isFirst { text.append(", ") }
            isFirst = false
            if color { text.append(sequence) }
            text.append(words)
            if color { text.append("\u{1B}[0m") }
        }
    }

    /// Each mark in words, and the terminal's sequence for its colour: yellow asks, green answers, magenta is stuck.
    private static let words: [(mark: Marks, words: String, sequence: String)] = [
        (.keepAlive, "keep-alive", "\u{1B}[33m"),
        (.keepAliveAck, "keep-alive ACK", "\u{1B}[32m"),
        (.zeroWindowProbe, "zero-window probe", "\u{1B}[35m"),
    ]
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
