import Foundation

/// Programs of the system.
enum Program {
    private static let folders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]

    /// The path of the program `name`; a path stays as it is.
    static func path(_ name: String) -> String {
        let paths = folders.map { "\($0)/\(name)" }
        return paths.first { FileManager.default.isExecutableFile(atPath: $0) } ?? name
    }

    static func isInstalled(_ name: String) -> Bool { path(name).hasPrefix("/") }

    /// A process for the command `words`, with the folders of root's PATH for all users, in UTC.
    static func process(_ words: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path(words[0]))
        process.arguments = Array(words.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["PATH": folders.joined(separator: ":"), "TZ": "UTC"], uniquingKeysWith: { $1 })
        return process
    }

    /// Runs the command `words`; returns whether its exit status is 0.
    static func succeeds(_ words: [String]) -> Bool {
        guard let process = try? process(words) else { return false }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationReason == .exit && process.terminationStatus == 0
    }
}

/// A running program and its output.
final class Running {
    let process: Process
    private let input = Pipe()
    private let output: URL
    private let errors: URL

    init(_ words: [String], in folder: URL) throws {
        let name = UUID().uuidString
        output = folder.appendingPathComponent("\(name).out")
        errors = folder.appendingPathComponent("\(name).err")
        for file in [output, errors] { try Data().write(to: file) }
        process = try Program.process(words)
        process.standardInput = input
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    var text: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }
    var errorText: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

    /// The lines of a JSON Lines report that are the same live and from a file: without findings during the capture and
    /// connections that were open at its end.
    static func stableLines(_ report: String) -> [Substring] {
        report.split(separator: "\n").filter {
            !$0.hasPrefix("{\"type\":\"tcpalive.finding/2\"") && !$0.contains("\"ended\":\"open\"")
        }
    }

    /// Writes `text` to its standard input.
    func type(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    /// Waits until the program prints `words` to either output; throws if it does not.
    func wait(for words: String) async throws {
        let deadline = ContinuousClock.now + Lab.timeout
        while true {
            let isLast = !process.isRunning || ContinuousClock.now > deadline
            if text.contains(words) || errorText.contains(words) { return }
            if isLast { throw Lab.Failure(sentence: "no \"\(words)\" in: \(text)\(errorText)") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Waits for the end and returns the exit status, or the negative signal; throws if it does not end.
    @discardableResult
    func end(within limit: Duration = Lab.timeout) async throws -> Int32 {
        let deadline = ContinuousClock.now + limit
        while process.isRunning {
            if ContinuousClock.now > deadline { throw Lab.Failure(sentence: "still runs: \(text)\(errorText)") }
            try await Task.sleep(for: .milliseconds(5))
        }
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// Sends `signal` and waits for the end.
    func end(by signal: Int32) async throws -> Int32 {
        kill(process.processIdentifier, signal)
        return try await end()
    }
}
