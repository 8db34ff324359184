import Foundation
import Testing

/// `tcpalive lab`.
@Suite("The command lab", .enabled(if: Lab.isPossible, Lab.needs))
struct LabCommandTests {
    @Test(
        "The client gives up as its options imply, and client and watch say so; also without root",
        arguments: Lab.isPossibleUnprivileged ? [false, true] : [false])
    func experiment(isUnprivileged: Bool) async throws {
        let lab = try await Lab()
        let run = try Self.start(
            lab, ["--idle", "1", "--interval", "1", "--count", "3"], isUnprivileged: isUnprivileged)
        #expect(try await run.end() == 0, "\(run.text)\(run.errorText)")
        let lines = run.text.split(separator: "\n")
        let order = [
            #/peer:   Listening on 192.0.2.20:5001/#, #/wire:   .* keep-alive ACK .*/#, #/cable:  cut.*/#,
            #/wire:   .* keep-alive 3, .*/#, #/wire:   .* gave up: 3 probes unanswered, .*/#,
            #/pass  192.0.2.10:[0-9]+ > 192.0.2.20:5001  tcpalive\[[0-9]+\]  Verified: .*/#,
        ]
        var rest = lines[...]
        for pattern in order {
            let index = try #require(rest.firstIndex { $0.wholeMatch(of: pattern) != nil }, "\(run.text)")
            rest = rest[(index + 1)...]
        }
        #expect(lines.contains { $0.hasPrefix("client: ") && $0.contains("Verified: probes on the wire match") })
        #expect(run.errorText.isEmpty && !run.text.contains("FAIL"), "\(run.errorText)")
    }

    @Test("With --for, the peer answers that long; a user timeout ends the connection after one probe")
    func cut() async throws {
        let lab = try await Lab()
        // A narrow terminal breaks the lines of watch.
        let run = try Self.start(
            lab, ["--idle", "1", "--interval", "1", "--count", "9", "--user-timeout", "1.5", "--for", "4"],
            through: ["env", "COLUMNS=70"])
        #expect(try await run.end() == 0, "\(run.text)\(run.errorText)")
        let before = run.text.prefix(upTo: try #require(run.text.range(of: "cable:  cut")).lowerBound)
        #expect(before.ranges(of: "keep-alive ACK").count >= 2, "\(run.text)")
        #expect(run.text.contains("gave up: 1 probe unanswered"), "\(run.text)")
    }

    @Test("A signal ends all parts", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) async throws {
        let lab = try await Lab()
        let run = try Self.start(lab, [])
        try await run.wait(for: "#1 from")
        let parts = try Self.children(of: run.process.processIdentifier)
        #expect(parts.count == 3)
        #expect(try await run.end(by: signal) == 4, "\(run.errorText)")
        for part in parts { #expect(kill(part, 0) != 0, "\(part)") }
    }

    @Test(
        "Without permission to make namespaces, a sentence says what is missing",
        .enabled(if: geteuid() == 0, "needs root"))
    func forbidden() async throws {
        let lab = try await Lab()
        // In this user namespace nobody may make another one.
        let script =
            "echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --no-new-privs \"$0\" lab"
        let run = try lab.start(
            lab.prober, program: "unshare", ["-Ur", "sh", "-c", script, Lab.executable.path])
        #expect(try await run.end() == 2)
        #expect(
            run.errorText.hasPrefix(
                "tcpalive: error: cannot make network namespaces for the lab (user.max_user_namespaces is 0; run it as root): "
            ),
            "\(run.errorText)")
    }

    private static func start(
        _ lab: Lab, _ options: [String], isUnprivileged: Bool = false, through wrapper: [String] = []
    )
        throws -> Running
    {
        try Running(wrapper + Space.dropping(isUnprivileged) + [Lab.executable.path, "lab"] + options, in: lab.folder)
    }

    /// The processes that `process` has started.
    private static func children(of process: Int32) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter {
            let status = try? String(contentsOfFile: "/proc/\($0)/status", encoding: .utf8)
            return status?.contains("\nPPid:\t\(process)\n") == true
        }
    }
}
