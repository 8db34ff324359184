import Foundation
import Sockets
import Testing
import Wire

@testable import KeepAlive
@testable import Report

@Suite("Findings in JSON")
struct FindingRecordTests {
    private typealias Object = [String: Any]

    /// The definition `name` of the schema.
    private static func definition(_ name: String) throws -> Object {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let schema = try Data(contentsOf: root.appendingPathComponent("Sources/Report/tcpalive.schema.json"))
        let document = try #require(JSONSerialization.jsonObject(with: schema) as? Object)
        return try #require((document["$defs"] as? Object)?[name] as? Object)
    }

    private static func object(_ write: (inout TextBuffer) -> Void) throws -> Object {
        try #require(JSONSerialization.jsonObject(with: Data(Samples.text(write).utf8)) as? Object)
    }

    /// A finding with all details.
    private static var full: Finding {
        var finding = Samples.finding(.tooLateForPath, frames: [(0, 12), (1, 15)])
        finding.details.idle = 350_000_000_001
        finding.details.duration = 45_000_000_000
        finding.details.count = 4
        finding.details.distances = Finding.Distances(foreign: 63, own: 57)
        finding.details.alternative = .sharedAddress
        return finding
    }

    private static func expectMembers(of object: Object, in definition: Object) throws {
        let properties = try #require(definition["properties"] as? Object)
        let required = try #require(definition["required"] as? [String])
        #expect(Set(object.keys).isSubset(of: properties.keys))
        #expect(Set(required).isSubset(of: object.keys))
    }

    @Test("A finding has the members of the schema, and its frames have file names")
    func record() throws {
        let diagnosis = Samples.diagnosis()
        var sockets = LocalSockets()
        for (end, process) in [(Samples.client, 7 as Int32), (Samples.server, 8)] {
            _ = sockets.update(
                LocalSockets.End(diagnosis.connection.number, end),
                InspectedSocket(cookie: 1, process: process, program: "x"), at: 0)
        }
        let object = try Self.object {
            $0.appendRecord(
                Self.full, in: diagnosis, at: 5_000_000_006, files: ["a.pcap", "b.pcap"], sockets: sockets)
        }
        let definition = try Self.definition("finding")
        try Self.expectMembers(of: object, in: definition)
        let properties = Set(try #require(definition["properties"] as? Object).keys)
        #expect(Set(object.keys).union(["advice", "tcp_stream"]) == properties)
        #expect(object["type"] as? String == "tcpalive.finding/2" && object["name"] as? String == "too_late_for_path")
        #expect(object["ts_ns"] as? Int == 5_000_000_006 && object["ts"] as? String == "1970-01-01T00:00:05.000000006Z")
        #expect(object["idle_ns"] as? Int == 350_000_000_001 && object["duration_ns"] as? Int == 45_000_000_000)
        #expect(object["responder_pid"] as? Int == 8 && object["originator_process"] as? String == "x")
        #expect(object["count"] as? Int == 4 && object["ttl"] as? Int == 63 && object["ttl_own"] as? Int == 57)
        #expect(object["alternative"] as? String == "shared_address" && object["end"] as? String == "originator")
        #expect(object["originator_ip"] as? String == "192.0.2.10" && object["responder_port"] as? Int == 443)
        #expect(object["sentence"] as? String == Self.full.sentence(in: diagnosis))
        let frames = try #require(object["frames"] as? [Object])
        #expect(frames.map { $0["frame"] as? Int } == [12, 15])
        #expect(frames.map { $0["file"] as? String } == ["a.pcap", "b.pcap"])
    }

    @Test("A connection has its findings, and the first is the verdict")
    func connection() throws {
        let diagnosis = Samples.diagnosis()
        let object = try Self.object { $0.appendRecord(diagnosis, files: ["a.pcap"]) }
        try Self.expectMembers(of: object, in: Self.definition("connection"))
        let findings = try #require(object["findings"] as? [Object])
        #expect(findings.count == diagnosis.findings.count)
        let first = try #require(findings.first)
        try Self.expectMembers(of: first, in: Self.definition("a_finding"))
        #expect(first["filter"] as? String == "tcp.stream eq 3")
        for (name, verdictName) in [
            ("name", "verdict"), ("severity", "severity"), ("confidence", "confidence"), ("sentence", "sentence"),
        ] { #expect(first[name] as? String == object[verdictName] as? String) }
    }

    @Test("The schema has every verdict, severity, confidence, alternative and kind")
    func names() throws {
        for definition in ["finding", "a_finding"] {
            let properties = try #require(try Self.definition(definition)["properties"] as? Object)
            let values = { (name: String) in Set((properties[name] as? Object)?["enum"] as? [String] ?? []) }
            #expect(values("name") == Set(Verdict.allCases.map(\.rawValue)))
            #expect(values("severity") == Set(Severity.allCases.map(\.rawValue)))
            #expect(values("confidence") == Set(Confidence.allCases.map(\.rawValue)))
            let alternatives: [Finding.Alternative] = [
                .oneDirection, .incompleteCapture, .peerDied, .peerRestarted, .pathForgot, .routeChange,
                .applicationAbort, .countOfOne, .slowProtocol, .timeWait, .sharedAddress, .beganMidway, .missingPackets,
                .otherFailure, .pathDevice, .evicted,
            ]
            #expect(values("alternative") == Set(alternatives.map(\.name)))
        }
        let kinds = try #require(try Self.definition("event")["properties"] as? Object)["kind"] as? Object
        #expect(Set(SegmentKind.allCases.map(\.name)).isSubset(of: kinds?["enum"] as? [String] ?? []))
    }

    @Test("A live report has a block or a record for each finding")
    func live() throws {
        let diagnosis = Samples.diagnosis()
        let finding = Samples.finding(.peerDead, frames: [(0, 9)])
        for (format, expected) in [
            (ReportFormat.text, Samples.text { $0.append(block: finding, in: diagnosis, files: ["eth0"]) }),
            (.jsonl, Samples.text { $0.appendRecord(finding, in: diagnosis, at: 7, files: ["eth0"]) } + "\n"),
            (.json, ""), (.marks, ""),
        ] {
            var reporter = Reporter(format: format, to: Output(to: nil))
            try reporter.begin(file: "eth0")
            try reporter.finding(finding, in: diagnosis, at: 7)
            #expect(reporter.pendingText == expected)
        }
    }
}
