import Capture
import Platform
import Report

/// The file of `--junit`, which appears when it is complete.
struct JUnitFile: ~Copyable {
    private var file: OutputFile

    /// Opens the file at `path`, so that an error is reported before any input is read; nil: the option is not given.
    static func begin(_ path: String?) throws(OutputError) -> JUnitFile? {
        guard let path else { return nil }
        // A closed pipe must not end the process before it has cleaned up.
        Signals.ignoreClosedPipes()
        return JUnitFile(file: try OutputFile(path: path, isPrivate: false))
    }

    /// Writes `verifications` and `failed` as JUnit XML. Throws if that fails.
    mutating func finish(
        _ verifications: [ProbeVerification], _ failed: FailedFindings? = nil
    ) throws(OutputError) {
        var text = TextBuffer()
        text.append(junit: verifications, failed)
        try file.write(text.bytes)
        try file.finish()
    }
}
