package import KeepAlive
import Wire

extension TextBuffer {
    /// Appends the status of a live capture at `now` (ns since 1970) as one line of at most `columns` columns.
    ///
    /// `next` is the next expected probe. If the line is too long, whole parts are omitted: first the connections, then the
    /// keep-alives, then the packets, and last the next probe.
    package mutating func append(
        statusOf summary: Summary, dropped: UInt64, next: ExpectedProbe?, at now: Int64, columns: Int
    ) {
        // In the order of the line; the highest rank is omitted first.
        let parts: [(rank: Int, text: String)] = [
            (2, Self.packets(of: summary, dropped: dropped)),
            (4, TextBuffer.string { $0.append(summary.counts.connections, of: "connection") }),
            (
                3,
                TextBuffer.string { $0.append(summary.counts.kinds[Int(SegmentKind.probe.rawValue)], of: "keep-alive") }
            ),
            (0, next.map { Self.nextProbe($0, now) } ?? ""),
            (1, next.map { $0.time != nil && $0.unanswered > 0 ? Self.unanswered($0.unanswered) : "" } ?? ""),
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
        TextBuffer.string {
            $0.append(summary.tally.packets, of: "packet")
            $0.append(", ")
            $0.append(grouped: dropped)
            $0.append(" dropped")
        }
    }

    private static func unanswered(_ count: UInt64) -> String {
        TextBuffer.string {
            $0.append(grouped: count)
            $0.append(" unanswered")
        }
    }

    private static func nextProbe(_ next: ExpectedProbe, _ now: Int64) -> String {
        TextBuffer.string {
            if let time = next.time {
                $0.append("next probe in ~")
                $0.append(UInt64(max(0, time &- now)) / 1_000_000_000)
                $0.append(" s by ")
                $0.append(next.prober)
            } else {
                $0.append(next.unanswered, of: "probe")
                $0.append(" of ")
                $0.append(next.prober)
                $0.append(" unanswered")
            }
        }
    }
}
