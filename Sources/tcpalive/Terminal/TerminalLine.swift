import Platform
import Report

/// A line at the bottom of the terminal on standard error that is drawn again and again.
struct TerminalLine {
    private let terminal: OutputDescriptor
    private var isDrawn = false
    private let isSharingTerminal: Bool

    /// The line, where results go to `descriptor`; nil if standard error is not a terminal.
    init?(sharingTerminalWith descriptor: OutputDescriptor = .standardOutput) {
        guard OutputDescriptor.standardError.isTerminal else { return nil }
        isSharingTerminal = descriptor.isTerminal
        terminal = .standardError
    }

    /// The maximum columns of a line that the terminal does not wrap.
    var columns: Int { terminal.columns - 1 }

    /// Draws what `body` appends instead of the line before.
    mutating func draw(_ body: (inout TextBuffer) -> Void) {
        isDrawn = true
        var text = TextBuffer()
        text.append(Self.erasure)
        body(&text)
        // A terminal that becomes narrower may wrap the line into several rows: the cursor stays at its first
        // character.
        text.append("\r")
        try? terminal.write(text.bytes)
    }

    /// Erases the line before results are printed, if they go to the terminal too.
    mutating func makeRoom() {
        if isSharingTerminal { erase() }
    }

    /// Erases the line.
    mutating func erase() {
        guard isDrawn else { return }
        isDrawn = false
        try? terminal.write(Array(Self.erasure.utf8))
    }

    /// Moves to the first column and erases to the end of the screen (ECMA-48 ED), so all rows of a wrapped line.
    private static let erasure = "\r\u{1B}[J"
}
