import ArgumentParser
import KeepAlive
import Platform
import Report

/// `tcpalive explain`: explains a verdict.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain a verdict: meaning, detection rule, remedy, sources.",
        discussion: """
            Without a verdict, all verdicts are listed with their severity.

            Examples:
              tcpalive explain
              tcpalive explain silent_drop

            \(ExitStatus.help([ExitStatus.couldNotRun]))
            """)

    @Argument(
        help: "A verdict, as in reports; - and _ are the same.", completion: .list(Verdict.allCases.map(\.rawValue)))
    var verdict: String?

    /// For `make docs`.
    @Flag(name: .customLong("markdown"), help: .hidden)
    var isMarkdown = false

    func validate() throws {
        guard let verdict, Verdict(named: verdict) == nil else { return }
        let near = Verdict.near(verdict).map(\.rawValue)
        let suggestion = near.isEmpty ? "explain without a name lists all" : "similar: \(near.joined(separator: ", "))"
        throw ValidationError("There is no verdict \"\(verdict)\"; \(suggestion).")
    }

    func run() throws {
        try exitingOnFailure {
            var text = TextBuffer()
            if isMarkdown {
                text.appendVerdictTable()
            } else if let verdict = verdict.flatMap(Verdict.init(named:)) {
                text.append(explanationOf: verdict)
            } else {
                text.appendVerdictList()
            }
            try OutputDescriptor.standardOutput.write(text.bytes)
        }
    }
}
