import Report

/// A progress line on the terminal while a file is read; nothing if standard error is not a terminal.
struct Progress {
    private let file: String
    private var line = TerminalLine()
    private let start = ContinuousClock.now
    private var nextDraw: ContinuousClock.Instant

    /// The progress of reading `file`, shown after half a second.
    init(of file: String) {
        self.file = file
        nextDraw = start + .milliseconds(500)
    }

    /// Whether it is time to draw.
    var isDue: Bool { line != nil && ContinuousClock.now >= nextDraw }

    /// Draws the line: `done` of `total` bytes (nil: not known) are read.
    mutating func draw(done: UInt64, total: UInt64?) {
        let now = ContinuousClock.now
        nextDraw = now + .milliseconds(100)
        let columns = line?.columns ?? 0
        let (file, elapsed) = (file, now - start)
        line?.draw {
            $0.append(progressOf: file, done: done, total: total, elapsed: elapsed, columns: columns)
        }
    }

    /// Clears the line before results that go to the same terminal.
    mutating func makeRoom() {
        line?.makeRoom()
    }

    /// Erases the line.
    mutating func erase() {
        line?.erase()
    }
}
