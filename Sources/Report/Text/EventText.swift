import KeepAlive
import Wire

/// The lines of events, in tcpdump's notation, under headings with file and date.
struct EventText {
    /// The number of lines so far.
    private(set) var count: UInt64 = 0
    private let description: EventDescription
    private var headed: (file: String, day: Int64)?
    /// Decimal digits of a second: 6 until a time needs 9, then always 9, so that columns stay aligned.
    private var digits = 6
    /// The columns of the names of interfaces.
    private var interfaceWidth = 0

    /// Lines with or without terminal colours.
    init(color: Bool) {
        description = EventDescription(color: color)
    }

    /// Appends `event` of frame `frame` of `file`, captured on `interface` if the capture has several.
    mutating func append(
        _ event: SegmentEvent, frame: UInt64, file: String, interface: String? = nil, to text: inout TextBuffer
    ) {
        let segment = event.segment
        let time = CivilTime(segment.time)
        if needsHeading(event, file: file) {
            appendHeading(file: file, time, to: &text)
            headed = (file, time.day)
        }
        count &+= 1
        if time.nanosecond % 1000 != 0 { digits = 9 }
        text.append(frame, width: 7)
        text.append("  ")
        text.append(timeOfDay: time, digits: digits)
        text.append(" ")
        if let interface { append(interface, to: &text) }
        if let error = segment.error {
            text.append(tcpdump: error, quoting: segment)
            text.append("  ")
            description.append(undelivered: event, to: &text)
        } else {
            text.append(tcpdump: segment)
            text.append("  ")
            description.append(event, to: &text)
        }
        text.append("\n")
    }

    /// Whether a heading precedes `event` of `file`.
    func needsHeading(_ event: SegmentEvent, file: String) -> Bool {
        headed?.day != CivilTime(event.segment.time).day || headed?.file != file
    }

    /// Appends the name of an interface and spaces, as wide as the widest so far.
    private mutating func append(_ interface: String, to text: inout TextBuffer) {
        let start = text.count
        text.append(printable: interface)
        interfaceWidth = max(interfaceWidth, text.count - start)
        text.append(String(repeating: " ", count: interfaceWidth - (text.count - start) + 1))
    }

    private func appendHeading(file: String, _ time: CivilTime, to text: inout TextBuffer) {
        if count > 0 { text.append("\n") }
        text.append(printable: displayName(file))
        text.append(", ")
        text.append(date: time)
        text.append(" UTC\n")
    }
}

/// The name of the file `path` in text.
func displayName(_ path: String) -> String {
    path == "-" ? "standard input" : path
}

extension TextBuffer {
    /// Appends an ICMP error about `segment`, similar to `tcpdump -n`.
    fileprivate mutating func append(tcpdump error: ICMPError, quoting segment: Segment) {
        let isVersion6 = error.router.version == .v6
        append(isVersion6 ? "IP6 " : "IP ")
        append(error.router)
        append(" > ")
        append(segment.source.address)
        append(isVersion6 ? ": ICMP6 " : ": ICMP ")
        append(ICMPText(isVersion6: isVersion6, type: error.type, code: error.code).text)
        append(", quoting ")
        append(tcpdump: segment.source)
        append(" > ")
        append(tcpdump: segment.destination)
        append(": seq ")
        append(UInt64(segment.sequence.rawValue))
    }

    /// Appends a segment in the notation of `tcpdump -nS`, without options.
    fileprivate mutating func append(tcpdump segment: Segment) {
        append(segment.source.address.version == .v4 ? "IP " : "IP6 ")
        append(tcpdump: segment.source)
        append(" > ")
        append(tcpdump: segment.destination)
        append(": Flags [")
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
