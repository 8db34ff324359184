import Foundation
import Testing

/// The options for text: times, names, colours, width, and one line per finding.
@Suite("Text options")
struct TextOptionsTests {
    private static let scene = "captures/scenes/dead-peer-60-15-4.pcap"

    private static func text(
        _ arguments: [String], _ variables: [String: String] = [:], file: String = scene
    ) throws -> String {
        let run = try Tool.run(["analyze"] + arguments + [file], variables: variables)
        #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
        return run.output
    }

    /// The scene with all times moved so that its first packet is at `seconds` since 1970, in `folder`.
    private static func scene(at seconds: UInt32, in folder: URL) throws -> String {
        var bytes = try [UInt8](Data(contentsOf: Tool.root.appendingPathComponent(scene)))
        // pcap, little-endian: 24 bytes of header; each record begins with seconds, microseconds and captured length.
        func word(_ offset: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * $1) } }
        let first = word(24)
        var offset = 24
        while offset < bytes.count {
            let time = word(offset) &- first &+ seconds
            for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: time >> (8 * UInt32(index))) }
            offset += 16 + Int(word(offset + 8))
        }
        let file = folder.appendingPathComponent("moved.pcap")
        try Data(bytes).write(to: file)
        return file.path
    }

    @Test(
        "Text is in local time, with the zone in the headings",
        arguments: [
            ("UTC", "2026-11-22 UTC", "11:50:29.634507", "11:49:29  11:51:14"),
            ("Europe/Berlin", "2026-11-22 CET", "12:50:29.634507", "12:49:29  12:51:14"),
            ("Asia/Kathmandu", "2026-11-22 +0545", "17:35:29.634507", "17:34:29  17:36:14"),
            ("Pacific/Kiritimati", "2026-11-23 +14", "01:50:29.634507", "01:49:29  01:51:14"),
            ("NOWHERE8", "2026-11-22 NOWHERE", "03:50:29.634507", "03:49:29  03:51:14"),
        ])
    func zones(zone: String, date: String, time: String, times: String) throws {
        let text = try Self.text([], ["TZ": zone])
        #expect(text.hasPrefix("\(Self.scene), \(date)\n      4  \(time) IP "), "\(text)")
        #expect(text.contains("\n1 connection, \(date)\n") && text.contains("  \(times)  "), "\(text)")
        let timeline = try Self.text(["-q", "-v"], ["TZ": zone])
        #expect(timeline.contains("10.9.0.2:5001, \(date)\n") && timeline.contains("\n  \(time)  originator sends"))
        let records = try Self.text(["--format", "jsonl"], ["TZ": zone])
        #expect(try records == Self.text(["--format", "jsonl"]))
    }

    @Test("When clocks change during a capture, each time has the zone of that time")
    func changes() throws {
        try Tool.withFolder { folder in
            // The first packet is 75 s before 2026-10-25 01:00 UTC, when 03:00 CEST becomes 02:00 CET.
            let autumn = try Self.scene(at: 1_792_889_925, in: folder)
            let text = try Self.text([], ["TZ": "Europe/Berlin"], file: autumn)
            #expect(text.hasPrefix("\(autumn), 2026-10-25 CEST\n      4  02:59:45.634507 IP "), "\(text)")
            #expect(text.contains("\n\n\(autumn), 2026-10-25 CET\n      5  02:00:00.738494 IP "), "\(text)")
            #expect(text.contains("1 connection, local times\n"))
            #expect(text.contains("  2026-10-25 02:58:45 CEST  2026-10-25 02:00:30 CET      1m45s  open\n"), "\(text)")
            let timeline = try Self.text(["-q", "-v"], ["TZ": "Europe/Berlin"], file: autumn)
            #expect(timeline.contains("\n  02:59:45.634507  originator sends a keep-alive after"), "\(timeline)")
            #expect(timeline.contains("\n  2026-10-25 CET\n  02:00:00.738494  originator sends"), "\(timeline)")
            let dated = try Self.text(["-tttt"], ["TZ": "Europe/Berlin"], file: autumn)
            #expect(dated.hasPrefix("\(autumn), times in CEST\n      4  2026-10-25 02:59:45.634507 IP "), "\(dated)")
            #expect(dated.contains("\n\n\(autumn), times in CET\n      5  2026-10-25 02:00:00.738494 IP "), "\(dated)")
            // 2026-03-29 01:00 UTC: 02:00 CET becomes 03:00 CEST.
            let spring = try Self.scene(at: 1_774_745_925, in: folder)
            let later = try Self.text([], ["TZ": "Europe/Berlin"], file: spring)
            #expect(later.contains("2026-03-29 CET\n      4  01:59:45.634507 IP "), "\(later)")
            #expect(later.contains("2026-03-29 CEST\n      5  03:00:00.738494 IP "), "\(later)")
        }
    }

    @Test(
        "The first and the last second of pcap have a time, in every zone",
        arguments: [0, 4_294_967_095] as [UInt32], ["UTC", "America/New_York", "Pacific/Kiritimati"])
    func ends(seconds: UInt32, zone: String) throws {
        try Tool.withFolder { folder in
            let file = try Self.scene(at: seconds, in: folder)
            for option in ["-q", "-t", "-tt", "-ttt", "-tttt", "-ttttt"] {
                #expect(try Self.text([option, "-c", "7"], ["TZ": zone], file: file).contains("1 connection"))
            }
        }
    }

    @Test(
        "-t once to five times has the times of tcpdump",
        arguments: [
            (["-t"], "4  IP 10"), (["-tt"], "4  1795348229.634507 IP 10"),
            (["-t", "-t"], "4  1795348229.634507 IP 10"),
            (["-ttt"], "4   00:00:00.000000 IP 10"), (["-ttt"], "5   00:00:15.103987 IP 10"),
            (["-tttt"], "4  2026-11-22 11:50:29.634507 IP 10"),
            (["-tt", "-tt"], "4  2026-11-22 11:50:29.634507 IP 10"),
            (["-ttttt"], "7   00:00:45.312001 IP 10"), (["-nt"], "4  IP 10"), (["-nnt"], "4  IP 10"),
        ] as [([String], String)])
    func times(options: [String], line: String) throws {
        let text = try Self.text(options)
        #expect(text.contains("\n      \(line)"), "\(text)")
    }

    @Test(
        "Options that contradict each other or the format are usage errors in one sentence",
        arguments: [
            (["-tttttt"], "-t: given 6 times; at most -ttttt has a meaning."),
            (["-n", "--resolve"], "-n contradicts --resolve."), (["--brief", "-v"], "--brief contradicts -v"),
            (["-t", "--format", "json"], "-t requires --format text."),
            (["--brief", "--format", "jsonl"], "--brief requires --format text."),
            (["--resolve", "--format", "jsonl"], "--resolve requires --format text."),
            (["--color", "sometimes"], "sometimes"),
        ] as [([String], String)])
    func refused(options: [String], sentence: String) throws {
        for start in [["analyze", Self.scene], ["watch", "-i", "lo"]]
        where start[0] == "analyze" || options[1...] != ["-v"] {
            let run = try Tool.run(start + options)
            #expect(run.status == 64 && run.output.isEmpty && run.errors.contains(sentence), "\(run.errors)")
        }
    }

    @Test("-n and --color have no effect on records")
    func harmless() throws {
        let records = try Self.text(["--format", "jsonl"])
        #expect(try Self.text(["--format", "jsonl", "-n", "--color", "always"]) == records)
    }

    @Test(
        "--color decides about colours, and without it the environment",
        arguments: [
            ([], [:], false), (["--color", "always"], [:], true), ([], ["CLICOLOR_FORCE": "1"], true),
            (["--color", "never"], ["CLICOLOR_FORCE": "1"], false), ([], ["CLICOLOR_FORCE": "0"], false),
            (["--color", "always"], ["NO_COLOR": "1"], true), ([], ["NO_COLOR": "1", "CLICOLOR_FORCE": "1"], false),
            (["--color", "auto"], ["CLICOLOR_FORCE": "1"], true),
        ] as [([String], [String: String], Bool)])
    func colors(options: [String], variables: [String: String], isColored: Bool) throws {
        let text = try Self.text(options, variables)
        #expect(text.contains("\u{1B}[") == isColored)
        #expect(try text.replacing(#/\u{1B}\[[0-9]+m/#, with: "") == Self.text([]))
        if !isColored { return }
        for words in ["36mkeep-alive", "35munresponsive", "35mwarning  unresponsive"] {
            #expect(text.contains("\u{1B}[\(words)\u{1B}[0m"), "\(text)")
        }
    }

    @Test("The results of --expect have colours")
    func coloredChecks() throws {
        let run = try Tool.run(["analyze", "-q", "--color", "always", "--expect", "idle=60,count=9", Self.scene])
        #expect(run.output.contains("\u{1B}[32mpass\u{1B}[0m  first probe"), "\(run.output)")
        let failed = try Tool.run(["analyze", "-q", "--color", "always", "--expect", "idle=5", Self.scene])
        #expect(failed.output.contains("\u{1B}[31mFAIL\u{1B}[0m  first probe"), "\(failed.output)")
        #expect(failed.output.contains("\u{1B}[31mNot verified\u{1B}[0m: "), "\(failed.output)")
    }

    @Test("--brief prints one line per finding and one for the summary")
    func brief() throws {
        #expect(
            try Self.text(["--brief"]) == """
                warning  unresponsive  stream 0  confidence high  10.9.0.1:58902 > 10.9.0.2:5001  The last 3 probes of \
                10.9.0.1:58902 have no answer; it has not given up yet.
                1 connection; 4 keep-alives, 0 keep-alive ACKs, 0 zero-window probes; 7 packets.

                """)
        let run = try Tool.run(["analyze", "--brief", "--expect", "idle=5", Self.scene])
        #expect(run.status == 1)
        #expect(run.output.contains("\nFAIL  10.9.0.1:58902 > 10.9.0.2:5001  Not verified: "), "\(run.output)")
        let many = try Self.text(["--brief"], file: "captures/scenes/seventy-connections.pcap")
        let findings = try Self.text(["-q"], file: "captures/scenes/seventy-connections.pcap")
        #expect(many.split(separator: "\n").count > 1)
        let isMore = findings.contains("... and ")
        #expect(isMore == (many.split(separator: "\n").count > 21))
    }

    @Test("--resolve prints the names of /etc/hosts, and JSON and filters keep addresses")
    func names() throws {
        let file = "captures/scenes/mptcp-answered.pcap"
        let text = try Self.text(["--resolve"], file: file)
        #expect(text.contains(" IP localhost.60742 > localhost.56635: Flags"), "\(text)")
        #expect(text.contains("  localhost:60742  ") && !text.contains("127.0.0.1"), "\(text)")
        #expect(try Self.text(["-n"], file: file).contains(" IP 127.0.0.1.60742 > 127.0.0.1.56635: Flags"))
    }

    @Test("COLUMNS limits lines in a pipe; without it nothing is broken or omitted")
    func columns() throws {
        let wide = try Self.text([])
        #expect(wide.split(separator: "\n").contains { $0.count > 120 })
        for columns in ["", "0", "-5", "wide"] { #expect(try Self.text([], ["COLUMNS": columns]) == wide) }
        let narrow = try Self.text([], ["COLUMNS": "80"])
        #expect(narrow.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(narrow.contains("\nOmitted to fit 80 columns: ") && narrow.contains("\n         keep-alive 1 after "))
        let tiny = try Self.text([], ["COLUMNS": "1"])
        #expect(tiny.split(separator: "\n").allSatisfy { $0.count <= 50 }, "\(tiny)")
    }

    // `make reports` does so for all captures.
    @Test("Reports fit a terminal of 80, 100 and 160 columns")
    func terminals() throws {
        let result = try Tool.python(["Tests/Scripts/widths.py", Tool.executable.path, "captures/scenes"])
        #expect(result.status == 0, "\(result.output)")
    }
}
