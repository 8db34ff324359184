public import Capture
public import KeepAlive
import Wire

extension PacketComments {
    /// Comments the packet of `event`, one of the batch at hand, with the words that the report has for it.
    public mutating func append(_ event: SegmentEvent) {
        var text = TextBuffer()
        text.append("tcpalive: ")
        EventWords(color: false).append(event, to: &text)
        // What is known of the whole connection belongs here, behind what is known of the segment.
        append(text.octets, on: Int(event.segment.record))
    }
}
