import Foundation
import Testing

/// Two hosts on one machine: network namespaces joined by a pair of virtual Ethernet interfaces, gone with `deinit`.
///
/// The prober is 10.9.0.1 and fd09::1 on `va`, the peer 10.9.0.2 and fd09::2 on `vb`.
final class Lab {
    /// Whether this process may make namespaces, and has the programs for it.
    static let isPossible = geteuid() == 0 && has("ip") && has("nft")

    /// Where tests wait for something to appear, they wait no longer than this.
    static let patience = Duration.seconds(20)

    let prober: String
    let peer: String
    let folder: URL
    private var processes: [Process] = []

    init() throws {
        let unique = String(UInt32.random(in: 0..<0x100_0000), radix: 36)
        prober = "tcpalive-\(unique)-a"
        peer = "tcpalive-\(unique)-b"
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tcpalive-lab-\(unique)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.run("ip", "netns", "add", prober)
        try Self.run("ip", "netns", "add", peer)
        try Self.run(
            "ip", "link", "add", "va", "netns", prober, "type", "veth", "peer", "name", "vb", "netns", peer)
        for (space, link, number) in [(prober, "va", 1), (peer, "vb", 2)] {
            // No duplicate address detection, so that IPv6 is there at once.
            try inside(
                space, "sysctl", "-q", "-w", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.\(link).accept_dad=0")
            try Self.run("ip", "-n", space, "addr", "add", "10.9.0.\(number)/24", "dev", link)
            try Self.run("ip", "-n", space, "addr", "add", "fd09::\(number)/64", "dev", link, "nodad")
            try Self.run("ip", "-n", space, "link", "set", "lo", "up")
            try Self.run("ip", "-n", space, "link", "set", link, "up")
        }
    }

    deinit {
        for process in processes where process.isRunning { kill(process.processIdentifier, SIGKILL) }
        for process in processes { process.waitUntilExit() }
        for space in [prober, peer] { _ = try? Self.run("ip", "netns", "del", space) }
        try? FileManager.default.removeItem(at: folder)
    }

    /// Runs `words` in namespace `space`, and waits for its end.
    @discardableResult
    func inside(_ space: String, _ words: String...) throws -> String {
        try Self.run(["ip", "netns", "exec", space] + words)
    }

    /// Has the peer drop what comes to it.
    func cutPeer() throws {
        try inside(peer, "nft", "add table inet lab; add chain inet lab in { type filter hook input priority 0; }")
        try inside(peer, "nft", "add rule inet lab in meta l4proto tcp drop")
    }

    /// Starts tcpalive with `arguments` in namespace `space`.
    func start(_ space: String, _ arguments: [String]) throws -> Running {
        let running = try Running(
            Self.program("ip"), ["netns", "exec", space, Self.executable.path] + arguments, in: folder)
        processes.append(running.process)
        return running
    }

    /// The kernel's count `name` of TcpExt in the prober's namespace (/proc/net/netstat).
    func count(_ name: String) throws -> Int {
        let lines = try inside(prober, "cat", "/proc/net/netstat").split(separator: "\n")
            .filter { $0.hasPrefix("TcpExt:") }.map { $0.split(separator: " ") }
        let column = try #require(lines.first?.firstIndex { $0 == name })
        return try #require(Int(lines[1][column]))
    }

    static let executable = URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("tcpalive")

    private static func has(_ name: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: program(name))
    }

    private static func program(_ name: String) -> String {
        for folder in ["/usr/sbin", "/sbin", "/usr/bin", "/bin"] {
            if FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") { return "\(folder)/\(name)" }
        }
        return "/usr/bin/\(name)"
    }

    @discardableResult
    private static func run(_ words: String...) throws -> String { try run(words) }

    private static func run(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program(words[0]))
        process.arguments = Array(words.dropFirst())
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw Failure(sentence: "\(words.joined(separator: " ")): \(text)") }
        return text
    }

    struct Failure: Error, CustomStringConvertible {
        var sentence: String
        var description: String { sentence }
    }
}

/// A tcpalive that runs, and what it has printed.
final class Running {
    let process = Process()
    private let output: URL
    private let errors: URL

    fileprivate init(_ program: String, _ arguments: [String], in folder: URL) throws {
        let name = UUID().uuidString
        output = folder.appendingPathComponent("\(name).out")
        errors = folder.appendingPathComponent("\(name).err")
        for file in [output, errors] { try Data().write(to: file) }
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    var text: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }
    var errorText: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

    /// Waits until `condition` holds of what was printed to both; throws where it does not come to hold.
    func wait(for words: String) async throws {
        let deadline = ContinuousClock.now + Lab.patience
        while !text.contains(words), !errorText.contains(words) {
            if ContinuousClock.now > deadline {
                throw Lab.Failure(sentence: "no \"\(words)\" in: \(text)\(errorText)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Waits for the end; throws where it does not come.
    @discardableResult
    func end() async throws -> Int32 {
        let deadline = ContinuousClock.now + Lab.patience
        while process.isRunning {
            if ContinuousClock.now > deadline { throw Lab.Failure(sentence: "runs on: \(text)\(errorText)") }
            try await Task.sleep(for: .milliseconds(10))
        }
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// Sends `signal`, and waits for the end.
    func end(by signal: Int32) async throws -> Int32 {
        kill(process.processIdentifier, signal)
        return try await end()
    }
}
