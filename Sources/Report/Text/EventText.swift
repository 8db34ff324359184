import KeepAlive
import Wire

/// The lines of events, in tcpdump's notation, under headings with file and date.
///
/// A line that is too wide for the terminal has its description in a second line. If even the notation is too wide, it is
/// reduced to the ends of the connection.
struct EventText {
    /// The number of lines so far.
    private(set) var count: UInt64 = 0
    /// Whether flags and numbers were omitted, because the terminal is narrow.
    private(set) var isReduced = false
    private let style: TextStyle
    private let description: EventDescription
    private var clock: ZoneClock
    /// What the last heading has. The day and the zone are 0 in styles whose heading has none.
    private var headed: (file: String, day: Int64, zone: Int)?
    /// Decimal digits of a second: 6 until a time needs 9, then always 9, so that columns stay aligned.
    private var digits = 6
    /// The times of the first and the last line.
    private var first: Int64?
    private var last: Int64 = 0
    /// The columns of the names of interfaces.
    private var interfaceWidth = 0

    /// Where the second line of an event begins: below the time.
    private static let indent = 9

    /// Lines in `style`.
    init(_ style: TextStyle = TextStyle()) {
        self.style = style
        description = EventDescription(style)
        clock = ZoneClock(style.zone)
    }

    /// Appends `event` of frame `frame` of `file`, captured on `interface` if the capture has several.
    mutating func append(
        _ event: SegmentEvent, frame: UInt64, file: String, interface: String? = nil, to text: inout TextBuffer
    ) {
        let segment = event.segment
        let (time, zone) = clock.time(segment.time)
        let heading = heading(time, zone)
        if needsHeading(file, heading) {
            appendHeading(file: file, time, zone, to: &text)
            headed = (file, heading.day, heading.zone)
        }
        count &+= 1
        if time.nanosecond % 1000 != 0 { digits = 9 }
        let start = text.count
        text.append(frame, width: 7)
        text.append("  ")
        append(time, segment.time, to: &text)
        if let interface { append(interface, to: &text) }
        let notation = text.count
        append(notationOf: segment, to: &text)
        text.append("  ")
        let words = text.count
        append(descriptionOf: event, to: &text)
        if let width = style.width { fit(event, from: start, notation, words, width, to: &text) }
        text.append("\n")
    }

    private func append(notationOf segment: Segment, to text: inout TextBuffer) {
        if let error = segment.error {
            text.append(tcpdump: error, quoting: segment, style)
        } else {
            text.append(endsOf: segment, style)
            text.append(fieldsOf: segment)
        }
    }

    private func append(descriptionOf event: SegmentEvent, to text: inout TextBuffer) {
        if event.segment.error != nil {
            description.append(undelivered: event, to: &text)
        } else {
            description.append(event, to: &text)
        }
    }

    /// Appends the time of a line and a space, by the style.
    private mutating func append(_ time: CivilTime, _ nanoseconds: Int64, to text: inout TextBuffer) {
        switch style.time {
        case .timeOfDay: text.append(timeOfDay: time, digits: digits)
        case .none: return
        case .epoch: text.append(epoch: nanoseconds, digits: digits)
        case .sincePrevious: text.append(delta: first == nil ? nanoseconds : last, to: nanoseconds, digits: digits)
        case .dateAndTime:
            text.append(date: time)
            text.append(" ")
            text.append(timeOfDay: time, digits: digits)
        case .sinceFirst: text.append(delta: first ?? nanoseconds, to: nanoseconds, digits: digits)
        }
        if first == nil { first = nanoseconds }
        last = nanoseconds
        text.append(" ")
    }

    /// Makes the line of `event` fit `width` columns. It begins at offset `start`, with its notation at `notation` and its
    /// description at `words`.
    private mutating func fit(
        _ event: SegmentEvent, from start: Int, _ notation: Int, _ words: Int, _ width: Int, to text: inout TextBuffer
    ) {
        if text.columns(from: start) <= width { return }
        let isNotationTooWide = text.columns(from: start) - text.columns(from: words) - 2 > width
        text.removeAll(from: isNotationTooWide ? notation : words - 2)
        if isNotationTooWide, event.segment.error == nil {
            isReduced = true
            text.append(endsOf: event.segment, style)
            let (end, columns) = (text.count, text.columns(from: start))
            text.append(" ")
            append(descriptionOf: event, to: &text)
            if columns + text.columns(from: end) <= width { return }
            text.removeAll(from: end)
        } else if isNotationTooWide {
            append(notationOf: event.segment, to: &text)
        }
        text.append("\n")
        text.pad(to: Self.indent, from: text.count)
        append(descriptionOf: event, to: &text)
        text.wrap(from: start, to: width, indent: Self.indent)
    }

    /// Whether a heading precedes `event` of `file`.
    mutating func needsHeading(_ event: SegmentEvent, file: String) -> Bool {
        let (time, zone) = clock.time(event.segment.time)
        return needsHeading(file, heading(time, zone))
    }

    private func needsHeading(_ file: String, _ heading: (day: Int64, zone: Int)) -> Bool {
        headed?.day != heading.day || headed?.zone != heading.zone || headed?.file != file
    }

    /// What the heading above a line with `time` has, besides the file.
    private func heading(_ time: CivilTime, _ zone: Int) -> (day: Int64, zone: Int) {
        switch style.time {
        case .timeOfDay: (time.day, zone)
        case .dateAndTime: (0, zone)
        case .none, .epoch, .sincePrevious, .sinceFirst: (0, 0)
        }
    }

    /// Appends the name of an interface and spaces, as wide as the widest so far.
    private mutating func append(_ interface: String, to text: inout TextBuffer) {
        let start = text.count
        text.append(printable: interface)
        interfaceWidth = max(interfaceWidth, text.count - start)
        text.append(String(repeating: " ", count: interfaceWidth - (text.count - start) + 1))
    }

    private func appendHeading(file: String, _ time: CivilTime, _ zone: Int, to text: inout TextBuffer) {
        if count > 0 { text.append("\n") }
        let start = text.count
        text.append(printable: displayName(file))
        switch style.time {
        case .timeOfDay:
            text.append(", ")
            text.append(date: time, in: clock.name(of: zone))
        case .dateAndTime:
            text.append(", times in ")
            text.append(printable: clock.name(of: zone))
        case .none, .epoch, .sincePrevious, .sinceFirst: break
        }
        text.wrap(from: start, to: style.width)
        text.append("\n")
    }
}

/// The name of the file `path` in text.
func displayName(_ path: String) -> String {
    path == "-" ? "standard input" : path
}

extension TextBuffer {
    /// Appends an ICMP error about `segment`, similar to `tcpdump -n`.
    fileprivate mutating func append(tcpdump error: ICMPError, quoting segment: Segment, _ style: TextStyle) {
        let isVersion6 = error.router.version == .v6
        append(isVersion6 ? "IP6 " : "IP ")
        style.append(error.router, to: &self)
        append(" > ")
        style.append(segment.source.address, to: &self)
        append(isVersion6 ? ": ICMP6 " : ": ICMP ")
        append(ICMPText(isVersion6: isVersion6, type: error.type, code: error.code).text)
        append(", quoting ")
        style.append(tcpdump: segment.source, to: &self)
        append(" > ")
        style.append(tcpdump: segment.destination, to: &self)
        append(": seq ")
        append(UInt64(segment.sequence.rawValue))
    }

    /// Appends the ends of a segment in the notation of `tcpdump -nS`, with a colon.
    fileprivate mutating func append(endsOf segment: Segment, _ style: TextStyle) {
        append(segment.source.address.version == .v4 ? "IP " : "IP6 ")
        style.append(tcpdump: segment.source, to: &self)
        append(" > ")
        style.append(tcpdump: segment.destination, to: &self)
        append(byte: UInt8(ascii: ":"))
    }

    /// Appends flags, numbers and length of a segment in the notation of `tcpdump -nS`, without options.
    fileprivate mutating func append(fieldsOf segment: Segment) {
        append(" Flags [")
        if segment.flags.isEmpty { append("none") }
        for (bit, letter) in "FSRP.UEWe".utf8.enumerated() where segment.flags.rawValue >> UInt16(bit) & 1 == 1 {
            append(byte: letter)
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
