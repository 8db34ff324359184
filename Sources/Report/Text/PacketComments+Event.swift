public import Capture
public import KeepAlive
import Wire

extension PacketComments {
    /// Comments the packet of `event`, one of the batch at hand, with the words of the report, and with the verdict on its
    /// connection if that is known already.
    public mutating func append(_ event: SegmentEvent, verdict: Verdict? = nil) {
        var text = TextBuffer()
        text.append("tcpalive: ")
        EventWords(color: false).append(event, to: &text)
        if let verdict { text.append(" (connection: \(verdict.rawValue))") }
        append(text.bytes, on: Int(event.segment.record))
    }

    /// Comments the packet with index `record` of the batch at hand with `sentence`, one of `FindingComments`.
    public mutating func append(sentence: String, on record: Int) {
        append(Array(sentence.utf8), on: record)
    }
}
