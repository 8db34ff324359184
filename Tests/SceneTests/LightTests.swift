import Foundation
import Testing

/// A light capture against the whole one, on the same traffic.
@Suite("Light captures")
struct LightTests {
    /// An event, as far as it is compared.
    private struct Event: Decodable {
        var frame: UInt64
        var kind: String
        var marks: [String]
        var gap_s: Double?
        var unanswered: UInt64?

        /// Whether what a RST, or the refusal of a segment, is depends on data or idleness, which a light capture may not show.
        var restsOnData: Bool { kind.hasSuffix("_reset") && kind != "abort_reset" || kind == "challenge" }

        /// Whether a light capture shows the same, or less: nothing that it shows is wrong.
        func allows(_ light: Event) -> Bool {
            // The window of an answer is not marked unless the window before is known, which came with data.
            let isMarked = marks == light.marks || (marks == ["keep_alive_ack"] && light.marks.isEmpty)
            // Data may have passed a moment after the last segment that was seen.
            let isGap = light.gap_s.map { abs($0 - (gap_s ?? .infinity)) < 0.001 } ?? true
            return frame == light.frame && kind == light.kind && isMarked && isGap
                && (light.unanswered == nil || light.unanswered == unanswered)
        }
    }

    /// A connection, as far as it is compared.
    private struct Connection: Decodable {
        var verdict: String
        var confidence: String
    }

    private static func records(_ file: String, _ more: [String]) throws -> (
        events: [Event], connections: [Connection], isLight: Bool, status: Int32
    ) {
        let run = try Tool.run(["analyze", "--format", "jsonl", "--connections", "all"] + more + [file])
        let lines = run.output.split(separator: "\n")
        func decoded<Record: Decodable>(_ type: String) throws -> [Record] {
            try lines.filter { $0.hasPrefix("{\"type\":\"tcpalive.\(type)/1\"") }
                .map { try JSONDecoder().decode(Record.self, from: Data($0.utf8)) }
        }
        return try (
            decoded("event"), decoded("connection"), lines.last?.contains("\"light\":true") ?? false, run.status
        )
    }

    private static let lab = AgreementTests.shared.appendingPathComponent("captures/lab")

    /// The captures of the repository, and those of the lab that are not among them, as far as they are there.
    static let files: [String] =
        SceneTests.names.map { SceneTests.directory.appendingPathComponent($0).path }
        + ((try? FileManager.default.contentsOfDirectory(atPath: lab.path)) ?? [])
        .filter { $0.hasSuffix(".pcap") && !SceneTests.names.contains("scenes/\($0)") }.sorted().map {
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

    private static func isUnseen(_ file: String) -> Bool { unseen.contains { isOne(file, of: $0.names) } }

    /// Whether filters are not possible for the link type of `file`, so that it is refused.
    private static func isUnfilterable(_ file: String) -> Bool {
        unseen.last.map { isOne(file, of: $0.names) } ?? false
    }

    /// Whether `file` is `link-NAME.pcap` with one of `names`.
    private static func isOne(_ file: String, of names: String) -> Bool {
        let name = URL(fileURLWithPath: file).lastPathComponent
        return names.split(separator: " ").contains { name == "link-\($0).pcap" }
    }

    /// The captures in which data decides what a segment is, and why.
    private static let decidedByData: [(names: String, reason: String)] = [
        (
            "near-one-direction verdict-peer-dead-midway verdict-unresponsive-midway field-26-mid-dead-redis",
            "repeated acknowledgments are probes only if no data came between"
        ),
        (
            "field-10-illumos-answered verdict-healthy-illumos verdict-unresponsive-illumos",
            "a pushed byte is a probe only if all data was acknowledged"
        ),
        (
            "pcapng-simple-blocks public-29-artificial-time near-unit-error-artificial-time",
            "a probe does not follow data at once"
        ),
        ("near-peer-never-answers", "what follows data is no answer to the probe before"),
        ("public-14-reset-after-fin", "a byte of data between other data"),
    ]

    /// Verdicts of the whole capture, and those of the light one that may take their place without being of low confidence.
    private static let replaced: [String: Set<String>] = [
        // A light capture shows nothing of data.
        "data_in_flight": ["healthy"], "application_silent": ["healthy"],
        // Nor what is missing; and an end that sends no more probes may have sent data.
        "one_direction": ["unresponsive"], "peer_dead": ["unresponsive"],
        // Nor for how long nothing passed.
        "reset_when_idle": ["reset_by_path"],
    ]

    /// The captures with a connection of data alone, which a light capture does not show.
    private static let dataOnly =
        "link-sflow-not-analysed field-26-mid-drop public-04-one-retransmission-at-the-end "
        + "public-06-data-and-fin-not-repeated public-08-data-not-repeated public-10-syn-scan public-22-payload-only "
        + "verdict-data-in-flight-midway verdict-incomplete-capture-payload-only"

    private static func hasDataOnly(_ file: String) -> Bool {
        let name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        return dataOnly.split(separator: " ").contains(Substring(name))
    }

    static func isDecidedByData(_ file: String) -> Bool {
        let name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        return decidedByData.contains { $0.names.split(separator: " ").contains(Substring(name)) }
    }

    @Test(
        "The light filter shows the same probes and answers as the whole capture, with less or the same of each",
        arguments: files)
    func sameAsWhole(file: String) throws {
        let whole = try Self.records(file, [])
        let light = try Self.records(file, ["--light"])
        if Self.isUnseen(file) {
            #expect(!whole.events.isEmpty && light.events.isEmpty)
            #expect(light.status == (Self.isUnfilterable(file) ? 2 : 0))
            return
        }
        if !Self.isDecidedByData(file) {
            let seen = Set(light.events.map(\.frame))
            let expected = whole.events.filter { !$0.restsOnData || seen.contains($0.frame) }
            #expect(expected.map(\.frame) == light.events.map(\.frame))
            for (event, light) in zip(expected, light.events) { #expect(event.allows(light), "\(event) \(light)") }
        }
        #expect(light.isLight && !whole.isLight)
        #expect((light.connections.count < whole.connections.count) == Self.hasDataOnly(file))
        if Self.hasDataOnly(file) { return }
        // A verdict is the same, or of low confidence: data may say otherwise.
        for (right, told) in zip(whole.connections, light.connections) {
            let isReplaced = Self.replaced[right.verdict]?.contains(told.verdict) ?? false
            #expect(right.verdict == told.verdict || told.confidence == "low" || isReplaced, "\(right) \(told)")
            // What nothing but unseen data shows is not said.
            #expect(
                told.verdict != "silent_drop" && (told.verdict != "data_in_flight" || right.verdict == told.verdict))
            #expect(told.verdict != "no_keepalive" || told.confidence == "low")
        }
    }

    @Test("A light report says that it is one")
    func saysSo() throws {
        let run = try Tool.run(["analyze", "-q", "--light", "captures/scenes/dead-peer-5-3-4.pcap"])
        #expect(
            run.status == 0
                && run.output.contains("\nLight: segments with more than one byte of data were not captured"))
        #expect(try !Tool.run(["analyze", "-q", "captures/scenes/dead-peer-5-3-4.pcap"]).output.contains("Light:"))
        // A link on which nothing can be asked.
        let refused = try Tool.run(["analyze", "--light", "captures/links/link-nflog.pcap"])
        #expect(refused.status == 2 && refused.errors.contains("the filter of a light capture does not compile"))
    }
}
