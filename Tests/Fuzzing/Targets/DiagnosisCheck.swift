import Wire

@testable import KeepAlive
@testable import Report

/// What holds for every diagnosis, whatever was captured.
enum DiagnosisCheck {
    static func check(
        _ diagnosis: Diagnosis, _ context: CaptureContext, isLight: Bool
    ) throws(FuzzFailure) {
        let findings = diagnosis.findings
        try FuzzTargets.check(!findings.isEmpty, "a diagnosis without a finding")
        for (finding, next) in zip(findings, findings.dropFirst()) {
            try FuzzTargets.check(
                finding.severity >= next.severity,
                "\(finding.verdict) comes before \(next.verdict), which is more severe")
        }
        try FuzzTargets.check(
            Set(findings.map(\.verdict)).count == findings.count, "a verdict twice: \(findings.map(\.verdict))")
        for finding in findings { try check(finding, in: diagnosis, context) }
        for end in Connection.End.allCases { try check(diagnosis.side(end)) }
    }

    private static func check(
        _ finding: Finding, in diagnosis: Diagnosis, _ context: CaptureContext
    ) throws(FuzzFailure) {
        let verdict = finding.verdict
        if context.lacksPackets || context.isArtificial {
            try FuzzTargets.check(finding.confidence == .low, "\(verdict) is \(finding.confidence) without all packets")
        }
        let frames = finding.frames.all.map(\.frame)
        try FuzzTargets.check(
            frames.allSatisfy { $0 > 0 }, "\(verdict) has a frame that is none: \(frames)")
        let details = finding.details
        for (name, duration) in [("idle", details.idle), ("duration", details.duration)] {
            try FuzzTargets.check(duration ?? 0 >= 0, "\(verdict) has a negative \(name): \(duration ?? 0)")
        }
        let words = FindingInWords(finding, in: diagnosis)
        try FuzzTargets.check(
            words.sentence.utf8.count > 10 && words.sentence.hasSuffix("."),
            "\(verdict) has the sentence '\(words.sentence)'")
        try TextCheck.checkPrintable(Array(words.sentence.utf8), "the sentence of \(verdict)")
        try FuzzTargets.check(
            words.advice.isEmpty || words.advice.hasSuffix("."), "\(verdict) has the advice '\(words.advice)'")
    }

    private static func check(_ side: ConnectionSide) throws(FuzzFailure) {
        try FuzzTargets.check(
            side.answered <= side.probes && side.byteProbes <= side.probes && side.timestampedProbes <= side.probes
                && side.ignored <= side.probes && side.unanswered <= side.probes,
            "more of \(side.probes) probes: answered \(side.answered), unanswered \(side.unanswered), ignored "
                + "\(side.ignored), with a byte \(side.byteProbes), with timestamps \(side.timestampedProbes)")
        for (name, gaps) in [
            ("idle", side.idleGaps), ("interval", side.intervalGaps), ("period", side.periodGaps),
            ("reply", side.replies),
        ] {
            try FuzzTargets.check(
                gaps.shortest <= gaps.longest && gaps.shortest >= 0,
                "the \(name) gaps are \(gaps.shortest) to \(gaps.longest)")
        }
        try FuzzTargets.check(
            (side.probes == 0) == (side.firstProbe == nil),
            "\(side.probes) probes, and the first one at \(side.firstProbe ?? 0)")
    }
}
