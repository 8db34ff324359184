public import Capture
import KeepAlive
public import Wire

extension TextBuffer {
    /// Appends one line of at most `columns`: how a live capture stands.
    ///
    /// `next` is who will probe next, and in how many nanoseconds, where that can be expected.
    public mutating func append(
        statusOf summary: Summary, _ counters: LiveCapture.Counters, next: (delay: Int64, prober: Endpoint)?,
        columns: Int
    ) {
        var line = TextBuffer()
        line.append(summary.tally.packets, of: "packet")
        line.append(", ")
        line.append(counters.droppedByKernel)
        line.append(" dropped, ")
        line.append(summary.connections, of: "connection")
        line.append(", ")
        line.append(summary.kindCounts[Int(SegmentKind.probe.rawValue)], of: "keep-alive")
        if let next {
            line.append("; the next in about ")
            line.append(UInt64(max(0, next.delay)) / 1_000_000_000)
            line.append(" s by ")
            line.append(next.prober)
        }
        append(String(line.string.prefix(max(0, columns))))
    }
}
