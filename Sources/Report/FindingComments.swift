public import KeepAlive

/// The comments that findings put on the packets that show them, by file and frame.
public struct FindingComments: Sendable {
    /// The sentences on each frame, in the order of their frames.
    private var entries: [(frame: FrameReference, sentence: String)] = []

    /// The comments of no finding.
    public init() {}

    /// The comments of the findings of `diagnoses`.
    public init(_ diagnoses: borrowing some Findings & ~Copyable) {
        diagnoses.forEachDiagnosis { diagnosis in
            for finding in diagnosis.findings where finding.frames.count > 0 {
                let sentence = Self.words(for: finding, in: diagnosis)
                for frame in finding.frames.all { entries.append((frame, sentence)) }
            }
        }
        entries.sort { Self.isBefore($0.frame, $1.frame) }
    }

    /// Whether there are none.
    public var isEmpty: Bool { entries.isEmpty }

    /// The comments on the frames `range` of the file with number `file`, in the order of their frames. A frame may have
    /// several.
    public func comments(
        file: Int, frames range: ClosedRange<UInt64>
    ) -> some Sequence<(frame: FrameReference, sentence: String)> {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            let frame = entries[middle].frame
            if (frame.file, frame.frame) < (file, range.lowerBound) { low = middle + 1 } else { high = middle }
        }
        return entries[low...].prefix { $0.frame.file == file && $0.frame.frame <= range.upperBound }
    }

    private static func isBefore(_ left: FrameReference, _ right: FrameReference) -> Bool {
        (left.file, left.frame) < (right.file, right.frame)
    }

    private static func words(for finding: Finding, in diagnosis: Diagnosis) -> String {
        var text = TextBuffer()
        text.append("tcpalive: \(finding.verdict.rawValue) (\(finding.severity.rawValue), confidence ")
        text.append("\(finding.confidence.rawValue)): ")
        text.append(sentenceOf: finding, in: diagnosis)
        return text.string
    }
}
