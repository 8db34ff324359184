public import Capture
public import KeepAlive
import Wire

extension PacketComments {
    /// Adds the description of `event`, and the verdict of its connection if that is known, to its packet of the current
    /// batch.
    public mutating func append(_ event: SegmentEvent, verdict: Verdict? = nil) {
        var text = TextBuffer()
        text.append("tcpalive: ")
        EventDescription(color: false).append(event, to: &text)
        if let verdict { text.append(" (connection: \(verdict.rawValue))") }
        append(text.bytes, on: Int(event.segment.record))
    }

    /// Adds `sentence`, one of `FindingComments`, to the packet with index `record` of the current batch.
    public mutating func append(sentence: String, on record: Int) {
        append(Array(sentence.utf8), on: record)
    }
}
