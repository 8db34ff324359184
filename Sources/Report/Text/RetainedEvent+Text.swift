import KeepAlive
import Wire

extension RetainedEvents.Event {
    /// What happened, in one line that begins with the sender: `originator sends a keep-alive after 60.000 s idle`.
    ///
    /// - Parameter isFromOriginator: Whether the originator sent the segment.
    func words(isFromOriginator: Bool, _ style: TextStyle = TextStyle()) -> String {
        var line = TextBuffer()
        line.append(isFromOriginator ? "originator " : "responder ")
        line.append(kind.sentText)
        if let error {
            line.append(": ")
            line.append(icmpType: error.type, code: error.code, from: error.router, style)
        }
        if let wait {
            line.append(wait.since == .segment ? " after " : ", +")
            line.append(preciseDuration: wait.gap)
            if wait.since == .segment { line.append(" idle") }
        }
        if unanswered > 0 {
            line.append(", ")
            line.append(grouped: UInt64(unanswered))
            line.append(" unanswered")
        }
        if let reply {
            line.append(" after ")
            line.append(latency: reply)
        }
        return line.string
    }
}

extension SegmentKind {
    /// What the sender does with a segment of this kind.
    fileprivate var sentText: String {
        switch self {
        case .probe: "sends a keep-alive"
        case .answer: "answers"
        case .zeroWindowProbe: "probes the closed window"
        case .zeroWindowAnswer: "answers the window probe"
        case .retransmission: "retransmits one byte"
        case .acknowledgment: "sends an unrelated ACK"
        case .middleboxProbe: "appears to send a keep-alive (sent by a middlebox)"
        case .abortReset: "gives up (RST)"
        case .peerReset: "resets the connection"
        case .pathReset: "appears to reset the connection (sent by a middlebox)"
        case .data: "sends one byte of data"
        case .ownReset: "resets the connection itself"
        case .refusableReset: "appears to send a RST with an unexpected sequence number"
        case .challenge: "rejects the previous segment with a challenge ACK"
        case .icmpError: "receives an ICMP error: segment not delivered"
        }
    }
}
