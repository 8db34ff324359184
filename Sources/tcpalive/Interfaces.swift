import ArgumentParser
import Capture
import Report

/// `tcpalive interfaces`: what can be captured on.
struct Interfaces: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the interfaces, and whether each can be captured on now.",
        discussion: """
            Exit status:
              0   as expected
              2   could not run
            """)

    func run() throws {
        try exitingOnFailure {
            var output = Output(to: .standardOutput)
            try output.write(interfaces: try HostInterface.all())
        }
    }
}
