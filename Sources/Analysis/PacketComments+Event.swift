import Capture
import KeepAlive
import Report
import Wire

extension PacketComments {
    /// Adds the comment on the packet of `event`, one of the current batch, with the verdict on its connection if
    /// known.
    mutating func append(_ event: SegmentEvent, verdict: Verdict? = nil) {
        var text = TextBuffer()
        text.append(commentOn: event, verdict: verdict)
        append(text.bytes, on: Int(event.segment.record))
    }

    /// Adds `sentence`, one of `FindingComments`, as a comment on the packet with index `record` of the current batch.
    mutating func append(sentence: String, on record: Int) {
        append(Array(sentence.utf8), on: record)
    }
}
