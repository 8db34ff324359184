/// The events of a connection along the time, in two rows of letters: what this host sent, and what it received.
struct TopTimeline {
    /// The time that one column may have (s).
    private static let scales: [Int64] = [1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600]
    /// Of several events in one column, the first of these is shown.
    private static let ranks: [Character] = ["R", "!", "p", "a", "z", "r", "d"]

    /// The meaning of the letters.
    static let legend = "p probe, a answer, d data, r data again, z window probe, R reset, ! ICMP error"

    private let now: Int64
    private let columns: Int
    private let scale: Int64
    private var sent: [Character]
    private var received: [Character]

    /// A timeline of `events` that ends at `now` (ns since 1970), in `columns` columns.
    init(_ events: [TopEvent], now: Int64, columns: Int) {
        let columns = max(1, columns)
        let first = events.lazy.filter { $0.mark != nil }.map(\.time).min() ?? now
        let span = max(0, now - first) / 1_000_000_000 + 1
        let scale = Self.scales.first { $0 * Int64(columns) >= span } ?? Self.scales[Self.scales.count - 1]
        (self.now, self.columns, self.scale) = (now, columns, scale)
        sent = Array(repeating: ".", count: columns)
        received = sent
        for event in events {
            guard let mark = event.mark else { continue }
            let back = max(0, now - event.time) / 1_000_000_000 / scale
            guard back < Int64(columns) else { continue }
            let column = columns - 1 - Int(back)
            if mark.isSent {
                sent[column] = Self.first(sent[column], mark.letter)
            } else {
                received[column] = Self.first(received[column], mark.letter)
            }
        }
    }

    private static func first(_ one: Character, _ other: Character) -> Character {
        func rank(_ letter: Character) -> Int { ranks.firstIndex(of: letter) ?? ranks.count }
        return rank(other) < rank(one) ? other : one
    }

    /// The rows, with times below.
    var lines: [String] { ["sent     " + String(sent), "received " + String(received), "         " + axis] }

    private var axis: String {
        var text = Array(repeating: Character(" "), count: columns)
        func put(_ label: String, at start: Int) {
            for (offset, letter) in label.enumerated() where (0..<columns).contains(start + offset) {
                text[start + offset] = letter
            }
        }
        put("-" + TopColumns.duration(Int64(columns) * scale * 1_000_000_000), at: 0)
        if columns >= 40 {
            put("-" + TopColumns.duration(Int64(columns / 2) * scale * 1_000_000_000), at: columns - columns / 2)
        }
        put("now", at: columns - 3)
        return String(text)
    }
}
