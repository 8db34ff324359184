import Foundation
import Testing

/// The tables of `--format csv` and `tsv`.
@Suite("Tables")
struct TableTests {
    private static let scene = "captures/scenes/dead-peer-5-3-4.pcap"

    // `make reports` does so for all captures.
    @Test("The cells of tables are the values of JSON, also with hostile file names")
    func cells() throws {
        let script = Tool.root.appendingPathComponent("Tests/Scripts/tables.py").path
        let result = try Tool.python([script, Tool.executable.path, SceneTests.directory.path + "/scenes"])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test("Without --records, the rows are connections")
    func defaultRecords() throws {
        for format in ["csv", "tsv"] {
            let run = try Tool.run(["analyze", "--format", format, Self.scene])
            #expect(run.output.hasPrefix(format == "csv" ? "connection,tcp_stream," : "connection\ttcp_stream\t"))
            #expect(
                try Tool.run(["analyze", "-q", "--format", format, "--records", "connections", Self.scene]).output
                    == run.output)
            #expect(run.output.split(separator: "\n").count == 2)
        }
    }

    @Test("The documentation names every column", arguments: ["events", "connections", "paths", "summary"])
    func documentation(records: String) throws {
        let file = Tool.root.appendingPathComponent("Sources/tcpalive/Documentation.docc/Formats.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let header = try Tool.run(["analyze", "--format", "csv", "--records", records, Self.scene]).output
            .split(separator: "\n").first
        for column in try #require(header).split(separator: ",") {
            let prefixes = ["originator_", "responder_", "marks_", "kinds_", "undecodable_"]
            let name = prefixes.first(where: column.hasPrefix).map { column.dropFirst($0.count) } ?? column
            #expect(text.contains("`\(column)`") || text.contains("`\(name)`"), "\(column)")
        }
    }

    @Test("tcp_stream is absent for several files and with a filter")
    func streams() throws {
        let other = "captures/scenes/ipv6-answered.pcap"
        for arguments in [[Self.scene, other], [Self.scene, "tcp"]] {
            for records in ["events", "connections"] {
                let run = try Tool.run(["analyze", "--format", "tsv", "--records", records] + arguments)
                let rows = run.output.split(separator: "\n").map {
                    $0.split(separator: "\t", omittingEmptySubsequences: false)
                }
                let column = try #require(rows.first?.firstIndex(of: "tcp_stream"))
                #expect(rows.count > 1 && rows.dropFirst().allSatisfy { $0[column].isEmpty })
            }
        }
    }

    @Test(
        "Contradictory options are an error in one sentence",
        arguments: [
            (["--records", "events"], "--records requires"),
            (["--format", "json", "--records", "paths"], "--records requires"),
            (["-q", "--format", "csv", "--records", "events"], "-q would leave nothing"),
            (["--format", "tsv", "--records", "summary", "--connections", "all"], "lists no connections"),
            (["--marks", "--format", "csv"], "not csv"), (["--marks", "--records", "events"], "omit --records events"),
            (["--marks", "-q"], "-q would leave nothing"), (["--format", "csv", "-v"], "-v requires"),
            (["--format", "csv", "--records", "packets"], "packets"),
        ])
    func contradictions(arguments: [String], words: String) throws {
        let run = try Tool.run(["analyze"] + arguments + [Self.scene])
        #expect(run.status == 64 && run.output.isEmpty && run.errors.contains(words), "\(run.errors)")
    }
}
