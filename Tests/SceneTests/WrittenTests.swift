import Foundation
import Testing

/// The files that `analyze -w` and `extract` write, read by tcpalive and by tshark.
@Suite("Written captures")
struct WrittenTests {
    private static let captures = SceneTests.directory
    private static let hasTshark = ["/usr/bin/tshark", "/usr/local/bin/tshark", "/opt/homebrew/bin/tshark"]
        .contains { FileManager.default.isExecutableFile(atPath: $0) }

    /// The events of `path` as records, without `fields`.
    private static func events(_ path: String, without fields: [String]) throws -> [NSDictionary] {
        let run = try Tool.run(["analyze", "--format", "jsonl", path], in: captures)
        return try records("event", in: run.output, without: fields)
    }

    /// The records of the given type in `report`, which is JSON Lines, without `fields`.
    private static func records(_ type: String, in report: String, without fields: [String]) throws -> [NSDictionary] {
        try report.split(separator: "\n").filter { $0.hasPrefix("{\"type\":\"tcpalive.\(type)/") }.map {
            var record = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
            for field in fields { record[field] = nil }
            return record as NSDictionary
        }
    }

    /// The words in the report after the segment of each event of `path`.
    private static func words(_ path: String) throws -> [String] {
        try Tool.run(["analyze", path], in: captures).output.split(separator: "\n").compactMap { line in
            line.firstMatch(of: /^ *\d+  [0-9:.]+ IP.*?, length \d+  (.*)$/).map { String($0.1) }
        }
    }

    /// All captures except those for verdicts, which `make agree` compares with tshark.
    private static let names = SceneTests.names.filter {
        !$0.hasPrefix("verdicts/near-") && !$0.hasPrefix("verdicts/verdict-")
    }

    @Test("The report of a file of analyze -w is that of the capture", arguments: names)
    func whole(name: String) throws {
        try Tool.withFolder { folder in
            let file = folder.appendingPathComponent("out.pcapng").path
            let report = ["analyze", "--format", "jsonl"]
            let plain = try Tool.run(report + [name], in: Self.captures)
            let run = try Tool.run(report + ["-w", file, name], in: Self.captures)
            #expect(run.status == plain.status && run.output == plain.output && run.errors == plain.errors)
            #expect(try Tool.names(in: folder) == ["out.pcapng"])
            let written = try Tool.run(report + [file], in: Self.captures).output
            // In pcapng, some blocks without packets count as frames; they are not written.
            let fields = ["file", "frame"]
            #expect(
                try Self.records("event", in: written, without: fields)
                    == Self.records("event", in: plain.output, without: fields))
            let summaries = try [written, plain.output].map {
                try #require(Self.records("summary", in: $0, without: []).first)
            }
            for count in ["packets", "bytes"] {
                #expect(summaries[0][count] as? Int != nil)
                #expect(summaries[0][count] as? Int == summaries[1][count] as? Int, "\(count)")
            }
        }
    }

    @Test("An extract has the events of the capture, with the same marks and words", arguments: names)
    func extract(name: String) throws {
        try Tool.withFolder { folder in
            let file = folder.appendingPathComponent("out.pcapng").path
            let run = try Tool.run(["extract", name, "-w", file], in: Self.captures)
            #expect(run.status == (SceneTests.isDamaged(name) ? 3 : 0) && run.output.isEmpty, "\(run.errors)")
            #expect(try Tool.names(in: folder) == ["out.pcapng"])
            // Only one fragment of a datagram is extracted.
            if name.hasPrefix("links/fragments-") { return }
            // Streams and relative numbers count what was captured, and an extract has less.
            let fields = ["file", "frame", "connection", "tcp_stream", "seq_rel", "ack_rel"]
            let events = try Self.events(file, without: fields)
            if !LightTests.isDecidedByData(name) {
                // A RST that answers data is not an event without that data.
                let answersData = { (event: NSDictionary) in event["kind"] as? String == "peer_reset" }
                var expected = try Self.events(name, without: fields)
                if !expected.contains(where: { $0["kind"] as? String == "probe" }) {
                    expected.removeAll(where: answersData)
                }
                #expect(events == expected)
            }
            // An extract of the extract has the same events.
            let again = folder.appendingPathComponent("again.pcapng").path
            let second = try Tool.run(["extract", file, "-w", again])
            #expect(second.status == 0, "\(second.errors)")
            if !LightTests.isDecidedByData(name) { #expect(try Self.events(again, without: fields) == events) }
        }
    }

    /// The verdict on the connection of each event of `path`.
    private static func verdicts(_ path: String) throws -> [String] {
        let run = try Tool.run(["analyze", "--format", "jsonl", path], in: captures)
        let records = try run.output.split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
        var verdicts: [Int: String] = [:]
        for record in records {
            if let verdict = record["verdict"] as? String { verdicts[record["connection"] as? Int ?? -1] = verdict }
        }
        return records.filter { $0["marks"] != nil && $0["frame"] != nil }.map {
            verdicts[$0["connection"] as? Int ?? -1] ?? "none"
        }
    }

    /// The beginning of a comment with a finding.
    private static var finding: Regex<(Substring, Substring)> {
        #/tcpalive: [a-z_]+ \((ok|notice|warning|failure), confidence /#
    }

    /// The comments in `file`, found by their first word.
    private static func comments(in file: URL) throws -> [String] {
        try String(decoding: Data(contentsOf: file), as: UTF8.self)
            .matches(of: /tcpalive: [ -~]*/).map { String($0.output) }
    }

    @Test(
        "Comments have the verdict, because the capture is read twice",
        arguments: [
            "scenes/dead-peer-5-3-4.pcap", "scenes/five-cadences.pcap", "formats/compressed.pcap.zst",
            "formats/pcapng-cut.pcapng",
        ])
    func verdicts(name: String) throws {
        try Tool.withFolder { folder in
            let file = folder.appendingPathComponent("out.pcapng")
            let expected = try Self.verdicts(name)
            let marks = ["analyze", "--marks", name, "-w", file.path]
            for arguments in [["analyze", "-q", name, "-w", file.path], marks] {
                _ = try Tool.run(arguments, in: Self.captures)
                let comments = try Self.comments(in: file)
                // Packets that are evidence of a finding have another comment.
                let events = comments.filter { $0.prefixMatch(of: Self.finding) == nil }
                #expect(!expected.isEmpty && events.count == expected.count && events.count < comments.count)
                for (comment, verdict) in zip(events, expected) {
                    #expect(comment.hasSuffix(" (connection: \(verdict))"))
                }
            }
        }
    }

    @Test(
        "An extract has the packets that are evidence of findings, even of connections without keep-alives",
        arguments: [("scenes/data-in-flight.pcap", 2), ("verdicts/verdict-idle-close.pcap", 1)])
    func evidence(name: String, packets: Int) throws {
        try Tool.withFolder { folder in
            let file = folder.appendingPathComponent("out.pcapng")
            let run = try Tool.run(["extract", name, "-w", file.path], in: Self.captures)
            #expect(run.errors.contains("wrote \(packets) of ") && run.errors.contains("; 0 of "), "\(run.errors)")
            let findings = try Self.comments(in: file).filter { $0.prefixMatch(of: Self.finding) != nil }
            #expect(findings.count == packets)
        }
    }

    @Test("Standard input and pipes are read once, so comments have no verdict", arguments: [false, true])
    func once(isNamed: Bool) throws {
        try Tool.withFolder { folder in
            let capture = Self.captures.appendingPathComponent("scenes/dead-peer-60-15-4.pcap")
            let file = folder.appendingPathComponent("out.pcapng")
            if isNamed {
                let pipe = folder.appendingPathComponent("pipe").path
                let made = unsafe mkfifo(pipe, 0o600)
                #expect(made == 0)
                let script = """
                    import subprocess, sys
                    reader = subprocess.Popen([sys.argv[1], "analyze", "-q", sys.argv[2], "-w", sys.argv[3]])
                    open(sys.argv[2], "wb").write(open(sys.argv[4], "rb").read())
                    sys.exit(reader.wait())
                    """
                let run = try Tool.python(["-c", script, Tool.executable.path, pipe, file.path, capture.path])
                #expect(run.status == 0, "\(run.output)")
            } else {
                let run = try Tool.run(
                    ["analyze", "-q", "-", "-w", file.path], in: folder, input: Data(contentsOf: capture))
                #expect(run.status == 0 && run.output.contains("unresponsive"), "\(run.errors)")
            }
            let words = try Self.words("scenes/dead-peer-60-15-4.pcap").map { "tcpalive: " + $0 }
            #expect(try Self.comments(in: file) == words)
        }
    }

    @Test("-c and a filter apply to both readings", arguments: [(1, 0), (5, 2), (6, 3), (1000, 4)])
    func limited(packets: Int, commented: Int) throws {
        try Tool.withFolder { folder in
            let file = folder.appendingPathComponent("out.pcapng")
            let sources = ["links/link-raw.pcap", "scenes/dead-peer-60-15-4.pcap"]
            let run = try Tool.run(
                ["analyze", "-q", "-c", "\(packets)", "-w", file.path] + sources + ["port", "5001"], in: Self.captures)
            #expect(run.status == 0, "\(run.errors)")
            let again = try Tool.run(["analyze", "-q", file.path])
            #expect(again.output.contains(": \(min(packets, 7)) packet"), "\(again.output)")
            let events = try Self.comments(in: file).filter { $0.prefixMatch(of: Self.finding) == nil }
            #expect(events.count == commented)
        }
    }

    @Test("A file without packets can be read")
    func nothing() throws {
        try Tool.withFolder { folder in
            let file = folder.appendingPathComponent("out.pcapng")
            let run = try Tool.run(["analyze", "-w", file.path, "links/link-raw.pcap", "port", "1"], in: Self.captures)
            #expect(run.status == 0)
            #expect(try Tool.run(["analyze", file.path]).output.contains("0 packets"))
        }
    }

    @Test(
        "tshark reads the words of the report as comments", .enabled(if: hasTshark, "tshark is not installed"),
        arguments: [
            "scenes/peer-forgot-rst.pcap", "scenes/zero-window.pcap", "scenes/five-cadences.pcap",
            "links/link-cooked-v2.pcap",
        ])
    func comments(name: String) throws {
        try Tool.withFolder { folder in
            let expected = try zip(Self.words(name), Self.verdicts(name)).map { "tcpalive: \($0) (connection: \($1))" }
            #expect(!expected.isEmpty)
            for command in ["analyze", "extract"] {
                let file = folder.appendingPathComponent("\(command).pcapng").path
                _ = try Tool.run([command, name, "--snaplen", "100", "-w", file], in: Self.captures)
                let script = """
                    import subprocess, sys
                    command = ["tshark", "-n", "-r", sys.argv[1], "-Y", "frame.comment", "-T", "fields"]
                    print(subprocess.run(command + ["-e", "frame.comment"], capture_output=True, text=True).stdout)
                    """
                let output = try Tool.python(["-c", script, file]).output
                // tshark separates several comments of a packet by commas.
                let comments = output.replacing(",tcpalive: ", with: "\ntcpalive: ").split(separator: "\n")
                    .map(String.init)
                #expect(comments.filter { $0.prefixMatch(of: Self.finding) == nil } == expected)
            }
        }
    }

    @Test("Several files and a filter make one extract")
    func severalFiles() throws {
        try Tool.withFolder { folder in
            let file = folder.appendingPathComponent("out.pcapng").path
            let sources = ["scenes/seventy-connections.pcap", "links/link-raw.pcap", "scenes/dead-peer-5-3-4.pcap"]
            let run = try Tool.run(
                ["extract"] + sources + ["--snaplen", "96", "-w", file, "tcp", "port", "5001"], in: Self.captures)
            #expect(run.status == 0, "\(run.errors)")
            let fields = ["file", "frame", "connection"]
            let filtered = try Tool.run(
                ["analyze", "--format", "jsonl"] + sources + ["tcp", "port", "5001"], in: Self.captures)
            let count = filtered.output.split(separator: "\n").count { $0.contains("tcpalive.event/2") }
            #expect(count > 0)
            #expect(try Self.events(file, without: fields).count == count)
        }
    }

    @Test("An extract can be written to standard output")
    func standardOutput() throws {
        let tool = Tool.executable.path
        let script = """
            import subprocess, sys
            written = subprocess.run([sys.argv[1], "extract", sys.argv[2], "-w", "-"], capture_output=True).stdout
            print(subprocess.run([sys.argv[1], "analyze", "--marks", "-"], input=written, capture_output=True).stdout)
            """
        let capture = Self.captures.appendingPathComponent("scenes/dead-peer-60-15-4.pcap").path
        let expected = "4 5 6 7".split(separator: " ").map { "\($0)\\tkeep_alive\\n" }.joined()
        #expect(try Tool.python(["-c", script, tool, capture]).output == "b'\(expected)'\n")
    }

    @Test("A file that cannot be written is an error in one sentence")
    func unwritable() throws {
        try Tool.withFolder { folder in
            for command in ["analyze", "extract"] {
                for (path, sentence) in [
                    ("/nowhere/out", "cannot write /nowhere/out: No such file or directory"),
                    (".", "cannot write .: Is a directory"),
                    ("/dev/full", "/dev/full: cannot write: No space left on device"),
                ] {
                    let capture = Self.captures.appendingPathComponent("scenes/seventy-connections.pcap").path
                    let run = try Tool.run([command, capture, "-w", path], in: folder)
                    #expect(run.status == 2 && run.errors == "tcpalive: error: \(sentence)\n", "\(run.errors)")
                    // What was read is reported all the same.
                    #expect(run.output.contains("Read ") == (command == "analyze" && path == "/dev/full"))
                }
            }
            #expect(try Tool.names(in: folder).isEmpty)
        }
    }

    @Test("If the reader of the report ends, no incomplete file is left")
    func closedPipe() throws {
        try Tool.withFolder { folder in
            let script = """
                import os, subprocess, sys
                reader, writer = os.pipe()
                os.close(reader)
                print(subprocess.run(sys.argv[1:], stdout=writer).returncode)
                """
            let capture = Self.captures.appendingPathComponent("scenes/seventy-connections.pcap").path
            let file = folder.appendingPathComponent("out.pcapng").path
            let run = try Tool.python(["-c", script, Tool.executable.path, "analyze", capture, "-w", file])
            #expect(run.output.hasSuffix("2\n") && run.output.contains("\(file) was not written"), "\(run.output)")
            #expect(try Tool.names(in: folder).isEmpty)
        }
    }

    @Test("If the disk becomes full, an existing file stays", arguments: ["analyze", "extract"])
    func fullDisk(command: String) throws {
        try Tool.withFolder { folder in
            let file = folder.appendingPathComponent("out.pcapng")
            try Data("before".utf8).write(to: file)
            // A limit on the size of files simulates the full disk. Its signal, SIGXFSZ, has its usual effect.
            let script = """
                import resource, subprocess, sys
                resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
                run = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
                print(run.returncode)
                """
            let capture = Self.captures.appendingPathComponent("scenes/seventy-connections.pcap").path
            let run = try Tool.python(["-c", script, Tool.executable.path, command, capture, "-w", file.path])
            #expect(run.output.hasSuffix("2\n") && run.output.contains("\(file.path): cannot write: File too large"))
            #expect(try Tool.names(in: folder) == ["out.pcapng"])
            #expect(try Data(contentsOf: file) == Data("before".utf8))
        }
    }

    @Test(
        "Impossible options are usage errors",
        arguments: [
            (["extract", "links/link-raw.pcap"], "no output file given"),
            (["extract", "-", "-w", "out"], "standard input can be read only once"),
            (
                ["extract", "links/link-raw.pcap", "-w", "../captures/links/link-raw.pcap"],
                "would overwrite links/link-raw.pcap"
            ),
            (["analyze", "links/link-raw.pcap", "-w", "links/link-raw.pcap"], "would overwrite links/link-raw.pcap"),
            (["analyze", "links/link-raw.pcap", "-w", "-"], "standard output has the report"),
            (["analyze", "links/link-raw.pcap", "--snaplen", "96"], "--snaplen requires -w"),
            (["extract", "links/link-raw.pcap", "-w", "out", "--snaplen", "0"], "0 bytes would cut TCP headers"),
        ])
    func usage(arguments: [String], sentence: String) throws {
        let run = try Tool.run(arguments, in: Self.captures)
        #expect(run.status == 64 && run.errors.contains(sentence), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: Self.captures.appendingPathComponent("out").path))
    }

    @Test("extract refuses a pipe, which cannot be read twice")
    func pipe() throws {
        try Tool.withFolder { folder in
            let made = unsafe mkfifo(folder.appendingPathComponent("pipe").path, 0o600)
            #expect(made == 0)
            let run = try Tool.run(["extract", "pipe", "-w", "out.pcapng"], in: folder)
            #expect(run.status == 2)
            let sentence = "pipe is no regular file, and extract reads its captures twice: save it to a file"
            #expect(run.errors == "tcpalive: error: \(sentence)\n")
            #expect(try Tool.names(in: folder) == ["pipe"])
        }
    }

    @Test("If a later capture cannot be read, nothing is written", arguments: ["analyze", "extract"])
    func laterFailure(command: String) throws {
        try Tool.withFolder { folder in
            let file = folder.appendingPathComponent("out.pcapng").path
            let readme = Tool.root.appendingPathComponent("README.md").path
            let run = try Tool.run([command, "links/link-raw.pcap", readme, "-w", file], in: Self.captures)
            #expect(run.status == 2)
            #expect(try Tool.names(in: folder).isEmpty)
        }
    }
}
