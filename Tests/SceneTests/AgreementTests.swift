import Foundation
import Testing

/// What tshark printed for captures that lie outside the repository, as far as they are there.
@Suite("Agreement with recorded tshark output")
struct AgreementTests {
    static let shared = Tool.root.deletingLastPathComponent().appendingPathComponent("shared")
    static let vectors = Tool.table(shared.appendingPathComponent("vectors/expected.tsv"))
    static let captures = Tool.table(shared.appendingPathComponent("captures/public/expected.tsv"))

    @Test(
        "Every vector is marked as three versions of Wireshark mark it",
        .enabled(if: !vectors.isEmpty, "../shared/vectors is not there"), arguments: vectors)
    func vector(row: [String]) throws {
        let path = Self.shared.appendingPathComponent("vectors/\(row[0]).pcap").path
        for (column, version) in ["4.0", "4.4", "4.6"].enumerated() {
            #expect(
                try Self.marks(path, version, names: ["keep_alive": "K", "keep_alive_ack": "a"]) == row[column + 1])
        }
    }

    @Test(
        "Every public capture is marked as tshark 4.0 marks it",
        .enabled(if: !captures.isEmpty, "../shared/captures/public is not there"), arguments: captures)
    func capture(row: [String]) throws {
        let path = Self.shared.appendingPathComponent("captures/public/\(row[0])").path
        let run = try Tool.run(["analyze", "--format", "tsv", "--marks", "--wireshark", "4.0", path])
        #expect([0, 2, 3].contains(run.status))
        if run.status == 2 {
            // Another format: the sentence says so, and what to do. A file with nothing to mark may be no capture.
            #expect(run.errors.contains("not a pcap or pcapng file") || (row[2].isEmpty && row[3].isEmpty))
            return
        }
        for (column, mark) in [(2, "keep_alive"), (3, "keep_alive_ack")] {
            let frames = Self.rows(run.output).filter { $0.marks.contains(mark) }.map(\.frame)
            #expect(frames.joined(separator: ",") == row[column])
        }
    }

    private static func rows(_ output: String) -> [(frame: String, marks: [String])] {
        output.split(separator: "\n").map { line in
            let fields = line.split(separator: "\t").map(String.init)
            return (fields[0], fields[1].split(separator: ",").map(String.init))
        }
    }

    private static func marks(_ path: String, _ version: String, names: [String: String]) throws -> String {
        let run = try Tool.run(["analyze", "--format", "tsv", "--marks", "--wireshark", version, path])
        #expect(run.status == 0)
        let words = rows(run.output).flatMap { row in
            row.marks.compactMap { names[$0] }.map { "\(row.frame):\($0)" }
        }
        return words.isEmpty ? "-" : words.joined(separator: " ")
    }
}
