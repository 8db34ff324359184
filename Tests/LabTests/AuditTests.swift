import Foundation
import Testing

/// `tcpalive audit` of real sockets.
@Suite("Audit", .enabled(if: Lab.isPossible, Lab.needs))
struct AuditTests {
    private typealias Options = OpenedSockets.Options

    /// A record of a socket.
    private struct Record: Decodable {
        var type: String
        var localIp: String?
        var localPort: Int?
        var remoteIp: String?
        var remotePort: Int?
        var keepalive: Bool?
        var idleS: Int?
        var intervalS: Int?
        var idleOrIntervalS: Int?
        var count: Int?
        var userTimeoutS: Double?
        var settingsFrom: String?
        var process: String?
        var pid: Int?
        var netns: String?
        var state: String?
        var interface: String?
        var idleNs: Int?
        var verdicts: [String]?

        /// The records of sockets in `text`, JSON Lines; what is not whole yet is left out.
        static func all(in text: String) throws -> [Record] {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try text.split(separator: "\n").filter {
                $0.hasPrefix("{\"type\":\"tcpalive.socket/1\"") && $0.hasSuffix("}")
            }
            .map { try decoder.decode(Record.self, from: Data($0.utf8)) }
        }
    }

    /// Opens `number` sockets with idle and interval up to `longest` seconds, and returns their options by port.
    private static func open(
        _ lab: Lab, _ number: Int, longest: Int, on address: String = "10.9.0.1", _ others: [String] = []
    ) async throws -> [Int: Options] {
        try await OpenedSockets(lab, number, longest: longest, on: address, others).options
    }

    private static func audit(_ lab: Lab, _ arguments: [String], status: Int32 = 0) async throws -> Running {
        let running = try lab.start(lab.prober, ["audit"] + arguments)
        #expect(try await running.end() == status, "\(running.errorText)")
        return running
    }

    @Test(
        "With rights, all options of a thousand sockets are read, over IPv4 and IPv6",
        arguments: ["10.9.0.1", "fd09::1"])
    func withRights(address: String) async throws {
        let lab = try await Lab()
        let truth = try await Self.open(lab, 1000, longest: 32767, on: address)
        let run = try await Self.audit(lab, ["--format", "jsonl", "dport", "=", ":5000"])
        let records = try Record.all(in: run.text)
        #expect(records.count == truth.count)
        for record in records {
            let options = try #require(truth[record.localPort ?? 0])
            #expect(record.process == "python3" && record.keepalive == options.isOn)
            guard options.isOn else {
                #expect(record.idleS == nil && record.intervalS == nil && record.count == nil)
                continue
            }
            #expect(record.idleS == options.idle && record.intervalS == options.interval)
            #expect(record.count == options.count && record.settingsFrom == "socket")
            #expect(Int(((record.userTimeoutS ?? 0) * 1000).rounded()) == options.userTimeout)
        }
    }

    @Test("Without rights, the idle time of each socket that has received nothing is exact, and no other is wrong")
    func oneLook() async throws {
        let lab = try await Lab()
        let truth = try await Self.open(lab, 1000, longest: 32767)
        let run = try await Self.audit(lab, ["--no-processes", "--format", "jsonl", "dport = :5000"])
        let records = try Record.all(in: run.text)
        #expect(records.count == truth.count)
        for record in records {
            let options = try #require(truth[record.localPort ?? 0])
            #expect(record.keepalive == options.isOn && record.intervalS == nil && record.idleOrIntervalS == nil)
            if options.isOn, !options.hasSent {
                #expect(record.idleS == options.idle)
            } else {
                #expect(record.idleS == nil || record.idleS == options.idle)
            }
        }
    }

    @Test("Without rights, repeated looks read idle and interval of each socket whose peer answers")
    func watch() async throws {
        let lab = try await Lab()
        let truth = try await Self.open(lab, 1000, longest: 4)
        let watch = try lab.start(
            lab.prober, ["audit", "--no-processes", "--format", "jsonl", "--watch", "0.5", "dport = :5000"])
        var idle: [Int: Int] = [:]
        var interval: [Int: Int] = [:]
        // The first probe comes after up to 4 s, and the timer fires once more after it, if the idle time is longer.
        let isOn = truth.filter(\.value.isOn)
        // On a busy machine the looks are seldom, and some settings can be seen only for a part of each period.
        let deadline = ContinuousClock.now + Lab.timeout * 3
        var taken = 0
        while ContinuousClock.now < deadline {
            let lines = Array(watch.text.utf8)
            let end = lines.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            defer { taken = end }
            for record in try Record.all(in: String(decoding: lines[taken..<end], as: UTF8.self)) {
                let port = record.localPort ?? 0
                let options = try #require(truth[port])
                if let seconds = record.idleS {
                    #expect(seconds == options.idle)
                    idle[port] = seconds
                }
                if let seconds = record.intervalS {
                    #expect(seconds == options.interval)
                    interval[port] = seconds
                }
                if let seconds = record.idleOrIntervalS {
                    #expect(seconds == options.idle || seconds == options.interval)
                }
            }
            let expected = isOn.filter { $0.value.showsIdle }
            if interval.count == isOn.count, expected.allSatisfy({ idle[$0.key] != nil }) { break }
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(try await watch.end(by: SIGINT) == 0, "\(watch.errorText)")
        #expect(interval.count == isOn.count)
        for (port, options) in isOn where options.showsIdle {
            #expect(idle[port] == options.idle, "\(options)")
        }
    }

    @Test(
        "The sockets are those that ss lists, with each filter",
        arguments: [
            "state established", "dport = :5000", "sport = :5000 and dst 10.9.0.0/24", "not dport = :5000",
            "state listening",
            "src 10.9.0.1:5000 or dport > :6000", "state all", "state established state listening",
            "exclude established", "state all src 10/8", "state all dst [::ffff:10.9.0.1]",
        ])
    func sameAsSS(filter: String) async throws {
        let lab = try await Lab()
        _ = try await Self.open(lab, 50, longest: 100)
        // As ss does: without a state, the audit has fewer.
        let hasStates = filter.contains("state") || filter.contains("exclude")
        let words = hasStates ? filter : "state established and ( \(filter) )"
        let states = hasStates ? [] : ["state", "established"]
        let listed = try await lab.inside(
            lab.prober, "ss", ["-tnH"] + states + filter.split(separator: " ").map(String.init))
        let theirs = listed.split(separator: "\n").map { line in
            line.split(separator: " ").suffix(2).joined(separator: " ")
        }
        let ours = try Record.all(in: try await Self.audit(lab, ["--format", "jsonl", words]).text).map { record in
            "\(record.localIp ?? ""):\(record.localPort ?? 0) \(record.remoteIp ?? ""):\(record.remotePort ?? 0)"
        }
        #expect(
            ours.isEmpty == filter.contains("ffff")
                && ours.sorted() == theirs.map { $0.replacing(":*", with: ":0") }.sorted())
    }

    @Test("Verdicts decide the exit status, and the text names the process")
    func verdicts() async throws {
        let lab = try await Lab()
        let listener = try lab.start(lab.peer, script: "sockets.py", ["10.9.0.2", "0", "1"])
        try await listener.wait(for: "{}")
        let truth = try await Self.open(lab, 60, longest: 32767, on: "10.9.0.2", ["far"])
        let records = try Record.all(in: try await Self.audit(lab, ["--format", "jsonl"]).text)
        #expect(records.count == 60)
        for record in records {
            let options = try #require(truth[record.localPort ?? 0])
            let verdicts = record.verdicts ?? []
            #expect(verdicts.contains("no_keepalive") == !options.isOn)
            #expect(verdicts.contains("too_late_for_path") == (options.isOn && options.idle >= 240))
            #expect(verdicts.contains("interval_exceeds_idle") == (options.isOn && options.interval > options.idle))
        }
        let text = try await Self.audit(lab, ["--fail-on", "warning", "--limit", "3"], status: 1).text
        #expect(
            text.contains("python3[") && text.contains("... and 57 more sockets, none worse (--limit all)"), "\(text)")
        let short = truth.filter { $0.value.isOn && $0.value.interval <= $0.value.idle && $0.value.userTimeout == 0 }
        let port = try #require(short.keys.first)
        _ = try await Self.audit(lab, ["--path-timeout", "40000", "--port", String(port), "--fail-on", "notice"])
        _ = try await Self.audit(
            lab, ["--path-timeout", "1", "--port", String(port), "--fail-on", "warning"], status: 1)
    }

    @Test("Each record of each state is valid by the schema")
    func schema() async throws {
        let lab = try await Lab()
        _ = try await Self.open(lab, 20, longest: 100)
        for (name, arguments) in [
            ("document.json", ["--format", "json", "--state", "all"]), ("lines.jsonl", ["--format", "jsonl"]),
            ("empty.json", ["--format", "json", "dport = :1"]),
            ("timers.json", ["--format", "json", "--no-processes"]),
        ] {
            let text = try await Self.audit(lab, arguments).text
            #expect(try Schema.faults(of: text, name: name, in: lab.folder) == "")
        }
    }

    @Test("--netns and --all-netns list the sockets of other namespaces")
    func namespaces() async throws {
        let lab = try await Lab()
        let listener = try lab.start(lab.peer, script: "sockets.py", ["10.9.0.2", "0", "1"])
        try await listener.wait(for: "{}")
        let sockets = try await OpenedSockets(lab, 5, longest: 100, on: "10.9.0.2", ["far"])
        let truth = sockets.options
        let other = ["--format", "jsonl", "--state", "established", "--netns", lab.peer.holder]
        let records = try Record.all(in: try await Self.audit(lab, other).text)
        #expect(Set(records.compactMap(\.remotePort)) == Set(truth.keys))
        #expect(records.allSatisfy { $0.netns == "pid \(lab.peer.holder)" && $0.localPort == 5000 })
        let all = try Record.all(
            in: try await Self.audit(lab, ["--format", "jsonl", "--all-netns", "--port", "5000"]).text
        )
        .filter { truth[$0.localPort ?? 0] != nil || truth[$0.remotePort ?? 0] != nil }
        #expect(all.count >= 10, "\(all)")
        #expect(all.contains { $0.netns == nil && $0.remotePort == 5000 })
        let none = try lab.start(lab.prober, ["audit", "--netns", "no-such-namespace"])
        #expect(try await none.end() == 2)
        #expect(
            none.errorText.contains("cannot enter the network namespace no-such-namespace: No such file or directory"))
        let pid = "\(sockets.script.process.processIdentifier)"
        let elsewhere = try lab.start(lab.peer, ["audit", "--pid", pid, "--fail-on", "notice"])
        #expect(try await elsewhere.end() == 2)
        #expect(elsewhere.errorText.contains("process \(pid) is in another network namespace: add --netns \(pid)"))
        let entering = try lab.start(lab.peer, ["audit", "--pid", pid, "--netns", pid, "--format", "jsonl"])
        #expect(try await entering.end() == 0)
        let process = try Record.all(in: entering.text)
        #expect(process.count == truth.count && process.allSatisfy { "\($0.pid ?? 0)" == pid }, "\(entering.text)")
        let twice = try await Self.audit(lab, other + ["--netns", lab.peer.holder])
        #expect(try Record.all(in: twice.text).count == truth.count)
    }

    @Test(
        "--all-netns leaves out files that are no namespaces, and repeated looks see those that come later",
        .enabled(if: geteuid() == 0, "needs root"))
    func changingNamespaces() async throws {
        let lab = try await Lab()
        let name = "tcpalive-\(lab.prober.holder)"
        let file = "/run/netns/\(name)"
        let isNew = unsafe mkdir("/run/netns", 0o755) == 0
        defer { if isNew { unsafe _ = rmdir("/run/netns") } }
        #expect(FileManager.default.createFile(atPath: file, contents: nil))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let text = try await Self.audit(lab, ["--all-netns"]).text
        #expect(text.contains("/run/netns/\(name) is no network namespace"), "\(text)")
        let watch = try lab.start(
            lab.prober, ["audit", "--all-netns", "--watch", "0.2", "--format", "jsonl", "--port", "5000"])
        try await watch.wait(for: "tcpalive.audit/1")
        let later = try await Lab()
        _ = try await Self.open(later, 2, longest: 9)
        try await watch.wait(for: "\"netns\":\"pid \(later.prober.holder)\"")
        #expect(try await watch.end(by: SIGINT) == 0, "\(watch.errorText)")
    }

    @Test(
        "A process with the number of one that has ended has its settings read",
        .enabled(if: geteuid() == 0, "needs root"))
    func reusedNumber() async throws {
        let lab = try await Lab()
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Scripts/pid-reuse.py").path
        let run = try lab.start(
            lab.prober, program: "unshare",
            ["--pid", "--fork", "--mount-proc", "python3", script, Lab.executable.path]
                + ["audit", "--watch", "0.2", "--format", "jsonl"])
        #expect(try await run.end(within: .seconds(60)) == 0, "\(run.errorText)")
        #expect(run.text == "('socket', 3)\n", "\(run.text)")
    }

    @Test("A link-local connection has its interface")
    func linkLocal() async throws {
        let lab = try await Lab()
        try await lab.inside(lab.prober, "ip", "address", "add", "fe80::1/64", "dev", "va", "nodad")
        let truth = try await Self.open(lab, 2, longest: 100, on: "fe80::1%va")
        let records = try Record.all(in: try await Self.audit(lab, ["--format", "jsonl"]).text)
            .filter { truth[$0.localPort ?? 0] != nil }
        #expect(records.count == 2 && records.allSatisfy { $0.interface == "va" && $0.localIp == "fe80::1" })
        let text = try await Self.audit(lab, []).text
        #expect(truth.keys.allSatisfy { text.contains(" [fe80::1%va]:\($0) ") }, "\(text)")
    }

    @Test("A connection that is not established has no idle time, and --limit may be any number")
    func opening() async throws {
        let lab = try await Lab()
        try await lab.cutPeer()
        let client = try lab.start(lab.prober, ["client"] + ["10.9.0.2", "5001"])
        try await client.wait(for: "Connecting")
        let deadline = ContinuousClock.now + Lab.timeout
        var text = ""
        while !text.contains("SYN, "), .now < deadline {
            text = try await Self.audit(lab, ["--state", "syn-sent", "--limit", "1000000000"]).text
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(text.contains(#/SYN-SENT +[0-9/]+ +- +SYN, [1-9] resent/#), "\(text)")
        let records = try Record.all(in: try await Self.audit(lab, ["--state", "syn-sent", "--format", "jsonl"]).text)
        #expect(!records.isEmpty)
        for record in records {
            #expect(record.state == "syn-sent" && record.idleNs == nil)
        }
    }

    /// Commands that run another one without rights.
    private static let withoutRights = [
        ("as nobody", Space.dropping(true)),
        ("as root without capabilities", ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]),
        (
            "as nobody where processes of others are invisible (hidepid)",
            [
                "unshare", "-m", "sh", "-c", "mount -t proc -o hidepid=2 proc /proc && exec \"$@\"", "sh",
            ] + Space.dropping(true)
        ),
    ]

    @Test(
        "Without rights, a note says what is hidden", .enabled(if: geteuid() == 0, "needs root"),
        arguments: withoutRights)
    func unprivileged(way: String, wrapper: [String]) async throws {
        let lab = try await Lab()
        _ = try await Self.open(lab, 30, longest: 100)
        let run = try lab.start(lab.prober, through: wrapper, ["audit", "dport", "=", ":5000"])
        #expect(try await run.end() == 0 && run.errorText.isEmpty, "\(run.errorText)")
        let reasons =
            way.contains("root")
            ? "seeing it needs CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE"
            : "only root sees the descriptors of other users' processes"
        #expect(run.text.contains("The process of 30 sockets is hidden: \(reasons).\n"), "\(run.text)")
        #expect(run.text.contains(" ?(root) "), "\(run.text)")
        #expect(run.text.contains("Some settings are inferred from timers"))
        #expect(run.text.contains("/?/?"))
        let other = try lab.start(lab.prober, through: wrapper, ["audit", "--pid", lab.prober.holder])
        #expect(try await other.end() == 2)
        let reason =
            way.contains("hidepid")
            ? ": No such file or directory"
            : way.contains("root")
                ? " (needs CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE): Permission denied"
                : " (run as root): Permission denied"
        let sentence = "cannot look at the descriptors of process \(lab.prober.holder)\(reason)"
        #expect(other.errorText.contains(sentence), "\(other.errorText)")
    }
}

extension OpenedSockets.Options {
    /// Whether repeated looks must find the idle time: its timer fires between answered probes, or the first look comes
    /// before the first probe and the socket has received nothing.
    fileprivate var showsIdle: Bool { interval < idle || (!hasSent && idle >= 4) }
}
