import Foundation
import Testing

/// Marks that tshark printed for captures outside the repository, if those are there.
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
        if run.status == 2 {
            // Only a file of another format may be refused, and only for that reason.
            #expect(try !Self.isSupported(path), "\(run.errors)")
            #expect(run.errors.contains("not a pcap or pcapng file"), "\(run.errors)")
            return
        }
        #expect([0, 3].contains(run.status), "\(run.errors)")
        for (column, mark) in [(2, "keep_alive"), (3, "keep_alive_ack")] {
            let frames = Self.rows(run.output).filter { $0.marks.contains(mark) }.map(\.frame)
            #expect(frames.joined(separator: ",") == row[column])
        }
    }

    /// Whether the file begins with a magic number of pcap, pcapng or a compression.
    private static func isSupported(_ path: String) throws -> Bool {
        let front = try Array(FileHandle(forReadingFrom: URL(fileURLWithPath: path)).read(upToCount: 4) ?? Data())
        let pcap: [[UInt8]] = [[0xA1, 0xB2, 0xC3, 0xD4], [0xA1, 0xB2, 0x3C, 0x4D], [0xA1, 0xB2, 0xCD, 0x34]]
        let others: [[UInt8]] = [
            [0x0A, 0x0D, 0x0D, 0x0A], [0x1F, 0x8B], [0x28, 0xB5, 0x2F, 0xFD], [0xFD, 0x37, 0x7A, 0x58],
            [0x04, 0x22, 0x4D, 0x18],
        ]
        return pcap.contains(front) || pcap.contains(front.reversed()) || others.contains(where: front.starts)
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
