import Foundation
import Testing

/// The captures of the repository, each with the report and the marks that it must give.
@Suite("Scenes")
struct SceneTests {
    static let directory = Tool.root.appendingPathComponent("captures")

    static let names =
        (try? FileManager.default.contentsOfDirectory(atPath: directory.path))
        .map {
            $0.filter { [".pcap", ".pcapng", ".gz", ".zst", ".xz", ".lz4"].contains(where: $0.hasSuffix) }.sorted()
        }
        ?? []

    @Test("Every capture gives its expected report and marks", arguments: names)
    func scene(name: String) throws {
        let report = try Tool.run(["analyze", name], in: Self.directory)
        #expect(report.output == Self.expectation(name, ".expected"))
        let marks = try Tool.run(["analyze", "--format", "tsv", "--marks", name], in: Self.directory)
        #expect(marks.output == Self.expectation(name, ".marks"))
        // A damaged capture, and no other, is told by a sentence and by the exit status.
        let isDamaged = name.contains("-cut") || name.contains("-wrong-")
        #expect(report.status == (isDamaged ? 3 : 0))
        #expect(report.errors.isEmpty != isDamaged)
    }

    @Test("The captures are there, and their envelopes change nothing in what is marked")
    func envelopes() throws {
        #expect(Self.names.count > 90)
        let plain = try #require(Self.expectation("link-ethernet.pcap", ".marks"))
        #expect(plain.split(separator: "\n").count == 5)
        for name in Self.names where name.hasPrefix("link-") && !name.contains("not-analysed") {
            #expect(Self.expectation(name, ".marks") == plain, "\(name)")
        }
    }

    @Test("Every verdict has a capture that shows it, and one that comes near and does not")
    func verdicts() throws {
        let explained = try Tool.run(["explain"]).output.split(separator: "\n")
            .filter { !$0.hasPrefix(" ") }.compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(explained.count == 32)
        for verdict in explained {
            let name = verdict.replacingOccurrences(of: "_", with: "-")
            for (file, isShown) in [("verdict-\(name).pcap", true), ("near-\(name).pcap", false)] {
                let run = try Tool.run(
                    ["analyze", "--format", "jsonl", "--connections", "all", file], in: Self.directory)
                let found = run.output.components(separatedBy: "\"verdict\":\"").dropFirst()
                    .compactMap { $0.split(separator: "\"").first.map(String.init) }
                #expect(!found.isEmpty && found.contains(verdict) == isShown, "\(file): \(found)")
            }
        }
    }

    private static func expectation(_ name: String, _ suffix: String) -> String? {
        try? String(contentsOf: directory.appendingPathComponent(name + suffix), encoding: .utf8)
    }
}
