import Foundation
import Testing
import Wire

@testable import KeepAlive
@testable import Report

@Suite("JUnit files")
struct JUnitTextTests {
    /// A connection on which the client sends two probes, 15 s apart, and gives up.
    private static func givenUp() -> [Diagnosis] {
        var tracker = ConnectionTracker(seed: 1)
        var batch = SegmentBatch()
        var events: [SegmentEvent] = []
        let server = Endpoint(IPAddress(v4: 0xC000_0201), 443)
        let steps: [(second: Int64, sequence: UInt32, acknowledgment: UInt32, flags: TCPFlags, isServer: Bool)] = [
            (0, 999, 0, .syn, false), (0, 4999, 1000, [.syn, .ack], true), (0, 1000, 5000, .ack, false),
            (60, 999, 5000, .ack, false), (75, 999, 5000, .ack, false), (90, 1000, 5000, [.rst, .ack], false),
        ]
        for step in steps {
            var segment = Segment(
                time: step.second * 1_000_000_000, source: step.isServer ? server : Samples.client,
                destination: step.isServer ? Samples.client : server)
            segment.sequence = SequenceNumber(step.sequence)
            segment.acknowledgment = SequenceNumber(step.acknowledgment)
            (segment.flags, segment.window, segment.timeToLive) = (step.flags, 1000, 64)
            segment.identification = UInt16(step.second)
            batch.append(segment)
        }
        tracker.track(batch, events: &events)
        return tracker.diagnoses(all: true)
    }

    private static func xml(_ findings: [Diagnosis], atLeast severity: Severity, files: SourceFiles = ["a.pcap"])
        -> String
    {
        Samples.text { $0.append(junit: [], FailedFindings(findings, atLeast: severity, files: files)) }
    }

    @Test("A finding at or above the level is a failed case with its sentence, in a suite of its connection")
    func failed() throws {
        let findings = Self.givenUp()
        let diagnosis = try #require(findings.first)
        let finding = diagnosis.primary
        #expect(finding.verdict == .peerDead)
        let document = Self.xml(findings, atLeast: finding.severity)
        #expect(
            document.contains("<testsuite name=\"tcpalive stream 0: 192.0.2.10:40000 &gt; 192.0.2.1:443\" tests=\"1\""))
        #expect(document.contains("<testcase classname=\"tcpalive\" name=\"peer_dead\"><failure message=\""))
        let sentence = finding.sentence(in: diagnosis)
        #expect(document.contains("message=\"\(sentence)\">failure  peer_dead (stream 0,"))
        #expect(document.contains("Wireshark filter: tcp.stream eq 0\n</failure></testcase>\n"))
    }

    @Test("Without a failed finding there is one case, which passes")
    func passed() {
        let document = Self.xml([Samples.diagnosis()], atLeast: .notice)
        #expect(document.contains("tests=\"1\" failures=\"0\""))
        #expect(
            document.contains("name=\"no finding of severity notice or above\"/>") && !document.contains("<failure"))
    }

    @Test("Verifications and findings have separate suites")
    func both() {
        let verified = ProbeVerification(
            prober: nil, peer: nil,
            verification: Verification(
                of: ConnectionSide(), peer: ConnectionSide(),
                expecting: Verification.Expectation(idle: 60, interval: 15, count: 4), ending: nil, kernelProbes: nil))
        let failed = FailedFindings(Self.givenUp(), atLeast: .warning, files: ["a.pcap"])
        let document = Samples.text { $0.append(junit: [verified], failed) }
        #expect(document.ranges(of: "<testsuite ").count == 2 && document.ranges(of: "</testsuite>").count == 2)
        #expect(document.hasPrefix("<?xml") && document.hasSuffix("</testsuites>\n"))
        let alone = Samples.text { $0.append(junit: [verified]) }
        #expect(alone.ranges(of: "<testsuite ").count == 1)
    }

    @Test("File names cannot add markup to the document")
    func hostile() {
        let finding = Samples.finding(.peerDead, frames: [(1, 3)])
        let files: SourceFiles = ["a.pcap", "]]><x>\"&\u{1B}.pcap"]
        let block = Samples.text { $0.append(block: finding, in: Samples.diagnosis(), files: files) }
        #expect(block.contains("Frame 3 of ]]><x>\"&\\x1b.pcap"))
        let escaped = Samples.text { $0.append(markup: block) }
        #expect(escaped.contains("Frame 3 of ]]&gt;&lt;x&gt;&quot;&amp;\\x1b.pcap"))
    }
}
