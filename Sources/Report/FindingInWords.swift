public import KeepAlive

/// A finding about one connection, with the sentences of a report.
public struct FindingInWords: Sendable, CustomStringConvertible {
    /// The finding.
    public let finding: Finding
    /// The connection that it is about.
    public let connection: Connection
    /// What happened, in one or more sentences.
    public let sentence: String
    /// What to do about it, in one or two sentences; empty: nothing.
    public let advice: String

    /// `finding`, one of `diagnosis`, in words.
    public init(_ finding: Finding, in diagnosis: Diagnosis) {
        self.finding = finding
        connection = diagnosis.connection
        var text = TextBuffer()
        text.append(sentenceOf: finding, in: diagnosis)
        sentence = text.string
        advice = finding.advice(in: diagnosis)
    }

    /// The verdict, its severity, and the sentence, as in `peer_dead (failure): ...`.
    public var description: String { "\(finding.verdict.rawValue) (\(finding.severity.rawValue)): \(sentence)" }
}
