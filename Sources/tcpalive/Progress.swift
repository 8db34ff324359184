import Capture
import Report

/// A line on the terminal that tells how far a long reading is; where standard error is none, nothing.
struct Progress {
    private let file: String
    private let terminal: OutputDescriptor?
    private let start = ContinuousClock.now
    private var nextDraw: ContinuousClock.Instant
    private var isDrawn = false
    private let isSharingTerminal = OutputDescriptor.standardOutput.isTerminal

    /// The progress of reading `file`, shown once that has taken half a second.
    init(of file: String) {
        self.file = file
        terminal = OutputDescriptor.standardError.isTerminal ? .standardError : nil
        nextDraw = start + .milliseconds(500)
    }

    /// Whether it is time to draw.
    var isDue: Bool { terminal != nil && ContinuousClock.now >= nextDraw }

    /// Draws the line: `done` octets of `total` are read.
    mutating func draw(done: UInt64, total: UInt64?) {
        guard let terminal else { return }
        let now = ContinuousClock.now
        nextDraw = now + .milliseconds(100)
        isDrawn = true
        var text = TextBuffer()
        text.append(Self.erasure)
        text.append(
            progressOf: file, done: done, total: total, elapsed: now - start, columns: terminal.columns - 1)
        try? terminal.write(text.octets)
    }

    /// Makes room for results, where they go to the terminal too.
    mutating func makeRoom() {
        if isSharingTerminal { erase() }
    }

    /// Takes the line away again.
    mutating func erase() {
        guard isDrawn, let terminal else { return }
        isDrawn = false
        try? terminal.write(Array(Self.erasure.utf8))
    }

    /// To the first column, and erase to the end of the line (ECMA-48 EL).
    private static let erasure = "\r\u{1B}[K"
}
