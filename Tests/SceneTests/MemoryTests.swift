import Foundation
import Testing

/// A pcap file of `count` connections of one segment each: acknowledgments, and a SYN for each third one.
private func flood(_ count: Int) -> Data {
    var bytes: [UInt8] = [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0]
    bytes.reserveCapacity(count * 56 + 24)
    var record: [UInt8] = [0xE8, 3, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0, 40, 0, 0, 0]
    record += [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 11, 0, 0, 0, 10, 2, 0, 4]
    record += [0, 80, 3, 0xE8, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0, 0, 64, 0, 0, 0, 0]
    for number in 0..<count {
        record[49] = number % 3 == 0 ? 0x02 : 0x10
        record[29] = UInt8(number >> 16 & 255)
        record[30] = UInt8(number >> 8 & 255)
        record[31] = UInt8(number & 255)
        bytes += record
    }
    return Data(bytes)
}

/// A pcap file of `count` connections, in which both ends acknowledge, and then the clients `probers` probe.
private func established(_ count: Int, probers: [Int] = []) -> Data {
    var bytes = flood(1).prefix(24)
    var record = Array(flood(2).dropFirst(24 + 56))
    func add(_ number: Int, isClient: Bool, sequence: UInt8) {
        let client = [10, UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)]
        let (source, destination) = isClient ? (client, [11, 0, 0, 1]) : ([11, 0, 0, 1], client)
        let ports: [UInt8] = isClient ? [3, 0xE8, 0, 80] : [0, 80, 3, 0xE8]
        record.replaceSubrange(28..<44, with: source + destination + ports + [0, 0, 0, sequence])
        bytes += record
    }
    for number in 0..<count { for isClient in [true, false] { add(number, isClient: isClient, sequence: 1) } }
    for prober in probers { add(prober, isClient: true, sequence: 0) }
    return Data(bytes)
}

/// The limit on memory, on the command line and of the system.
@Suite("Memory")
struct MemoryTests {
    /// Runs the tool with `arguments`, `megabytes` of address space if not 0; returns the status, the peak memory in KiB, and
    /// both outputs.
    private static func measure(_ arguments: [String], addressSpace megabytes: Int = 0) throws -> (
        status: Int, peak: Int, output: String
    ) {
        let script = """
            import resource, subprocess, sys
            space = int(sys.argv[1]) << 20
            limit = lambda: space and resource.setrlimit(resource.RLIMIT_AS, (space, space))
            run = subprocess.run(sys.argv[2:], preexec_fn=limit, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            print(run.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            print(run.stdout.decode())
            """
        let (output, status) = try Tool.python(["-c", script, "\(megabytes)", Tool.executable.path] + arguments)
        #expect(status == 0)
        let lines = output.split(separator: "\n", maxSplits: 1)
        let numbers = (lines.first ?? "").split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 2 else { throw CocoaError(.fileReadCorruptFile) }
        return (numbers[0], numbers[1], String(lines.last ?? ""))
    }

    @Test("A flood takes no more memory than --memory allows, and a fixed amount")
    func peak() throws {
        try Tool.withFolder { folder in
            let file = folder.appendingPathComponent("flood.pcap")
            try flood(40_000).write(to: file)
            let small = try Self.measure(["analyze", "-q", "--memory", "16M", file.path])
            #expect(small.status == 0 && small.output.contains("Evicted to limit memory: "))
            #expect(small.output.contains(" never established).\n") && small.output.contains(" 40,000 connections.\n"))
            let nothing = try Self.measure(["analyze", "-q", "--memory", "16M", "captures/links/link-raw.pcap"])
            #expect(small.peak - nothing.peak < (17 << 10), "\(small.peak) KiB, \(nothing.peak) KiB for almost nothing")
        }
    }

    @Test(
        "After evictions nothing passes a check",
        arguments: [
            (["--fail-on", "failure", "--memory", "16M"], 4), (["--fail-on", "failure", "--memory", "128M"], 0),
            (["--expect", "idle=60", "--memory", "16M"], 4), (["--memory", "16M"], 0),
        ])
    func unchecked(options: [String], status: Int) throws {
        try Tool.withFolder { folder in
            let bytes = established(120_000)
            let file = folder.appendingPathComponent("established.pcap")
            try bytes.write(to: file)
            let run = try Tool.run(["analyze", "-q"] + options + [file.path])
            #expect(Int(run.status) == status, "\(run.errors)")
            let sentence = "could not be checked, because memory was short: use a larger --memory\n"
            #expect(run.errors.hasSuffix(sentence) == (status == 4), "\(run.errors)")
        }
    }

    @Test(
        "extract says so if it has forgotten the packets before a keep-alive",
        arguments: [([], 0), ([5_999], 0), ([0], 4)] as [([Int], Int)])
    func extract(probers: [Int], status: Int) throws {
        try Tool.withFolder { folder in
            let file = folder.appendingPathComponent("established.pcap")
            try established(6_000, probers: probers).write(to: file)
            let run = try Tool.run(["extract", "--memory", "16M", file.path, "-w", "out"], in: folder)
            #expect(Int(run.status) == status, "\(run.errors)")
            #expect(run.errors.contains("; \(probers.count) of 6000 connections have keep-alives\n"), "\(run.errors)")
            #expect(run.errors.contains("memory was short") == (status == 4), "\(run.errors)")
        }
    }

    @Test("Any number of jobs evicts the same connections")
    func jobs() throws {
        try Tool.withFolder { folder in
            let file = folder.appendingPathComponent("flood.pcap")
            try flood(32_000).write(to: file)
            let runs = try ["1", "2"].map { jobs in
                try Tool.run([
                    "analyze", "--memory", "16M", "--jobs", jobs, "--format", "jsonl", "--connections", "all",
                    file.path,
                ])
            }
            #expect(runs[0].status == 0 && runs[0].output.contains("\"evicted_by_class\":{\"attempt\":"))
            #expect(runs.allSatisfy { $0.output == runs[0].output && $0.status == 0 })
        }
    }

    @Test(
        "If the system gives no more memory, one sentence says so and what was read is reported",
        .enabled(if: !Tool.isSanitized, "a sanitizer ends the process when it gets no memory"))
    func exhausted() throws {
        try Tool.withFolder { folder in
            let file = folder.appendingPathComponent("flood.pcap")
            try flood(20_000).write(to: file)
            var reported = 0
            // The tool alone needs an address space that depends on how it was built.
            for space in stride(from: 30, through: 600, by: 4) {
                let run = try Self.measure(
                    ["analyze", "-q", "--memory", "1G", file.path], addressSpace: space)
                if run.status == 0 { break }
                // With less it does not start.
                if run.status == 127 || reported == 0 && !run.output.contains("out of memory") { continue }
                #expect(run.status == 2, "\(space) MB: \(run.output.prefix(500))")
                #expect(run.output.contains("tcpalive: error: out of memory after "))
                if run.output.contains("TCP segments, "), !run.output.contains(" 0 packets") { reported += 1 }
            }
            #expect(reported > 0)
        }
    }

    @Test(
        "A size that makes no sense is refused with a sentence",
        arguments: ["15M", "0", "-1", "x", "", "16", "1T", "99999999999999999999G", "16MB", "M"])
    func usage(size: String) throws {
        for command in [["analyze"], ["extract", "-w", "x.pcapng"], ["watch", "-i", "lo"]] {
            let run = try Tool.run(command + ["--memory", size, "captures/links/link-raw.pcap"])
            #expect(run.status == 64 && run.output.isEmpty)
            #expect(
                run.errors.contains("it is not a size from 16M to 1024G, such as 64M, 256M or 2G."), "\(run.errors)")
        }
        let run = try Tool.run(["analyze", "-q", "--memory", "16m", "captures/links/link-raw.pcap"])
        #expect(run.status == 0)
    }
}
