import Capture
import Report

/// A line on the terminal that shows that a live capture is alive; where standard error is none, nothing.
struct StatusLine {
    private var line = TerminalLine()
    private var nextDraw = ContinuousClock.now + .milliseconds(500)

    /// Whether it is time to draw: twice a second.
    var isDue: Bool { line != nil && ContinuousClock.now >= nextDraw }

    /// Draws the line: what was seen, and what the kernel dropped.
    mutating func draw(_ summary: Summary, _ counters: LiveCapture.Counters) {
        nextDraw = ContinuousClock.now + .milliseconds(500)
        let columns = line?.columns ?? 0
        line?.draw { $0.append(statusOf: summary, counters, columns: columns) }
    }

    /// Makes room for results, where they go to the terminal too.
    mutating func makeRoom() {
        line?.makeRoom()
    }

    /// Takes the line away again.
    mutating func erase() {
        line?.erase()
    }
}
