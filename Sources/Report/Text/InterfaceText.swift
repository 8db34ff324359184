public import Capture
import Wire

extension Output {
    /// Writes a table of `interfaces`.
    public mutating func write(interfaces: [HostInterface]) throws(OutputError) {
        let rows = [["name", "state", "link type", "addresses"]] + interfaces.map(Self.row)
        let widths = (0..<3).map { column in rows.map { $0[column].utf8.count }.max() ?? 0 }
        for row in rows {
            try write { text in
                for (column, cell) in row.enumerated() {
                    text.append(printable: cell)
                    guard column < widths.count else { continue }
                    for _ in 0..<(widths[column] + 2 - cell.utf8.count) { text.append(" ") }
                }
                text.trimEnd()
                text.append("\n")
            }
        }
        for sentence in Self.refusals(of: interfaces) {
            try write {
                $0.append(printable: sentence)
                $0.append("\n")
            }
        }
        try flush()
    }

    /// The reasons why interfaces cannot be opened, each once: `cannot capture on a, b: REASON`.
    private static func refusals(of interfaces: [HostInterface]) -> [String] {
        var reasons: [(start: String, reason: String)] = []
        for interface in interfaces {
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

    private static func row(of interface: HostInterface) -> [String] {
        let state = interface.isUp ? (interface.isRunning ? "up" : "up, no link") : "down"
        let type = interface.linkTypeName ?? interface.linkType.map { String($0.rawValue) }
        let addresses = interface.addresses.map(\.description)
        let notes = addresses.isEmpty ? interface.explanation.map { ["(\($0))"] } ?? [] : addresses
        return [interface.name, state, type ?? "cannot be opened", notes.joined(separator: ", ")]
    }
}
