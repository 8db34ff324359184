import Foundation
import Testing

/// A light capture against the whole one, on the same traffic.
@Suite("Light captures")
struct LightTests {
    /// A segment that is told, as far as it is compared.
    private struct Event: Decodable, Equatable {
        var frame: UInt64
        var kind: String
        var marks: [String]
        var gap_s: Double?
        var unanswered: UInt64?
    }

    /// A connection likewise.
    private struct Connection: Decodable {
        var verdict: String
        var confidence: String
    }

    private static func records(_ file: String, _ more: [String]) throws -> (
        events: [Event], connections: [Connection], isLight: Bool
    ) {
        let run = try Tool.run(["analyze", "--format", "jsonl", "--connections", "all"] + more + [file])
        let lines = run.output.split(separator: "\n")
        func decoded<Record: Decodable>(_ type: String) throws -> [Record] {
            try lines.filter { $0.hasPrefix("{\"type\":\"tcpalive.\(type)/1\"") }
                .map { try JSONDecoder().decode(Record.self, from: Data($0.utf8)) }
        }
        return try (
            decoded("event"), decoded("connection"), lines.last?.contains("\"light\":true") ?? false
        )
    }

    private static let lab = AgreementTests.shared.appendingPathComponent("captures/lab")

    /// The captures of the repository, and those of the lab that are not among them, as far as they are there.
    static let files: [String] =
        SceneTests.names.map { SceneTests.directory.appendingPathComponent($0).path }
        + ((try? FileManager.default.contentsOfDirectory(atPath: lab.path)) ?? [])
        .filter { $0.hasSuffix(".pcap") && !SceneTests.names.contains($0) }.sorted().map {
            lab.appendingPathComponent($0).path
        }

    /// The captures in whose envelopes a filter of pcap does not find TCP, and why.
    private static let unseen: [(names: String, reason: String)] = [
        (
            "4in6 6in4 erspan-1 erspan-2 erspan-3 geneve geneve-options gre gre-ethernet gre-key-sequence-checksum gtpu "
                + "ipip l2tp teredo vxlan", "in a tunnel"
        ),
        ("ipv4-authenticated ipv6-authenticated ipv6-extension-headers", "behind a header between IP and TCP"),
        ("etag mpls mpls-stacked mpls-pseudowire pbb pppoe", "behind a tag or label that is no VLAN tag"),
        ("llc-ip snap", "behind LLC"), ("null-big-endian null-ipv6", "the family has the number of another system"),
        ("frame-relay frame-relay-cisco ppp-bare radiotap-amsdu", "a shape of the link that filters do not know"),
        ("erf-ethernet nflog nflog-ipv6 ppp-direction", "filters do not know the link at all"),
    ]

    private static func isUnseen(_ file: String) -> Bool {
        let name = URL(fileURLWithPath: file).lastPathComponent
        guard name.hasPrefix("link-") else { return false }
        let bare = name.dropFirst(5).dropLast(5)
        return unseen.contains { $0.names.split(separator: " ").contains(bare) }
    }

    @Test("The light filter shows the same probes, kinds, marks and waits as the whole capture", arguments: files)
    func sameAsWhole(file: String) throws {
        let whole = try Self.records(file, [])
        let light = try Self.records(file, ["--light"])
        if Self.isUnseen(file) {
            #expect(!whole.events.isEmpty && light.events.isEmpty)
            return
        }
        #expect(whole.events == light.events)
        #expect(light.isLight && !whole.isLight)
        // A verdict is the same, or says that it is not sure: data might say otherwise.
        for (right, told) in zip(whole.connections, light.connections) {
            #expect(right.verdict == told.verdict || told.confidence == "low", "\(right) \(told)")
            // What nothing but unseen data shows is not said.
            #expect(
                told.verdict != "silent_drop" && (told.verdict != "data_in_flight" || right.verdict == told.verdict))
            #expect(told.verdict != "no_keepalive" || told.confidence == "low")
        }
    }

    @Test("A light report says that it is one")
    func saysSo() throws {
        let run = try Tool.run(["analyze", "-q", "--light", "captures/dead-peer-5-3-4.pcap"])
        #expect(
            run.status == 0
                && run.output.contains("\nLight: segments with more than one byte of data were not captured"))
        #expect(try !Tool.run(["analyze", "-q", "captures/dead-peer-5-3-4.pcap"]).output.contains("Light:"))
        // A link on which nothing can be asked.
        let refused = try Tool.run(["analyze", "--light", "captures/link-nflog.pcap"])
        #expect(refused.status == 2 && refused.errors.contains("the filter of a light capture does not compile"))
    }
}
