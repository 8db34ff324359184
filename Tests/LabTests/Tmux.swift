import Foundation
import Testing

/// A terminal of tmux(1) with one program. Both end with the lab, or with the tests.
final class Tmux {
    static let isInstalled = Program.isInstalled("tmux")

    private let running: Running
    /// The answers read so far.
    private var answers = 0

    /// A terminal of `columns` and `lines` that runs `command` with sh(1).
    init(_ lab: Lab, columns: Int, lines: Int, _ command: String) async throws {
        running = try lab.start(
            script: "tmux.py", [lab.folder.path, "\(columns)", "\(lines)", command])
        _ = try await answer()
    }

    /// The next answer of the script, which ends with a line `done`.
    private func answer() async throws -> [String] {
        let deadline = ContinuousClock.now + Lab.timeout
        while true {
            let lines = running.text.components(separatedBy: "\n")
            let ends = lines.indices.filter { lines[$0] == "done" }
            if ends.count > answers {
                let start = answers == 0 ? 0 : ends[answers - 1] + 1
                defer { answers += 1 }
                return Array(lines[start..<ends[answers]])
            }
            if ContinuousClock.now > deadline {
                throw Lab.Failure(sentence: "tmux does not answer: \(running.errorText)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func tmux(_ words: [String]) async throws -> [String] {
        try running.type(String(decoding: JSONEncoder().encode(words), as: UTF8.self) + "\n")
        return try await answer()
    }

    /// Types `keys`, by their names in tmux.
    func press(_ keys: String...) async throws { _ = try await tmux(["send-keys"] + keys) }

    func resize(columns: Int, lines: Int) async throws {
        _ = try await tmux(["resize-window", "-x", "\(columns)", "-y", "\(lines)"])
    }

    /// The value of a variable of tmux, such as `alternate_on`.
    func value(_ variable: String) async throws -> String {
        try await tmux(["display-message", "-p", "#{\(variable)}"]).joined()
    }

    /// The lines on the screen, with trailing spaces as they are.
    func screen() async throws -> [String] { try await tmux(["capture-pane", "-p", "-N"]) }

    /// Waits until `isReady` says so of the screen, and returns the screen; throws if it does not.
    ///
    /// A screen that is being drawn may be read half old and half new, so two readings in succession must be the same.
    @discardableResult
    func wait(_ what: String, for isReady: ([String]) -> Bool) async throws -> [String] {
        let deadline = ContinuousClock.now + Lab.timeout
        var last: [String]?
        while true {
            let lines = try await screen()
            if isReady(lines), lines == last { return lines }
            last = lines
            if ContinuousClock.now > deadline {
                throw Lab.Failure(sentence: "no \(what) in:\n\(lines.joined(separator: "\n"))")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Waits until the screen contains `text`.
    @discardableResult
    func wait(for text: String) async throws -> [String] {
        try await wait("\"\(text)\"") { $0.contains { $0.contains(text) } }
    }
}
