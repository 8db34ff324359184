import Foundation
import Testing

/// Several threads, and several machines, have the same results as one.
@Suite("Shared work")
struct WorkTests {
    private static func outcome(_ arguments: [String], input: Data = Data()) throws -> (String, String, Int32) {
        let run = try Tool.run(["analyze"] + arguments, input: input)
        return (run.output, run.errors, run.status)
    }

    /// Expects the same output and exit status of `arguments` with any number of jobs, and returns the status.
    private static func compareJobs(
        _ arguments: [String], input: Data = Data(), jobs: [String] = ["2", "3"]
    ) throws -> Int32 {
        let one = try outcome(arguments, input: input)
        for jobs in jobs {
            let several = try outcome(["--jobs", jobs] + arguments, input: input)
            #expect(several == one, "--jobs \(jobs) \(arguments.joined(separator: " "))")
        }
        return one.2
    }

    /// Real captures, some with many connections.
    private static let files = SceneTests.names.filter { $0.hasPrefix("scenes/") }
        .map { SceneTests.directory.appendingPathComponent($0).path }

    @Test("Several threads write the same bytes as one", arguments: files)
    func jobs(file: String) throws {
        #expect(try Self.compareJobs(["--format", "jsonl", "--connections", "all", file], jobs: ["2"]) == 0)
    }

    @Test(
        "The same in other formats",
        arguments: [
            ["--connections", "all"], ["--marks"], ["--format", "tsv", "--records", "events"],
            ["--format", "csv", "--connections", "all"], ["-v"], ["-q", "-v"],
        ])
    func jobsInFormat(format: [String]) throws {
        for name in [
            "scenes/five-cadences", "scenes/seventy-connections", "verdicts/verdict-silent-drop",
            "scenes/mptcp-answered",
        ] {
            #expect(try Self.compareJobs(format + ["captures/\(name).pcap"]) == 0)
        }
    }

    @Test(
        "The same for several files, with options, and for damaged or missing files",
        arguments: [
            [
                "captures/links/link-ethernet.pcap", "captures/links/link-raw.pcap",
                "captures/scenes/ipv6-answered.pcap",
            ],
            ["captures/scenes/five-cadences.pcap", "captures/formats/pcapng-cut.pcapng"],
            ["captures/formats/pcapng-cut.pcapng", "captures/scenes/five-cadences.pcap"],
            ["-c", "1", "captures/scenes/five-cadences.pcap"],
            ["-c", "100", "captures/scenes/five-cadences.pcap"],
            ["-c", "12", "captures/links/link-ethernet.pcap", "captures/links/link-raw.pcap"],
            ["captures/scenes/seventy-connections.pcap", "port", "5001"],
            ["--light", "captures/scenes/seventy-connections.pcap"],
            ["--wireshark", "4.0", "captures/scenes/seventy-connections.pcap"],
            ["--expect", "idle=5,interval=3,count=4", "captures/scenes/dead-peer-5-3-4.pcap"],
            ["captures/scenes/five-cadences.pcap", "captures/no-such-file.pcap"],
            ["captures/links/link-raw.pcap", "porrt", "1"],
            ["--shard", "1/2", "captures/scenes/seventy-connections.pcap"], ["captures/formats/compressed.pcap.zst"],
        ])
    func jobsOfMore(arguments: [String]) throws {
        let isRefused = arguments.contains("porrt") || arguments.contains { $0.contains("no-such-file") }
        let status: Int32 = isRefused ? 2 : arguments.contains(where: SceneTests.isDamaged) ? 3 : 0
        #expect(try Self.compareJobs(arguments) == status)
        #expect(try Self.compareJobs(["--format", "jsonl"] + arguments) == status)
    }

    @Test("The same for standard input")
    func jobsOfStandardInput() throws {
        for name in [
            "formats/pcapng.pcapng", "formats/compressed.pcap.gz", "formats/pcapng-cut.pcapng",
            "scenes/seventy-connections.pcap",
        ] {
            let data = try Data(contentsOf: SceneTests.directory.appendingPathComponent(name))
            let status: Int32 = SceneTests.isDamaged(name) ? 3 : 0
            #expect(try Self.compareJobs(["--format", "jsonl", "-"], input: data) == status)
        }
    }

    /// A capture of many batches: port reuse, fragments, IPv4 and IPv6, probes of most connections.
    private static func withLargeCapture<Result>(_ body: (String) throws -> Result) throws -> Result {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("large-\(UUID().uuidString).pcap")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data(LargeCapture().bytes).write(to: path)
        return try body(path.path)
    }

    @Test("The same for a capture of many batches, with reused ports, fragments, IPv4 and IPv6")
    func jobsOfManyBatches() throws {
        try Self.withLargeCapture { file in
            let run = try Tool.run(["analyze", "-q", file])
            #expect(run.status == 0 && run.output.contains("keep-alives"))
            #expect(try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0 > 2 << 20)
            for format in [["--format", "jsonl", "--connections", "all"], ["--marks"], ["-c", "20011"]] {
                #expect(try Self.compareJobs(format + [file]) == 0)
            }
        }
    }

    // MARK: Shards

    /// The records of a report by type, and the numbers of the summary by name.
    private struct Report {
        var lines: [String: [String]] = [:]
        var numbers: [String: Int] = [:]

        init(_ arguments: [String]) throws {
            let run = try Tool.run(["analyze", "--format", "jsonl", "--connections", "all"] + arguments)
            #expect(run.status == 0, "\(run.errors)")
            for line in run.output.split(separator: "\n") {
                let type = String(line.dropFirst(#"{"type":"tcpalive."#.count).prefix { $0 != "/" })
                if type == "summary" {
                    let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
                    guard let summary = object as? [String: Any] else { continue }
                    for (name, value) in summary {
                        if let number = value as? Int { numbers[name] = number }
                        for (inner, number) in value as? [String: Int] ?? [:] { numbers["\(name) \(inner)"] = number }
                    }
                } else {
                    lines[type, default: []].append(String(line))
                }
            }
        }
    }

    private static func checkShards(_ file: String, counts: [Int]) throws {
        let whole = try Report([file])
        #expect(whole.lines["connection"]?.isEmpty == false && whole.numbers["connections"] ?? 0 > 0)
        for count in counts {
            let shards = try (1...count).map { try Report(["--shard", "\($0)/\(count)", file]) }
            for type in ["event", "connection", "path"] {
                let together = shards.flatMap { $0.lines[type] ?? [] }
                #expect(
                    together.sorted() == (whole.lines[type] ?? []).sorted(), "\(type) of \(count) shards of \(file)")
                // The records of each shard are in the same order as in the whole.
                let order = Dictionary((whole.lines[type] ?? []).enumerated().map { ($1, $0) }) { $1 }
                for shard in shards {
                    let indices = (shard.lines[type] ?? []).compactMap { order[$0] }
                    #expect(indices == indices.sorted())
                }
            }
            for (name, number) in whole.numbers
            where name == "connections" || name == "copies" || name.hasPrefix("marks ") || name.hasPrefix("kinds ") {
                #expect(shards.reduce(0) { $0 + ($1.numbers[name] ?? 0) } == number, "\(name) of \(count) shards")
            }
            // All shards read the same packets.
            #expect(shards.allSatisfy { $0.numbers["packets"] == whole.numbers["packets"] })
        }
    }

    @Test("The reports of all shards together have each record once", arguments: files)
    func shards(file: String) throws {
        let isRich = file.contains("five-") || file.contains("seventy-")
        try Self.checkShards(file, counts: isRich ? [1, 2, 3, 7] : [2])
    }

    @Test("The same for a capture of many batches")
    func shardsOfManyBatches() throws {
        try Self.withLargeCapture { try Self.checkShards($0, counts: [3, 7]) }
    }

    @Test(
        "Impossible shards and jobs, and shards with an output file, are usage errors",
        arguments: [
            ["--shard", "0/3"], ["--shard", "4/3"], ["--shard", "x/2"], ["--shard", "3"], ["--shard", "1/2/3"],
            ["--shard", "1/0"], ["--shard", "-1/2"], ["--shard", "1/99999999"], ["--shard", "1/2", "-w", "out.pcapng"],
            ["--shard", "1/2", "--html", "out.html"], ["--jobs", "0"], ["--jobs", "65"], ["--jobs", "two"],
        ])
    func usage(arguments: [String]) throws {
        let run = try Tool.run(["analyze"] + arguments + ["captures/links/link-raw.pcap"])
        #expect(run.status == 64 && run.output.isEmpty && run.errors.contains(arguments[0]), "\(run.errors)")
    }
}
