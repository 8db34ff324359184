import Foundation
import Testing

/// `tcpalive run` and `tune` of programs that people use; `make test-run` installs them.
@Suite(
    "Run of curl, redis-cli, psql, Go and Java",
    .enabled(if: Lab.isPossible && ProcessInfo.processInfo.environment["TCPALIVE_PROGRAMS"] == "1", "make test-run"))
struct RunProgramTests {
    /// A program that connects to 10.9.0.2:5001, and waits for an answer.
    enum Client: CaseIterable {
        case curl, redis, psql, go, goWithDefaults, java

        /// Its options when it is started as ever.
        var ownOptions: String {
            switch self {
            // It cannot be made to do without.
            case .redis: "15/5/3"
            case .goWithDefaults: "15/15/9"
            default: "off"
            }
        }

        /// The command; compiles it in `folder` if necessary.
        func command(in folder: URL) throws -> [String] {
            let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Scripts")
            switch self {
            case .curl: return ["curl", "--no-keepalive", "-s", "http://10.9.0.2:5001/"]
            case .redis: return ["redis-cli", "-h", "10.9.0.2", "-p", "5001", "ping"]
            case .psql:
                return [
                    "psql", "host=10.9.0.2 port=5001 user=u dbname=d keepalives=0 sslmode=disable gssencmode=disable",
                ]
            case .go, .goWithDefaults:
                let program = folder.appendingPathComponent("connect").path
                let source = scripts.appendingPathComponent("connect.go").path
                try #require(
                    Program.succeeds(
                        ["env", "HOME=\(folder.path)", "CGO_ENABLED=0", "go", "build", "-o", program, source]))
                return [program, "10.9.0.2:5001", self == .go ? "off" : "default"]
            case .java:
                try #require(
                    Program.succeeds(
                        ["javac", "-d", folder.path, scripts.appendingPathComponent("Connect.java").path]))
                return ["java", "-cp", folder.path, "Connect", "10.9.0.2", "5001"]
            }
        }
    }

    /// Waits until one connection to the peer has `options`, as `audit` shows them.
    private static func wait(_ lab: Lab, for options: String) async throws {
        let deadline = ContinuousClock.now + Lab.timeout
        while true {
            let audit = try lab.start(lab.prober, ["audit", "dport", "=", ":5001"])
            try await audit.end()
            // redis-cli sets its options after it has connected.
            if audit.text.contains(" ESTAB  \(options) ") { return }
            if ContinuousClock.now > deadline { throw Lab.Failure(sentence: "no \(options) in: \(audit.text)") }
        }
    }

    @Test("Sockets have the settings, and probes leave as set", arguments: Client.allCases)
    func run(client: Client) async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let command = try client.command(in: lab.folder)
        let plain = try lab.start(lab.prober, program: command[0], Array(command.dropFirst()))
        try await Self.wait(lab, for: client.ownOptions)
        _ = try await plain.end(by: SIGKILL)
        let watch = try await lab.watch([])
        let program = try lab.start(
            lab.prober, ["run", "--idle", "3", "--interval", "1", "--count", "3", "--"] + command)
        try await Self.wait(lab, for: "3/1/3")
        // Two periods of a peer that answers.
        try await watch.wait(for: "keep-alive 1, +3.0")
        _ = try await program.end(by: SIGKILL)
    }

    @Test("tune changes the next probe of a running program in Go")
    func tune() async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let command = try Client.go.command(in: lab.folder)
        let program = try lab.start(lab.prober, program: command[0], Array(command.dropFirst()))
        try await Self.wait(lab, for: "off")
        let watch = try await lab.watch([])
        let tune = try lab.start(
            lab.prober,
            ["tune", "--pid", "\(program.process.processIdentifier)", "--idle", "2", "--interval", "1", "--count", "3"])
        #expect(try await tune.end() == 0, "\(tune.errorText)")
        #expect(tune.text.contains("  off -> 2/1/3\n"), "\(tune.text)")
        try await watch.wait(for: "keep-alive 1 (not marked), +2.0")
        _ = try await program.end(by: SIGKILL)
    }
}
