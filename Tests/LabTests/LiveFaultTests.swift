import Foundation
import Testing

/// What happens when something around `watch` fails. The article Faults.md lists these tests.
@Suite("Live faults", .enabled(if: Lab.isPossible, Lab.needs))
struct LiveFaultTests {
    /// The packets in the last line of counters: captured, received, dropped by the kernel.
    private static func counts(_ watch: Running) throws -> [Int] {
        let line = try #require(
            watch.errorText.split(separator: "\n").last { $0.contains(" captured, ") }, "\(watch.errorText)")
        let numbers = line.split(separator: " ").compactMap { Int($0) }
        return try #require(numbers.count >= 3 ? numbers : nil, "\(line)")
    }

    /// Starts a flood of small segments from the prober to the peer; it lasts until the end of the lab.
    private static func flood(_ lab: Lab) async throws {
        let sink = try lab.start(lab.peer, script: "flood.py", ["sink", "10.9.0.2", "5002"])
        try await sink.wait(for: "ready")
        let source = try lab.start(lab.prober, script: "flood.py", ["source", "10.9.0.2", "5002"])
        try await source.wait(for: "flooding")
    }

    /// Packets that passed `va` so far.
    private static func passed(_ lab: Lab) async throws -> Int {
        let table = try await lab.inside(lab.prober, "cat", "/proc/net/dev")
        let line = try #require(table.split(separator: "\n").first { $0.contains("va:") }, "\(table)")
        let numbers = line.split { $0 == " " || $0 == ":" }.dropFirst().compactMap { Int($0) }
        return numbers[1] + numbers[9]
    }

    private static func waitForPackets(_ count: Int, _ lab: Lab) async throws {
        let (before, deadline) = (try await passed(lab), ContinuousClock.now + Lab.timeout)
        while try await passed(lab) < before + count {
            if ContinuousClock.now > deadline { throw Lab.Failure(sentence: "fewer than \(count) packets passed") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    // MARK: Interfaces

    @Test("If an interface is removed, what its ring holds is captured, or what is missing is said")
    func removedInterface() async throws {
        let lab = try await Lab()
        let watch = try await lab.watch()
        try await Self.flood(lab)
        try await Self.waitForPackets(1000, lab)
        try await lab.inside(lab.prober, "ip", "link", "del", "va")
        #expect(try await watch.end() == 2)
        let counts = try Self.counts(watch)
        #expect(counts[0] == counts[1] && counts[0] > 1000, "\(watch.errorText)")
        #expect(watch.errorText.ranges(of: "the capture ends").count == 1, "\(watch.errorText)")
        #expect(!watch.errorText.contains("could not be read") && !watch.errorText.contains(" is up again"))
        #expect(watch.text.contains("Read va:"))
    }

    @Test(
        "If an interface gets another name, the capture continues, also if it is up again at once",
        arguments: ["down", "up"])
    func renamedInterface(state: String) async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let watch = try await lab.watch()
        let script = "ip link set va down; ip link set va name vx; ip link set vx \(state)"
        try await lab.inside(lab.prober, "sh", "-ec", script)
        try await watch.wait(for: "va is now called vx")
        try await lab.inside(lab.prober, "ip", "link", "set", "vx", "up")
        let options = ["--idle", "1", "--interval", "1"] + Lab.limit
        _ = try lab.start(lab.prober, ["client"] + options + ["10.9.0.2", "5001"])
        if state == "down" { try await watch.wait(for: "vx is up again") }
        try await watch.wait(for: "keep-alive 1 after 1.")
        #expect(try await watch.end(by: SIGINT) == 0, "\(watch.errorText)")
        let counts = try Self.counts(watch)
        #expect(counts[0] == counts[1] && !watch.errorText.contains("the capture ends"), "\(watch.errorText)")
    }

    @Test("Packets that the ring has no room for are counted, and the status is 4")
    func ringOverflow() async throws {
        let lab = try await Lab()
        let watch = try await lab.watch(["--buffer", "1"])
        try await Self.flood(lab)
        kill(watch.process.processIdentifier, SIGSTOP)
        try await Self.waitForPackets(40_000, lab)
        kill(watch.process.processIdentifier, SIGCONT)
        #expect(try await watch.end(by: SIGINT) == 4, "\(watch.errorText)")
        let counts = try Self.counts(watch)
        #expect(counts[2] > 0 && counts[0] + counts[2] == counts[1], "\(watch.errorText)")
        #expect(watch.errorText.contains("dropped by the kernel: use a larger --buffer"), "\(watch.errorText)")
        #expect(watch.text.contains("Read va:"))
    }

    // MARK: Output

    @Test("When the disk becomes full, watch says so, goes on, and ends with the report and status 2")
    func fullDisk() async throws {
        let lab = try await Lab()
        // A small disk, in a namespace of mounts that ends with the tool. What is on it must be whole.
        let script = """
            cd "$0" && mkdir disk && mount -t tmpfs -o size=200k tmpfs disk
            "$@"; status=$?
            "$1" analyze -q disk/seen.pcapng >&2 && echo whole >&2
            exit $status
            """
        let wrapper = ["unshare", "-m", "sh", "-c", script, lab.folder.path]
        let watch = try lab.start(
            lab.prober, through: wrapper, ["watch", "-i", "va", "-w", "disk/seen.pcapng", "--duration", "4"])
        try await watch.wait(for: "capturing on va")
        try await Self.flood(lab)
        #expect(try await watch.end() == 2, "\(watch.errorText)")
        #expect(watch.errorText.ranges(of: "No space left on device").count == 1, "\(watch.errorText)")
        #expect(watch.errorText.hasSuffix("whole\n"), "\(watch.errorText)")
        let counts = try Self.counts(watch)
        #expect(watch.text.contains("Read va:") && counts[0] > 4000, "\(watch.text)")
    }

    @Test("When the reader of the lines ends, the file is whole")
    func closedPipe() async throws {
        let lab = try await Lab()
        let file = lab.folder.appendingPathComponent("seen.pcapng").path
        let pipeline = "\"$0\" \"$@\" | head -1"
        let watch = try lab.start(
            lab.prober, through: ["sh", "-c", pipeline], ["watch", "-i", "va", "-w", file] + Lab.limit)
        try await watch.wait(for: "capturing on va")
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let options = ["--idle", "1", "--interval", "1"] + Lab.limit
        _ = try lab.start(lab.prober, ["client"] + options + ["10.9.0.2", "5001"])
        // The second line finds the pipe closed.
        #expect(try await watch.end() == 0, "\(watch.errorText)")
        let report = try Running([Lab.executable.path, "analyze", file], in: lab.folder)
        #expect(try await report.end() == 0, "\(report.errorText)")
        #expect(report.text.contains("keep-alive 1 after 1."), "\(report.text)")
    }

    @Test("When the terminal is closed, the file is whole")
    func closedTerminal() async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let file = lab.folder.appendingPathComponent("seen.pcapng").path
        // Without colors, the words of a line are one piece.
        let command = ["/usr/bin/env", "NO_COLOR=1", Lab.executable.path, "watch", "-i", "va", "-w", file] + Lab.limit
        let terminal = try lab.start(lab.prober, script: "hangup.py", ["> 10.9.0.2.5001"] + command)
        let options = ["--idle", "1", "--interval", "1"] + Lab.limit
        _ = try lab.start(lab.prober, ["client"] + options + ["10.9.0.2", "5001"])
        #expect(try await terminal.end() == 0, "\(terminal.errorText)")
        #expect(["0\n", "2\n"].contains(terminal.text), "\(terminal.text)")
        let report = try Running([Lab.executable.path, "analyze", file], in: lab.folder)
        #expect(try await report.end() == 0, "\(report.errorText)")
        #expect(report.text.contains("> 10.9.0.2.5001"), "\(report.text)")
    }

    // MARK: Signals and limits

    @Test("Signals that interrupt system calls lose no packet")
    func interruptedCalls() async throws {
        let lab = try await Lab()
        let watch = try await lab.watch(["--format", "jsonl"])
        try await Self.flood(lab)
        for _ in 0..<100 {
            for signal in [SIGUSR1, SIGWINCH, SIGSTOP, SIGCONT] { kill(watch.process.processIdentifier, signal) }
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try await watch.end(by: SIGINT) == 0, "\(watch.errorText)")
        let counts = try Self.counts(watch)
        #expect(counts[0] == counts[1] && counts[0] > 1000 && counts[2] == 0, "\(counts)")
    }

    @Test("SIGINT at any moment, once or twice, ends watch with a documented status, and the file can be read")
    func interruptedAnytime() async throws {
        let lab = try await Lab()
        let file = lab.folder.appendingPathComponent("seen.pcapng").path
        for round in 0..<8 {
            try? FileManager.default.removeItem(atPath: file)
            let watch = try lab.start(lab.prober, ["watch", "-i", "lo", "-w", file] + Lab.limit)
            try await Task.sleep(for: .milliseconds(round * 8))
            if round % 2 == 1 { kill(watch.process.processIdentifier, SIGINT) }
            let status = try await watch.end(by: SIGINT)
            // The signal itself: before the tool can catch it, or for the second time.
            #expect(status == 0 || status == -SIGINT, "\(watch.errorText)")
            guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: file)), !bytes.isEmpty else { continue }
            let report = try Running([Lab.executable.path, "analyze", file], in: lab.folder)
            #expect(try await report.end() == 0, "\(report.errorText)")
        }
    }

    @Test("Without descriptors, watch is an error in one sentence")
    func outOfDescriptors() async throws {
        let lab = try await Lab()
        let file = lab.folder.appendingPathComponent("seen.pcapng").path
        for limit in 3..<14 {
            let watch = try lab.start(
                lab.prober, through: ["sh", "-c", "ulimit -n \(limit) && exec \"$0\" \"$@\""],
                ["watch", "-i", "lo", "-w", file, "--duration", "0.1"])
            let status = try await watch.end()
            // With so few the dynamic loader finds no library: 127, before the tool begins.
            #expect([0, 2, 127].contains(status), "\(limit): \(status) \(watch.errorText)")
            if status == 2 {
                let errors = watch.errorText.split(separator: "\n").filter { !$0.contains("capturing on") }
                #expect(!errors.isEmpty && errors.allSatisfy { $0.hasPrefix("tcpalive: ") }, "\(watch.errorText)")
                #expect(watch.errorText.contains("Too many open files"), "\(limit): \(watch.errorText)")
            }
        }
    }
}
