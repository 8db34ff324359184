import KeepAlive

/// The sentences at the top of the page: how many connections died, and why.
struct Headline {
    /// A listed connection.
    struct Case {
        var number: UInt64
        var severity: Severity
        var verdict: Verdict
    }

    private let cases: [Case]
    private let total: Int
    private let linked: Int

    /// The sentences about `cases`, the most severe first, which are some of `total` connections. The first `linked` of them
    /// are in the page.
    init(_ cases: [Case], of total: UInt64, linked: Int) {
        self.cases = cases
        self.total = max(cases.count, Int(clamping: total))
        self.linked = linked
    }

    /// The values of the template: one item per sentence.
    var values: [Template.Values] {
        if total == 0 { return [Self.sentence("ok", "No TCP connection was captured")] }
        let (died, warned, noticed) = (verdicts(.failure), verdicts(.warning), verdicts(.notice))
        var sentences: [Template.Values] = []
        if total == 1 { return sentencesOfOne }
        if died.isEmpty {
            sentences.append(Self.sentence("ok", "None of \(text(total)) connections died"))
        } else {
            let share = count(died) == total ? "All" : "\(text(count(died))) of"
            sentences.append(Self.sentence("failure", "\(share) \(text(total)) connections died: ", died))
        }
        for (severity, verdicts) in [("warning", warned), ("notice", noticed)] where !verdicts.isEmpty {
            let count = count(verdicts)
            sentences.append(
                Self.sentence(severity, "\(text(count)) \(count == 1 ? "has" : "have") a \(severity): ", verdicts))
        }
        let rest = total - count(died) - count(warned) - count(noticed)
        if rest == total {
            sentences.append(Self.sentence("ok", "No problem was found"))
        } else if rest > 0 {
            sentences.append(
                Self.sentence("ok", "No problem was found in the other \(rest == 1 ? "one" : text(rest))"))
        }
        return sentences
    }

    private var sentencesOfOne: [Template.Values] {
        let severity = cases.first?.severity ?? .ok
        let words =
            switch severity {
            case .failure: "The connection died: "
            case .warning, .notice: "The connection has a \(severity.rawValue): "
            case .ok: "No problem was found in the only connection"
            }
        return [Self.sentence(severity.rawValue, words, severity == .ok ? [] : verdicts(severity))]
    }

    /// A verdict, how many connections have it, and the first of them.
    private struct Count {
        var verdict: Verdict
        var connections: Int
        /// The number of the first connection; nil: it is not in the page.
        var number: UInt64?
    }

    /// The verdicts of `severity`, the most frequent first.
    private func verdicts(_ severity: Severity) -> [Count] {
        var counts: [Count] = []
        for (index, found) in cases.enumerated() where found.severity == severity {
            if let known = counts.firstIndex(where: { $0.verdict == found.verdict }) {
                counts[known].connections += 1
            } else {
                counts.append(
                    Count(verdict: found.verdict, connections: 1, number: index < linked ? found.number : nil))
            }
        }
        return counts.sorted { $1.connections < $0.connections }
    }

    private func count(_ counts: [Count]) -> Int { counts.map(\.connections).reduce(0, +) }

    private func text(_ count: Int) -> String { TextBuffer.string { $0.append(grouped: UInt64(count)) } }

    private static func sentence(_ severity: String, _ words: String, _ counts: [Count] = []) -> Template.Values {
        [
            "severity": .text(severity), "words": .text(words),
            "verdicts": .items(Array(counts.enumerated())) { index, count in
                [
                    "comma": .truth(index > 0), "verdict": .text(count.verdict.rawValue),
                    "number": count.number.map { .number($0) } ?? .truth(false),
                    "times": count.connections > 1 ? .count(count.connections) : .truth(false),
                ]
            },
        ]
    }
}
