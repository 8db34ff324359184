import Foundation
import Testing

/// Help, usage errors, messages and signals.
@Suite("Command line")
struct CommandLineTests {
    private static let scene = SceneTests.directory.appendingPathComponent("scenes/dead-peer-60-15-4.pcap")

    @Test(
        "The help is the expected one",
        arguments: [
            "", "analyze", "extract", "watch", "audit", "top", "tune", "run", "probe-path", "client", "listen", "lab",
            "interfaces",
            "explain",
        ])
    func help(subcommand: String) throws {
        let run = try Tool.run((subcommand.isEmpty ? [] : [subcommand]) + ["--help"])
        let name = "help\(subcommand.isEmpty ? "" : "-" + subcommand).txt"
        let expected = Tool.root.appendingPathComponent("Tests/SceneTests/Help").appendingPathComponent(name)
        #expect(try run.output == String(contentsOf: expected, encoding: .utf8), "make expectations writes \(name)")
        #expect(run.status == 0 && run.errors.isEmpty)
    }

    @Test("An unknown verdict is a usage error that names similar ones")
    func unknownVerdict() throws {
        let run = try Tool.run(["explain", "silent-drip"])
        #expect(run.status == 64 && run.output.isEmpty)
        #expect(run.errors.contains("There is no verdict \"silent-drip\"; similar: silent_drop"))
        #expect(try Tool.run(["explain", "Silent-Drop"]).output == Tool.run(["explain", "silent_drop"]).output)
    }

    @Test(
        "A contradictory command line is a usage error of its subcommand",
        arguments: [
            ["analyze", "-", "-"], ["analyze", "--filter", "tcp", "scenes/dead-peer-60-15-4.pcap", "tcp"],
            ["analyze", "scenes/dead-peer-60-15-4.pcap", "tcp", "scenes/zero-window.pcap"],
            ["analyze", "-r", "scenes/dead-peer-60-15-4.pcap", "scenes/zero-window.pcap"], ["analyze"],
        ])
    func usage(arguments: [String]) throws {
        let run = try Tool.run(arguments, in: SceneTests.directory)
        #expect(run.status == 64 && run.output.isEmpty)
        #expect(run.errors.contains("Usage: tcpalive analyze"), "\(run.errors)")
    }

    @Test(
        "Impossible options of watch are usage errors that say why",
        arguments: [
            (["--duration", "0"], "'--duration <seconds>': it is not a time from 0.001 to 1000000000 seconds"),
            (["-w", "seen", "-W", "2"], "-W requires -C or -G"), (["-C", "1"], "-C requires -w"),
            (["-w", "seen", "-G", "60"], "-G requires a time in the file name, such as seen-%F"),
            (["-w", "-", "-C", "1"], "-C requires a file name: -w - is standard output"),
            (["-w", "seen", "-C", "0"], "'-C <size>': it is not a number from 1 to 1000000, in millions of bytes"),
        ])
    func watch(options: [String], reason: String) throws {
        let run = try Tool.run(["watch", "-i", "lo"] + options)
        #expect(run.status == 64 && run.output.isEmpty)
        #expect(run.errors.contains(reason), "\(run.errors)")
    }

    @Test(
        "With a filter that does not compile there is no report",
        arguments: ["links/link-raw.pcap", "formats/pcapng.pcapng"])
    func badFilter(name: String) throws {
        let run = try Tool.run(["analyze", "--format", "json", "--filter", "tcp[", name], in: SceneTests.directory)
        #expect(run.status == 2 && run.output.isEmpty)
        #expect(run.errors.contains("filter \"tcp[\": something must follow \"[\""), "\(run.errors)")
    }

    @Test("interfaces lists what can be captured on, as a table and as JSON; --all also lists the rest")
    func interfaces() throws {
        let table = try Tool.run(["interfaces"])
        // Without the capability nothing can be captured on.
        if table.status == 2 {
            #expect(table.output.isEmpty && table.errors.contains("cap_net_raw"), "\(table.errors)")
        } else {
            #expect(table.status == 0 && table.errors.isEmpty)
            #expect(table.output.contains("\nlo ") && !table.output.contains("cannot be opened"), "\(table.output)")
        }
        let all = try Tool.run(["interfaces", "--all"])
        #expect(all.output.contains("\nlo "), "\(all.output)")
        let lines = try Tool.run(["interfaces", "--all", "--format", "jsonl"]).output.split(separator: "\n")
        let records = try lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        #expect(records.contains { $0?["name"] as? String == "lo" && $0?["can_capture"] as? Bool == (all.status == 0) })
        #expect(records.allSatisfy { $0?["type"] as? String == "tcpalive.interface/2" })
        let document = try Tool.run(["interfaces", "--all", "--format", "json"]).output
        let object = try JSONSerialization.jsonObject(with: Data(document.utf8)) as? [String: [Any]]
        #expect(object?["interfaces"]?.count == records.count)
        try Tool.withFolder { folder in
            let files = ["document.json", "lines.jsonl"].map { folder.appendingPathComponent($0) }
            try Data(document.utf8).write(to: files[0])
            try Data(lines.joined(separator: "\n").utf8).write(to: files[1])
            let check = try Tool.python(
                ["Tests/Scripts/validate.py", "Sources/Report/tcpalive.schema.json"] + files.map(\.path))
            #expect(check.status == 0, "\(check.output)")
        }
    }

    @Test("On a terminal the table of interfaces has no line that is wider")
    func narrowInterfaces() throws {
        let script = """
            import os, pty, struct, sys, fcntl, termios
            pid, terminal = pty.fork()
            if pid == 0:
                fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
                os.execv(sys.argv[1], sys.argv[1:])
            text = b""
            try:
                while more := os.read(terminal, 65536): text += more
            except OSError:
                pass
            print(max(len(line.rstrip()) for line in text.decode().splitlines()))
            """
        let widest = try Tool.python(["-c", script, Tool.executable.path, "interfaces", "--all"])
        let number = try #require(
            Int(widest.output.trimmingCharacters(in: .whitespacesAndNewlines)), "\(widest.output)")
        // A word, such as a path in a reason, may be longer.
        #expect(number <= 60, "\(widest.output)")
    }

    @Test("Packets are not written to a terminal", arguments: [["watch", "-i", "lo"], ["extract", scene.path]])
    func terminal(arguments: [String]) throws {
        let script = """
            import os, pty, sys
            print(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
            """
        let run = try Tool.python(["-c", script, Tool.executable.path] + arguments + ["-w", "-"])
        #expect(run.output.contains("standard output is a terminal") && run.output.hasSuffix("64\n"), "\(run.output)")
    }

    @Test("Control characters in file names are escaped on standard output and standard error")
    func controlCharacters() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let name = "red\u{1B}[31m.pcap"
        try Data(contentsOf: Self.scene).prefix(300).write(to: folder.appendingPathComponent(name))
        let run = try Tool.run(["analyze", name], in: folder)
        #expect(run.status == 3)
        #expect(run.errors.contains("red\\x1b[31m.pcap") && !run.errors.contains("\u{1B}"))
        #expect(run.output.contains("red\\x1b[31m.pcap") && !run.output.contains("\u{1B}"))
    }

    @Test(
        "Events of a running capture are printed immediately, and a signal ends it with the summary",
        .timeLimit(.minutes(1)),
        arguments: [false, true], [SIGINT, SIGHUP])
    func interrupted(isCompressed: Bool, signal: Int32) throws {
        let process = Process()
        process.executableURL = Tool.executable
        process.arguments = ["analyze", "-"]
        process.environment = Tool.environment()
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        // The capture without its last bytes; the pipe stays open, as with a running tcpdump.
        var bytes = try Data(contentsOf: Self.scene).dropLast(10)
        if isCompressed {
            // A header of gzip and an uncompressed block (RFC 1951 3.2.4).
            let (low, high) = (UInt8(bytes.count & 0xFF), UInt8(bytes.count >> 8))
            bytes = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0, low, high, ~low, ~high] + bytes
        }
        try input.fileHandleForWriting.write(contentsOf: bytes)
        var text = ""
        while text.components(separatedBy: "  keep-alive ").count < 4 {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { break }
            text += String(decoding: more, as: UTF8.self)
        }
        #expect(process.isRunning)
        kill(process.processIdentifier, signal)
        text += String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 0)
        #expect(text.contains("Read standard input: 6 packets"), "\(text)")
    }
}
