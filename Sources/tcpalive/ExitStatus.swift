import ArgumentParser
import Capture
import Platform
import Report
import Sandbox
import Sockets

/// The exit statuses of all subcommands.
enum ExitStatus {
    /// The command could not do what it was asked to.
    static let couldNotRun = ExitCode(2)
    /// A check failed.
    static let failedExpectation = ExitCode(1)
    /// The input is damaged or cut: what could be read was reported.
    static let damagedInput = ExitCode(3)
    /// Packets were dropped: what is reported may lack some.
    static let inconclusive = ExitCode(4)
    /// The connection timed out: the peer did not answer.
    static let timedOut = ExitCode(10)
    /// The connection was reset by the peer.
    static let reset = ExitCode(11)
    /// The peer could not be reached any more.
    static let unreachable = ExitCode(12)
    /// No connection came about.
    static let couldNotConnect = ExitCode(13)
    /// The program of `run` was found, and could not be started.
    static let notExecutable = ExitCode(126)
    /// The program of `run` was not found.
    static let notFound = ExitCode(127)
    /// The command line is wrong.
    static let usage = ExitCode.validationFailure

    /// What each status means, in the words of all help texts.
    private static let meanings: [(status: ExitCode, words: String)] = [
        (.success, "success"),
        (failedExpectation, "a finding at or above --fail-on, or a failed check (--expect, --verify)"),
        (couldNotRun, "cannot start or continue; the error says why"),
        (damagedInput, "damaged input; the readable part was used"),
        (inconclusive, "packets were dropped, memory was short, or nothing could be checked"),
        (timedOut, "timed out: the peer did not answer (ETIMEDOUT)"),
        (reset, "reset by the peer (ECONNRESET)"),
        (unreachable, "unreachable, with data in flight (EHOSTUNREACH, ENETUNREACH)"),
        (couldNotConnect, "could not connect: unknown name, refused, no answer"),
        (usage, "invalid usage"),
        (notExecutable, "run: the program could not be started"),
        (notFound, "run: the program was not found"),
    ]

    /// The section of a help text on the exit statuses: those of success and usage, and `others`; nil: all.
    static func help(_ others: [ExitCode]? = nil) -> String {
        let lines = meanings.filter {
            others?.contains($0.status) ?? true || $0.status == .success || $0.status == usage
        }
        .map { entry in
            let number = String(entry.status.rawValue)
            return "  \(number)\(String(repeating: " ", count: 4 - number.utf8.count))\(entry.words)"
        }
        return (["Exit status:"] + lines).joined(separator: "\n")
    }
}

/// Runs the `body` of a subcommand; an error becomes a sentence on standard error and an exit status.
func exitingOnFailure(_ body: () throws -> Void) throws {
    do {
        try body()
    } catch let error as CaptureError {
        complain(error.description)
        throw ExitStatus.couldNotRun
    } catch let error as SocketError {
        complain(error.description)
        throw ExitStatus.couldNotRun
    } catch let error as SandboxError {
        complain(error.description)
        throw ExitStatus.couldNotRun
    } catch let error as SystemError {
        complain(error.description)
        throw ExitStatus.couldNotRun
    } catch let error as TerminalError {
        complain(error.description)
        throw ExitStatus.couldNotRun
    } catch OutputError.closed {
        // The reader has seen enough, like `head`.
    } catch OutputError.failed(let sentence) {
        complain(sentence)
        throw ExitStatus.couldNotRun
    }
}

/// Prints an error, one sentence, on standard error.
func complain(_ sentence: String) {
    write(lines: [errorPrefix + sentence])
}

/// Prints a notice, one sentence that is no error, on standard error.
func inform(_ sentence: String) {
    write(lines: ["tcpalive: " + sentence])
}

/// What each error begins with.
let errorPrefix = "tcpalive: error: "

/// Writes `lines` to standard error, without control characters, and wrapped if it is a terminal.
func write(lines: [String]) {
    let output = OutputDescriptor.standardError
    var text = TextBuffer()
    for line in lines {
        text.append(printable: line)
        text.append("\n")
    }
    text.wrap(from: 0, to: output.isTerminal ? output.columns : nil, hanging: 3)
    // If standard error itself fails, there is nowhere to report that.
    try? output.write(text.bytes)
}
