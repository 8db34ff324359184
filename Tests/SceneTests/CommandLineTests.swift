import Foundation
import Testing

/// Help, usage errors, messages and signals.
@Suite("Command line")
struct CommandLineTests {
    private static let scene = SceneTests.directory.appendingPathComponent("scenes/dead-peer-60-15-4.pcap")

    @Test(
        "The help is the expected one",
        arguments: ["", "analyze", "extract", "watch", "client", "listen", "interfaces", "explain"])
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
            (["--duration", "0"], "'--duration <seconds>': it is not between 0.001 and 1000000000 seconds"),
            (["-w", "-"], "-w -: standard output is used for the report; give a file name"),
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
        #expect(run.errors.contains("the filter \"tcp[\" does not compile"), "\(run.errors)")
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
