package import KeepAlive

/// The findings that fail a run, for JUnit XML.
package struct FailedFindings: Sendable {
    /// Findings of this severity or above fail.
    package let severity: Severity
    /// The connections with such findings, in order of appearance.
    let connections: [Diagnosis]
    /// The files to which frames refer.
    let files: SourceFiles

    /// The findings among `findings` with at least `severity`; their frames are in `files`.
    package init(_ findings: borrowing some Findings & ~Copyable, atLeast severity: Severity, files: SourceFiles) {
        self.severity = severity
        self.files = files
        var connections: [Diagnosis] = []
        findings.forEachDiagnosis { diagnosis in
            if diagnosis.findings.contains(where: { $0.severity >= severity }) { connections.append(diagnosis) }
        }
        self.connections = connections
    }
}

extension TextBuffer {
    /// Appends `verifications` and `failed` as JUnit XML.
    ///
    /// Each verification is a suite with a test case per check. Each connection with failed findings is a suite with a test
    /// case per finding.
    package mutating func append(junit verifications: [ProbeVerification], _ failed: FailedFindings? = nil) {
        append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n")
        for verified in verifications { appendSuite(of: verified) }
        if let failed { append(failed) }
        append("</testsuites>\n")
    }

    private mutating func append(_ failed: FailedFindings) {
        if failed.connections.isEmpty {
            append("  <testsuite name=\"tcpalive findings\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">\n")
            appendCase("no finding of severity \(failed.severity.rawValue) or above", nil, message: "")
            append("  </testsuite>\n")
        }
        for diagnosis in failed.connections {
            let findings = diagnosis.findings.filter { $0.severity >= failed.severity }
            let connection = diagnosis.connection
            append("  <testsuite name=\"tcpalive stream \(connection.number): \(connection.originator) &gt; ")
            append("\(connection.responder)\" tests=\"\(findings.count)\" failures=\"\(findings.count)\" ")
            append("errors=\"0\" skipped=\"0\">\n")
            for finding in findings {
                appendCase(
                    finding.verdict.rawValue, "failure", message: finding.sentence(in: diagnosis),
                    details: TextBuffer.string { $0.append(block: finding, in: diagnosis, files: failed.files) })
            }
            append("  </testsuite>\n")
        }
    }

    private mutating func appendSuite(of verified: ProbeVerification) {
        let checks = verified.verification.checks
        let obstacle = verified.verification.obstacle
        append("  <testsuite name=\"tcpalive")
        if let prober = verified.prober, let peer = verified.peer { append(" \(prober) &gt; \(peer)") }
        append("\" tests=\"\(checks.count + (obstacle == nil ? 0 : 1))\" failures=\"")
        append("\(checks.count { $0.outcome == .fails })\" errors=\"\(obstacle == nil ? 0 : 1)\"")
        append(" skipped=\"\(checks.count { $0.outcome == .notJudged })\">\n")
        if let obstacle { appendCase("verification", "error", message: obstacle.text) }
        for check in checks { appendCase(of: check) }
        append("  </testsuite>\n")
    }

    private mutating func appendCase(of check: Verification.Check) {
        let reason = check.reason.map { ": \($0.text)" } ?? ""
        let outcome: String? =
            switch check.outcome {
            case .passes: nil
            case .fails: "failure"
            case .notJudged: "skipped"
            }
        appendCase(check.quantity.text, outcome, message: check.comparison + reason)
    }

    private mutating func appendCase(_ name: String, _ outcome: String?, message: String, details: String = "") {
        append("    <testcase classname=\"tcpalive\" name=\"")
        append(markup: name)
        guard let outcome else { return append("\"/>\n") }
        append("\"><\(outcome) message=\"")
        append(markup: message)
        if details.isEmpty { return append("\"/></testcase>\n") }
        append("\">")
        // Line by line, because `append(markup:)` escapes line ends.
        for line in details.split(separator: "\n") {
            append(markup: String(line))
            append("\n")
        }
        append("</\(outcome)></testcase>\n")
    }
}
