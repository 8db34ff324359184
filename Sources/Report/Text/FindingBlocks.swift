package import KeepAlive
import Wire

/// The findings below the table of connections: one block each, the most severe of all connections first.
struct FindingBlocks {
    /// The number of findings that are printed, at most.
    private static let limit = 20
    /// The files to which frames refer.
    private let files: SourceFiles
    private let sockets: LocalSockets
    private let style: TextStyle
    /// The number of reported findings.
    private var count = 0
    /// The findings to print, the most severe first; findings of one severity are in order of appearance.
    private var worst: [(finding: Finding, diagnosis: Diagnosis)] = []

    /// No findings; their frames are in `files`, and `sockets` are at the ends of connections.
    init(files: SourceFiles, _ style: TextStyle = TextStyle(), sockets: LocalSockets = LocalSockets()) {
        self.files = files
        self.sockets = sockets
        self.style = style
    }

    /// Adds the findings of the next connection, except those that were `printed` before.
    mutating func add(_ diagnosis: Diagnosis, without printed: LiveFindings) {
        for finding in diagnosis.findings
        where finding.isReported(in: diagnosis) && !printed.hasPrinted(finding, in: diagnosis) {
            add(finding, in: diagnosis)
        }
    }

    /// Adds `finding` of `diagnosis`.
    mutating func add(_ finding: Finding, in diagnosis: Diagnosis) {
        count += 1
        let index = worst.firstIndex { $0.finding.severity < finding.severity } ?? worst.count
        guard index < Self.limit else { return }
        if worst.count == Self.limit { worst.removeLast() }
        worst.insert((finding, diagnosis), at: index)
    }

    /// Appends the blocks, and the number of findings without one.
    func append(to text: inout TextBuffer) {
        for (finding, diagnosis) in worst {
            text.append("\n")
            text.append(block: finding, in: diagnosis, files: files, style, sockets: sockets)
        }
        if count > worst.count {
            text.append("\n... and ")
            text.append(grouped: UInt64(count - worst.count))
            text.append(" more: use --brief or --format jsonl\n")
        }
    }
}

extension TextBuffer {
    /// Appends `finding` as a block: severity and name, sentence, advice, `sockets`, frames and Wireshark filter.
    ///
    /// The frames are in `files`.
    package mutating func append(
        block finding: Finding, in diagnosis: Diagnosis, files: SourceFiles, _ style: TextStyle = TextStyle(),
        sockets: LocalSockets = LocalSockets()
    ) {
        let start = count
        let words = "\(finding.severity.rawValue)  \(finding.verdict.rawValue)"
        style.palette.append(words, in: Palette.color(of: finding.severity), to: &self)
        append(" (stream \(diagnosis.connection.number), confidence \(finding.confidence.rawValue))\n   ")
        append("\(finding.sentence(in: diagnosis, style.names))\n")
        let advice = finding.advice(in: diagnosis)
        if !advice.isEmpty { append("   Advice: \(advice)\n") }
        append(socketsOf: diagnosis, sockets, style)
        append("   ")
        let frames = finding.frames.all
        if !frames.isEmpty {
            append(frames: frames, files: files)
            append("; ")
        }
        append("Wireshark filter: ")
        append(diagnosis.connection.wiresharkFilter(in: files))
        append("\n")
        wrap(from: start, to: style.width)
    }

    /// Appends `finding` as one line: severity, verdict, stream, confidence, ends and sentence, two spaces between them.
    mutating func append(
        line finding: Finding, in diagnosis: Diagnosis, _ style: TextStyle = TextStyle(),
        sockets: LocalSockets = LocalSockets()
    ) {
        let start = count
        let words = "\(finding.severity.rawValue)  \(finding.verdict.rawValue)"
        style.palette.append(words, in: Palette.color(of: finding.severity), to: &self)
        append("  stream \(diagnosis.connection.number)  confidence \(finding.confidence.rawValue)  ")
        style.append(diagnosis.connection.originator, to: &self)
        if let process = sockets[diagnosis, .originator]?.socket.processText { append(" (\(process))") }
        append(" > ")
        style.append(diagnosis.connection.responder, to: &self)
        if let process = sockets[diagnosis, .responder]?.socket.processText { append(" (\(process))") }
        append("  \(finding.sentence(in: diagnosis, style.names))\n")
        wrap(from: start, to: style.width, hanging: 3)
    }

    /// Appends the numbers of `frames`: `Frames 12, 15`. With several `files`, the file name follows the last frame of each
    /// file.
    mutating func append(frames: [FrameReference], files: SourceFiles) {
        append(frames.count == 1 ? "Frame " : "Frames ")
        for (index, frame) in frames.enumerated() {
            if index > 0 { append(", ") }
            append(frame.frame)
            let isLastOfFile = index + 1 == frames.count || frames[index + 1].file != frame.file
            guard files.names.count > 1, isLastOfFile, let file = files.name(of: frame) else { continue }
            append(" of ")
            append(printable: displayName(file))
        }
    }
}
