import Foundation
import Seeded
import Testing

/// What happens when something around `analyze` and `extract` fails. The article Faults.md lists these tests.
@Suite("Faults")
struct FaultTests {
    private static let scene = SceneTests.directory.appendingPathComponent("scenes/dead-peer-5-3-4.pcap")

    /// A capture whose extract is larger than all buffers on the way: those of the tool and of a pipe.
    private static let large = someRecords(500_000)

    /// The first records of the large capture, in a file of `size` bytes or a little more.
    private static func someRecords(_ size: Int) -> Data {
        let bytes = LargeCapture().bytes
        var end = 24
        while end < size { end += 16 + (0..<4).reduce(0) { $0 | Int(bytes[end + 8 + $1]) << ($1 * 8) } }
        return Data(bytes[..<end])
    }

    /// What follows the header of a pcap file: its records.
    private static let records = large.dropFirst(24)

    private static let isRoot = geteuid() == 0

    /// The command prefix that makes a program another user's, without any privilege.
    private static let nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]

    /// Whether the user nobody may run the tool.
    private static let canBeNobody = isRoot && succeeds(nobody + [Tool.executable.path, "--version"])

    private static func succeeds(_ words: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    /// Calls `body` with a folder that has the capture in.pcap, which is `large` or the scene.
    private static func withCapture<Result>(isLarge: Bool = false, _ body: (URL) throws -> Result) throws -> Result {
        try Tool.withFolder { folder in
            try (isLarge ? large : Data(contentsOf: scene)).write(to: folder.appendingPathComponent("in.pcap"))
            return try body(folder)
        }
    }

    /// Expects one or more sentences of errors on standard error, and nothing else there.
    private static func expectSentences(_ run: Tool.Run, _ comment: Comment) {
        // Notices about the sandbox do not count.
        let lines = run.errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast().filter {
            !$0.hasPrefix("tcpalive: this system cannot restrict") && !$0.hasPrefix("tcpalive: --no-sandbox: ")
        }
        #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix("tcpalive: error: ") }, "\(comment): \(run.errors)")
    }

    /// The number of packets in the summary of a JSON Lines report.
    private static func packets(_ report: String) throws -> Int {
        let match = try #require(report.firstMatch(of: #/"tcpalive.summary\/2".*?"packets":([0-9]+)/#), "\(report)")
        return try #require(Int(match.1))
    }

    // MARK: Files that change

    private enum Change: String, CaseIterable {
        case removed, emptied, cut, replaced, renamed
    }

    /// Changes the file at `path`, which is the scene.
    private static func apply(_ change: Change, to path: URL) throws {
        switch change {
        case .removed: try FileManager.default.removeItem(at: path)
        case .emptied: try FileHandle(forWritingTo: path).truncate(atOffset: 0)
        case .cut: try FileHandle(forWritingTo: path).truncate(atOffset: 500)
        case .replaced:
            // Another file of another capture gets its name.
            let other = SceneTests.directory.appendingPathComponent("links/link-ethernet.pcap")
            try Data(contentsOf: other).write(to: path, options: .atomic)
        case .renamed:
            try FileManager.default.moveItem(at: path, to: path.appendingPathExtension("old"))
        }
    }

    @Test(
        "A capture that is cut between the first and the second reading is an error that names it; another file of its name is not read",
        arguments: ["analyze", "extract"], Change.allCases.map(\.rawValue))
    func changedBeforeSecondReading(command: String, change: String) throws {
        let change = try #require(Change(rawValue: change))
        let (run, written, before, undisturbed) = try Self.secondReading(command) { try Self.apply(change, to: $0) }
        switch change {
        case .emptied, .cut:
            #expect(run.status == 2 || run.status == 3, "\(run.errors)")
            Self.expectSentences(run, "\(command) \(change)")
            #expect(run.errors.contains("second.pcap"), "\(run.errors)")
        case .removed, .replaced, .renamed:
            // Captures stay open.
            #expect(run.status == 0 && run.errors == before.errors, "\(run.errors)")
            #expect(written == undisturbed)
        }
        if command == "analyze" { #expect(run.output.contains("\nRead "), "\(run.output.suffix(500))") }
    }

    /// Runs `command` on in.pcap and second.pcap, and calls `disturb` with the latter before it is read again. Returns the run, what it
    /// wrote, and the same of a run that nothing disturbed.
    private static func secondReading(
        _ command: String, _ disturb: (URL) throws -> Void
    ) throws -> (run: Tool.Run, written: Data, before: Tool.Run, undisturbed: Data) {
        try withCapture(isLarge: true) { folder in
            let second = folder.appendingPathComponent("second.pcap")
            try FileManager.default.copyItem(at: scene, to: second)
            let words = [command, "in.pcap", "second.pcap", "-w"]
            let before = try Tool.run(words + ["before"], in: folder)
            #expect(before.status == 0, "\(before.errors)")
            let pipe = try NamedPipe(in: folder)
            let started = try Started(words + ["pipe"], in: folder)
            // The first reading writes nothing, and in the second the pipe is full before in.pcap ends.
            #expect(started.wait { pipe.hasBytes })
            try disturb(second)
            let written = pipe.readAll(from: started)
            let run = try #require(try started.end())
            return (run, written, before, try Data(contentsOf: folder.appendingPathComponent("before")))
        }
    }

    @Test(
        "A capture that grows between the readings is written as far as it was reported",
        arguments: ["analyze", "extract"])
    func grownBeforeSecondReading(command: String) throws {
        let (run, written, _, undisturbed) = try Self.secondReading(command) { second in
            let file = try FileHandle(forWritingTo: second)
            try file.seekToEnd()
            try file.write(contentsOf: Self.records.prefix(50_000))
        }
        #expect(run.status == 0, "\(run.errors)")
        #expect(written == undisturbed)
    }

    @Test("A file without permission to read is an error in one sentence", .enabled(if: canBeNobody, "needs root"))
    func unreadable() throws {
        try Self.withCapture { folder in
            let file = folder.appendingPathComponent("in.pcap")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
            for words in [
                ["analyze", "in.pcap"], ["extract", "in.pcap", "-w", "out"], ["analyze", "in.pcap", "--html", "o"],
            ] {
                let run = try #require(try Started(words, in: folder, through: Self.nobody).end())
                #expect(run.status == 2 && run.output.isEmpty)
                #expect(run.errors == "tcpalive: error: may not read in.pcap: permission denied\n", "\(run.errors)")
            }
            #expect(try Tool.names(in: folder) == ["in.pcap"])
        }
    }

    @Test("A folder without permission to write is an error in one sentence", .enabled(if: canBeNobody, "needs root"))
    func unwritable() throws {
        try Self.withCapture { folder in
            for path in [folder.path, folder.appendingPathComponent("in.pcap").path] {
                let isFolder = path == folder.path
                try FileManager.default.setAttributes([.posixPermissions: isFolder ? 0o755 : 0o644], ofItemAtPath: path)
            }
            for words in [
                ["analyze", "in.pcap", "-w", "out"], ["extract", "in.pcap", "-w", "out"],
                ["analyze", "in.pcap", "--html", "out"],
            ] {
                let run = try #require(try Started(words, in: folder, through: Self.nobody).end())
                #expect(
                    run.status == 2 && run.errors == "tcpalive: error: cannot write out: Permission denied\n",
                    "\(run.errors)")
            }
            #expect(try Tool.names(in: folder) == ["in.pcap"])
        }
    }

    // MARK: Output

    /// The output files, and the arguments that make them.
    private static let outputs: [(arguments: [String], file: String)] = [
        (["analyze", "in.pcap", "-w", "out"], "out"), (["analyze", "in.pcap", "--html", "out"], "out"),
        (["extract", "in.pcap", "-w", "out"], "out"),
    ]

    @Test(
        "On a full disk an output file is an error and does not appear, and the report is printed",
        .enabled(if: succeeds(["unshare", "-m", "true"]), "needs a mount namespace"),
        arguments: outputs.map(\.arguments))
    func fullDisk(arguments: [String]) throws {
        try Self.withCapture(isLarge: true) { folder in
            // In a namespace of mounts of its own, which ends with the tool.
            let disk = folder.appendingPathComponent("disk")
            try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
            let words = arguments.map { $0 == "out" ? "disk/out" : $0 }
            let script = "mount -t tmpfs -o size=64k tmpfs disk && \"$@\"; status=$?; ls -A disk >&2; exit $status"
            let run = try #require(
                try Started(words, in: folder, through: ["unshare", "-m", "sh", "-c", script, "sh"]).end())
            // An --html page of these connections is larger than the disk, too.
            #expect(run.status == 2, "\(run.errors)")
            // What ls prints would follow.
            #expect(run.errors == "tcpalive: error: disk/out: cannot write: No space left on device\n", "\(run.errors)")
            if arguments[0] == "analyze" {
                #expect(run.output.contains("\nRead "), "\(run.output.suffix(500))")
            }
        }
    }

    @Test(
        "Help and version on a full disk are an error",
        arguments: [["--help"], ["--version"], ["help", "watch"], ["--generate-completion-script", "bash"]])
    func fullDiskForHelp(arguments: [String]) throws {
        try Tool.withFolder { folder in
            let run = try #require(try Started(arguments, in: folder, redirections: ">/dev/full").end())
            #expect(run.status == 2)
            #expect(
                run.errors == "tcpalive: error: standard output: cannot write: No space left on device\n",
                "\(run.errors)")
        }
    }

    @Test("Closed standard descriptors change nothing in an output file", arguments: outputs.map(\.arguments))
    func closedDescriptors(arguments: [String]) throws {
        try Self.withCapture { folder in
            let out = folder.appendingPathComponent("out")
            let before = try Tool.run(arguments, in: folder)
            #expect(before.status == 0, "\(before.errors)")
            let expected = try Data(contentsOf: out)
            for redirections in ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&-", "<&- >&- 2>&-"] {
                try FileManager.default.removeItem(at: out)
                let run = try #require(try Started(arguments, in: folder, redirections: redirections).end())
                #expect(run.status == 0, "\(redirections): \(run.errors)")
                #expect(try Data(contentsOf: out) == expected, "\(redirections)")
                #expect(try Tool.names(in: folder) == ["in.pcap", "out"])
            }
        }
    }

    @Test("Closed standard descriptors: a damaged capture is still status 3, and no sentence is in a file")
    func closedDescriptorsAndDamage() throws {
        try Self.withCapture { folder in
            let file = folder.appendingPathComponent("in.pcap")
            try Data(contentsOf: file).dropLast(10).write(to: file)
            let run = try #require(
                try Started(["analyze", "in.pcap", "-w", "out"], in: folder, redirections: ">&- 2>&-").end())
            #expect(run.status == 3)
            if let written = try? Data(contentsOf: folder.appendingPathComponent("out")) {
                #expect(written.range(of: Data("tcpalive: error".utf8)) == nil)
            }
        }
    }

    @Test(
        "If the reader of the report ends, the output file is an error and does not appear",
        arguments: outputs.map(\.arguments))
    func closedPipe(arguments: [String]) throws {
        try Self.withCapture(isLarge: true) { folder in
            // The reader ends before the report begins; extract has no report.
            let started = try Started(arguments, in: folder, redirections: "| true")
            let run = try #require(try started.end())
            #expect(run.errors.isEmpty || run.errors.hasPrefix("tcpalive: "), "\(run.errors)")
            if arguments[0] == "analyze" {
                #expect(run.errors.contains("standard output was closed, so out was not written"), "\(run.errors)")
            }
            #expect(
                try Set(Tool.names(in: folder)).isSubset(
                    of: arguments[0] == "extract" ? ["in.pcap", "out"] : ["in.pcap"]))
        }
    }

    // MARK: Signals

    /// Expects that `folder` has no file but in.pcap and whole output files.
    private static func expectWholeFiles(in folder: URL, _ comment: Comment) throws {
        let names = try Tool.names(in: folder)
        #expect(Set(names).isSubset(of: ["in.pcap", "out", "page"]), "\(comment)")
        if names.contains("out") {
            let run = try Tool.run(["analyze", "-q", "out"], in: folder)
            #expect(run.status == 0, "\(comment): \(run.errors)")
        }
        if names.contains("page") {
            let page = try String(contentsOf: folder.appendingPathComponent("page"), encoding: .utf8)
            #expect(page.hasSuffix("</html>\n"), "\(comment)")
        }
    }

    /// How often a run is interrupted: TCPALIVE_FAULT_ROUNDS, which `make torture-lab` sets.
    private let rounds = ProcessInfo.processInfo.environment["TCPALIVE_FAULT_ROUNDS"].flatMap { Int($0) } ?? 3

    /// Runs of commands with all their output files.
    private static let interrupted = [
        ["analyze", "in.pcap"], ["analyze", "in.pcap", "-q", "-w", "out", "--html", "page"],
        ["extract", "in.pcap", "-w", "out"],
    ]

    @Test(
        "SIGINT at any moment, once or twice, ends with a documented status; output files are whole or absent",
        arguments: interrupted, [SIGINT, SIGTERM])
    func interruptedAnytime(arguments: [String], signal: Int32) throws {
        // A constant seed: a failure can be repeated, as far as times can.
        var random = SeededNumbers(UInt64(signal))
        var duration: UInt32 = 0
        let capture = Self.someRecords(150_000)
        for round in 0..<rounds {
            try Self.withCapture { folder in
                try capture.write(to: folder.appendingPathComponent("in.pcap"))
                let begin = ContinuousClock.now
                let started = try Started(arguments, in: folder)
                if round > 0 {
                    // From before exec(3) until a little after the end.
                    usleep(UInt32.random(in: 0...duration + duration / 8, using: &random))
                    started.send(signal)
                    if round % 2 == 0 { started.send(signal) }
                }
                let run = try #require(try started.end())
                if round == 0 {
                    let (seconds, fraction) = begin.duration(to: .now).components
                    duration = UInt32(clamping: seconds * 1_000_000 + fraction / 1_000_000_000_000)
                    #expect(run.status == 0)
                }
                let comment: Comment = "round \(round): \(run.status) \(run.errors)"
                // The signal itself, before the tool can catch it or for the second time: its shell says 128 + n.
                #expect([0, 2, 3, -signal].contains(run.status), comment)
                if run.status > 0 { Self.expectSentences(run, comment) }
                try Self.expectWholeFiles(in: folder, comment)
                if run.status == 2 { #expect(try !Tool.names(in: folder).contains("out"), comment) }
            }
        }
    }

    @Test("A second SIGINT ends the process at once, and leaves no temporary file", arguments: [SIGINT, SIGTERM])
    func secondInterrupt(signal: Int32) throws {
        try Self.withCapture(isLarge: true) { folder in
            let pipe = try NamedPipe(in: folder)
            // It waits for the reader of the pipe, and the page has its temporary name.
            let started = try Started(["analyze", "in.pcap", "-q", "-w", "pipe", "--html", "page"], in: folder)
            #expect(started.wait { pipe.hasBytes })
            #expect(try Tool.names(in: folder).count == 3)
            started.send(signal)
            usleep(50_000)
            #expect(started.process.isRunning)
            started.send(signal)
            #expect(try started.end()?.status == -signal)
            // The process that names the files removes it when this one has ended.
            #expect(started.wait { (try? Tool.names(in: folder)) == ["in.pcap", "pipe"] })
        }
    }

    @Test("After SIGKILL there is no incomplete output file under its name")
    func killed() throws {
        try Self.withCapture(isLarge: true) { folder in
            let pipe = try NamedPipe(in: folder)
            let page = folder.appendingPathComponent("page")
            try Data("old".utf8).write(to: page)
            let started = try Started(["analyze", "in.pcap", "-q", "-w", "pipe", "--html", "page"], in: folder)
            #expect(started.wait { pipe.hasBytes })
            started.send(SIGKILL)
            #expect(try started.end()?.status == -SIGKILL)
            #expect(try String(contentsOf: page, encoding: .utf8) == "old")
        }
    }

    @Test("Signals that interrupt system calls, and stops, change nothing", arguments: [false, true])
    func interruptedCalls(isCompressed: Bool) throws {
        let data =
            isCompressed
            ? try Data(contentsOf: SceneTests.directory.appendingPathComponent("formats/compressed.pcap.gz"))
            : try Data(contentsOf: Self.scene)
        try Tool.withFolder { folder in
            let words = ["analyze", "--format", "jsonl", "-"]
            let expected = try Tool.run(words, in: folder, input: data)
            let started = try Started(words, in: folder, hasInput: true)
            for start in stride(from: 0, to: data.count, by: 100) {
                started.write(data[start..<min(start + 100, data.count)])
                for signal in [SIGWINCH, SIGSTOP, SIGCONT, SIGURG, SIGCHLD] { started.send(signal) }
                usleep(1000)
            }
            started.closeInput()
            let run = try #require(try started.end())
            #expect(run.status == 0 && run.output == expected.output && run.errors.isEmpty, "\(run.errors)")
        }
    }

    @Test("When the terminal is closed, analyze ends, and output files are whole or absent")
    func hangup() throws {
        try Self.withCapture(isLarge: true) { folder in
            let script = Tool.root.appendingPathComponent("Tests/LabTests/Scripts/hangup.py").path
            let run = try Tool.python(
                [
                    script, "keep-alive", Tool.executable.path, "analyze", "-v", "in.pcap", "--html", "page", "-w",
                    "out",
                ],
                in: folder)
            #expect(["0\n", "2\n"].contains(run.output), "\(run.output)")
            try Self.expectWholeFiles(in: folder, "hangup")
        }
    }

    // MARK: Limits

    @Test("Without descriptors, an error in one sentence and no file", arguments: [3, 4, 5, 6, 7, 8, 10])
    func outOfDescriptors(limit: Int) throws {
        try Self.withCapture { folder in
            for words in [
                ["analyze", "in.pcap"], ["analyze", "in.pcap", "-w", "out", "--html", "page"],
                ["extract", "in.pcap", "-w", "out"],
            ] {
                for jobs in words.count == 2 ? [[], ["--jobs", "2"]] : [[]] {
                    let run = try #require(
                        try Started(words + jobs, in: folder, after: "ulimit -n \(limit)").end())
                    // With so few the dynamic loader finds no library: 127, before the tool begins.
                    #expect([0, 2, 127].contains(run.status), "\(limit): \(run.errors)")
                    if run.status == 2 {
                        Self.expectSentences(run, "\(limit) \(words)")
                        #expect(run.errors.contains("Too many open files"), "\(limit): \(run.errors)")
                    }
                    try Self.expectWholeFiles(in: folder, "\(limit) \(words)")
                    if run.status != 0 { #expect(try Tool.names(in: folder) == ["in.pcap"]) }
                    for name in ["out", "page"] {
                        try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
                    }
                }
            }
        }
    }

    @Test(
        "Without threads, an error in one sentence", .enabled(if: canBeNobody, "needs root"),
        arguments: [
            ["formats/compressed.pcap.gz"], ["formats/compressed.pcap.zst"], ["formats/compressed.pcap.xz"],
            ["formats/compressed.pcap.lz4"], ["--jobs", "2", "scenes/dead-peer-5-3-4.pcap"],
        ])
    func outOfThreads(arguments: [String]) throws {
        let wrapper = Self.nobody + ["prlimit", "--nproc=1"]
        let started = try Started(["analyze", "-q"] + arguments, in: SceneTests.directory, through: wrapper)
        let run = try #require(try started.end(), "it waits for ever")
        #expect(run.status == 0 || run.status == 2)
        if run.status == 2 {
            Self.expectSentences(run, "\(arguments)")
            #expect(run.errors.contains("thread"), "\(run.errors)")
        }
    }

    @Test("Without memory, an error in one sentence, and the report of what was read")
    func outOfMemory() throws {
        try Tool.withFolder { folder in
            // In the sandbox it is another user's process, whose limits need not be ours to set.
            let started = try Started(["analyze", "-q", "--no-sandbox", "-"], in: folder, hasInput: true)
            // Until it waits for the rest of the header.
            started.write(Self.large.prefix(10))
            let status = "/proc/\(started.process.processIdentifier)/status"
            var size = 0
            #expect(
                started.wait {
                    let now = Self.virtualSize(status)
                    defer { size = now }
                    usleep(20_000)
                    return now > 0 && now == size
                })
            // What it has, and a little more.
            #expect(
                Self.succeeds([
                    "prlimit", "--pid", "\(started.process.processIdentifier)", "--as=\((size + 8 << 10) << 10)",
                ]))
            started.write(Self.large[10..<24])
            // Each packet is a connection of its own, which has to be kept.
            for number in 0..<16 as Range<UInt8> where started.process.isRunning {
                started.write(Self.connections(number))
            }
            started.closeInput()
            let run = try #require(try started.end())
            #expect(run.status == 2, "\(run.status) \(run.errors)")
            Self.expectSentences(run, "out of memory")
            #expect(run.errors.contains("memory") && run.output.contains("Read standard input"), "\(run.output)")
        }
    }

    /// VmSize in a file such as /proc/1/status, in KiB; 0: not there.
    private static func virtualSize(_ path: String) -> Int {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return 0 }
        return text.firstMatch(of: #/VmSize:\s+([0-9]+) kB/#).flatMap { Int($0.1) } ?? 0
    }

    /// Records of 10,000 connections that are established and idle: a segment of each end, with data.
    private static let connections = {
        var data = [UInt8](repeating: 0, count: 20_000 * 70)
        for number in 0..<20_000 {
            let (port, start) = (number / 2, number * 70)
            // Record | Ethernet | IPv4 | TCP
            let ports = [[UInt8(port >> 8), UInt8(port & 255)], [1, 187]]
            let ends: [[UInt8]] = [[10, 0, 0, 0], [10, 0, 1, 1]]
            let side = number % 2
            let record: [UInt8] =
                [0, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 54, 0, 0, 0] + [UInt8](repeating: 2, count: 12) + [8, 0]
                + [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0] + ends[side] + ends[1 - side]
                + ports[side] + ports[1 - side] + [0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10, 1, 0, 0, 0, 0, 0]
            for (index, byte) in record.enumerated() { data[start + index] = byte }
        }
        return data
    }()

    /// The same, of other clients for each `number`.
    private static func connections(_ number: UInt8) -> Data {
        var data = connections
        for record in 0..<20_000 { data[record * 70 + (record % 2 == 0 ? 45 : 49)] = number }
        return Data(data)
    }

    // MARK: Time

    @Test(
        "A clock that steps back and forth in a capture changes no packet, and is reported",
        arguments: [-86_400, 86_400, 1 << 31])
    func clock(step: Int) throws {
        try Self.withCapture { folder in
            let file = folder.appendingPathComponent("in.pcap")
            var bytes = try [UInt8](Data(contentsOf: file))
            var (offset, number) = (24, 0)
            while offset < bytes.count {
                let length = (0..<4).reduce(0) { $0 | Int(bytes[offset + 8 + $1]) << ($1 * 8) }
                if number % 4 >= 2 {
                    let seconds = (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << ($1 * 8) } + step
                    for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: seconds >> (index * 8)) }
                }
                offset += 16 + length
                number += 1
            }
            try Data(bytes).write(to: file)
            let text = try Tool.run(["analyze", "in.pcap"], in: folder)
            #expect(text.status == 0 && text.output.contains(" \(number) packets"), "\(text.output)")
            #expect(text.output.contains("ut of order") && !text.output.contains("+-"), "\(text.output)")
            let lines = try Tool.run(["analyze", "--format", "jsonl", "in.pcap"], in: folder)
            #expect(try lines.status == 0 && Self.packets(lines.output) == number)
        }
    }
}
