import Analysis
import Capture
import KeepAlive
import Platform
import Report
import Wire

/// Saved captures that are read from end to end as one: again, where what is written of a packet depends on later ones.
struct SavedCaptures {
    /// The files, in order.
    let files: [String]
    /// The files, opened.
    private let inputs: CaptureInputs
    /// How they are analysed.
    private let settings: AnalysisSettings

    /// `files`, which `inputs` opens, analysed as `settings` say.
    init(files: [String], inputs: CaptureInputs, _ settings: AnalysisSettings) {
        self.files = files
        self.inputs = inputs
        self.settings = settings
    }

    /// Whether `file` can be read twice: standard input and pipes can not.
    static func isRereadable(_ file: String) -> Bool {
        file != "-" && CaptureFile.isRegular(file)
    }

    /// Reads all files, up to `packetLimit` packets, and calls `body` after each batch; returns the analysis at its end.
    ///
    /// Throws if a signal asks it to stop, unless `onWhenStopping`.
    func read(
        packetLimit: UInt64?, tracksOrigins: Bool = false, onWhenStopping: Bool = false,
        _ body: (borrowing CaptureFile, inout CaptureAnalysis) throws -> Void
    ) throws -> CaptureAnalysis {
        var settings = settings
        settings.packetLimit = packetLimit
        settings.tracksOrigins = tracksOrigins
        var analysis = CaptureAnalysis(settings)
        for path in files where !analysis.isDone {
            var file = try inputs.open(path)
            var progress = Progress(of: path)
            analysis.begin(path)
            defer {
                progress.erase()
                analysis.end(file)
            }
            while try analysis.advance(&file) {
                if Signals.isStopping, !onWhenStopping {
                    throw CaptureError(.interrupted, "interrupted: nothing is written")
                }
                if progress.isDue { progress.draw(done: file.bytesRead, total: file.bytesTotal) }
                try body(file, &analysis)
            }
        }
        return analysis
    }

    /// Reads again what was read before, with the result `before`, and calls `body` after each batch.
    ///
    /// Throws if that finds something else, because the files have changed meanwhile. A file may have grown: no more is read.
    func readAgain(
        after before: Summary, tracksOrigins: Bool = false, onWhenStopping: Bool = false,
        _ body: (borrowing CaptureFile, inout CaptureAnalysis) throws -> Void
    ) throws {
        let again = try read(
            packetLimit: before.tally.packets, tracksOrigins: tracksOrigins, onWhenStopping: onWhenStopping, body
        ).summary
        if again.tally == before.tally, again.counts == before.counts { return }
        let names = files.joined(separator: ", ")
        throw CaptureError(
            .changed,
            "\(names): changed while it was read, \(before.tally.packets) packets and then "
                + "\(again.tally.packets) packets: nothing is written. Copy the capture, and read the copy")
    }
}
