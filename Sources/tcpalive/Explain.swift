public import ArgumentParser
import Capture
public import KeepAlive
import Report

/// `tcpalive explain`: what a verdict means.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells what a verdict means, how it is told, and where that comes from.",
        discussion: """
            Without a verdict it tells of all.

            Examples:
              tcpalive explain silent_drop

            Exit status:
              0   as expected
              64  the command line is wrong
            """)

    @Argument(help: "A verdict, as reports name it.")
    var verdict: Verdict?

    func run() throws {
        try exitingOnFailure {
            var text = TextBuffer()
            for (index, verdict) in (verdict.map { [$0] } ?? Verdict.allCases).enumerated() {
                if index > 0 { text.append("\n") }
                text.append(explanationOf: verdict)
            }
            try OutputDescriptor.standardOutput.write(text.octets)
        }
    }
}

extension Verdict: ExpressibleByArgument {}
