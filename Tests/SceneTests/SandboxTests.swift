import Foundation
import Testing

#if os(Linux)
    import CSandbox

    /// What a process can still do after it has given up its rights (`SandboxProbe` does so as the tool does).
    @Suite("Sandbox", .enabled(if: !Tool.isSanitized, "sanitizers need more than the sandbox allows"))
    struct SandboxTests {
        /// Runs the probe with the needs `kind`, and returns what came of each attempt, or the signal that ended it.
        private static func probe(_ kind: String, _ attempts: String...) throws -> (
            outcomes: [String: String], status: Int32
        ) {
            try Tool.withFolder { folder in
                // The user nobody must find it.
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
                let file = folder.appendingPathComponent("file").path
                try Data("x".utf8).write(to: URL(fileURLWithPath: file))
                let run = try Tool.run(
                    [kind, file] + attempts,
                    of: Tool.folder.appendingPathComponent("SandboxProbe"))
                var outcomes: [String: String] = [:]
                for line in run.output.split(separator: "\n") {
                    let parts = line.split(separator: " ", maxSplits: 1)
                    outcomes[String(parts[0])] = String(parts[1])
                }
                #expect(FileManager.default.fileExists(atPath: file))
                return (outcomes, run.status)
            }
        }

        /// What nobody may do, whatever it still needs.
        private static let alwaysRefused = [
            "write-named", "create-file", "rename-named", "remove-named", "change-mode", "packet-socket", "become-root",
            "signal-parent", "type-for-user", "mount", "start-process", "kernel-program", "submit-calls",
        ]

        @Test(
            "After the rights are given up, the system refuses what is not needed",
            arguments: [
                (
                    "nothing",
                    [
                        "read-named": "EPERM", "read-other": "EPERM", "list-root": "EPERM", "inet-socket": "EPERM",
                        "unix-socket": "EPERM", "netlink-socket": "EPERM", "make-code": "EPERM", "start-thread": "ok",
                    ]
                ),
                (
                    "live",
                    [
                        "read-named": "EPERM", "read-other": "EPERM", "list-root": "EPERM", "inet-socket": "EPERM",
                        "unix-socket": "EPERM", "netlink-socket": "EPERM", "make-code": "EPERM", "start-thread": "ok",
                    ]
                ),
                (
                    "reading",
                    [
                        "read-named": "ok", "read-other": "EACCES", "list-root": "EACCES", "inet-socket": "EPERM",
                        "unix-socket": "EPERM", "netlink-socket": "EPERM", "make-code": "EPERM", "start-thread": "ok",
                    ]
                ),
                (
                    "inspector",
                    [
                        "read-named": "ok", "read-other": "ok", "list-root": "ok", "inet-socket": "EPERM",
                        "unix-socket": "EPERM", "netlink-socket": "EPERM", "make-code": "EPERM",
                        "start-thread": "EPERM",
                    ]
                ),
                (
                    "names",
                    [
                        "read-named": "EACCES", "read-other": "ok", "list-root": "EACCES", "inet-socket": "ok",
                        "unix-socket": "ok", "netlink-socket": "ok", "make-code": "ok", "start-thread": "ok",
                    ]
                ),
            ])
        func refused(kind: String, expected: [String: String]) throws {
            let (outcomes, status) = try Self.probe(kind)
            #expect(status == 0)
            #expect(outcomes["lack"] == nil, "\(outcomes)")
            for (name, outcome) in expected { #expect(outcomes[name] == outcome, "\(name)") }
            for name in Self.alwaysRefused { #expect(outcomes[name] == "EPERM", "\(name)") }
            #expect(outcomes.count == expected.count + Self.alwaysRefused.count, "\(outcomes.keys.sorted())")
        }

        @Test(
            "Running a program and tracing end the process: no part of the tool does that",
            arguments: ["nothing", "live", "reading", "names"], ["run-program", "trace"])
        func killed(kind: String, attempt: String) throws {
            let (outcomes, status) = try Self.probe(kind, attempt)
            #expect(outcomes.isEmpty)
            #expect(status == -SIGSYS)
        }

        @Test("What an old kernel cannot refuse is said in one sentence, and the rest is refused")
        func oldKernel() throws {
            let (outcomes, status) = try Self.probe("old-nothing", "read-other", "become-root")
            #expect(status == 0)
            let lack = try #require(outcomes["lack"])
            #expect(
                lack == "this system cannot restrict tcpalive completely, which goes on without "
                    + "Landlock (Function not implemented), a filter of system calls (Operation not supported)")
            #expect(outcomes["read-other"] == "ok")
            #expect(outcomes["become-root"] == "EPERM")
        }
    }
#endif
