import Foundation
import Testing

/// `tcpalive top` on a terminal.
@Suite("Top", .enabled(if: Lab.isPossible && Tmux.isInstalled, "needs tmux, and what other tests of the lab need"))
struct TopTests {
    /// Opens connections of the prober to the peer: the local ports and their settings.
    private static func open(_ lab: Lab, _ connections: String...) async throws -> Running {
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let running = try lab.start(lab.prober, script: "connections.py", ["10.9.0.2", "5001"] + connections)
        try await running.wait(for: "ready")
        return running
    }

    /// Runs `top` with `options` in the namespace of the prober.
    private static func top(_ lab: Lab, _ options: String, columns: Int = 80, lines: Int = 24) async throws -> Tmux {
        let words = lab.prober.entering + [Lab.executable.path, "top", options]
        return try await Tmux(lab, columns: columns, lines: lines, words.joined(separator: " "))
    }

    /// `line` without what differs between runs: process ids, times, round trips, and the spaces that align them.
    private static func normal(_ line: String) -> String {
        line.replacing(/\[\d+\]/, with: "[PID]").replacing(/\d\d:\d\d:\d\d/, with: "TIME")
            .replacing(/~\d+\.\d+ms/, with: "~RTT").replacing(#/ \d+s\b/#, with: " Ns").replacing(#/ +/#, with: " ")
            .trimmingCharacters(in: .whitespaces)
    }

    private static let keys = "? Help Enter Details / Filter > Sort I Invert Z Pause q Quit"

    private static let narrow = [
        "process remote keep-alive idle next un verdictv",
        "! python3[PID] 10.9.0.2:5001 7200/75/9 Ns 1h59 too_late_for_path",
        "* python3[PID] 10.9.0.2:5001 off Ns - no_keepalive",
        "* python3[PID] 10.9.0.2:5001 30/60/5 Ns Ns interval_exceeds_idle",
        "python3[PID] 10.9.0.2:5001 60/15/4 Ns Ns ok",
    ]

    private static let wide = [
        "process local remote state keep-alive idle next un answer verdictv",
        "! python3[PID] 10.9.0.1:40003 10.9.0.2:5001 ESTAB 7200/75/9 Ns 1h59 ~RTT too_late_for_path",
        "* python3[PID] 10.9.0.1:40002 10.9.0.2:5001 ESTAB off Ns - ~RTT no_keepalive",
        "* python3[PID] 10.9.0.1:40004 10.9.0.2:5001 ESTAB 30/60/5 Ns Ns ~RTT interval_exceeds_idle",
        "python3[PID] 10.9.0.1:40001 10.9.0.2:5001 ESTAB 60/15/4 Ns Ns ~RTT ok",
    ]

    @Test("The screen has every connection with its settings, the worst first, at 80x24 and 160x50")
    func sizes() async throws {
        let lab = try await Lab()
        let connections = try await Self.open(lab, "40001=60/15/4", "40002=off", "40003=7200/75/9", "40004=30/60/5")
        for (columns, lines) in [(80, 24), (160, 50)] {
            let terminal = try await Self.top(lab, "--no-packets", columns: columns, lines: lines)
            let screen = try await terminal.wait("four connections") {
                $0[0].contains("4 connections") && $0[lines - 1].hasPrefix("? Help")
            }
            #expect(screen.count == lines)
            let isWide = columns == 160
            let expected = [
                "tcpalive top TIME 4 connections: 1 warning, 2 notices, 1 off",
                "no packets are captured",
                "",
            ]
            #expect(screen.prefix(3).map(Self.normal) == expected)
            #expect(screen[3..<8].map(Self.normal) == (isWide ? Self.wide : Self.narrow))
            #expect(screen[8..<(lines - 1)].allSatisfy { $0.allSatisfy { $0 == " " } })
            #expect(Self.normal(screen[lines - 1]) == Self.keys)
            // The columns are aligned.
            let column = try #require(screen[3].range(of: "verdict")).lowerBound.utf16Offset(in: screen[3])
            for (row, verdict) in zip(screen[4..<8], ["too_late", "no_keep", "interval", "ok"]) {
                #expect(row.utf16.dropFirst(column).starts(with: verdict.utf16), "\(row)")
            }
            try await terminal.press("q")
        }
        #expect(connections.process.isRunning)
    }

    @Test("A connection that closes is shown with its state, until it is gone")
    func closing() async throws {
        let lab = try await Lab()
        let listener = try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let running = try lab.start(lab.prober, script: "connections.py", ["10.9.0.2", "5001", "40001=60/15/4"])
        try await running.wait(for: "ready")
        let terminal = try await Self.top(lab, "--no-packets --delay 0.2 state established", columns: 160)
        try await terminal.wait("established") { $0[4].contains(" ESTAB ") }
        kill(listener.process.processIdentifier, SIGKILL)
        // The filter says what to show, and not what to hide later.
        let screen = try await terminal.wait("close-wait") { $0[4].contains(" CLOSE-WAIT ") }
        #expect(screen[0].contains(" 1 connection: ") && !screen[4].contains("closed"), "\(screen)")
        kill(running.process.processIdentifier, SIGKILL)
        try await terminal.wait("gone") { $0[4].contains(" CLOSED ") }
    }

    @Test("A terminal that becomes larger or smaller is drawn again at once")
    func resize() async throws {
        let lab = try await Lab()
        let connections = try await Self.open(lab, "40001=60/15/4")
        let terminal = try await Self.top(lab, "--no-packets --delay 1000")
        try await terminal.wait(for: "1 connection:")
        try await terminal.resize(columns: 160, lines: 50)
        try await terminal.wait("the columns of a wide screen") { $0.count == 50 && $0[3].contains("local") }
        try await terminal.resize(columns: 60, lines: 10)
        try await terminal.wait("the keys in the last line") { $0.count == 10 && $0[9].hasPrefix("? Help") }
        #expect(connections.process.isRunning)
    }

    @Test("A peer that dies is seen: unanswered probes, the verdict, the timeline and the events")
    func death() async throws {
        let lab = try await Lab()
        let connections = try await Self.open(lab, "40001=2/1/5", "40002=off")
        let terminal = try await Self.top(lab, "-i va", columns: 120, lines: 40)
        // Answered probes first.
        try await terminal.wait("an answer") {
            $0.dropFirst(4).contains { $0.contains("40001") && $0.contains("healthy") }
        }
        try await lab.cutPeer()
        try await terminal.wait("unanswered probes") {
            $0.count > 4 && $0[4].hasPrefix("! ") && $0[4].contains("40001") && $0[4].contains("unresponsive")
        }
        try await terminal.press("Enter")
        let details = try await terminal.wait(for: "keep-alive  2/1/5")
        #expect(details[0].hasPrefix("10.9.0.1:40001 > 10.9.0.2:5001"))
        try await terminal.wait("the end") { $0.contains { $0.contains("closed") && $0.contains(" ago") } }
        let end = try await terminal.wait(for: "failure     peer_dead")
        let sent = try #require(end.first { $0.hasPrefix("sent ") })
        #expect(sent.contains { $0 == "p" } && sent.contains("R"))
        #expect(end.contains { $0.hasPrefix("received ") && $0.contains("a") })
        #expect(end.contains { $0.contains("sent: keep-alive") && $0.contains("unanswered") })
        try await terminal.press("q")
        try await terminal.wait(for: "40002")
        #expect(connections.process.isRunning)
    }

    @Test(
        "The terminal is as before, however top ends",
        arguments: ["q", "C-c", "TERM", "HUP", "INT", "QUIT", "SEGV", "ABRT"])
    func restored(way: String) async throws {
        let lab = try await Lab()
        let folder = lab.folder.path
        let words = lab.prober.entering + [Lab.executable.path, "top", "--no-packets"]
        // A debug build would ask on the terminal what to do after a crash.
        let script = """
            export SWIFT_BACKTRACE=enable=no; stty -g > \(folder)/before; echo $$ > \(folder)/shell; \(words.joined(separator: " ")); echo "status $?"; \
            stty -g > \(folder)/after; echo restored; exec cat
            """
        let terminal = try await Tmux(lab, columns: 80, lines: 24, script)
        try await terminal.wait(for: "? Help")
        #expect(try await terminal.value("alternate_on") == "1")
        #expect(try await terminal.value("cursor_flag") == "0")
        if way == "q" || way == "C-c" {
            try await terminal.press(way)
        } else {
            let shell = try String(contentsOfFile: "\(folder)/shell", encoding: .utf8)
                .trimmingCharacters(in: .newlines)
            try #require(Program.succeeds(["pkill", "-\(way)", "-P", shell]))
        }
        let screen = try await terminal.wait(for: "restored")
        #expect(try await terminal.value("alternate_on") == "0")
        #expect(try await terminal.value("cursor_flag") == "1")
        let modes = try ["before", "after"].map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }
        #expect(modes[0] == modes[1] && !modes[0].isEmpty)
        let status = ["QUIT": 131, "SEGV": 139, "ABRT": 134][way] ?? 0
        #expect(screen.contains { $0.contains("status \(status)") }, "\(screen)")
    }

    @Test("Ctrl-Z gives the terminal to the shell, and fg takes it again")
    func suspended() async throws {
        let lab = try await Lab()
        let words = lab.prober.entering + [Lab.executable.path, "top", "--no-packets"]
        let terminal = try await Tmux(lab, columns: 80, lines: 24, "exec sh -i")
        try await terminal.press(words.joined(separator: " "), "Enter")
        try await terminal.wait(for: "? Help")
        try await terminal.press("C-z")
        try await terminal.wait("the shell") { !$0.contains { $0.contains("? Help") } }
        #expect(try await terminal.value("alternate_on") == "0")
        try await terminal.press("fg", "Enter")
        try await terminal.wait(for: "? Help")
        try await terminal.press("q")
        try await terminal.wait("the shell") { !$0.contains { $0.contains("? Help") } }
    }

    @Test("An interface that does not exist is an error in one sentence, each time")
    func noInterface() async throws {
        let lab = try await Lab()
        let words = lab.prober.entering + [Lab.executable.path, "top", "-i", "nosuch0"]
        let script = "for i in 1 2 3 4 5; do \(words.joined(separator: " ")); echo status $?; done; exec cat"
        let terminal = try await Tmux(lab, columns: 100, lines: 24, script)
        let screen = try await terminal.wait("five errors") { $0.count { $0.hasPrefix("status 2") } == 5 }
        #expect(screen.count { $0.hasPrefix("tcpalive: error:") && $0.contains("nosuch0") } == 5, "\(screen)")
    }

    @Test("Where the locale has only ASCII, other letters of a process name take one column each")
    func ascii() async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let script = """
            import socket, signal
            connection = socket.create_connection(("10.9.0.2", 5001))
            open("/proc/self/comm", "w", encoding="utf-8").write("e\u{301}a")
            print("ready", flush=True)
            signal.pause()
            """
        let program = try lab.start(lab.prober, program: "python3", ["-c", script])
        try await program.wait(for: "ready")
        let words = lab.prober.entering + [Lab.executable.path, "top", "--no-packets"]
        for (locale, name) in [("C", " ?a["), ("C.UTF-8", "e\u{301}a[")] {
            let terminal = try await Tmux(
                lab, columns: 100, lines: 24, "LC_ALL=\(locale) \(words.joined(separator: " "))")
            let screen = try await terminal.wait(for: " no_keepalive")
            #expect(screen.contains { $0.contains(name) }, "\(screen)")
            try await terminal.press("q")
        }
    }

    @Test("Without rights it shows the connections, and says what is missing")
    func unprivileged() async throws {
        let lab = try await Lab()
        let connections = try await Self.open(lab, "40001=60/15/4")
        let words =
            lab.prober.entering + Space.dropping(true) + [Lab.executable.path, "top"]
        let terminal = try await Tmux(lab, columns: 80, lines: 24, words.joined(separator: " "))
        // The screen is drawn from top to bottom, and may be read before the row is there.
        let screen = try await terminal.wait("row of the connection") {
            $0.count > 4 && $0[4].contains("10.9.0.2:5001") && $0[4].contains("60/?/?")
        }
        #expect(screen[0].contains("1 connection:"))
        #expect(screen[1].hasPrefix("no packets: "), "\(screen[1])")
        #expect(screen[2].hasPrefix("The process of 1 socket is hidden"))
        try await terminal.press("q")
        #expect(connections.process.isRunning)
    }
}
