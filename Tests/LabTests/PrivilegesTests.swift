import Foundation
import Testing

/// The rights of a running `watch`, and what it still does without them.
@Suite("Privileges", .enabled(if: Lab.isPossible, Lab.needs))
struct PrivilegesTests {
    /// The lines of /proc/PID/status.
    private static func state(of running: Running) throws -> [String: String] {
        let text = try String(contentsOfFile: "/proc/\(running.process.processIdentifier)/status", encoding: .utf8)
        var state: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { state[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        return state
    }

    @Test(
        "watch has no capabilities, no_new_privs and a filter of system calls when it captures; started by root, it is nobody",
        arguments: [[], ["--resolve"], ["-w", "seen.pcapng"], ["-w", "seen", "-C", "1"], ["--promiscuous"]])
    func state(options: [String]) async throws {
        let lab = try await Lab()
        let watch = try await lab.watch(
            on: ["lo"], options.map { $0.hasPrefix("seen") ? lab.folder.appendingPathComponent($0).path : $0 })
        let state = try Self.state(of: watch)
        #expect(state["CapEff"] == "0000000000000000" && state["CapPrm"] == "0000000000000000", "\(state)")
        #expect(state["NoNewPrivs"] == "1" && state["Seccomp"] == "2")
        if geteuid() == 0 {
            #expect(state["Uid"] == "65534\t65534\t65534\t65534" && state["Gid"] == "65534\t65534\t65534\t65534")
            #expect(state["CapBnd"] == "0000000000000000")
            #expect(!watch.errorText.contains("cannot restrict"), "\(watch.errorText)")
        }
        #expect(try await watch.end(by: SIGINT) == 0, "\(watch.errorText)")
    }

    @Test("With --no-sandbox watch keeps its rights, and says so")
    func noSandbox() async throws {
        let lab = try await Lab()
        let watch = try await lab.watch(on: ["lo"], ["--no-sandbox"])
        #expect(try Self.state(of: watch)["Seccomp"] == "0")
        #expect(watch.errorText.contains("tcpalive: --no-sandbox: tcpalive keeps all its rights"))
        #expect(try await watch.end(by: SIGINT) == 0)
    }

    @Test(
        "Files of a rotation are opened in a directory that only root may write to, also in place of old ones",
        .enabled(if: geteuid() == 0, "needs root"))
    func rotation() async throws {
        let lab = try await Lab()
        let folder = lab.folder.appendingPathComponent("root")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
        let junit = folder.appendingPathComponent("junit.xml").path
        let watch = try await lab.watch(
            on: ["lo"],
            ["-w", folder.appendingPathComponent("seen").path, "-C", "1k", "-W", "2"]
                + ["--fail-on", "failure", "--junit", junit])
        try await lab.listener(in: lab.prober, on: "127.0.0.1")
        // Until the second file is full, and the first one is opened again.
        for _ in 0..<6 {
            let client = try lab.start(lab.prober, ["client", "--duration", "0.2", "127.0.0.1", "5001"])
            #expect(try await client.end() == 0, "\(client.errorText)")
        }
        #expect(try await watch.end(by: SIGINT) == 0, "\(watch.errorText)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names == ["junit.xml", "seen0", "seen1"])
        for name in names.dropFirst() {
            let path = folder.appendingPathComponent(name).path
            let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(permissions == 0o600)
            #expect(try await lab.analyze([path]).contains("\nRead \(path): "))
        }
    }

    @Test("--resolve finds names from inside")
    func names() async throws {
        let lab = try await Lab()
        let watch = try await lab.watch(on: ["lo"], ["--resolve"])
        try await lab.listener(in: lab.prober, on: "127.0.0.1")
        let client = try lab.start(
            lab.prober, ["client", "--idle", "1", "--interval", "1", "--duration", "1.5", "127.0.0.1", "5001"])
        #expect(try await client.end() == 0, "\(client.errorText)")
        #expect(try await watch.end(by: SIGINT) == 0, "\(watch.errorText)")
        #expect(watch.text.contains("localhost"), "\(watch.text)")
    }
}
