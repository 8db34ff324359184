import ArgumentParser
import Capture
import Platform
import Report
import Sockets

/// The exit statuses of every subcommand; 64, for usage, is ArgumentParser's own.
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
    } catch let error as SystemError {
        complain(error.description)
        throw ExitStatus.couldNotRun
    } catch OutputError.closed {
        // The reader has seen enough, like `head`.
    } catch OutputError.failed(let sentence) {
        complain(sentence)
        throw ExitStatus.couldNotRun
    }
}

/// Says `sentence` on standard error.
func complain(_ sentence: String) {
    // If standard error itself fails, there is nowhere to report that.
    var text = TextBuffer()
    text.append("tcpalive: ")
    text.append(printable: sentence)
    text.append("\n")
    try? OutputDescriptor.standardError.write(text.bytes)
}
