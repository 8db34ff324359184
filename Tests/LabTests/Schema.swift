import Foundation

/// The JSON schema of the tool's records.
enum Schema {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// What the schema does not allow in the records of `text`; empty: nothing. The file is called `name` in `folder`.
    ///
    /// The Python of PATH runs it, which is the one that has the module jsonschema.
    static func faults(of text: String, name: String = "record.json", in folder: URL) throws -> String {
        let file = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "Tests/Scripts/validate.py", "Sources/Report/tcpalive.schema.json", file.path,
        ]
        process.currentDirectoryURL = root
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? "" : output
    }
}
