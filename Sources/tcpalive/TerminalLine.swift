import Capture
import Report

/// One line at the bottom of the terminal that is drawn over again and again: standard error, where that is a terminal.
struct TerminalLine {
    private let terminal: OutputDescriptor
    private var isDrawn = false
    private let isSharingTerminal = OutputDescriptor.standardOutput.isTerminal

    /// The line; nil where standard error is no terminal.
    init?() {
        guard OutputDescriptor.standardError.isTerminal else { return nil }
        terminal = .standardError
    }

    /// Columns that a line may have without being wrapped.
    var columns: Int { terminal.columns - 1 }

    /// Draws what `body` appends in place of what was drawn before.
    mutating func draw(_ body: (inout TextBuffer) -> Void) {
        isDrawn = true
        var text = TextBuffer()
        text.append(Self.erasure)
        body(&text)
        // A terminal that becomes narrower may break the line into several: the cursor stays with its first character.
        text.append("\r")
        try? terminal.write(text.bytes)
    }

    /// Makes room for results, where they go to the terminal too.
    mutating func makeRoom() {
        if isSharingTerminal { erase() }
    }

    /// Takes the line away again.
    mutating func erase() {
        guard isDrawn else { return }
        isDrawn = false
        try? terminal.write(Array(Self.erasure.utf8))
    }

    /// To the first column, and erase to the end of the screen (ECMA-48 ED): all rows that the line takes by now.
    private static let erasure = "\r\u{1B}[J"
}
