import ArgumentParser
import Capture
import Report

/// `tcpalive interfaces`: lists the interfaces.
struct Interfaces: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the interfaces and whether each can be captured on now.",
        discussion: """
            Exit status:
              0   success
              2   cannot list the interfaces
            """)

    func run() throws {
        try exitingOnFailure {
            var output = Output(to: .standardOutput)
            try output.write(interfaces: try HostInterface.all())
        }
    }
}
