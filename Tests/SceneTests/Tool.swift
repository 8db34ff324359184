import Foundation

#if os(Linux)
    import CSandbox
#endif

/// Runs tcpalive.
enum Tool {
    /// The output and the exit status of a run.
    struct Run {
        var output: String
        var errors: String
        var status: Int32
    }

    /// The top directory of the package.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The folder of the tests and of all that was built with them.
    static let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()

    /// The tool: TCPALIVE_TOOL, such as an optimized one, which starts faster; otherwise that in the folder of the tests.
    static let executable =
        ProcessInfo.processInfo.environment["TCPALIVE_TOOL"].map { URL(fileURLWithPath: $0) }
        ?? folder.appendingPathComponent("tcpalive")

    /// Whether the tool is built with a sanitizer: then it has neither Landlock nor a filter of system calls, and needs much
    /// memory.
    #if os(Linux)
        static let isSanitized = tcpalive_is_sanitized() != 0
    #else
        static let isSanitized = false
    #endif

    /// The environment of the tool: that of the tests in UTC, without what changes the text, and with `variables`.
    static func environment(_ variables: [String: String] = [:]) -> [String: String] {
        let changing = ["COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"]
        return ProcessInfo.processInfo.environment.filter { !changing.contains($0.key) }
            .merging(["TZ": "UTC"]) { $1 }.merging(variables) { $1 }
    }

    /// Runs `tcpalive`, or another `program`, with `arguments` in `directory`, with `input` on standard input and `variables` in its environment.
    static func run(
        _ arguments: [String], of program: URL = executable, in directory: URL = root, input: Data = Data(),
        variables: [String: String] = [:]
    ) throws -> Run {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.environment = environment(variables)
        // Files instead of pipes, so that neither side waits for the other.
        return try withFolder { folder in
            let files = ["in", "out", "err"].map { folder.appendingPathComponent($0) }
            try input.write(to: files[0])
            for file in files[1...] { try Data().write(to: file) }
            process.standardInput = try FileHandle(forReadingFrom: files[0])
            process.standardOutput = try FileHandle(forWritingTo: files[1])
            process.standardError = try FileHandle(forWritingTo: files[2])
            try process.run()
            process.waitUntilExit()
            return try Run(
                output: String(decoding: Data(contentsOf: files[1]), as: UTF8.self),
                errors: String(decoding: Data(contentsOf: files[2]), as: UTF8.self),
                status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus)
        }
    }

    /// Runs the command `script` with sh(1) in `directory`.
    static func shell(_ script: String, in directory: URL = root) throws -> Run {
        try run(["-c", script], of: URL(fileURLWithPath: "/bin/sh"), in: directory)
    }

    /// Calls `body` with a new folder, which is removed afterwards.
    static func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    /// The names of the files in `folder`, sorted.
    static func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    /// Runs python3 with `arguments` in `directory`.
    static func python(_ arguments: [String], in directory: URL = root) throws -> (output: String, status: Int32) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let pipe = Pipe()
        process.currentDirectoryURL = directory
        process.environment = environment()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (String(decoding: output, as: UTF8.self), process.terminationStatus)
    }

    /// The rows of a table without its header, split at tabs; empty if the file does not exist.
    static func table(_ file: URL) -> [[String]] {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").dropFirst().map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
