import KeepAlive

/// What was found, in sentences, under the table of connections.
struct FindingsText {
    /// Connections that are told of one by one; of more, the first of the most severe ones are.
    private static let limit = 20
    /// Connections with something wrong so far, and of those the ones to be told of, the worst first.
    private var count = 0
    private var worst: [Diagnosis] = []

    /// Takes the verdict on the next connection.
    mutating func take(_ diagnosis: Diagnosis) {
        guard diagnosis.isFinding else { return }
        count += 1
        let severity = diagnosis.severity
        // Of equals the first one stands first.
        if worst.count == Self.limit, let last = worst.last, last.severity >= severity { return }
        let place = worst.firstIndex { $0.severity < severity } ?? worst.count
        if worst.count == Self.limit { worst.removeLast() }
        worst.insert(diagnosis, at: place)
    }

    /// Appends a sentence and a line of advice for each of the worst, and how many are left out.
    func append(to text: inout TextBuffer) {
        for diagnosis in worst {
            text.append("\n\(diagnosis.connection.number)  \(diagnosis.verdict.rawValue): ")
            text.append(sentenceOf: diagnosis)
            if diagnosis.confidence != .high { text.append(" (confidence: \(diagnosis.confidence.rawValue))") }
            text.append("\n   ")
            text.append(diagnosis.advice)
            text.append("\n")
        }
        if count > Self.limit {
            text.append("\n... and \(count - Self.limit) more: --format jsonl tells of each.\n")
        }
    }

    /// Appends what is known of `path`.
    static func append(_ path: PathTimeout, to text: inout TextBuffer) {
        guard path.longestSurvived > 0 || path.shortestFailed > 0 else { return }
        text.append("\nBetween \(network(path.networks.first)) and \(network(path.networks.second)): ")
        if path.longestSurvived > 0 {
            text.append("a silence of ")
            text.append(preciseDuration: path.longestSurvived)
            text.append(" was survived")
        }
        if path.shortestFailed > 0 {
            text.append(path.longestSurvived > 0 ? ", one of " : "a silence of ")
            text.append(preciseDuration: path.shortestFailed)
            text.append(" was not")
        }
        text.append(".")
        if let idle = path.safeIdle { text.append(" A TCP_KEEPIDLE of \(idle) s or less is safe.") }
        text.append("\n")
        for candidate in IdleTimeout.candidates(for: path) {
            text.append("   \(candidate.seconds) s is the idle timeout of: \(candidate.name)\n")
        }
    }
}
