import Foundation
import Testing

/// The exit statuses in the help, and those that there are.
@Suite("Exit statuses")
struct ExitStatusTests {
    private static let commands = [
        "analyze", "extract", "watch", "audit", "top", "tune", "run", "probe-path", "client", "listen", "lab",
        "interfaces",
        "explain",
    ]
    private static let scenes = SceneTests.directory.appendingPathComponent("scenes").path

    /// The table in the help of `command`, or of tcpalive.
    private static func documented(_ command: String?) throws -> [Int32: String] {
        let help = try Tool.run(["help"] + (command.map { [$0] } ?? [])).output
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "Exit status:"), "\(help)")
        var table: [Int32: String] = [:]
        for line in lines[(start + 1)...] {
            guard let entry = line.wholeMatch(of: #/  ([0-9]+) +(.+)/#), let status = Int32(entry.1) else { break }
            table[status] = String(entry.2)
        }
        return table
    }

    @Test("The help of tcpalive has the statuses of all commands, in the same words")
    func tables() throws {
        let all = try Self.documented(nil)
        var union: [Int32: String] = [:]
        for command in Self.commands {
            for (status, words) in try Self.documented(command) {
                #expect(all[status] == words, "\(command)")
                union[status] = words
            }
        }
        #expect(union == all && all.count == 12)
    }

    /// The arguments of a run for each status of each command. `>` sends standard output to a file.
    private static let runs: [(command: String, status: Int32, arguments: [String])] = [
        ("analyze", 0, ["\(scenes)/zero-window.pcap"]),
        ("analyze", 1, ["-q", "--fail-on", "warning", "\(scenes)/dead-peer-5-3-4.pcap"]),
        ("analyze", 1, ["-q", "--expect", "count=5", "\(scenes)/dead-peer-5-3-4.pcap"]),
        ("analyze", 2, ["no-such-file.pcap"]), ("analyze", 2, ["\(scenes)/zero-window.pcap", ">", "/dev/full"]),
        ("analyze", 3, ["\(scenes)/../formats/pcapng-cut.pcapng"]),
        ("analyze", 4, ["-q", "--expect", "idle=5,interval=3,count=4", "\(scenes)/zero-window.pcap"]),
        ("analyze", 64, ["--no-such-option"]),
        ("extract", 0, ["\(scenes)/zero-window.pcap", "-w", "/dev/null"]),
        ("extract", 2, ["no-such-file.pcap", "-w", "/dev/null"]),
        ("extract", 3, ["\(scenes)/../formats/pcapng-cut.pcapng", "-w", "/dev/null"]),
        ("extract", 64, ["\(scenes)/zero-window.pcap"]),
        ("watch", 2, ["-i", "nothing0"]), ("watch", 64, []),
        ("audit", 0, ["dport", "=", ":1"]), ("audit", 2, [">", "/dev/full"]), ("audit", 64, ["port"]),
        ("audit", 64, ["--state", "all", "state", "established"]), ("audit", 64, ["--fail-on", "failure"]),
        ("audit", 64, ["--limit", "9223372036854775807"]), ("audit", 64, ["--netns", ""]),
        ("top", 2, []), ("top", 64, ["-i", "lo", "--no-packets"]),
        ("tune", 2, ["--on", "dport", "=", ":1"]), ("tune", 64, ["--on"]),
        ("run", 0, ["--", "true"]), ("run", 126, ["/etc/passwd"]), ("run", 127, ["/nowhere/program"]), ("run", 64, []),
        ("probe-path", 2, ["127.0.0.1:1", "--log", "/nowhere/log"]), ("probe-path", 13, ["127.0.0.1:1"]),
        ("probe-path", 64, ["127.0.0.1"]),
        ("client", 2, ["--reconnect", "127.0.0.1:1", ">", "/dev/full"]), ("client", 13, ["127.0.0.1:1"]),
        ("client", 64, []),
        ("listen", 0, ["--duration", "0.01", "0"]), ("listen", 2, ["192.0.2.99", "0"]), ("listen", 64, []),
        ("lab", 2, [">", "/dev/full"]), ("lab", 64, ["x"]),
        ("interfaces", 2, [">", "/dev/full"]), ("interfaces", 64, ["lo"]),
        ("explain", 0, []), ("explain", 2, [">", "/dev/full"]), ("explain", 64, ["nothing"]),
    ]

    /// The statuses that need a peer or a capability, and the tests that produce them.
    private static let elsewhere: [(command: String, status: Int32, test: String)] = [
        ("watch", 0, "WatchTests.interfaceNames"), ("watch", 1, "WatchTests.statuses"),
        ("watch", 4, "WatchTests.statuses"), ("audit", 1, "AuditTests.verdicts"),
        ("top", 0, "TopTests.restored"), ("tune", 0, "TuneTests.wire"), ("run", 2, "RunTests.process"),
        ("probe-path", 0, "ProbePathTests"),
        ("probe-path", 4, "ProbePathTests.interrupted"),
        ("client", 0, "ToolTests"), ("client", 1, "VerifyTests"),
        ("client", 4, "VerifyTests"), ("client", 10, "ClientTests"), ("client", 11, "ToolTests"),
        ("client", 12, "LabTests/Scenes"), ("interfaces", 0, "CommandLineTests.interfaces"),
        ("lab", 0, "LabCommandTests.experiment"), ("lab", 1, "VerifyTests"), ("lab", 4, "LabCommandTests.interrupted"),
        ("extract", 4, "MemoryTests.extract"),
    ]

    @Test("Each status of a command is produced", arguments: runs)
    func status(command: String, status: Int32, arguments: [String]) throws {
        let words = arguments.firstIndex(of: ">").map { Array(arguments[..<$0]) } ?? arguments
        guard let file = arguments.last, words != arguments else {
            #expect(try Tool.run([command] + words).status == status)
            return
        }
        let script = "exec \"$0\" \"$@\" > \(file)"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script, Tool.executable.path, command] + words
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == status, "\(text)")
        #expect(text.hasPrefix("tcpalive: error: standard output: cannot write: No space left on device"), "\(text)")
    }

    @Test("The help of a command has the statuses that it can have", arguments: commands)
    func complete(command: String) throws {
        let produced = Set(
            Self.runs.filter { $0.command == command }.map(\.status)
                + Self.elsewhere.filter { $0.command == command }.map(\.status))
        #expect(try Set(Self.documented(command).keys) == produced)
    }

    @Test("All options are in groups with titles, but for those of every command", arguments: commands)
    func groups(command: String) throws {
        let help = try Tool.run(["help", command]).output
        let options = try #require(help.components(separatedBy: "\nOPTIONS:\n").last)
        var names: [String] = []
        for line in options.split(separator: "\n") where line.hasPrefix("  -") {
            names += line.split { " ,".contains($0) }.prefix { $0.hasPrefix("-") }.map(String.init)
        }
        #expect(Set(names).isSubset(of: ["-V", "--version", "-h", "--help"]), "\(names)")
    }
}
