import Capture
import Report
import Wire

extension [HostInterface] {
    /// A table with a line per interface, then the reasons why interfaces cannot be opened.
    var text: String {
        let rows = [["name", "state", "link type", "addresses"]] + map(\.cells)
        let widths = (0..<3).map { column in rows.map { $0[column].utf8.count }.max() ?? 0 }
        let lines = rows.map { cells in
            let padded = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 + 2 - $0.utf8.count) }
            // Nothing follows the last cell that has text.
            return cells[3].isEmpty ? padded.dropLast().joined() + cells[2] : padded.joined() + cells[3]
        }
        return (lines + refusals).map { line in
            var text = TextBuffer()
            text.append(printable: line)
            return text.string + "\n"
        }.joined()
    }

    /// Why interfaces cannot be opened, each reason once: "cannot capture on a, b: REASON".
    private var refusals: [String] {
        var reasons: [(start: String, reason: String)] = []
        for interface in self {
            guard let refusal = interface.refusal else { continue }
            let parts = refusal.split(separator: ": ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                reasons.append((refusal, ""))
                continue
            }
            if let index = reasons.firstIndex(where: { $0.reason == parts[1] }) {
                reasons[index].start += ", \(interface.name)"
            } else {
                reasons.append((parts[0], parts[1]))
            }
        }
        return reasons.map { $0.reason.isEmpty ? $0.start : "\($0.start): \($0.reason)" }
    }
}

extension HostInterface {
    /// Name, state, link type, addresses.
    fileprivate var cells: [String] {
        let state = isUp ? (isRunning ? "up" : "up, no link") : "down"
        let type = linkTypeName ?? linkType.map { String($0.rawValue) }
        let addresses = addresses.map { address in
            var text = TextBuffer()
            text.append(address)
            return text.string
        }
        let words = addresses.isEmpty ? explanation.map { ["(\($0))"] } ?? [] : addresses
        return [name, state, type ?? "cannot be opened", words.joined(separator: ", ")]
    }
}
