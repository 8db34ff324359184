public import Capture
import Wire

extension Output {
    /// Appends a table of `interfaces`, and writes it out.
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
        for refusal in interfaces.compactMap(\.refusal) {
            try write {
                $0.append(printable: refusal)
                $0.append("\n")
            }
        }
        try flush()
    }

    private static func row(of interface: HostInterface) -> [String] {
        let state = interface.isUp ? (interface.isRunning ? "up" : "up, no link") : "down"
        let type = interface.linkTypeName ?? interface.linkType.map { String($0.rawValue) }
        let addresses = interface.addresses.map { address in
            var text = TextBuffer()
            text.append(address)
            return text.string
        }
        let words = addresses.isEmpty ? interface.explanation.map { ["(\($0))"] } ?? [] : addresses
        return [interface.name, state, type ?? "cannot be opened", words.joined(separator: ", ")]
    }
}
