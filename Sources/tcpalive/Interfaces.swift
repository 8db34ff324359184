import ArgumentParser
import Capture
import Platform

/// `tcpalive interfaces`: what can be captured on.
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
            try OutputDescriptor.standardOutput.write(Array(try HostInterface.all().text.utf8))
        }
    }
}
