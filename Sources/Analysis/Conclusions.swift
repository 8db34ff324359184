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

    /// The number of findings without comments for lack of memory.
    package var omitted: UInt64 { comments.omitted }

    /// Bytes of a verdict in a dictionary that grows by doubling.
    private static let bytesPerVerdict = 40

    /// The conclusions of `findings`, as far as they fit into `memory` bytes.
    package init(_ findings: borrowing some Findings & ~Copyable, memory: Int) {
        let limit = memory / 4 / Self.bytesPerVerdict
        findings.forEachDiagnosis {
            if verdicts.count < limit { verdicts[$0.connection.number] = $0.verdict }
        }
        comments = FindingComments(findings, memory: memory / 4 * 3)
    }
}
