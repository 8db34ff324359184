import ArgumentParser
import Capture
import Platform

/// The command, and the table of contents of the subcommands.
@main
struct TCPAlive: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tcpalive",
        abstract: "Find TCP keep-alives, mark them as Wireshark does, and explain what they show.",
        discussion: """
            Results go to standard output, errors and notices to standard error.

            \(ExitStatus.help())
            """,
        subcommands: [
            Analyze.self, Extract.self, Watch.self, Audit.self, Top.self, Tune.self, Run.self, ProbePath.self,
            Client.self, Listen.self, Lab.self, Interfaces.self, Explain.self,
        ])

    @OptionGroup
    var version: VersionFlag

    static var _errorPrefix: String { errorPrefix }

    static func main() {
        StandardDescriptors.openClosed()
        Signals.ignoreFileSizeLimit()
        let arguments = Array(FileName.commandLine.dropFirst())
        do {
            try checkCommand(in: arguments)
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch {
            let status = exitCode(for: error)
            if status == .success { end(printing: fullMessage(for: error)) }
            var lines = fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false).map(
                String.init)
            if lines[0].hasPrefix("\(errorPrefix)Unknown option '-"), let word = longOptionWithOneDash(in: arguments) {
                lines[0] += ". Long options begin with two dashes: -\(word)"
            }
            if lines != [""] { write(lines: lines) }
            exit(withError: status)
        }
    }

    /// Ends the process after it has printed `text`, such as the help: with success if all of it could be written.
    private static func end(printing text: String) -> Never {
        do {
            if !text.isEmpty {
                try exitingOnFailure { try OutputDescriptor.standardOutput.write(Array("\(text)\n".utf8)) }
            }
            exit(withError: ExitCode.success)
        } catch {
            exit(withError: error)
        }
    }

    /// The first of `arguments` that may be a long option with one dash too few, which ArgumentParser takes for several short
    /// ones.
    private static func longOptionWithOneDash(in arguments: [String]) -> String? {
        arguments.first { $0.utf8.count > 4 && $0.first == "-" && $0.dropFirst().allSatisfy(\.isLetter) }
    }

    /// Throws `ValidationError` if the first of `arguments`, or the one after `help`, should be a command and is none.
    ///
    /// ArgumentParser says only that it is unexpected, and ignores it after `help`.
    private static func checkCommand(in arguments: [String]) throws {
        let names = configuration.subcommands.map { $0._commandName }
        guard let word = arguments.first(where: { $0 != "help" }), !word.hasPrefix("-"), !names.contains(word) else {
            return
        }
        var sentence = "there is no command \"\(word)\""
        let near = word.nearest(of: names + ["help"])
        if !near.isEmpty {
            sentence += "; did you mean \(String.alternatives(near))?"
        } else if CaptureFile.exists(word) {
            sentence += "; to read that file: tcpalive analyze \(word)"
        } else {
            sentence += "; the commands are \(names.joined(separator: ", "))"
        }
        throw ValidationError(sentence)
    }
}
