import Foundation
import Testing

/// `tcpalive tune` of the sockets of running programs.
@Suite("Tune", .enabled(if: Lab.isPossible, Lab.needs))
struct TuneTests {
    /// A program that is connected to the peer without keep-alives.
    private struct Connected {
        let running: Running
        let process: String
        let descriptor: String
    }

    /// Starts a program in Python, or in C and linked statically, and waits until it is connected.
    private static func connect(_ lab: Lab, isStatic: Bool = false) async throws -> Connected {
        let running: Running
        if isStatic {
            let program = lab.folder.appendingPathComponent("connect")
            let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("Scripts/connect.c")
            try #require(Program.succeeds(["gcc", "-static", "-o", program.path, source.path]))
            running = try lab.start(lab.prober, program: program.path, ["10.9.0.2", "5001"])
        } else {
            running = try lab.start(lab.prober, script: "connect.py", ["10.9.0.2", "5001"])
        }
        try await running.wait(for: "descriptor ")
        let words = running.text.split { $0 == " " || $0 == "\n" }
        return Connected(running: running, process: String(words[1]), descriptor: String(words[3]))
    }

    private static func tune(_ lab: Lab, _ arguments: [String], status: Int32 = 0) async throws -> Running {
        let running = try lab.start(lab.prober, ["tune"] + arguments)
        #expect(try await running.end() == status, "\(running.text)\(running.errorText)")
        return running
    }

    @Test("The next probe on the wire comes as set", arguments: [false, true])
    func wire(isStatic: Bool) async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let program = try await Self.connect(lab, isStatic: isStatic)
        let watch = try await lab.watch([])
        let tune = try await Self.tune(
            lab, ["--pid", program.process, "--idle", "2", "--interval", "1", "--count", "3"])
        #expect(tune.text.contains(" > 10.9.0.2:5001  off -> 2/1/3\n"), "\(tune.text)")
        // Two periods of a peer that answers.
        try await watch.wait(for: "keep-alive 1 (not marked), +2.0")
        #expect(program.running.process.isRunning)
        let off = try await Self.tune(lab, ["--pid", program.process, "--fd", program.descriptor, "--off"])
        #expect(off.text.contains("  2/1/3 -> off\n"), "\(off.text)")
    }

    @Test("Sockets are selected by port, filter words and descriptor, and a dry run changes nothing")
    func selection() async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let program = try await Self.connect(lab)
        for words in [["--port", "5001"], ["dport", "=", ":5001"], ["--pid", program.process]] {
            let run = try await Self.tune(lab, ["--dry-run", "--idle", "300"] + words)
            #expect(run.text.contains("  off -> 300/75/9 (not changed)\n"), "\(run.text)")
        }
        let run = try await Self.tune(lab, ["--port", "5001", "--user-timeout", "7"])
        #expect(run.text.contains("  off -> off u7s\n"), "\(run.text)")
        let on = try await Self.tune(lab, ["--port", "5001", "--on"])
        #expect(on.text.contains("  off u7s -> 7200/75/9 u7s\n"), "\(on.text)")
        let off = try await Self.tune(lab, ["--port", "5001", "--off", "--idle", "33"])
        #expect(off.text.contains("  7200/75/9 u7s -> off (33/75/9) u7s\n"), "\(off.text)")
    }

    @Test("A connection that is being opened can be changed")
    func opening() async throws {
        let lab = try await Lab()
        try await lab.cutPeer()
        let client = try lab.start(lab.prober, ["client"] + ["10.9.0.2", "5001"])
        try await client.wait(for: "Connecting")
        let run = try await Self.tune(lab, ["--pid", "\(client.process.processIdentifier)", "--idle", "7"])
        #expect(run.text.contains("  60/15/4 -> 7/15/4\n"), "\(run.text)")
    }

    @Test(
        "If a selected socket has a hidden process, the others are changed, and the status says so",
        .enabled(if: geteuid() == 0, "needs root"))
    func hidden() async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        _ = try await Self.connect(lab)
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Scripts/connect.py").path
        let nobody = Space.dropping(true)
        let own = try lab.start(
            lab.prober, program: nobody[0], nobody.dropFirst() + ["python3", script, "10.9.0.2", "5001"])
        try await own.wait(for: "descriptor ")
        let run = try lab.start(lab.prober, through: nobody, ["tune", "--port", "5001", "--idle", "21"])
        #expect(try await run.end() == 2)
        #expect(run.text.contains("  off -> 21/75/9\n") && run.text.count { $0 == "\n" } == 1, "\(run.text)")
        #expect(
            run.errorText == "tcpalive: error: the processes of 1 more socket are hidden: run as root\n",
            "\(run.errorText)")
    }

    @Test(
        "Root in a container sees and changes the sockets of programs in it", .enabled(if: geteuid() == 0, "needs root")
    )
    func container() async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Scripts/connect.py").path
        let wrapper = Space.inContainer
        let program = try lab.start(
            lab.prober, program: wrapper[0], wrapper.dropFirst() + ["python3", script, "10.9.0.2", "5001"])
        try await program.wait(for: "descriptor ")
        let watch = try lab.start(
            lab.prober, through: wrapper, ["watch", "-i", "va", "--format", "jsonl"] + Lab.limit)
        try await watch.wait(for: "capturing on va")
        let run = try lab.start(lab.prober, through: wrapper, ["tune", "--port", "5001", "--idle", "1"])
        #expect(try await run.end() == 0, "\(run.errorText)")
        #expect(run.text.contains("  off -> 1/75/9\n"), "\(run.text)")
        let audit = try lab.start(lab.prober, through: wrapper, ["audit", "--port", "5001"])
        #expect(try await audit.end() == 0, "\(audit.errorText)")
        #expect(audit.text.contains("  python3[") && audit.text.contains("  1/75/9  "), "\(audit.text)")
        try await watch.wait(for: "\"kind\":\"answer\"")
        #expect(try await watch.end(by: SIGINT) == 0, "\(watch.errorText)")
        #expect(watch.text.contains("_process\":\"python3\""), "\(watch.text)")
    }

    @Test("What is no TCP socket, or not there, is an error in one sentence")
    func nothing() async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let program = try await Self.connect(lab)
        let thread = try #require(
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").first { $0 != "\(getpid())" })
        for (words, sentence) in [
            (["--pid", thread], "\(thread) is a thread of process \(getpid()): give --pid \(getpid())"),
            (
                ["--pid", lab.peer.holder],
                "process \(lab.peer.holder) is in another network namespace: run tcpalive tune there, by nsenter"
            ),
            (["--pid", program.process, "--fd", "0"], "descriptor 0 of process \(program.process) is no TCP socket"),
            (["--pid", program.process, "--fd", "9999"], "descriptor 9999 of process"),
            (["--port", "1"], "no TCP socket is selected"),
        ] {
            let run = try await Self.tune(lab, ["--on"] + words, status: 2)
            #expect(run.errorText.hasPrefix("tcpalive: error: \(sentence)") && run.text.isEmpty, "\(run.errorText)")
        }
    }
}
