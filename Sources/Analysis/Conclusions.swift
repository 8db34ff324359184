package import KeepAlive
import Report

/// What comments on packets say about their connections: known once the whole capture was read.
package struct Conclusions: Sendable {
    /// The most severe finding of each connection, by its number.
    private(set) var verdicts: [UInt64: Verdict] = [:]
    /// The comments on packets that show findings.
    private(set) var comments = FindingComments()

    /// Nothing is known yet.
    package init() {}

    /// The conclusions of `findings`.
    package init(_ findings: borrowing some Findings & ~Copyable) {
        findings.forEachDiagnosis { verdicts[$0.connection.number] = $0.verdict }
        comments = FindingComments(findings)
    }
}
