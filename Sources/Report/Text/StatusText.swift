public import KeepAlive
import Wire

extension TextBuffer {
    /// Appends one line of at most `columns`: how a live capture stands at `now` (ns since 1970).
    ///
    /// `next` is the probe that can be expected next. Of what does not fit, whole parts are left out: first the
    /// connections, then the keep-alives, then the packets; who probes next stays the longest.
    public mutating func append(
        statusOf summary: Summary, dropped: UInt64, next: ExpectedProbe?, at now: Int64, columns: Int
    ) {
        // In the order of the line; the lower rank stays longer.
        let parts: [(rank: Int, text: String)] = [
            (2, Self.packets(of: summary, dropped: dropped)),
            (4, Self.text { $0.append(summary.counts.connections, of: "connection") }),
            (3, Self.text { $0.append(summary.counts.kinds[Int(SegmentKind.probe.rawValue)], of: "keep-alive") }),
            (0, next.map { Self.expectation($0, now) } ?? ""),
            (1, next.map { $0.time != nil && $0.unanswered > 0 ? "\($0.unanswered) unanswered" : "" } ?? ""),
        ]
        var chosen: Set<Int> = []
        for part in parts.sorted(by: { $0.rank < $1.rank }) where !part.text.isEmpty {
            let line = Self.line(of: parts.filter { chosen.contains($0.rank) || $0.rank == part.rank })
            if line.utf8.count <= columns { chosen.insert(part.rank) }
        }
        append(Self.line(of: parts.filter { chosen.contains($0.rank) }))
    }

    private static func line(of parts: [(rank: Int, text: String)]) -> String {
        parts.reduce("") { line, part in
            line.isEmpty ? part.text : line + (part.rank == 0 ? "; " : ", ") + part.text
        }
    }

    private static func packets(of summary: Summary, dropped: UInt64) -> String {
        text {
            $0.append(summary.tally.packets, of: "packet")
            $0.append(", ")
            $0.append(dropped)
            $0.append(" dropped")
        }
    }

    private static func expectation(_ next: ExpectedProbe, _ now: Int64) -> String {
        text {
            if let time = next.time {
                $0.append("next probe in ~")
                $0.append(UInt64(max(0, time &- now)) / 1_000_000_000)
                $0.append(" s by ")
            } else {
                $0.append(next.unanswered, of: "probe")
                $0.append(" unanswered, of ")
            }
            $0.append(next.prober)
        }
    }

    private static func text(_ body: (inout TextBuffer) -> Void) -> String {
        var text = TextBuffer()
        body(&text)
        return text.string
    }
}
