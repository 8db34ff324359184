package import KeepAlive
import Wire

extension TextBuffer {
    /// The description of `event`, as in `keep-alive 2, +3.072 s`.
    package static func description(of event: SegmentEvent) -> String {
        string { text in
            if event.segment.error != nil {
                EventDescription().append(undelivered: event, to: &text)
            } else {
                EventDescription().append(event, to: &text)
            }
        }
    }

    /// Appends the comment on the packet of `event`, as in `tcpalive: keep-alive 2, +3.072 s (connection: peer_dead)`.
    package mutating func append(commentOn event: SegmentEvent, verdict: Verdict?) {
        append("tcpalive: ")
        EventDescription().append(event, to: &self)
        if let verdict { append(" (connection: \(verdict.rawValue))") }
    }
}
