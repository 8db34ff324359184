public import Capture
import Wire

extension TextBuffer {
    /// Appends one line of at most `columns`: how a live capture stands.
    public mutating func append(statusOf summary: Summary, _ counters: LiveCapture.Counters, columns: Int) {
        var line = TextBuffer()
        line.append(summary.tally.packets, of: "packet")
        line.append(", ")
        line.append(counters.droppedByKernel)
        line.append(" dropped, ")
        line.append(summary.connections, of: "connection")
        line.append(", ")
        line.append(summary.markCounts.reduce(0, &+), of: "mark")
        append(String(line.string.prefix(max(0, columns))))
    }
}
