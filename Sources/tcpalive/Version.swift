import ArgumentParser
import CCommit
import Capture
import Wire

/// What `--version` prints.
enum Version {
    /// The version of tcpalive. The Makefile reads this line.
    static let number = "0.1.0"

    /// Three lines: the version and commit of tcpalive, the libraries, the supported versions of Wireshark.
    static var text: String {
        let commit = unsafe String(cString: tcpalive_commit())
        let wireshark = WiresharkVersion.allCases.map(\.name).joined(separator: ", ")
        return """
            tcpalive \(number)\(commit.isEmpty ? "" : " (commit \(commit))")
            \(CaptureLibraries.versions)
            Wireshark marks: \(wireshark)
            """
    }
}

/// `--version` and `-V` of the root command. ArgumentParser's own flag has no short name.
struct VersionFlag: ParsableArguments {
    @Flag(
        name: [.customShort("V"), .customLong("version")],
        help: "Print the versions of tcpalive, its libraries and the supported Wireshark.")
    var isSet = false

    func validate() throws {
        if isSet { throw CleanExit.message(Version.text) }
    }
}
