import Foundation
import Testing

/// `watch` with the processes and the options of local sockets.
@Suite("Sockets in watch", .enabled(if: Lab.isPossible, Lab.needs))
struct WatchSocketsTests {
    private typealias Options = OpenedSockets.Options

    /// A record of a connection or a verification, or of an event.
    private struct Record: Decodable {
        struct Check: Decodable {
            var field: String
            var passes: Bool?
            var reason: String?
        }

        var type: String
        var kind: String?
        var srcPort: Int?
        var originatorPort: Int?
        var originatorPid: Int?
        var originatorProcess: String?
        var originatorKeepalive: Bool?
        var originatorIdleS: Int?
        var originatorIntervalS: Int?
        var originatorCount: Int?
        var originatorSettingsFrom: String?
        var responderPid: Int?
        var responderKeepalive: Bool?
        var proberPort: Int?
        var pid: Int?
        var outcome: String?
        var checks: [Check]?

        /// The records of `type` in `text`, JSON Lines; what is not whole yet is left out.
        static func all(_ type: String, in text: String) throws -> [Record] {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try text.split(separator: "\n").filter {
                $0.hasPrefix("{\"type\":\"tcpalive.\(type)/2\"") && $0.hasSuffix("}")
            }
            .map { try decoder.decode(Record.self, from: Data($0.utf8)) }
        }
    }

    /// Waits until `watch` has as many probes of each of `ports` as `number`.
    private static func wait(for number: Int, from ports: Set<Int>, in watch: Running) async throws {
        let deadline = ContinuousClock.now + Lab.timeout
        while true {
            let probes = try Record.all("event", in: watch.text).filter { $0.kind == "probe" }.compactMap(\.srcPort)
            if ports.allSatisfy({ port in probes.count { $0 == port } >= number }) { return }
            if ContinuousClock.now > deadline { throw Lab.Failure(sentence: "too few probes in: \(watch.text)") }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private static func connectionRecords(_ watch: Running) async throws -> [Record] {
        #expect(try await watch.end(by: SIGINT) == 0, "\(watch.errorText)")
        return try Record.all("connection", in: watch.text)
    }

    private static func open(_ lab: Lab, _ number: Int, on address: String) async throws -> (Running, [Int: Options]) {
        let sockets = try await OpenedSockets(lab, number, longest: 3, on: address)
        return (sockets.script, sockets.options)
    }

    @Test(
        "Both ends of a connection on this host have their process and options, and the probes match them",
        arguments: ["10.9.0.1", "fd09::1", "fe80::1%va"], Lab.isPossibleUnprivileged ? [false, true] : [false])
    func both(address: String, isUnprivileged: Bool) async throws {
        let lab = try await Lab(isUnprivileged: isUnprivileged)
        // Both interfaces have this address, and the sockets are on the first only.
        for interface in ["va", "lo"] {
            try await lab.inside(lab.prober, "ip", "address", "add", "fe80::1/64", "dev", interface, "nodad")
        }
        let watch = try await lab.watch(on: ["lo"], ["--format", "jsonl"])
        let (_, truth) = try await Self.open(lab, 12, on: address)
        let probing = truth.filter { $0.value.isOn }
        try await Self.wait(for: 2, from: Set(probing.keys), in: watch)
        let records = try await Self.connectionRecords(watch).filter { truth[$0.originatorPort ?? 0] != nil }
        #expect(Set(records.compactMap(\.originatorPort)).isSuperset(of: probing.keys), "\(watch.text)")
        for record in records {
            let options = try #require(truth[record.originatorPort ?? 0])
            let pid = try #require(record.originatorPid, "\(watch.text)")
            #expect(record.originatorProcess == "python3" && record.responderPid == pid)
            #expect(try String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8).contains("sockets.py"))
            // Sockets that are accepted inherit nothing here.
            #expect(record.originatorKeepalive == (options.kind != "off") && record.responderKeepalive == false)
            if options.kind == "off" { continue }
            #expect(record.originatorIdleS == options.idle && record.originatorIntervalS == options.interval)
            #expect(record.originatorCount == options.count && record.originatorSettingsFrom == "socket")
        }
        #expect(try Schema.faults(of: watch.text, name: "lines.jsonl", in: lab.folder) == "")
        let verifications = try Record.all("verification", in: watch.text)
        #expect(Set(verifications.compactMap(\.proberPort)) == Set(probing.keys), "\(watch.text)")
        for verification in verifications {
            #expect(verification.outcome == "pass" && verification.pid == records.first?.originatorPid, "\(watch.text)")
        }
    }

    @Test(
        "A socket that is bound to an interface has its process and options, too",
        arguments: ["10.9.0.2", "fe80::2%va"])
    func bound(address: String) async throws {
        let lab = try await Lab()
        try await lab.inside(lab.prober, "ip", "address", "add", "fe80::1/64", "dev", "va", "nodad")
        try await lab.inside(lab.peer, "ip", "address", "add", "fe80::2/64", "dev", "vb", "nodad")
        let listener = try lab.start(
            lab.peer, ["listen", "5000"] + Lab.limit)
        try await listener.wait(for: "Listening on")
        let watch = try await lab.watch(["--format", "jsonl"])
        let truth = try await OpenedSockets(lab, 6, longest: 3, on: address, ["far", "va"]).options
        let probing = truth.filter { $0.value.isOn }
        try await Self.wait(for: 1, from: Set(probing.keys), in: watch)
        let records = try await Self.connectionRecords(watch).filter { probing[$0.originatorPort ?? 0] != nil }
        #expect(records.count == probing.count, "\(watch.text)")
        for record in records {
            let options = try #require(probing[record.originatorPort ?? 0])
            #expect(record.originatorProcess == "python3" && record.originatorSettingsFrom == "socket", "\(watch.text)")
            #expect(record.originatorIdleS == options.idle && record.originatorIntervalS == options.interval)
            #expect(record.originatorCount == options.count)
        }
    }

    @Test("Text has the process in the table, below the first event, and in a line that says that the probes match")
    func text() async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let watch = try await lab.watch()
        let client = try lab.start(
            lab.prober,
            ["client", "--idle", "1", "--interval", "1", "--count", "3", "--duration", "6", "10.9.0.2", "5001"])
        try await watch.wait(for: "+1.0")
        #expect(try await watch.end(by: SIGINT) == 0, "\(watch.errorText)")
        let process = #"tcpalive\[[0-9]+\]"#
        for pattern in [
            #"\n         socket at 10\.9\.0\.1:[0-9]+: "# + process + ", keep-alive 1/1/3\n",
            #"10\.9\.0\.1:[0-9]+ .* "# + process + " +1/1/3 ",
            #"\npass  10\.9\.0\.1:[0-9]+ > 10\.9\.0\.2:5001  "# + process + "  Verified: probes on the wire match",
        ] {
            #expect(watch.text.range(of: pattern, options: .regularExpression) != nil, "\(pattern): \(watch.text)")
        }
        #expect(client.process.isRunning)
    }

    /// A connection from a program to the peer, whose options `tune` sets to 1/1/20, and whose probes have no answer; and watch.
    private static func unanswered(_ lab: Lab) async throws -> Running {
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let watch = try await lab.watch(["--format", "jsonl"])
        let program = try lab.start(lab.prober, script: "connect.py", ["10.9.0.2", "5001"])
        try await program.wait(for: "descriptor ")
        try await tune(lab, ["--idle", "1", "--interval", "1", "--count", "20"])
        try await lab.cutPeer()
        try await wait(forProbes: 2, in: watch)
        return watch
    }

    private static func tune(_ lab: Lab, _ options: [String]) async throws {
        let tune = try lab.start(lab.prober, ["tune", "--port", "5001"] + options)
        #expect(try await tune.end() == 0, "\(tune.errorText)")
    }

    private static func wait(forProbes number: Int, in watch: Running) async throws {
        let deadline = ContinuousClock.now + Lab.timeout
        while try Record.all("event", in: watch.text).count(where: { $0.kind == "probe" }) < number {
            if ContinuousClock.now > deadline { throw Lab.Failure(sentence: "too few probes in: \(watch.text)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test("Probes that do not leave make the interval on the wire differ, and that field is named")
    func differs() async throws {
        let lab = try await Lab()
        let text = try await lab.watch()
        let watch = try await Self.unanswered(lab)
        // The kernel goes on to count probes that a filter drops.
        try await lab.filter(lab.prober, "output", "tcp dport 5001 drop")
        let (count, deadline) = (try lab.count("TCPKeepAlive"), ContinuousClock.now + Lab.timeout)
        while try lab.count("TCPKeepAlive") < count + 2, .now < deadline {
            try await Task.sleep(for: .milliseconds(50))
        }
        let seen = try Record.all("event", in: watch.text).count { $0.kind == "probe" }
        try await lab.inside(lab.prober, "nft", "delete", "table", "inet", "lab")
        try await Self.wait(forProbes: seen + 1, in: watch)
        // During the capture, once.
        try await text.wait(for: "FAIL  interval")
        #expect(text.text.contains(#/\nProbes from .*, by the options of python3\[[0-9]+\], keep-alive 1\/1\/20\n/#))
        #expect(
            text.text.ranges(of: "Not verified: ").count == 1 && !text.text.contains("1 connection"), "\(text.text)")
        let record = try #require(try await Self.connectionRecords(watch).first)
        #expect(record.originatorIntervalS == 1 && record.originatorProcess == "python3", "\(watch.text)")
        let verification = try #require(try Record.all("verification", in: watch.text).first)
        #expect(verification.outcome == "fail", "\(watch.text)")
        #expect(verification.checks?.filter { $0.passes == false }.map(\.field) == ["interval"], "\(watch.text)")
    }

    @Test("If the options are changed meanwhile, what differs from the new ones is named, but not judged")
    func changed() async throws {
        let lab = try await Lab()
        let watch = try await Self.unanswered(lab)
        try await Self.tune(lab, ["--interval", "3"])
        let seen = try Record.all("event", in: watch.text).count { $0.kind == "probe" }
        try await Self.wait(forProbes: seen + 2, in: watch)
        let record = try #require(try await Self.connectionRecords(watch).first)
        #expect(record.originatorIntervalS == 3, "\(watch.text)")
        let verification = try #require(try Record.all("verification", in: watch.text).first)
        #expect(verification.outcome == "not_judged", "\(watch.text)")
        // The first probe may come late, because keep-alive was switched on after the handshake.
        let undecided = verification.checks?.filter { $0.passes == nil && $0.field != "first probe" } ?? []
        #expect(undecided.map(\.field) == ["interval"], "\(watch.text)")
        #expect(undecided.first?.reason == "the options of the socket were changed during the capture")
    }

    @Test(
        "Without the rights to look at others, watch shows what their timers show, and says nothing about it",
        .enabled(if: geteuid() == 0 && Lab.isPossibleUnprivileged, Lab.needsUnprivileged))
    func withoutRights() async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let right =
            ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
            + ["--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw"]
        let watch = try lab.start(
            lab.prober, through: right, ["watch", "-i", "va", "--format", "jsonl"] + Lab.limit)
        try await watch.wait(for: "capturing on va")
        let client = try lab.start(
            lab.prober, ["client", "--idle", "1", "--interval", "1", "--duration", "10", "10.9.0.2", "5001"])
        try await Self.wait(forProbes: 2, in: watch)
        let record = try #require(try await Self.connectionRecords(watch).first)
        #expect(record.originatorKeepalive == true && record.originatorSettingsFrom == "timer", "\(watch.text)")
        #expect(record.originatorPid == nil && record.originatorCount == nil, "\(watch.text)")
        #expect(try Record.all("verification", in: watch.text).isEmpty)
        #expect(!watch.errorText.contains("error") && client.process.isRunning, "\(watch.errorText)")
    }

    /// The lines of /proc/PID/status of the process that looks for `watch`.
    private static func helper(of watch: Running) throws -> [String: String]? {
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int32(name) != nil {
            guard let text = try? String(contentsOfFile: "/proc/\(name)/status", encoding: .utf8) else { continue }
            var state = ["Pid": name]
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { state[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces) }
            }
            if state["Name"] == "tcpalive-procs", state["PPid"] == "\(watch.process.processIdentifier)" { return state }
        }
        return nil
    }

    @Test("The process that looks has two capabilities and a filter of system calls, and ends with watch")
    func helperProcess() async throws {
        let lab = try await Lab()
        let watch = try await lab.watch(on: ["lo"])
        let state = try #require(try Self.helper(of: watch))
        #expect(state["NoNewPrivs"] == "1" && state["Seccomp"] == "2", "\(state)")
        if geteuid() == 0 {
            #expect(state["CapEff"] == "0000000000080004" && state["CapBnd"] == "0000000000000000", "\(state)")
            #expect(state["Uid"] == "65534\t65534\t65534\t65534")
        }
        // It blocks signals of the terminal.
        let pid = try #require(Int32(state["Pid"] ?? ""))
        kill(pid, SIGINT)
        #expect(try Self.helper(of: watch) != nil)
        #expect(try await watch.end(by: SIGKILL) == -SIGKILL)
        let deadline = ContinuousClock.now + Lab.timeout
        while kill(pid, 0) == 0, .now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        #expect(kill(pid, 0) != 0)
    }

    @Test("If the process that looks is killed, watch says so once and goes on")
    func killedHelper() async throws {
        let lab = try await Lab()
        let watch = try await lab.watch(on: ["lo"], ["--format", "jsonl"])
        let state = try #require(try Self.helper(of: watch))
        kill(try #require(Int32(state["Pid"] ?? "")), SIGKILL)
        let (_, truth) = try await Self.open(lab, 6, on: "10.9.0.1")
        try await watch.wait(for: "processes are not shown any more")
        try await Self.wait(for: 1, from: Set(truth.filter { $0.value.isOn }.keys), in: watch)
        #expect(try await !Self.connectionRecords(watch).isEmpty)
        #expect(watch.errorText.ranges(of: "processes are not shown").count == 1, "\(watch.errorText)")
    }

    @Test("Packets from port 0, which no socket has, do not end the process that looks")
    func portZero() async throws {
        let lab = try await Lab()
        let watch = try await lab.watch(on: ["lo"], ["--format", "jsonl"])
        let script = try lab.start(lab.prober, script: "port-zero.py", ["10.9.0.1"])
        #expect(try await script.end() == 0, "\(script.errorText)")
        try await watch.wait(for: "\"src_port\":0,")
        let (_, truth) = try await Self.open(lab, 6, on: "10.9.0.1")
        try await Self.wait(for: 1, from: Set(truth.filter { $0.value.isOn }.keys), in: watch)
        #expect(try Self.helper(of: watch) != nil)
        #expect(try await Self.connectionRecords(watch).contains { $0.originatorPid != nil })
        #expect(!watch.errorText.contains("not shown"), "\(watch.errorText)")
    }

    @Test("With --no-processes there is no such process, and no report on sockets")
    func off() async throws {
        let lab = try await Lab()
        let watch = try await lab.watch(on: ["lo"], ["--no-processes", "--format", "jsonl"])
        #expect(try Self.helper(of: watch) == nil)
        let (_, truth) = try await Self.open(lab, 3, on: "10.9.0.1")
        try await Self.wait(for: 1, from: Set(truth.filter { $0.value.isOn }.keys), in: watch)
        #expect(try await Self.connectionRecords(watch).allSatisfy { $0.originatorPid == nil })
        #expect(!watch.text.contains("_pid\"") && !watch.text.contains("tcpalive.verification/"))
    }
}
