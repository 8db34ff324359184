import Analysis
import Capture
import KeepAlive
import Platform
import Report

/// A line at the bottom of the terminal with the state of a live capture; nothing if standard error is not a terminal.
struct StatusLine {
    private var line: TerminalLine?
    private var forecast = ProbeForecast()
    private var nextDraw = ContinuousClock.now + .milliseconds(500)

    /// A status line that is erased before results, if those go to `descriptor`, a terminal.
    init(sharingTerminalWith descriptor: OutputDescriptor) {
        line = TerminalLine(sharingTerminalWith: descriptor)
    }

    /// Whether it is time to draw: twice a second.
    var isDue: Bool { line != nil && ContinuousClock.now >= nextDraw }

    /// Draws the line: the packets so far, those that the kernel dropped, and the next expected probe.
    mutating func draw(_ analysis: borrowing CaptureAnalysis, _ counters: LiveCapture.Counters) {
        nextDraw = ContinuousClock.now + .milliseconds(500)
        let columns = line?.columns ?? 0
        let now = WallClock.now
        forecast.advance(over: analysis.pipeline.tracker, at: now)
        let (summary, next) = (analysis.summary, forecast.next)
        line?.draw {
            $0.append(statusOf: summary, dropped: counters.droppedByKernel, next: next, at: now, columns: columns)
        }
    }

    /// Erases the line before results are printed, if they go to the terminal too.
    mutating func makeRoom() {
        line?.makeRoom()
    }

    /// Erases the line.
    mutating func erase() {
        line?.erase()
    }
}
