import Capture
import Report
import Wire

extension [HostInterface] {
    /// A table with a line per interface, in lines of at most `columns` columns (nil: as long as they are), if there is room
    /// for a name and a state.
    func table(columns: Int?) -> String {
        let rows = [["name", "state", "link type", "addresses"]] + map(\.cells)
        let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let indent = widths.reduce(0) { $0 + $1 + 2 }
        // In a narrow terminal the last column is below the others.
        let isNarrow = columns.map { $0 < indent + 20 } ?? false
        return rows.flatMap { cells in
            let start = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 + 2 - $0.count) }.joined()
            let left = isNarrow ? 4 : indent
            let parts = Self.wrapped(cells[3], to: columns.map { Swift.max(8, $0 - left) })
            if parts.isEmpty { return [start] }
            let margin = String(repeating: " ", count: left)
            return isNarrow
                ? [start] + parts.map { margin + $0 } : [start + parts[0]] + parts.dropFirst().map { margin + $0 }
        }.map { line in
            var text = TextBuffer()
            text.append(printable: line.trimmed)
            return text.string + "\n"
        }.joined()
    }

    /// Why nothing can be captured on interfaces, each reason once: "cannot capture on a, b: REASON".
    var obstacles: [String] {
        var reasons: [(start: String, reason: String)] = []
        for interface in self {
            guard let obstacle = interface.obstacle else { continue }
            let parts = obstacle.split(separator: ": ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                reasons.append((obstacle, ""))
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

    /// The obstacles, in lines of at most `columns` columns.
    func notes(columns: Int?) -> String {
        obstacles.flatMap { Self.wrapped($0, to: columns) }.map { line in
            var text = TextBuffer()
            text.append(printable: line)
            return text.string + "\n"
        }.joined()
    }

    /// `text` in lines of at most `columns` columns, broken at spaces.
    private static func wrapped(_ text: String, to columns: Int?) -> [String] {
        if text.isEmpty { return [] }
        guard let columns else { return [text] }
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= columns {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}

extension HostInterface {
    /// Why it is not among the interfaces to capture on; nil: it is.
    var obstacle: String? {
        refusal
            ?? (isNetwork
                ? nil
                : "\(name): no network interface; packets come only from other programs or from rules of netfilter")
    }

    /// The record of it in JSON.
    var record: InterfaceRecord {
        InterfaceRecord(
            name: name, isUp: isUp, isRunning: isRunning, linkType: linkType, linkTypeName: linkTypeName,
            addresses: addresses, description: explanation, canCapture: refusal == nil, reason: obstacle)
    }

    /// Name, state, link type, addresses.
    fileprivate var cells: [String] {
        let state = !isNetwork ? "-" : isUp ? (isRunning ? "up" : "up, no link") : "down"
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

extension String {
    /// The text without spaces at its end.
    fileprivate var trimmed: String {
        String(prefix(upTo: lastIndex { $0 != " " }.map { index(after: $0) } ?? startIndex))
    }
}
