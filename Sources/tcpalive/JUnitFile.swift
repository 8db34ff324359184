import Capture
import Report

/// Writes `judgements` to the file at `path` as JUnit XML. Throws when the file takes them not.
func writeJUnit(_ judgements: [JudgedProbes], to path: String) throws(OutputError) {
    var text = TextBuffer()
    text.append(junit: judgements)
    var file = try OutputFile(path: path)
    try file.write(text.octets)
    try file.finish()
}
