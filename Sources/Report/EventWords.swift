import KeepAlive
import Wire

/// What is said of an event for people: its marks, then what it truly is, its place in its train, and what it waited for.
///
/// A line of text and the comment of a packet both come from here, so that they cannot differ.
struct EventWords {
    private let color: Bool

    /// Words in `color`, or without.
    init(color: Bool) {
        self.color = color
    }

    /// Appends what is said of `event`.
    func append(_ event: SegmentEvent, to text: inout TextBuffer) {
        append(event.marks, to: &text)
        appendMeaning(of: event, to: &text)
    }

    private func append(_ marks: Marks, to text: inout TextBuffer) {
        var isFirst = true
        for (mark, words, color) in Self.marks where marks.contains(mark) {
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
    private static let marks: [(mark: Marks, words: String, color: String)] = [
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
