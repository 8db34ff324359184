import Foundation
import Testing

/// `client --verify` in real namespaces: it passes for the probes of Linux, and fails if they do not match the options.
@Suite("Verify in the lab", .enabled(if: Lab.isPossible, Lab.needs))
struct VerifyTests {
    /// A connected client with these options.
    private func connect(_ lab: Lab, _ triple: [Int], _ more: [String] = []) async throws -> Running {
        let listener = try lab.start(lab.peer, ["listen"] + Lab.limit + ["10.9.0.2", "5001"])
        try await listener.wait(for: "5001")
        let options = zip(["--idle", "--interval", "--count"], triple).flatMap { [$0, String($1)] }
        let client = try lab.start(
            lab.prober, ["client", "--verify", "--tick", "1"] + options + more + ["10.9.0.2", "5001"])
        try await client.wait(for: "A silent peer is given up")
        return client
    }

    @Test(
        "A dead peer passes", arguments: [[1, 1, 1], [1, 1, 3], [1, 2, 2], [2, 1, 2], [3, 1, 2], [2, 2, 3]])
    func dead(triple: [Int]) async throws {
        let lab = try await Lab()
        let client = try await connect(lab, triple)
        try await lab.cutPeer()
        #expect(try await client.end() == 0, "\(client.text)\(client.errorText)")
        #expect(client.text.contains("Verified") && !client.text.contains("FAIL"), "\(client.text)")
        #expect(client.text.contains("error of recv"))
    }

    @Test(
        "A live peer passes", arguments: [[1, 1, 1], [1, 2, 3], [2, 1, 2], [2, 3, 4], [3, 1, 9], [1, 3, 2]])
    func live(triple: [Int]) async throws {
        let lab = try await Lab()
        let period = max(triple[0], triple[1])
        let client = try await connect(lab, triple, ["--duration", "\(Double(2 * period) + 0.8)"])
        #expect(try await client.end() == 0, "\(client.text)\(client.errorText)")
        #expect(client.text.contains("Verified") && client.text.contains("answers"), "\(client.text)")
        // Packets show the time between a probe and its answer.
        #expect(client.text.contains(#/ [12] probes? answered, last in /#), "\(client.text)")
    }

    @Test("A connection to an IPv4-mapped address, which is IPv4 on the wire, is verified")
    func mapped() async throws {
        let lab = try await Lab()
        let listener = try lab.start(lab.peer, ["listen"] + Lab.limit + ["10.9.0.2", "5001"])
        try await listener.wait(for: "5001")
        let client = try lab.start(
            lab.prober,
            ["client", "--verify", "--idle", "1", "--interval", "1", "--duration", "2.8", "::ffff:10.9.0.2", "5001"])
        #expect(try await client.end() == 0, "\(client.text)\(client.errorText)")
        #expect(client.text.contains("Verified"), "\(client.text)")
    }

    @Test("The result is one JSON record on standard output and a JUnit file, and the log goes to standard error")
    func formats() async throws {
        let lab = try await Lab()
        let junit = lab.folder.appendingPathComponent("result.xml")
        let more = ["--duration", "1.8", "--format", "json", "--junit", junit.path]
        let client = try await connect(lab, [1, 1, 3], more)
        #expect(try await client.end() == 0, "\(client.text)\(client.errorText)")
        #expect(client.errorText.contains("Verified:"))
        struct Record: Decodable {
            struct Check: Decodable { var field: String, passes: Bool }
            var type: String, outcome: String, peer_ip: String, peer_port: Int, checks: [Check]
        }
        let record = try JSONDecoder().decode(Record.self, from: Data(client.text.utf8))
        #expect(record.type == "tcpalive.verification/2" && record.outcome == "pass")
        #expect(record.peer_ip == "10.9.0.2" && record.peer_port == 5001)
        #expect(record.checks.count > 3 && record.checks.allSatisfy(\.passes))
        let xml = try String(contentsOf: junit, encoding: .utf8)
        #expect(xml.components(separatedBy: "<testcase ").count - 1 == record.checks.count, "\(xml)")
    }

    @Test(
        "watch --expect verifies the connection of another program",
        arguments: [
            ("idle=1,interval=1,count=2", Int32(0)), ("idle=1,interval=2,count=2", 1), ("idle=1,interval=1,count=3", 1),
        ])
    func expected(options: String, status: Int32) async throws {
        let lab = try await Lab()
        let watch = try await lab.watch(["--expect", options])
        let listener = try lab.start(lab.peer, ["listen"] + Lab.limit + ["10.9.0.2", "5001"])
        try await listener.wait(for: "5001")
        let client = try lab.start(
            lab.prober, ["client", "--idle", "1", "--interval", "1", "--count", "2", "10.9.0.2", "5001"])
        try await client.wait(for: "A silent peer is given up")
        try await lab.cutPeer()
        #expect(try await client.end() == 10, "\(client.text)\(client.errorText)")
        #expect(try await watch.end(by: SIGINT) == status, "\(watch.text)\(watch.errorText)")
        #expect(watch.text.contains(status == 0 ? "Verified:" : "Not verified:"), "\(watch.text)")
    }

    /// Sets TCP_KEEPINTVL (5) of the TCP socket of another process (pidfd_open(2), pidfd_getfd(2)).
    private static let changer = """
        import ctypes, os, socket, sys
        libc = ctypes.CDLL(None, use_errno=True)
        pid = int(sys.argv[1])
        pidfd = os.pidfd_open(pid)
        changed = 0
        for name in os.listdir(f"/proc/{pid}/fd"):
            number = libc.syscall(438, pidfd, int(name), 0)
            if number < 0 or not os.readlink(f"/proc/self/fd/{number}").startswith("socket:"):
                continue
            copy = socket.socket(fileno=number)
            if copy.family == socket.AF_INET and copy.type == socket.SOCK_STREAM:
                copy.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, int(sys.argv[2]))
                changed += 1
        sys.exit(0 if changed == 1 else 1)
        """

    @Test("If another process changes the interval, the check of the interval fails")
    func changed() async throws {
        let lab = try await Lab()
        let client = try await connect(lab, [1, 1, 2])
        try await lab.inside(
            lab.prober, "python3", "-c", Self.changer, "\(client.process.processIdentifier)", "3")
        try await lab.cutPeer()
        #expect(try await client.end() == 1, "\(client.text)\(client.errorText)")
        #expect(client.text.contains("FAIL  interval") && client.text.contains("pass  first probe"), "\(client.text)")
    }

    @Test("Probes that do not leave the host fail the check of the kernel's count")
    func outputDropped() async throws {
        let lab = try await Lab()
        let client = try await connect(lab, [2, 1, 2])
        try await lab.filter(lab.prober, "output", "meta l4proto tcp drop")
        #expect(try await client.end() == 1, "\(client.text)\(client.errorText)")
        #expect(client.text.contains("FAIL  probes by the kernel's count  expected 2, actual 0"), "\(client.text)")
        #expect(client.text.contains("pass  error of recv                 expected ETIMEDOUT"), "\(client.text)")
        let sentence = "The kernel counted 2 probes, none of which was seen on the wire: they never left the host"
        #expect(client.text.contains("\n\(sentence)"), "\(client.text)")
    }

    @Test("The record of probes that do not leave the host conforms to the schema")
    func outputDroppedRecord() async throws {
        let lab = try await Lab()
        let client = try await connect(lab, [2, 1, 1], ["--format", "json"])
        try await lab.filter(lab.prober, "output", "meta l4proto tcp drop")
        #expect(try await client.end() == 1, "\(client.text)\(client.errorText)")
        let reason = "\"reason\":\"the kernel counted 1 probe, which was not seen"
        #expect(client.text.contains(reason), "\(client.text)")
        #expect(try Schema.faults(of: client.text, in: lab.folder) == "")
    }

    @Test(
        "If another connection of the namespace probes too, the kernel's count is not checked, and the rest passes",
        arguments: [true, false])
    func others(beginsFirst: Bool) async throws {
        let lab = try await Lab()
        let listener = try lab.start(lab.peer, ["listen"] + Lab.limit + ["10.9.0.2", "5002"])
        try await listener.wait(for: "5002")
        func other() throws -> Running {
            try lab.start(
                lab.prober, ["client", "--idle", "1", "--interval", "1", "--duration", "3.5", "10.9.0.2", "5002"])
        }
        var others: [Running] = []
        if beginsFirst {
            others.append(try other())
            try await others[0].wait(for: "A silent peer is given up")
        }
        let client = try await connect(lab, [2, 1, 3], ["--duration", "6.8", "--format", "json"])
        if !beginsFirst { others.append(try other()) }
        #expect(try await others[0].end() == 0, "\(others[0].text)")
        #expect(try await client.end() == 0, "\(client.text)\(client.errorText)")
        let line = "----  probes by the kernel's count"
        #expect(client.errorText.contains(line) && client.errorText.contains("Verified:"), "\(client.errorText)")
        #expect(client.text.contains("\"reason\":\"other connections of this network namespace probe too\""))
        #expect(try Schema.faults(of: client.text, in: lab.folder) == "")
    }

    @Test("Another connection whose keep-alive timer does not fire changes nothing")
    func othersAsleep() async throws {
        let lab = try await Lab()
        let listener = try lab.start(lab.peer, ["listen"] + Lab.limit + ["10.9.0.2", "5002"])
        try await listener.wait(for: "5002")
        let other = try lab.start(lab.prober, ["client", "--idle", "600", "10.9.0.2", "5002"] + Lab.limit)
        try await other.wait(for: "A silent peer is given up")
        let client = try await connect(lab, [2, 1, 2])
        try await lab.filter(lab.prober, "output", "meta l4proto tcp drop")
        #expect(try await client.end() == 1, "\(client.text)\(client.errorText)")
        #expect(client.text.contains("FAIL  probes by the kernel's count"), "\(client.text)")
    }

    @Test("Probes of one byte at the right times fail only the check of the shape")
    func forged() async throws {
        let lab = try await Lab()
        let forger = try lab.start(lab.prober, script: "one-byte-probes.py", ["forge", "va", "5001"])
        try await forger.wait(for: "ready")
        let client = try await connect(lab, [2, 1, 2])
        try await forger.wait(for: "connected")
        // Of the later segments only the probes of the kernel have no flag but ACK.
        try await lab.filter(
            lab.prober, "output", "tcp dport 5001 tcp flags & (fin | syn | rst | psh | ack) == ack drop")
        try await lab.cutPeer()
        #expect(try await client.end() == 1, "\(client.text)\(client.errorText)")
        let failed = client.text.split(separator: "\n").filter { $0.hasPrefix("FAIL") }
        #expect(failed == ["FAIL  shape of the probe            expected 0 bytes, actual 1 byte in 2 of 2"])
    }

    @Test("If no probe was due yet, the exit status is 4")
    func tooShort() async throws {
        let lab = try await Lab()
        let client = try await connect(lab, [30, 1, 2], ["--duration", "0.5"])
        #expect(try await client.end() == 4, "\(client.text)\(client.errorText)")
        #expect(client.text.contains("no probe was due yet"))
    }
}
