import Capture
import Platform
import Report

/// Writes `judgements` and `failed` to the file at `path` as JUnit XML. Throws if the file cannot be written.
func writeJUnit(
    _ judgements: [JudgedProbes], _ failed: FailedFindings? = nil, to path: String
) throws(OutputError) {
    var text = TextBuffer()
    text.append(junit: judgements, failed)
    var file = try OutputFile(path: path)
    try file.write(text.bytes)
    try file.finish()
}
