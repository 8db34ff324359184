import Analysis
import Capture
import KeepAlive
import Report
import Sockets

/// A line on the terminal that shows that a live capture is alive; where standard error is none, nothing.
struct StatusLine {
    private var line = TerminalLine()
    private var forecast = ProbeForecast()
    private var nextDraw = ContinuousClock.now + .milliseconds(500)

    /// Whether it is time to draw: twice a second.
    var isDue: Bool { line != nil && ContinuousClock.now >= nextDraw }

    /// Draws the line: what was seen, what the kernel dropped, and which probe can be expected next.
    mutating func draw(_ analysis: borrowing CaptureAnalysis, _ counters: LiveCapture.Counters) {
        nextDraw = ContinuousClock.now + .milliseconds(500)
        let columns = line?.columns ?? 0
        let now = WallClock.now
        forecast.advance(over: analysis.pipeline.tracker, at: now)
        let (summary, next) = (analysis.summary, forecast.next)
        line?.draw { $0.append(statusOf: summary, counters, next: next, at: now, columns: columns) }
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
