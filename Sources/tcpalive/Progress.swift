import Report

/// A line on the terminal that tells how far a long reading is; where standard error is none, nothing.
struct Progress {
    private let file: String
    private var line = TerminalLine()
    private let start = ContinuousClock.now
    private var nextDraw: ContinuousClock.Instant

    /// The progress of reading `file`, shown once that has taken half a second.
    init(of file: String) {
        self.file = file
        nextDraw = start + .milliseconds(500)
    }

    /// Whether it is time to draw.
    var isDue: Bool { line != nil && ContinuousClock.now >= nextDraw }

    /// Draws the line: `done` bytes of `total` are read.
    mutating func draw(done: UInt64, total: UInt64?) {
        let now = ContinuousClock.now
        nextDraw = now + .milliseconds(100)
        let columns = line?.columns ?? 0
        let (file, elapsed) = (file, now - start)
        line?.draw {
            $0.append(progressOf: file, done: done, total: total, elapsed: elapsed, columns: columns)
        }
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
