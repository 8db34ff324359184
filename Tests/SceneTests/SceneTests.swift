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

    private static func expectation(_ name: String, _ suffix: String) -> String? {
        try? String(contentsOf: directory.appendingPathComponent(name + suffix), encoding: .utf8)
    }
}
