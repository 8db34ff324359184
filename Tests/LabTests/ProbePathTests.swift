import Foundation
import Testing

/// `probe-path` against a firewall of nftables with a conntrack timeout.
@Suite("Path timeouts in the lab", .enabled(if: Lab.isPossible, Lab.needs))
struct ProbePathTests {
    /// The result of --format json.
    private struct Result: Decodable {
        var complete: Bool
        var survived_ns: Double?
        var ended_ns: Double?
        var ending: String?
        var peer_sends: String?
        var peer_sends_every_ns: Double?
        var connection_limit: Int?
        var safe_idle_s: Int?
    }

    /// A listener behind a firewall that forgets connections after `seconds`, and then does `action` of nft(8).
    private func forgetting(_ seconds: Int, _ action: String, listening words: [String] = []) async throws -> Lab {
        let lab = try await Lab()
        let listener = try lab.start(lab.peer, ["listen"] + Lab.limit + words + ["10.9.0.2", "5001"])
        try await listener.wait(for: "Listening on")
        try await lab.inside(
            lab.peer, "sysctl", "-q", "-w", "net.netfilter.nf_conntrack_tcp_loose=0",
            "net.netfilter.nf_conntrack_tcp_timeout_established=\(seconds)")
        try await lab.filter(lab.peer, "input", "ct state established accept")
        try await lab.filter(lab.peer, "input", "tcp flags & (syn | ack) == syn accept")
        try await lab.filter(lab.peer, "input", action)
        return lab
    }

    private func result(_ running: Running) throws -> Result {
        try JSONDecoder().decode(Result.self, from: Data(running.text.utf8))
    }

    @Test(
        "The timeout of a firewall is found within a second, and how it drops connections",
        arguments: [
            (8, "drop", "silent"), (8, "meta l4proto tcp reject with tcp reset", "reset"), (20, "drop", "silent"),
        ]
            + (Torture.runs > 1 ? [(45, "drop", "silent")] : []))
    func timeout(seconds: Int, action: String, ending: String) async throws {
        let lab = try await forgetting(seconds, action)
        let probing = try lab.start(
            lab.prober, ["probe-path", "--max", "\(seconds * 2)", "--format", "json", "10.9.0.2", "5001"])
        // The rounds take as long as the timeout, and the check of a silent connection takes 6 s.
        #expect(try await probing.end(within: .seconds(seconds * 5 + 40)) == 0, "\(probing.errorText)")
        let result = try result(probing)
        let timeout = Double(seconds) * 1e9
        #expect(result.complete && result.ending == ending, "\(probing.text)")
        let (survived, ended) = (result.survived_ns ?? 0, result.ended_ns ?? .infinity)
        // The kernel counts in ticks, and a probe is sent up to a tick late.
        #expect(survived < timeout + 5e7 && ended > timeout - 5e7 && ended - survived <= 1.05e9, "\(probing.text)")
    }

    @Test("A server that closes idle connections is not taken for a path that forgets them")
    func closing() async throws {
        let lab = try await Lab()
        let listener = try lab.start(lab.peer, ["listen", "--close-after", "3"] + Lab.limit + ["10.9.0.2", "5001"])
        try await listener.wait(for: "Listening on")
        let probing = try lab.start(
            lab.prober, ["probe-path", "--max", "8", "--format", "json", "10.9.0.2", "5001"])
        #expect(try await probing.end() == 0, "\(probing.errorText)")
        let result = try result(probing)
        #expect(result.ending == "closed_while_idle" && abs((result.ended_ns ?? 0) - 3e9) < 1e9, "\(probing.text)")
        #expect(probing.errorText.contains("The other end of 10.9.0.2:5001, or a proxy, closes"))
    }

    /// A lab with the script idle-server.py and `words`.
    private func serving(_ words: [String]) async throws -> Lab {
        let lab = try await Lab()
        let server = try lab.start(lab.peer, script: "idle-server.py", ["10.9.0.2", "5001"] + words)
        try await server.wait(for: "ready")
        return lab
    }

    @Test(
        "Keep-alives of the other end are not taken for a path that forgets nothing", arguments: ["server", "listen"])
    func keepAlives(peer: String) async throws {
        // Each keep-alive of the listener comes before the firewall forgets.
        let lab = try await forgetting(6, "drop", listening: ["--idle", "3", "--interval", "3"])
        let words = ["probe-path", "--max", "12", "--with", peer, "--format", "json", "10.9.0.2", "5001"]
        let probing = try lab.start(lab.prober, words)
        // Three keep-alives, and the trials below their interval.
        #expect(try await probing.end(within: .seconds(60)) == 0, "\(probing.errorText)")
        let result = try result(probing)
        #expect(result.complete && result.ended_ns == nil && result.peer_sends == "keep_alives", "\(probing.text)")
        // A look may be 0.2 s late, and a timer of the kernel an eighth.
        #expect(abs((result.peer_sends_every_ns ?? 0) - 3e9) < 6e8, "\(probing.text)")
        #expect((2e9...3.4e9).contains(result.survived_ns ?? 0), "\(probing.text)")
        #expect(!probing.errorText.contains("longest time that was tried"), "\(probing.errorText)")
        #expect(probing.errorText.contains("sends TCP keep-alives about every 3."), "\(probing.errorText)")
        #expect(probing.errorText.contains("Switch them off there, or run tcpalive listen"), "\(probing.errorText)")
        #expect(try Schema.faults(of: probing.text, in: lab.folder) == "")
    }

    @Test("A timeout shorter than the keep-alives of the other end is found all the same")
    func shorterThanKeepAlives() async throws {
        let lab = try await forgetting(3, "drop", listening: ["--idle", "30", "--interval", "30"])
        let words = ["probe-path", "--max", "12", "--format", "json", "10.9.0.2", "5001"]
        let probing = try lab.start(lab.prober, words)
        #expect(try await probing.end(within: .seconds(60)) == 0, "\(probing.errorText)")
        let result = try result(probing)
        #expect(result.ending == "silent" && result.peer_sends == nil, "\(probing.text)")
        #expect((result.survived_ns ?? 0) < 3.05e9 && (result.ended_ns ?? 0) > 2.95e9, "\(probing.text)")
    }

    @Test("A server that sends data again and again ends the search, with a reason")
    func data() async throws {
        let lab = try await serving(["every", "2"])
        let probing = try lab.start(
            lab.prober, ["probe-path", "--max", "30", "--format", "json", "10.9.0.2", "5001"])
        #expect(try await probing.end(within: .seconds(60)) == 0, "\(probing.errorText)")
        let result = try result(probing)
        #expect(result.complete && result.ended_ns == nil && result.peer_sends == "data", "\(probing.text)")
        #expect(abs((result.peer_sends_every_ns ?? 0) - 2e9) < 5e8, "\(probing.text)")
        #expect((1e9...2.2e9).contains(result.survived_ns ?? 0), "\(probing.text)")
        #expect(probing.errorText.contains("or a proxy, sends data about every 2."), "\(probing.errorText)")
    }

    @Test("A server that takes few connections is measured with as many")
    func limited() async throws {
        let lab = try await serving(["limit", "3"])
        let probing = try lab.start(
            lab.prober, ["probe-path", "--max", "3", "--format", "json", "10.9.0.2", "5001"])
        #expect(try await probing.end(within: .seconds(60)) == 0, "\(probing.errorText)")
        let result = try result(probing)
        #expect(result.complete && result.ending == nil && result.connection_limit == 3, "\(probing.text)")
        #expect((result.survived_ns ?? 0) >= 3e9, "\(probing.text)")
        #expect(!probing.errorText.contains("nothing is known about the path"), "\(probing.errorText)")
        #expect(probing.errorText.contains("--connections 3 opens no more than it took."), "\(probing.errorText)")
        #expect(try Schema.faults(of: probing.text, in: lab.folder) == "")
    }

    @Test("Connections that a firewall refuses are left out")
    func refused() async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        try await lab.filter(
            lab.peer, "input", "tcp flags & (syn | ack) == syn ct count over 4 reject with tcp reset")
        let probing = try lab.start(
            lab.prober, ["probe-path", "--max", "2", "--format", "json", "10.9.0.2", "5001"])
        #expect(try await probing.end(within: .seconds(60)) == 0, "\(probing.errorText)")
        let result = try result(probing)
        #expect(result.complete && (1...4).contains(result.connection_limit ?? 0), "\(probing.text)")
        #expect((result.survived_ns ?? 0) >= 2e9, "\(probing.text)")
    }

    @Test("A server that says goodbye and closes is not taken for one that closes at once")
    func farewell() async throws {
        // Between two trials of the first round, none of which is checked at that moment.
        let lab = try await serving(["farewell", "3.25"])
        let probing = try lab.start(
            lab.prober, ["probe-path", "--max", "8", "--format", "json", "10.9.0.2", "5001"])
        #expect(try await probing.end() == 0, "\(probing.errorText)")
        let result = try result(probing)
        #expect(result.ending == "closed_while_idle" && abs((result.ended_ns ?? 0) - 3.25e9) < 1e9, "\(probing.text)")
    }

    @Test("With listen, what a proxy acknowledges and does not pass on is no answer")
    func proxy() async throws {
        let lab = try await Lab()
        // It accepts, and the system acknowledges what comes.
        let proxy = try lab.start(lab.peer, script: "flood.py", ["sink", "10.9.0.2", "5001"])
        try await proxy.wait(for: "ready")
        let probing = try lab.start(lab.prober, ["probe-path", "--max", "2", "--with", "listen", "10.9.0.2", "5001"])
        #expect(try await probing.end() == 13, "\(probing.text)")
        #expect(
            probing.errorText.contains("10.9.0.2:5001: it does not answer as tcpalive listen does"),
            "\(probing.errorText)")
    }

    @Test("It goes on from a log with the address of its results, with other maxima, and ignores a line without an end")
    func log() async throws {
        let lab = try await Lab()
        try await lab.inside(lab.prober, "ip", "link", "set", "lo", "up")
        try await lab.listener(in: lab.prober, on: "127.0.0.1")
        let log = lab.folder.appendingPathComponent("log.csv")
        // localhost is ::1, too, which comes first.
        try
            "address,idle_ms,outcome\n127.0.0.1:5001,1000,survived\n127.0.0.1:5001,90000,silent\n127.0.0.1:5001,1500,reset"
            .write(
                to: log, atomically: true, encoding: .utf8)
        let words = ["--max", "2.5", "--connections", "2", "--log", log.path, "localhost", "5001"]
        let probing = try lab.start(lab.prober, ["probe-path"] + words)
        #expect(try await probing.end() == 0, "\(probing.errorText)")
        #expect(probing.text.contains("2 connections to 127.0.0.1:5001, idle for "), "\(probing.text)")
        #expect(probing.text.contains("forgets a connection that is idle for between 2.5 s and 90.0 s."))
        let rows = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
        #expect(rows[2] == "127.0.0.1:5001,90000,silent" && rows.count >= 4, "\(rows)")
        #expect(rows[3...].allSatisfy { $0.hasSuffix(",survived") }, "\(rows)")
    }

    @Test("A server that closes at once shows nothing about the path", arguments: ["1", "16"])
    func closesAtOnce(connections: String) async throws {
        let lab = try await Lab()
        let listener = try lab.start(
            lab.peer, ["listen", "--close-after", "0.001"] + Lab.limit + ["10.9.0.2", "5001"])
        try await listener.wait(for: "Listening on")
        let log = lab.folder.appendingPathComponent("log.csv").path
        let words = ["probe-path", "--max", "3", "--connections", connections, "--log", log, "10.9.0.2", "5001"]
        let probing = try lab.start(lab.prober, words)
        #expect(try await probing.end() == 0, "\(probing.errorText)")
        // What it writes, it reads again.
        let again = try lab.start(lab.prober, words)
        #expect(try await again.end() == 0, "\(again.errorText)")
        #expect(
            probing.text.contains("closes connections at once, so nothing is known about the path"), "\(probing.text)")
    }

    @Test("Interrupted, it prints what is known, and goes on from its log", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) async throws {
        let lab = try await forgetting(3, "drop")
        let log = lab.folder.appendingPathComponent("log.csv")
        let words = ["probe-path", "--max", "6", "--log", log.path, "--with", "listen", "10.9.0.2", "5001"]
        let first = try lab.start(lab.prober, words)
        try await first.wait(for: "Idle for 1.0 s: still works.")
        kill(first.process.processIdentifier, signal)
        #expect(try await first.end() == 4, "\(first.errorText)")
        #expect(first.text.contains("Interrupted before the end. The same command goes on from"), "\(first.text)")
        let second = try lab.start(lab.prober, words)
        #expect(try await second.end(within: .seconds(60)) == 0, "\(second.errorText)")
        #expect(second.text.contains("Going on from "), "\(second.text)")
        #expect(second.text.contains("The path to 10.9.0.2:5001 forgets a connection"), "\(second.text)")
        let rows = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
        #expect(rows.first == "address,idle_ms,outcome" && rows.count > 5)
    }
}
