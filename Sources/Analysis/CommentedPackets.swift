package import Capture
package import KeepAlive
package import Platform
import Report
import Wire

/// Writes packets of an analysis to a pcapng file, with comments on those of events and findings.
package struct CommentedPackets {
    /// What the comments say about connections.
    private let conclusions: Conclusions
    private var comments = PacketComments()
    private var chosen: [Int] = []

    /// A writer whose comments include `conclusions`.
    package init(_ conclusions: Conclusions = Conclusions()) {
        self.conclusions = conclusions
    }

    /// Writes the packets that `analysis` read last to `writer`, if there is one. Throws if it cannot be written.
    package mutating func write(
        _ analysis: borrowing CaptureAnalysis, to writer: inout PcapngWriter?
    ) throws(OutputError) {
        if writer == nil { return }
        comment(on: analysis, evidence(in: analysis))
        try writer?.write(analysis.pipeline.batch, comments: comments)
    }

    /// Writes those packets of the last batch that belong to `selection` or show a finding; returns how many these are.
    package mutating func write(
        _ selection: inout ExtractSelection, of analysis: borrowing CaptureAnalysis, to writer: inout PcapngWriter?
    ) throws(OutputError) -> Int {
        chosen.removeAll(keepingCapacity: true)
        selection.choose(
            analysis.pipeline.segments, analysis.pipeline.origins, analysis.events,
            packets: analysis.pipeline.batch.records.count, into: &chosen)
        let evidence = evidence(in: analysis)
        if !evidence.isEmpty { chosen = Set(chosen).union(evidence.map(\.record)).sorted() }
        comment(on: analysis, evidence)
        try writer?.write(analysis.pipeline.batch, chosen: chosen, comments: comments)
        return chosen.count
    }

    /// The packets of the last batch that show findings, by their index, with the sentences of these findings.
    private func evidence(in analysis: borrowing CaptureAnalysis) -> [(record: Int, sentence: String)] {
        let records = analysis.pipeline.batch.records
        guard !conclusions.comments.isEmpty, let first = records.first, let last = records.last else { return [] }
        let frames = analysis.pipeline.batch.frame(of: first)...analysis.pipeline.batch.frame(of: last)
        var evidence: [(record: Int, sentence: String)] = []
        var index = 0
        for (frame, sentence) in conclusions.comments.comments(file: analysis.file, frames: frames) {
            func frameAtIndex() -> UInt64 { analysis.pipeline.batch.frame(of: records[index]) }
            while index < records.count, frameAtIndex() < frame.frame { index += 1 }
            // A filter may have left it out.
            guard index < records.count, frameAtIndex() == frame.frame else { continue }
            evidence.append((index, sentence))
        }
        return evidence
    }

    /// Prepares the comments on the last batch, in the order of its packets.
    private mutating func comment(
        on analysis: borrowing CaptureAnalysis, _ evidence: [(record: Int, sentence: String)]
    ) {
        comments.removeAll()
        var evidence = evidence[...]
        for event in analysis.events {
            while let next = evidence.first, next.record < Int(event.segment.record) {
                comments.append(sentence: next.sentence, on: next.record)
                evidence.removeFirst()
            }
            comments.append(event, verdict: conclusions.verdicts[event.connection])
        }
        for next in evidence { comments.append(sentence: next.sentence, on: next.record) }
    }
}
