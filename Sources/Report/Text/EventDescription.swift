import KeepAlive
import Wire

/// The description of an event: its marks, its actual kind, its number in the train, and what it waited for.
///
/// Event lines and packet comments use it.
struct EventDescription {
    private let style: TextStyle

    /// Descriptions with the colours and names of `style`.
    init(_ style: TextStyle = TextStyle()) {
        self.style = style
    }

    /// Appends the description of `event`.
    func append(_ event: SegmentEvent, to text: inout TextBuffer) {
        append(event.marks, to: &text)
        appendMeaning(of: event, to: &text)
    }

    /// Appends the description of an ICMP error. The notation before it has the error, its sender and the segment.
    func append(undelivered event: SegmentEvent, to text: inout TextBuffer) {
        append("not delivered", in: Self.over, to: &text)
        appendUnanswered(event, to: &text)
    }

    private func append(_ marks: Marks, to text: inout TextBuffer) {
        var isFirst = true
        for (mark, name, color) in Self.marks where marks.contains(mark) {
            if !isFirst { text.append(", ") }
            isFirst = false
            append(name, in: color, to: &text)
        }
    }

    private func append(_ name: String, in color: Palette.Color, to text: inout TextBuffer) {
        style.palette.append(name, in: color, to: &text)
    }

    /// The text and colour of each mark.
    private static let marks: [(mark: Marks, name: String, color: Palette.Color)] = [
        (.keepAlive, "keep-alive", asking), (.keepAliveAck, "keep-alive ACK", alive),
        (.zeroWindowProbe, "zero-window probe", stuck),
    ]

    private static let asking = Palette.Color.neutral
    private static let alive = Palette.Color.good
    private static let stuck = Palette.Color.doubtful
    private static let over = Palette.Color.bad

    /// Appends the actual kind of the segment, if it differs from the mark, and its numbers.
    private func appendMeaning(of event: SegmentEvent, to text: inout TextBuffer) {
        switch event.kind {
        case .probe, .middleboxProbe:
            appendProbe(event, "keep-alive", in: Self.asking, isNamed: event.marks.contains(.keepAlive), to: &text)
            if event.kind == .middleboxProbe { text.append(", TTL \(event.segment.timeToLive) is not the sender's") }
        case .zeroWindowProbe:
            appendProbe(
                event, "zero-window probe", in: Self.stuck, isNamed: event.marks.contains(.zeroWindowProbe), to: &text)
        case .answer: appendAnswer(event, "keep-alive ACK", in: Self.alive, to: &text)
        case .zeroWindowAnswer: appendAnswer(event, "zero-window ACK", in: Self.stuck, to: &text)
        case .retransmission: text.append(" (actually a retransmission of one byte)")
        case .acknowledgment: text.append(" (actually an unrelated ACK)")
        case .abortReset:
            append("gave up", in: Self.over, to: &text)
            appendUnanswered(event, after: ": ", to: &text)
            if let wait = event.wait {
                text.append(", last +")
                text.append(preciseDuration: wait.gap)
            }
        case .data: text.append(" (actually one byte of data)")
        case .challenge:
            append("challenge ACK", in: Self.alive, to: &text)
            text.append(": rejects the previous segment")
        case .ownReset:
            append("reset by this end", in: Self.over, to: &text)
            if let wait = event.wait {
                text.append(", +")
                text.append(preciseDuration: wait.gap)
                text.append(" after its probe, ")
                text.append(grouped: UInt64(event.unanswered))
                text.append(" unanswered")
            }
        case .refusableReset:
            append("RST", in: Self.over, to: &text)
            text.append(" with an unexpected sequence number: receivers that implement RFC 5961 reject it")
        case .icmpError:
            guard let error = event.segment.error else { return }
            append("ICMP", in: Self.over, to: &text)
            text.append(": ")
            text.append(icmpType: error.type, code: error.code, from: error.router, style)
            appendUnanswered(event, to: &text)
        case .peerReset, .pathReset:
            append("reset by the \(event.kind == .peerReset ? "peer" : "path")", in: Self.over, to: &text)
            if let reply = event.reply {
                text.append(", ")
                text.append(latency: reply)
                text.append(" after the probe")
            }
            if event.kind == .pathReset { text.append(", TTL \(event.segment.timeToLive) is not the peer's") }
        }
    }

    /// Appends `separator` and the number of unanswered probes, if there are any.
    private func appendUnanswered(_ event: SegmentEvent, after separator: String = ", ", to text: inout TextBuffer) {
        guard event.unanswered > 0 else { return }
        text.append(separator)
        text.append(UInt64(event.unanswered), of: "probe")
        text.append(" unanswered")
    }

    /// Appends the number of a probe and what it waited for, and its `name` unless its mark is correct (`isNamed`).
    private func appendProbe(
        _ event: SegmentEvent, _ name: String, in color: Palette.Color, isNamed: Bool, to text: inout TextBuffer
    ) {
        let isMarked = !event.marks.isEmpty
        if !isNamed {
            if isMarked { text.append(" (actually ") }
            append(name, in: color, to: &text)
        }
        if !event.isCopy {
            text.append(" ")
            text.append(UInt64(event.trainNumber))
        }
        if !isNamed { text.append(isMarked ? ")" : " (not marked)") }
        if event.isCopy { return text.append(", duplicate") }
        if let wait = event.wait {
            text.append(wait.since == .segment ? " after " : ", +")
            text.append(preciseDuration: wait.gap)
            if wait.since == .segment { text.append(" idle") }
        }
        if event.wait != nil, event.unanswered > 0 {
            text.append(", ")
            text.append(grouped: UInt64(event.unanswered))
            text.append(" unanswered")
        }
    }

    /// Appends how long an answer took, and its `name` unless it has a mark.
    private func appendAnswer(_ event: SegmentEvent, _ name: String, in color: Palette.Color, to text: inout TextBuffer)
    {
        if event.marks.isEmpty {
            append(name, in: color, to: &text)
            text.append(" (not marked)")
        }
        if event.isCopy { text.append(", duplicate") }
        if let reply = event.reply {
            text.append(" after ")
            text.append(latency: reply)
        }
    }
}
