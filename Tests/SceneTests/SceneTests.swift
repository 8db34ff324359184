import Foundation
import Testing

/// The captures of the repository, each with the report and the marks that it must give.
@Suite("Scenes")
struct SceneTests {
    static let directory = Tool.root.appendingPathComponent("captures")

    /// Their paths below `directory`: a folder and a file, such as `links/link-raw.pcap`.
    static let names: [String] = ["formats", "links", "scenes", "verdicts"].flatMap { folder in
        let names = try? FileManager.default.contentsOfDirectory(
            atPath: directory.appendingPathComponent(folder).path)
        return (names ?? []).filter { !$0.hasSuffix(".expected") && !$0.hasSuffix(".marks") }.sorted()
            .map { "\(folder)/\($0)" }
    }

    /// Whether the capture `name` is made to be damaged.
    static func isDamaged(_ name: String) -> Bool { name.contains("-cut") || name.contains("-wrong-") }

    @Test("Every capture gives its expected report and marks", arguments: names)
    func scene(name: String) throws {
        // The report names the file as it is given: without its folder.
        let file = Self.directory.appendingPathComponent(name)
        let (name, folder) = (file.lastPathComponent, file.deletingLastPathComponent())
        let report = try Tool.run(["analyze", name], in: folder)
        #expect(try report.output == Self.expectation(file, ".expected"))
        let marks = try Tool.run(["analyze", "--format", "tsv", "--marks", name], in: folder)
        #expect(try marks.output == Self.expectation(file, ".marks"))
        // Only a damaged capture has a message and an exit status that say so.
        #expect(report.status == (Self.isDamaged(name) ? 3 : 0))
        #expect(report.errors.isEmpty != Self.isDamaged(name))
    }

    @Test("All envelopes of one scene have the same marks")
    func envelopes() throws {
        #expect(Self.names.count > 290)
        let marks = { name in try Self.expectation(Self.directory.appendingPathComponent(name), ".marks") }
        let plain = try marks("links/link-ethernet.pcap")
        #expect(plain.split(separator: "\n").count == 5)
        let envelopes = Self.names.filter { $0.hasPrefix("links/link-") && !$0.contains("not-analysed") }
        #expect(envelopes.count > 60)
        for name in envelopes { #expect(try marks(name) == plain, "\(name)") }
    }

    @Test("Every verdict has a capture that shows it and a near miss that does not")
    func verdicts() throws {
        let explained = try Tool.run(["explain"]).output.split(separator: "\n")
            .filter { !$0.hasPrefix(" ") }.compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(explained.count == 32)
        for verdict in explained {
            let name = verdict.replacingOccurrences(of: "_", with: "-")
            for (file, isShown) in [("verdict-\(name).pcap", true), ("near-\(name).pcap", false)] {
                let run = try Tool.run(
                    ["analyze", "--format", "jsonl", "--connections", "all", file],
                    in: Self.directory.appendingPathComponent("verdicts"))
                let found = run.output.components(separatedBy: "\"verdict\":\"").dropFirst()
                    .compactMap { $0.split(separator: "\"").first.map(String.init) }
                #expect(!found.isEmpty && found.contains(verdict) == isShown, "\(file): \(found)")
            }
        }
    }

    private static func expectation(_ file: URL, _ suffix: String) throws -> String {
        try String(contentsOf: URL(fileURLWithPath: file.path + suffix), encoding: .utf8)
    }
}
