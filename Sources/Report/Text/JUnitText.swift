public import KeepAlive

/// The findings that make a run fail, for JUnit XML.
public struct FailedFindings: Sendable {
    /// Findings of this severity or above fail.
    public let severity: Severity
    /// The connections with such findings, in order of appearance.
    let connections: [Diagnosis]
    /// The files that frames refer to.
    let files: SourceFiles

    /// The findings among those of `findings` that have at least `severity`; their frames are in `files`.
    public init(_ findings: borrowing some Findings & ~Copyable, atLeast severity: Severity, files: SourceFiles) {
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
    /// Appends the judgements and `failed` as JUnit XML, as CI systems read it.
    ///
    /// Each judged end is a suite with a test case per field. Each connection with findings that fail is a suite with a
    /// test case per finding.
    public mutating func append(junit judgements: [JudgedProbes], _ failed: FailedFindings? = nil) {
        append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n")
        for judged in judgements { appendSuite(of: judged) }
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
            append("  <testsuite name=\"tcpalive stream \(connection.number): \(connection.originator.words) &gt; ")
            append("\(connection.responder.words)\" tests=\"\(findings.count)\" failures=\"\(findings.count)\" ")
            append("errors=\"0\" skipped=\"0\">\n")
            for finding in findings {
                var (sentence, block) = (TextBuffer(), TextBuffer())
                sentence.append(sentenceOf: finding, in: diagnosis)
                block.append(block: finding, in: diagnosis, files: failed.files)
                appendCase(finding.verdict.rawValue, "failure", message: sentence.string, details: block.string)
            }
            append("  </testsuite>\n")
        }
    }

    private mutating func appendSuite(of judged: JudgedProbes) {
        let checks = judged.verification.checks
        let obstacle = judged.verification.obstacle
        var name = TextBuffer()
        name.append("tcpalive")
        if let prober = judged.prober, let peer = judged.peer {
            name.append(" ")
            name.append(prober)
            name.append(" > ")
            name.append(peer)
        }
        append("  <testsuite name=\"")
        append(xml: name.string)
        append("\" tests=\"\(checks.count + (obstacle == nil ? 0 : 1))\" failures=\"")
        append("\(checks.count { $0.outcome == .fails })\" errors=\"\(obstacle == nil ? 0 : 1)\"")
        append(" skipped=\"\(checks.count { $0.outcome == .notJudged })\">\n")
        if let obstacle { appendCase("judgement", "error", message: obstacle) }
        for check in checks { appendCase(of: check) }
        append("  </testsuite>\n")
    }

    private mutating func appendCase(of check: Verification.Check) {
        let tolerance = check.tolerance.isEmpty ? "" : " (\(check.tolerance))"
        let reason = check.reason.map { ": \($0)" } ?? ""
        let outcome: String? =
            switch check.outcome {
            case .passes: nil
            case .fails: "failure"
            case .notJudged: "skipped"
            }
        appendCase(
            check.field, outcome,
            message: "expected \(check.expected)\(tolerance), actual \(check.actual)\(reason)")
    }

    private mutating func appendCase(_ name: String, _ outcome: String?, message: String, details: String = "") {
        append("    <testcase classname=\"tcpalive\" name=\"")
        append(xml: name)
        guard let outcome else { return append("\"/>\n") }
        append("\"><\(outcome) message=\"")
        append(xml: message)
        if details.isEmpty { return append("\"/></testcase>\n") }
        append("\">")
        // Each line on its own: line ends stand for themselves here.
        for line in details.split(separator: "\n") {
            append(xml: String(line))
            append("\n")
        }
        append("</\(outcome)></testcase>\n")
    }

    /// Appends `text` as content, or as the value of an attribute between double quotes (XML 1.0 section 2.4).
    mutating func append(xml text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": append("&amp;")
            case "<": append("&lt;")
            case ">": append("&gt;")
            case "\"": append("&quot;")
            default: append(printable: String(scalar))
            }
        }
    }
}
