import Foundation
import Testing

/// `analyze --expect`: probes of a file held against the options that they should have.
@Suite("Expectation")
struct ExpectationTests {
    /// Prints the suites, cases, failures and errors that a JUnit file holds, and those that it claims.
    private static let counter = """
        import sys, xml.etree.ElementTree as tree
        root = tree.parse(sys.argv[1]).getroot()
        suites = root.findall("testsuite")
        held = [len(root.findall(".//" + name)) for name in ("testcase", "failure", "error")]
        claimed = [sum(int(suite.get(name)) for suite in suites) for name in ("tests", "failures", "errors")]
        print(len(suites), *held, *claimed)
        """

    @Test(
        "Probes are judged in every format and as JUnit XML, and the status says how it went",
        arguments: [
            ("dead-peer-60-15-4.pcap", "idle=60,interval=15,count=4", Int32(0), "pass", "1 3 0 0 3 0 0"),
            ("dead-peer-5-3-4.pcap", "count=4,interval=3,idle=5", 0, "pass", "1 5 0 0 5 0 0"),
            ("dead-peer-5-3-4.pcap", "idle=5,interval=2,count=4", 1, "fail", "1 5 2 0 5 2 0"),
            ("user-timeout-7s.pcap", "idle=5,interval=3,count=4", 1, "fail", "1 4 1 0 4 1 0"),
            ("zero-window.pcap", "idle=5,interval=3,count=4", 4, "not_judged", "1 1 0 1 1 0 1"),
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

    private static let refusals: [(options: String, reason: String)] = [
        ("idle=60,interval=15", "count missing"), ("count=4", "idle and interval missing"),
        ("idle=60,interval=15,count=4,count=4", "count is named twice"),
        (
            "idle=0,interval=15,count=4",
            "idle=0: TCP_KEEPIDLE: 0 is not between 1 and 32767 s, the bounds of the kernel"
        ),
        ("idle=99999,interval=15,count=4", "idle=99999: TCP_KEEPIDLE: 99999 is not between 1 and 32767 s"),
        ("idle=60,interval=15,count=128", "count=128: TCP_KEEPCNT: 128 is not between 1 and 127"),
        ("idle=60,interval=15,count=x", "count=x: count wants a whole number"), ("idle", "idle: idle wants a whole"),
        ("", "there is no option \"\""), ("idle=60,interval=15,count=4,", "there is no option \"\""),
        ("idel=60,interval=15,count=4", "there is no option \"idel\", only idle, interval and count"),
    ]

    @Test(
        "Options that are not all there, twice there or out of the kernel's bounds are a usage error that says which",
        arguments: refusals)
    func refused(options: String, reason: String) throws {
        let run = try Tool.run(["analyze", "--expect", options, "captures/dead-peer-60-15-4.pcap"])
        #expect(run.status == 64 && run.output.isEmpty, "\(run.output)")
        #expect(run.errors.contains(reason), "\(run.errors)")
    }

    @Test("A file that cannot be written is told in one sentence, and leaves nothing behind")
    func unwritable() throws {
        let arguments = ["--expect", "idle=60,interval=15,count=4", "--junit", "/nowhere/result.xml"]
        let run = try Tool.run(["analyze"] + arguments + ["captures/dead-peer-60-15-4.pcap"])
        #expect(run.status == 2)
        #expect(run.errors == "tcpalive: cannot write /nowhere/result.xml: No such file or directory\n")
    }
}
