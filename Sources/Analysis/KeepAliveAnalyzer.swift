import Capture
public import KeepAlive
public import Report
public import Wire

/// Marks keep-alives and explains how connections ended: the whole analysis in one value, for programs.
///
/// Feed it files, packets or segments in the order of time; it returns the events as they happen, and the findings about all
/// connections so far on demand.
public struct KeepAliveAnalyzer: ~Copyable {
    private var analysis: CaptureAnalysis
    private var packets = PacketBatch()
    private var nextFrame: UInt64 = 1

    /// An analyzer before its first packet.
    public init(_ settings: AnalysisSettings = AnalysisSettings()) {
        analysis = CaptureAnalysis(settings)
    }

    /// Reads the capture at `path` (`-`: standard input) to its end and calls `body` with each event.
    ///
    /// `filter` is a BPF expression (pcap-filter(7)); nil: all packets. Throws if the file cannot be opened or read, or
    /// what `body` throws. A damaged file is read up to the damage, which `summary` names.
    public mutating func read(
        _ path: String, filter: String? = nil, _ body: (SegmentEvent) throws -> Void = { _ in }
    ) throws {
        var file = try CaptureFile(path: path, filter: filter)
        analysis.begin(path)
        defer { analysis.end(file) }
        while try analysis.advance(&file) {
            for event in analysis.events { try body(event) }
        }
    }

    /// Adds one packet with the captured bytes `packet`, which begin with a header of `linkType`; returns its events.
    ///
    /// `time` is when it was captured (ns since 1970), `originalLength` its length on the wire in bytes; nil: all of it was
    /// captured. Packets count as frames from 1.
    public mutating func add(
        _ packet: some Collection<UInt8>, at time: Int64, linkType: LinkType = .ethernet, originalLength: Int? = nil
    ) -> [SegmentEvent] {
        packets.removeAll()
        packets.firstFrame = nextFrame
        nextFrame += 1
        packets.append(packet, time: time, linkType: linkType, originalLength: originalLength)
        analysis.advance(&packets)
        return analysis.events
    }

    /// Adds segments that were decoded or made elsewhere; returns their events.
    public mutating func add(_ segments: [Segment]) -> [SegmentEvent] {
        analysis.advance(SegmentBatch(segments))
        return analysis.events
    }

    /// What is found about the connections so far, in order of appearance: notable ones, or all with
    /// `AnalysisSettings.keepsAll`.
    public var diagnoses: [Diagnosis] { analysis.diagnoses }

    /// The same findings one by one, in words.
    public var findings: [FindingInWords] {
        var findings: [FindingInWords] = []
        analysis.forEachDiagnosis { diagnosis in
            for finding in diagnosis.findings { findings.append(FindingInWords(finding, in: diagnosis)) }
        }
        return findings
    }

    /// The idle timeouts of paths, that the connections show.
    public var paths: [PathTimeout] { analysis.paths }

    /// What was read so far.
    public var summary: Summary { analysis.summary }
}
