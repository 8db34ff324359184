import KeepAlive

/// What was found, in sentences, under the table of connections.
enum FindingsText {
    /// Connections that are told of one by one; of more, the first of the most severe ones are.
    private static let limit = 20

    /// Appends a sentence and a line of advice for each of the `findings` that has something wrong, the worst first, and
    /// what is known of paths. Without `tellsConnections`, of paths alone.
    static func append(_ findings: Findings, tellsConnections: Bool, to text: inout TextBuffer) {
        if tellsConnections { append(connections: findings.diagnoses, to: &text) }
        for path in findings.paths { append(path, to: &text) }
    }

    private static func append(connections diagnoses: [Diagnosis], to text: inout TextBuffer) {
        let findings = diagnoses.indices.filter { diagnoses[$0].isFinding }
            .sorted { (diagnoses[$1].verdict.severity, $0) < (diagnoses[$0].verdict.severity, $1) }
        for diagnosis in findings.prefix(limit).map({ diagnoses[$0] }) {
            text.append("\n\(diagnosis.connection.number)  \(diagnosis.verdict.rawValue): ")
            text.append(sentenceOf: diagnosis)
            if diagnosis.confidence != .high { text.append(" (confidence: \(diagnosis.confidence.rawValue))") }
            text.append("\n   ")
            text.append(diagnosis.advice)
            text.append("\n")
        }
        if findings.count > limit {
            text.append("\n... and \(findings.count - limit) more: --format jsonl tells of each.\n")
        }
    }

    private static func append(_ path: PathTimeout, to text: inout TextBuffer) {
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
