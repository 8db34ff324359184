public import KeepAlive
import Wire

/// The findings in words, below the table of connections: a block each, the most severe first over all connections.
struct FindingsText {
    /// Findings that are printed; of more, the first of the most severe.
    private static let limit = 20
    /// The files that frames refer to.
    private let files: SourceFiles
    /// Findings so far that are reported, and those to print, in their order.
    private var count = 0
    private var worst: [(finding: Finding, diagnosis: Diagnosis)] = []

    /// No findings yet; their frames are in `files`.
    init(files: SourceFiles) {
        self.files = files
    }

    /// Takes the findings of the next connection, except those that were `printed` before.
    mutating func take(_ diagnosis: Diagnosis, without printed: LiveFindings) {
        for finding in diagnosis.findings
        where finding.isReported(in: diagnosis) && !printed.hasPrinted(finding, in: diagnosis) {
            take(finding, in: diagnosis)
        }
    }

    /// Takes `finding` of `diagnosis`.
    mutating func take(_ finding: Finding, in diagnosis: Diagnosis) {
        count += 1
        // Of equals the first one stays first.
        let index = worst.firstIndex { $0.finding.severity < finding.severity } ?? worst.count
        guard index < Self.limit else { return }
        if worst.count == Self.limit { worst.removeLast() }
        worst.insert((finding, diagnosis), at: index)
    }

    /// Appends the blocks, and how many findings are left out.
    func append(to text: inout TextBuffer) {
        for (finding, diagnosis) in worst {
            text.append("\n")
            text.append(block: finding, in: diagnosis, files: files)
        }
        if count > worst.count { text.append("\n... and \(count - worst.count) more: use --format jsonl\n") }
    }
}

extension TextBuffer {
    /// Appends `finding` as a block: severity and name, the sentence, the advice, and where to look in Wireshark.
    ///
    /// Its frames are in `files`.
    public mutating func append(block finding: Finding, in diagnosis: Diagnosis, files: SourceFiles) {
        append("\(finding.severity.rawValue)  \(finding.verdict.rawValue)")
        append(" (stream \(diagnosis.connection.number), confidence \(finding.confidence.rawValue))\n   ")
        append(sentenceOf: finding, in: diagnosis)
        append("\n")
        let advice = finding.advice(in: diagnosis)
        if !advice.isEmpty { append("   Advice: \(advice)\n") }
        append("   ")
        let frames = finding.frames.all
        if !frames.isEmpty {
            append(frames: frames, files: files)
            append("; ")
        }
        append("Wireshark filter: ")
        append(diagnosis.connection.wiresharkFilter(in: files))
        append("\n")
    }

    /// Appends `frames` by their numbers: `Frames 12, 15`; with several `files`, also the file of each run of frames.
    mutating func append(frames: [FrameReference], files: SourceFiles) {
        append(frames.count == 1 ? "Frame " : "Frames ")
        for (index, frame) in frames.enumerated() {
            if index > 0 { append(", ") }
            append(frame.frame)
            let isLastOfFile = index + 1 == frames.count || frames[index + 1].file != frame.file
            guard files.names.count > 1, isLastOfFile, let file = files.name(of: frame) else { continue }
            append(" of ")
            append(printable: nameForPeople(file))
        }
    }
}
