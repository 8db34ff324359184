package import KeepAlive

extension TextBuffer {
    /// Appends the comment on the packet of `event`, as in `tcpalive: keep-alive 2, +3.072 s (connection: peer_dead)`.
    package mutating func append(commentOn event: SegmentEvent, verdict: Verdict?) {
        append("tcpalive: ")
        EventDescription().append(event, to: &self)
        if let verdict { append(" (connection: \(verdict.rawValue))") }
    }
}
