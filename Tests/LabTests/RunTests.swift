import Foundation
import Testing

/// `tcpalive run` of programs that every machine has.
@Suite("Run", .enabled(if: Lab.isPossible, Lab.needs))
struct RunTests {
    private static let settings = ["--idle", "2", "--interval", "1", "--count", "3"]
    /// Runs a command that may not borrow descriptors, as in many containers.
    private static let withoutBorrowing = ["python3", script("without-borrowing.py")]

    private static let asNobody = Space.dropping(true)

    private static func script(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Scripts/\(name)").path
    }

    /// How a program of the test of the wire is started.
    enum Kind: CaseIterable {
        case script, staticProgram, child
    }

    @Test("Probes leave as set: a script, a static program, a child of a shell", arguments: Kind.allCases)
    func wire(kind: Kind) async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let watch = try await lab.watch([])
        let command: [String]
        switch kind {
        case .script: command = ["python3", Self.script("connect.py")]
        case .staticProgram:
            let program = lab.folder.appendingPathComponent("connect").path
            try #require(Program.succeeds(["gcc", "-static", "-o", program, Self.script("connect.c")]))
            command = [program]
        // The child ends with its parent.
        case .child:
            command = ["sh", "-c", "setpriv --pdeathsig KILL python3 \"$@\"; true", "sh", Self.script("connect.py")]
        }
        let program = try lab.start(lab.prober, ["run"] + Self.settings + ["--"] + command + ["10.9.0.2", "5001"])
        try await program.wait(for: "descriptor ")
        // Two periods of a peer that answers.
        try await watch.wait(for: "keep-alive 1, +2.0")
    }

    /// What may be done with the sockets of a program.
    enum Rights {
        case root, nobody, withoutBorrowing
        /// Root in a container, with the capabilities that Docker leaves by default.
        case container

        /// Those that this user can have.
        static var possible: [Rights] {
            [.root, .withoutBorrowing] + (Lab.isPossibleUnprivileged ? [.nobody] : [])
                + (geteuid() == 0 ? [.container] : [])
        }

        var wrapper: [String] {
            switch self {
            case .root: []
            case .nobody: RunTests.asNobody
            case .withoutBorrowing: RunTests.withoutBorrowing
            case .container: Space.inContainer
            }
        }
    }

    /// The lines of options.py of a program that `arguments` start.
    private static func lines(_ lab: Lab, _ rights: Rights, _ arguments: [String]) async throws -> [String] {
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let program = try lab.start(
            lab.prober, through: rights.wrapper,
            ["run"] + settings + arguments + ["python3", script("options.py"), "10.9.0.2", "5001"])
        #expect(try await program.end() == 0, "\(program.errorText)")
        #expect(program.errorText.isEmpty)
        return program.text.split(separator: "\n").map(String.init)
    }

    private static let kinds = [
        "connected", "set before", "set after", "turned off", "thread", "accepted", "fast open",
        "fast open of several", "not blocking", "child",
    ]

    @Test("Sockets of all kinds have the settings, whatever the program sets", arguments: Rights.possible)
    func kinds(rights: Rights) async throws {
        let lab = try await Lab()
        let lines = try await Self.lines(lab, rights, ["--user-timeout", "9", "--"])
        #expect(lines == Self.kinds.map { "\($0): 1 2 1 3 9000" } + ["Socket operation on non-socket"])
    }

    @Test("As defaults, the settings leave those of the program", arguments: [Rights.root, .withoutBorrowing])
    func defaults(rights: Rights) async throws {
        let lab = try await Lab()
        let lines = try await Self.lines(lab, rights, ["--as-defaults"])
        let own = ["set before": "1 99 1 3 0", "set after": "1 99 1 3 0", "turned off": "0 99 1 3 0"]
        #expect(
            lines == Self.kinds.map { "\($0): \(own[$0] ?? "1 2 1 3 0")" } + ["Socket operation on non-socket"])
    }

    @Test("Sockets that the program inherits have the settings", arguments: [Rights.root, .withoutBorrowing])
    func inherited(rights: Rights) async throws {
        let lab = try await Lab()
        let script = Self.script("options.py")
        let program = try lab.start(
            lab.prober, program: "python3",
            [script, "inherit"] + rights.wrapper + [Lab.executable.path, "run"] + Self.settings
                + ["python3", script, "inherited"])
        #expect(try await program.end() == 0, "\(program.errorText)")
        #expect(program.text == "inherited: 1 2 1 3 0\naccepted: 1 2 1 3 0\n")
    }

    @Test("Without borrowing, a socket that the helper has not made has what the program sets")
    func passed() async throws {
        let lab = try await Lab()
        let program = try lab.start(
            lab.prober, through: Self.withoutBorrowing,
            ["run"] + Self.settings + ["python3", Self.script("options.py"), "passed"])
        #expect(try await program.end() == 0, "\(program.errorText)")
        #expect(program.text == "own: 1 2 1 3 0\npassed: 1 99 75 9 0\n")
    }

    @Test("A program that is process 1 does not wait for the helper")
    func firstProcess() async throws {
        let lab = try await Lab()
        let wait = """
            import os
            if os.fork() == 0: os._exit(0)
            try:
                while True: print(os.wait()[1])
            except ChildProcessError: pass
            """
        // The child of unshare(1), which must not stay if it waits forever.
        let program = try lab.start(
            lab.prober, program: "unshare",
            ["-pf", "--kill-child", "--mount-proc", Lab.executable.path, "run", "python3", "-c", wait])
        #expect(try await program.end() == 0, "\(program.errorText)")
        #expect(program.text == "0\n")
    }

    @Test(
        "A program that waits until it has no child, even one that most calls do not see, does not wait for the helper")
    func allChildren() async throws {
        let lab = try await Lab()
        // __WALL (wait(2)), as strace -f waits.
        let wait = """
            import os
            if os.fork() == 0: os._exit(0)
            try:
                while True: print(os.waitpid(-1, 0x40000000)[1])
            except ChildProcessError: pass
            """
        let program = try lab.start(lab.prober, ["run", "python3", "-c", wait])
        #expect(try await program.end() == 0, "\(program.errorText)")
        #expect(program.text == "0\n")
        #expect(try await Self.helpersEnd(lab))
    }

    @Test("Without borrowing, a socket(2) that the kernel refuses changes nothing")
    func refusedSocket() async throws {
        let lab = try await Lab()
        let script = """
            import socket
            try: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 182)
            except OSError: print("refused")
            listener = socket.create_server(("127.0.0.1", 0))
            connection = socket.create_connection(listener.getsockname())
            accepted = listener.accept()[0]
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 99)
            print(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE))
            """
        let program = try lab.start(
            lab.prober, through: Self.withoutBorrowing, ["run"] + Self.settings + ["python3", "-c", script])
        #expect(try await program.end() == 0, "\(program.errorText)")
        #expect(program.text == "refused\n2\n")
    }

    @Test("A process in another network namespace has the settings, or a notice says why not")
    func namespaces() async throws {
        let lab = try await Lab()
        let script = "ip link set lo up; python3 \"$0\" inherit python3 \"$0\" inherited"
        let command = ["run"] + Self.settings + ["--", "unshare", "-n", "sh", "-c", script, Self.script("options.py")]
        let program = try lab.start(lab.prober, command)
        #expect(try await program.end() == 0, "\(program.errorText)")
        #expect(program.text == "inherited: 1 2 1 3 0\naccepted: 1 2 1 3 0\n" && program.errorText.isEmpty)
        let other = try lab.start(lab.prober, through: Self.withoutBorrowing, command)
        #expect(try await other.end() == 0, "\(other.errorText)")
        #expect(other.text == "inherited: 0 7200 75 9 0\naccepted: 0 7200 75 9 0\n")
        #expect(other.errorText.contains("it is in another network namespace"))
        #expect(other.errorText.split(separator: "\n").count == 1)
    }

    @Test(
        "Where the rights to borrow are missing, sockets stay as the program sets them, and a notice says so once",
        .enabled(if: Lab.isPossibleUnprivileged, Lab.needsUnprivileged))
    func refused() async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        // PR_SET_DUMPABLE, prctl(2).
        let hidden =
            "import ctypes, runpy; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0); runpy.run_path('\(Self.script("options.py"))')"
        let program = try lab.start(
            lab.prober, through: Self.asNobody,
            ["run"] + Self.settings + ["--", "python3", "-c", hidden, "10.9.0.2", "5001"])
        #expect(try await program.end() == 0, "\(program.errorText)")
        #expect(program.text.hasPrefix("connected: 0 7200 75 9 0\nset before: 1 99 75 9 0\n"), "\(program.text)")
        #expect(program.errorText.contains("tcpalive: no permission to borrow sockets of python3["))
        #expect(program.errorText.split(separator: "\n").count == 1)
    }

    @Test("The process becomes the program: number, signals, statuses")
    func process() async throws {
        let lab = try await Lab()
        let script = "echo \"is $$\"; trap 'exit 7' TERM; while :; do sleep 0.02; done"
        let program = try lab.start(lab.prober, ["run", "sh", "-c", script])
        try await program.wait(for: "is \(program.process.processIdentifier)\n")
        #expect(try await program.end(by: SIGTERM) == 7)
        let killed = try lab.start(lab.prober, ["run", "--", "sh", "-c", "kill -KILL $$"])
        #expect(try await killed.end() == -SIGKILL)
        for (command, status, sentence) in [
            (["/nowhere/program"], Int32(127), "cannot run /nowhere/program: No such file or directory"),
            (["/etc/passwd"], 126, "cannot run /etc/passwd: Permission denied"),
            ([Lab.executable.path, "run", "true"], 2, "another program answers system calls here already"),
        ] {
            let run = try lab.start(lab.prober, ["run", "--"] + command)
            #expect(try await run.end() == status)
            #expect(run.errorText.hasPrefix("tcpalive: error: \(sentence)") && run.text.isEmpty, "\(run.errorText)")
        }
    }

    @Test(
        "The program starts with the signals and descriptors that it has without tcpalive",
        arguments: ["", "<&- 2>&-"])
    func sameStart(redirections: String) async throws {
        let lab = try await Lab()
        let look = "grep -E '^(Sig[BIC]|NoNewPrivs|Cap|Groups|Uid)' /proc/self/status; ls /proc/self/fd"
        let shell = try lab.start(
            lab.prober, program: "sh",
            [
                "-ec", "sh -c \"$1\" \(redirections); echo; \"$0\" run sh -c \"$1\" \(redirections)",
                Lab.executable.path, look,
            ])
        #expect(try await shell.end() == 0, "\(shell.errorText)")
        let starts = shell.text.components(separatedBy: "\n\n")
        #expect(starts.count == 2 && starts[0] + "\n" == starts[1] && starts[0].contains("SigIgn:"), "\(starts)")
    }

    /// The numbers of the helpers in the namespace of the prober of `lab`.
    private static func helpers(_ lab: Lab) throws -> [String] {
        let files = FileManager.default
        let namespace = try files.destinationOfSymbolicLink(atPath: "/proc/\(lab.prober.holder)/ns/net")
        return try files.contentsOfDirectory(atPath: "/proc").filter { name in
            // A process that has ended has no namespace.
            (try? String(contentsOfFile: "/proc/\(name)/comm", encoding: .utf8)) == "tcpalive-run\n"
                && (try? files.destinationOfSymbolicLink(atPath: "/proc/\(name)/ns/net")) == namespace
        }
    }

    /// Waits until there is no helper in the namespace of the prober of `lab`; false if there still is one after some time.
    private static func helpersEnd(_ lab: Lab) async throws -> Bool {
        let deadline = ContinuousClock.now + Lab.timeout
        while try !helpers(lab).isEmpty {
            if ContinuousClock.now > deadline { return false }
            try await Task.sleep(for: .milliseconds(10))
        }
        return true
    }

    @Test("A program in the background has the settings, keeps nobody waiting, and the helper ends with it")
    func background() async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let gate = lab.folder.appendingPathComponent("gate").path
        let output = lab.folder.appendingPathComponent("output")
        // The command substitution ends when nobody has its pipe any more. The program in the background connects after that.
        let script = """
            mkfifo \(gate)
            text=$("$0" run --idle 2 --interval 1 --count 3 -- sh -c '
                python3 "$1" after \(gate) 10.9.0.2 5001 > \(output.path) 2>&1 < /dev/null &
                echo first; exit 5' sh "$1" 2>&1)
            echo "$text $?"
            """
        let shell = try lab.start(
            lab.prober, program: "sh", ["-c", script, Lab.executable.path, Self.script("options.py")])
        #expect(try await shell.end() == 0, "\(shell.errorText)")
        #expect(shell.text == "first 5\n")
        #expect(try Self.helpers(lab).count == 1)
        try "go\n".write(toFile: gate, atomically: false, encoding: .utf8)
        #expect(try await Self.helpersEnd(lab))
        #expect(try String(contentsOf: output, encoding: .utf8).contains("child: 1 2 1 3 0\n"))
    }
}
