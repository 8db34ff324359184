import Foundation
import Testing

/// A light capture compared with the complete one of the same traffic.
@Suite("Light captures")
struct LightTests {
    /// The compared fields of an event.
    private struct Event: Decodable {
        var frame: UInt64
        var kind: String
        var marks: [String]
        var gap_ns: Int64?
        var unanswered: UInt64?

        /// Whether its kind depends on data or idleness, which a light capture may not show.
        var restsOnData: Bool { kind.hasSuffix("_reset") && kind != "abort_reset" || kind == "challenge" }

        /// Whether `light` is the same event, or has less information but nothing wrong.
        func allows(_ light: Event) -> Bool {
            // Without the data, the window before an answer may be unknown, so that it is not marked.
            let isMarked = marks == light.marks || (marks == ["keep_alive_ack"] && light.marks.isEmpty)
            // Data may have followed shortly after the last captured segment.
            let isGap = light.gap_ns.map { gap in gap_ns.map { abs($0 - gap) < 1_000_000 } ?? false } ?? true
            return frame == light.frame && kind == light.kind && isMarked && isGap
                && (light.unanswered == nil || light.unanswered == unanswered)
        }
    }

    /// The compared fields of a connection.
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
            try lines.filter { $0.hasPrefix("{\"type\":\"tcpalive.\(type)/2\"") }
                .map { try JSONDecoder().decode(Record.self, from: Data($0.utf8)) }
        }
        return try (
            decoded("event"), decoded("connection"), lines.last?.contains("\"light\":true") ?? false, run.status
        )
    }

    private static let lab = AgreementTests.shared.appendingPathComponent("captures/lab")

    /// The captures of the repository and those of ../shared/captures/lab, if that is there.
    static let files: [String] =
        SceneTests.names.map { SceneTests.directory.appendingPathComponent($0).path }
        + ((try? FileManager.default.contentsOfDirectory(atPath: lab.path)) ?? [])
        .filter { $0.hasSuffix(".pcap") && !SceneTests.names.contains("scenes/\($0)") }.sorted().map {
            lab.appendingPathComponent($0).path
        }

    /// The captures in which a BPF filter does not find TCP, and why.
    private static let unseen: [(names: String, reason: String)] = [
        (
            "4in6 6in4 erspan-1 erspan-2 erspan-3 geneve geneve-options gre gre-ethernet gre-key-sequence-checksum gtpu "
                + "ipip l2tp teredo vxlan", "in a tunnel"
        ),
        ("ipv4-authenticated ipv6-authenticated ipv6-extension-headers", "with a header between IP and TCP"),
        ("etag mpls mpls-stacked mpls-pseudowire pbb pppoe", "with a tag or label that is not a VLAN tag"),
        ("llc-ip snap", "with LLC"), ("null-big-endian null-ipv6", "with the number of the family on another system"),
        (
            "frame-relay frame-relay-cisco ppp-bare radiotap-amsdu",
            "with a header of the link type that filters do not expect"
        ),
        ("erf-ethernet nflog nflog-ipv6 ppp-direction", "with a link type for which filters do not compile"),
    ]

    private static func isUnseen(_ file: String) -> Bool { unseen.contains { isOne(file, of: $0.names) } }

    /// Whether filters do not compile for the link type of `file`, so that it is refused.
    private static func isUnfilterable(_ file: String) -> Bool {
        unseen.last.map { isOne(file, of: $0.names) } ?? false
    }

    /// Whether `file` is `link-NAME.pcap` with one of `names`.
    private static func isOne(_ file: String, of names: String) -> Bool {
        let name = URL(fileURLWithPath: file).lastPathComponent
        return names.split(separator: " ").contains { name == "link-\($0).pcap" }
    }

    /// The captures in which data decides the kind of a segment, and how.
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

    /// Verdicts of the complete capture, and other verdicts that a light capture may have without low confidence.
    private static let replaced: [String: Set<String>] = [
        // Data is not captured.
        "data_in_flight": ["healthy"], "application_silent": ["healthy"],
        // Missing packets are not noticed, and an end without further probes may have sent data.
        "one_direction": ["unresponsive"], "peer_dead": ["unresponsive"],
        // Idle times are not known.
        "reset_when_idle": ["reset_by_path"],
    ]

    /// The captures with a connection that has only data, which a light capture does not show.
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
        "The light filter shows the same probes and answers as the complete capture",
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
        // A verdict is the same or has low confidence, because data may refute it.
        for (complete, light) in zip(whole.connections, light.connections) {
            let isReplaced = Self.replaced[complete.verdict]?.contains(light.verdict) ?? false
            #expect(
                complete.verdict == light.verdict || light.confidence == "low" || isReplaced, "\(complete) \(light)")
            // Findings that need data are not reported.
            #expect(
                light.verdict != "silent_drop"
                    && (light.verdict != "data_in_flight" || complete.verdict == light.verdict))
            #expect(light.verdict != "no_keepalive" || light.confidence == "low")
        }
    }

    @Test("The report says that the capture was light")
    func saysSo() throws {
        let run = try Tool.run(["analyze", "-q", "--light", "captures/scenes/dead-peer-5-3-4.pcap"])
        #expect(
            run.status == 0
                && run.output.contains("\nLight: segments with more than one byte of data were not captured"))
        #expect(try !Tool.run(["analyze", "-q", "captures/scenes/dead-peer-5-3-4.pcap"]).output.contains("Light:"))
        // A link type for which filters do not compile.
        let refused = try Tool.run(["analyze", "--light", "captures/links/link-nflog.pcap"])
        #expect(refused.status == 2 && refused.errors.contains("the filter of a light capture does not compile"))
    }
}
