import Foundation
import Testing

/// `analyze --expect`: the probes of a file are compared with the expected options.
@Suite("Expectation")
struct ExpectationTests {
    /// Prints the numbers of suites, cases, failures and errors in a JUnit file, and those in its attributes.
    private static let counter = """
        import sys, xml.etree.ElementTree as tree
        root = tree.parse(sys.argv[1]).getroot()
        suites = root.findall("testsuite")
        held = [len(root.findall(".//" + name)) for name in ("testcase", "failure", "error")]
        claimed = [sum(int(suite.get(name)) for suite in suites) for name in ("tests", "failures", "errors")]
        print(len(suites), *held, *claimed)
        """

    @Test(
        "Every format, JUnit XML and the exit status have the same result",
        arguments: [
            ("scenes/dead-peer-60-15-4.pcap", "idle=60,interval=15,count=4", Int32(0), "pass", "1 3 0 0 3 0 0"),
            ("scenes/dead-peer-5-3-4.pcap", "count=4,interval=3,idle=5", 0, "pass", "1 5 0 0 5 0 0"),
            ("scenes/dead-peer-5-3-4.pcap", "idle=5,interval=2,count=4", 1, "fail", "1 5 2 0 5 2 0"),
            ("scenes/user-timeout-7s.pcap", "idle=5,interval=3,count=4", 1, "fail", "1 4 1 0 4 1 0"),
            ("scenes/zero-window.pcap", "idle=5,interval=3,count=4", 4, "not_judged", "1 1 0 1 1 0 1"),
            ("scenes/dead-peer-60-15-4.pcap", "idle=1m", 0, "pass", "1 2 0 0 2 0 0"),
            ("scenes/dead-peer-5-3-4.pcap", "idle=5s,count=4", 0, "pass", "1 3 0 0 3 0 0"),
            ("scenes/dead-peer-60-15-4.pcap", "idle=2m", 1, "fail", "1 2 1 0 2 1 0"),
            ("scenes/dead-peer-5-3-4.pcap", "interval=3", 0, "pass", "1 3 0 0 3 0 0"),
            ("scenes/dead-peer-5-3-4.pcap", "count=5", 1, "fail", "1 2 1 0 2 1 0"),
        ])
    func expectation(name: String, options: String, status: Int32, outcome: String, counts: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let capture = SceneTests.directory.appendingPathComponent(name).path
        let text = try Tool.run(["analyze", "--expect", options, "--junit", "result.xml", capture], in: folder)
        let sentence =
            ["pass": "Verified:", "fail": "Not verified:", "not_judged": "Cannot be judged:"][outcome] ?? "?"
        #expect(text.status == status && text.output.contains(sentence), "\(text.output)\(text.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["result.xml"])
        let counted = try Tool.python(["-c", Self.counter, folder.appendingPathComponent("result.xml").path])
        #expect(counted.output == counts + "\n")
        for format in ["json", "jsonl"] {
            let run = try Tool.run(["analyze", "--expect", options, "--format", format, capture])
            #expect(run.status == status && run.output.contains("\"outcome\":\"\(outcome)\""))
            let file = folder.appendingPathComponent("output.\(format)")
            try run.output.write(to: file, atomically: false, encoding: .utf8)
            let check = try Tool.python(["Tests/Scripts/validate.py", "Sources/Report/tcpalive.schema.json", file.path])
            #expect(check.status == 0, "\(check.output)")
        }
    }

    @Test("If no keep-alive was due because the peer's window was zero, the report says so")
    func zeroWindow() throws {
        let run = try Tool.run(["analyze", "-q", "--expect", "idle=5", "captures/scenes/zero-window.pcap"])
        #expect(run.status == 4)
        let sentence =
            #/Cannot be judged: the peer's window was zero, so no keep-alive was due; [0-9]+ window probes were sent\./#
        #expect(run.output.contains(sentence), "\(run.output)")
    }

    private static let refusals: [(options: String, reason: String)] = [
        ("idle=60,interval=15,count=4,count=4", "count is given twice"), ("idle=60,idle=2m", "idle is given twice"),
        (
            "idle=0,interval=15,count=4",
            "idle=0: TCP_KEEPIDLE: 0 is not between 1 and 32767 s, the bounds of the kernel"
        ),
        ("idle=99999,interval=15,count=4", "idle=99999: TCP_KEEPIDLE: 99999 is not between 1 and 32767 s"),
        ("idle=60,interval=15,count=128", "count=128: TCP_KEEPCNT: 128 is not between 1 and 127"),
        ("idle=20h", "idle=20h: TCP_KEEPIDLE: 72000 is not between 1 and 32767 s"),
        ("idle=60,interval=15,count=x", "count=x: count needs a whole number"),
        ("count=4s", "count needs a whole number"),
        ("idle", "idle: idle needs a time, such as 60, 60s, 2m, 1h or 1m30s"), ("idle=", "idle=: idle needs a time"),
        ("idle=1.5", "idle needs a time"), ("idle=1m30", "idle needs a time"), ("idle=30s1m", "idle needs a time"),
        ("interval=500ms", "interval needs a time"), ("idle=9999999999h", "idle needs a time"),
        ("", "no option given. Give one or more of idle, interval and count"),
        ("idle=60,interval=15,count=4,", "there is no option \"\". Give one or more of idle, interval and count"),
        ("idel=60", "there is no option \"idel\". Give one or more of idle, interval and count, as in idle=60 or"),
    ]

    @Test(
        "Options that are repeated, unknown, not a time or out of bounds are usage errors that say why",
        arguments: refusals)
    func refused(options: String, reason: String) throws {
        let run = try Tool.run(["analyze", "--expect", options, "captures/scenes/dead-peer-60-15-4.pcap"])
        #expect(run.status == 64 && run.output.isEmpty, "\(run.output)")
        #expect(run.errors.contains(reason), "\(run.errors)")
    }

    @Test("A file that cannot be written is an error in one sentence")
    func unwritable() throws {
        let arguments = ["--expect", "idle=60,interval=15,count=4", "--junit", "/nowhere/result.xml"]
        let run = try Tool.run(["analyze"] + arguments + ["captures/scenes/dead-peer-60-15-4.pcap"])
        #expect(run.status == 2)
        #expect(run.errors == "tcpalive: error: cannot write /nowhere/result.xml: No such file or directory\n")
    }
}
