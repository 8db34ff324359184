package import KeepAlive
package import Wire

/// The packet comments of findings, by file and frame.
package struct FindingComments: Sendable {
    /// The sentences and their frames, sorted by frame.
    private var entries: [(frame: FrameReference, sentence: String)] = []
    private let limit: Int
    /// The number of findings without comments for lack of memory.
    package private(set) var omitted: UInt64 = 0
    /// Bytes of an entry, with its sentence, in an array that grows by doubling.
    private static let bytesPerEntry = 320

    /// No comments.
    package init() {
        limit = 0
    }

    /// The comments of the findings of `diagnoses`, as far as they fit into `memory` bytes.
    package init(_ diagnoses: borrowing some Findings & ~Copyable, memory: Int) {
        limit = memory / Self.bytesPerEntry
        diagnoses.forEachDiagnosis { diagnosis in
            for finding in diagnosis.findings { add(finding, in: diagnosis) }
        }
        sort()
    }

    /// The comments of `findings`.
    init(_ findings: [(finding: Finding, diagnosis: Diagnosis)]) {
        limit = .max
        for (finding, diagnosis) in findings { add(finding, in: diagnosis) }
        sort()
    }

    private mutating func add(_ finding: Finding, in diagnosis: Diagnosis) {
        if finding.frames.count == 0 { return }
        guard entries.count < limit else {
            omitted += 1
            return
        }
        let sentence = Self.text(of: finding, in: diagnosis)
        for frame in finding.frames.all { entries.append((frame, sentence)) }
    }

    /// Sorts by file and frame; several comments on one frame stay in the order of the findings.
    private mutating func sort() {
        // `sorted` does not promise to be stable.
        let numbered = entries.enumerated().sorted {
            ($0.element.frame.file, $0.element.frame.frame, $0.offset)
                < ($1.element.frame.file, $1.element.frame.frame, $1.offset)
        }
        entries = numbered.map(\.element)
    }

    /// Whether there are none.
    package var isEmpty: Bool { entries.isEmpty }

    /// The comments on the frames `range` of the file with index `file`, sorted by frame. A frame may have several.
    package func comments(
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

    private static func text(of finding: Finding, in diagnosis: Diagnosis) -> String {
        "tcpalive: \(finding.verdict.rawValue) (\(finding.severity.rawValue), confidence "
            + "\(finding.confidence.rawValue)): \(finding.sentence(in: diagnosis))"
    }
}
