import Foundation
import Testing

/// The formats for programs, and the exit status.
@Suite("Output")
struct OutputTests {
    private static let captures = SceneTests.directory
    private static let schema = Tool.root.appendingPathComponent("Sources/Report/tcpalive.schema.json").path
    private static let validator = Tool.root.appendingPathComponent("Tests/Scripts/validate.py").path

    private static func withFiles<Result>(
        _ contents: [(name: String, text: String)], _ body: ([String]) throws -> Result
    ) throws -> Result {
        try Tool.withFolder { folder in
            try body(
                contents.map { file in
                    let url = folder.appendingPathComponent(file.name)
                    try file.text.write(to: url, atomically: false, encoding: .utf8)
                    return url.path
                })
        }
    }

    // Both formats have the same records (`sameInAllFormats`), so a folder is enough for documents.
    @Test("Every record of every capture conforms to the schema, and so do whole documents")
    func schema() throws {
        var files: [(String, String)] = []
        for name in SceneTests.names {
            for format in name.hasPrefix("scenes/") ? ["json", "jsonl"] : ["jsonl"] {
                let run = try Tool.run(
                    ["analyze", "--format", format, "--connections", "all", name], in: Self.captures)
                files.append((name.replacingOccurrences(of: "/", with: "-") + ".\(format)", run.output))
            }
        }
        let result = try Self.withFiles(files) { try Tool.python([Self.validator, Self.schema] + $0) }
        #expect(result.status == 0, "\(result.output)")
    }

    @Test(
        "The schema refuses invalid records",
        arguments: [
            #"{"type":"tcpalive.event/1"}"#, #"{"type":"tcpalive.event/2"}"#,
            #"{"type":"tcpalive.summary/2","packets":-1}"#, "[]", "{}",
            #"{"events":[{}],"connections":[],"summary":{}}"#,
        ])
    func refusal(text: String) throws {
        let result = try Self.withFiles([("wrong.json", text)]) { try Tool.python([Self.validator, Self.schema] + $0) }
        #expect(result.status == 1, "\(result.output)")
        #expect(result.output.contains("wrong.json:1:"))
    }

    @Test("JSON and JSON Lines have the same records, and the same marks as --marks")
    func sameInAllFormats() throws {
        let name = "scenes/five-cadences.pcap"
        let lines = try Tool.run(["analyze", "--format", "jsonl", name], in: Self.captures).output
            .split(separator: "\n").map(String.init)
        let document = try Tool.run(["analyze", "--format", "json", name], in: Self.captures).output
        let joined = document.split(separator: "\n").map { line in
            var line = Substring(line)
            for prefix in ["\"summary\":"] where line.hasPrefix(prefix) {
                line = line.dropFirst(prefix.count).dropLast()
            }
            return String(line.hasSuffix(",") ? line.dropLast() : line)
        }
        #expect(joined.filter { $0.hasPrefix("{\"type\"") } == lines)
        let marks = try Tool.run(["analyze", "--format", "tsv", "--marks", name], in: Self.captures).output
        let marked = lines.filter { $0.contains("tcpalive.event/2") && !$0.contains("\"marks\":[]") }
        #expect(marked.count == marks.split(separator: "\n").count)
        #expect(lines.last?.contains("\"keep_alive\":55,\"keep_alive_ack\":49") == true)
    }

    @Test("Several files are one capture, with frame numbers for each file")
    func severalFiles() throws {
        let files = ["links/link-ethernet.pcap", "links/link-raw.pcap"]
        let marks = try Tool.run(["analyze", "--marks"] + files, in: Self.captures).output
        let lines = marks.split(separator: "\n")
        #expect(lines.first == "links/link-ethernet.pcap:6\tkeep_alive")
        #expect(lines.contains("links/link-raw.pcap:6\tkeep_alive"))
        let summary = try Tool.run(["analyze", "--format", "jsonl"] + files, in: Self.captures).output
            .split(separator: "\n").last
        #expect(summary?.contains("\"packets\":20") == true)
    }

    @Test("-c limits the packets, a filter selects packets, and frame numbers are those of the file")
    func countAndFilter() throws {
        let name = "links/link-ethernet.pcap"
        let counted = try Tool.run(["analyze", "--marks", "-c", "7", name], in: Self.captures)
        #expect(counted.output == "6\tkeep_alive\n7\tkeep_alive_ack\n")
        for words in [["src", "host", "10.0.0.1"], ["--filter", "src host 10.0.0.1"]] {
            let filtered = try Tool.run(["analyze", "--marks", name] + words, in: Self.captures)
            #expect(filtered.output == "6\tkeep_alive\n8\tkeep_alive\n10\tkeep_alive\n")
        }
    }

    @Test(
        "A capture can be read from standard input, compressed or not",
        arguments: ["formats/pcapng.pcapng", "formats/compressed.pcap.gz"])
    func standardInput(name: String) throws {
        let data = try Data(contentsOf: Self.captures.appendingPathComponent(name))
        let run = try Tool.run(["analyze", "--marks", "-"], input: data)
        let expected = try String(
            contentsOf: Self.captures.appendingPathComponent(name + ".marks"), encoding: .utf8)
        #expect(run.output == expected)
        #expect(run.status == 0)
    }

    @Test(
        "Errors are one sentence with an exit status",
        arguments: [
            (["analyze", "no-such-file.pcap"], Int32(2), "no-such-file.pcap"),
            (["analyze", "."], 2, "directory"),
            (["analyze", "/dev/null"], 2, "/dev/null"),
            (["analyze", "README.md"], 2, "README.md"),
            (["analyze", "links/link-raw.pcap", "tcp", "porrt", "1"], 2, "porrt"),
            (["analyze"], 64, "Usage"), (["analyze", "--format", "xml", "a"], 64, "xml"),
            (["analyze", "--wireshark", "3.0", "a"], 64, "3.0"), (["nonsense"], 64, "nonsense"),
        ])
    func failures(arguments: [String], status: Int32, word: String) throws {
        let run = try Tool.run(arguments, in: Self.captures)
        #expect(run.status == status)
        #expect(run.output.isEmpty)
        #expect(run.errors.contains(word), "\(run.errors)")
        if status == 2 { #expect(run.errors.split(separator: "\n").count == 1) }
    }
}
