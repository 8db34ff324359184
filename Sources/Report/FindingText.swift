import KeepAlive

/// The words of a finding.
extension TextBuffer {
    /// Appends one plain sentence that says what happened, with the numbers that it rests on.
    mutating func append(sentenceOf finding: Finding, in diagnosis: Diagnosis) {
        append(sentenceOf: diagnosis)
    }
}

extension Finding {
    /// One or two sentences of advice; empty where none is needed.
    func advice(in diagnosis: Diagnosis) -> String {
        severity == .ok ? "" : verdict.guide.remedy
    }
}
