public import KeepAlive

/// A finding about one connection, with the sentences of a report.
public struct FindingInWords: Sendable, CustomStringConvertible {
    /// The finding.
    public let finding: Finding
    /// The connection to which it applies.
    public let connection: Connection
    /// What happened, in one or more sentences.
    public let sentence: String
    /// What to do about it, in one or two sentences; empty: nothing.
    public let advice: String

    /// `finding`, one of `diagnosis`, with its sentences.
    public init(_ finding: Finding, in diagnosis: Diagnosis) {
        self.finding = finding
        connection = diagnosis.connection
        sentence = finding.sentence(in: diagnosis)
        advice = finding.advice(in: diagnosis)
    }

    /// The verdict, its severity, and the sentence, as in `peer_dead (failure): ...`.
    public var description: String { "\(finding.verdict.rawValue) (\(finding.severity.rawValue)): \(sentence)" }
}
