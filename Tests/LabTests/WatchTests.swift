import Foundation
import Testing

/// Our own client, listener and observer in real namespaces, with the kernel's counters as judge.
///
/// CI sets TCPALIVE_LAB=1, and there a lab that cannot be made is a failure.
@Suite("Lab")
struct WatchTests {
    @Test("The lab can be made where it is wanted")
    func possible() {
        if ProcessInfo.processInfo.environment["TCPALIVE_LAB"] == "1" { #expect(Lab.isPossible) }
    }

    /// The frames with mark `mark` in the output of --format tsv.
    private func frames(_ text: String, _ mark: String) -> Int {
        text.split(separator: "\n").count { $0.split(separator: "\t").last.map(String.init) == mark }
    }

    private func analyze(_ lab: Lab, _ file: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = Lab.executable
        process.arguments = ["analyze"] + arguments + [file]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }

    @Test(
        "A dead peer: every probe that the kernel counts is marked, the client says ETIMEDOUT, and the file says the same",
        .enabled(if: Lab.isPossible, Lab.needs), arguments: ["10.9.0.2", "fd09::2"])
    func deadPeer(address: String) async throws {
        let lab = try await Lab()
        let file = lab.folder.appendingPathComponent("seen.pcapng").path
        let listener = try lab.start(lab.peer, ["listen", address, "5001"])
        try await listener.wait(for: "5001")
        let watch = try lab.start(lab.prober, ["watch", "-i", "va", "--format", "tsv", "-w", file])
        try await watch.wait(for: "capturing on va")
        let before = try lab.count("TCPKeepAlive")
        let client = try lab.start(
            lab.prober, ["client", "--idle", "2", "--interval", "1", "--count", "3", "--tick", "1", address, "5001"])
        try await client.wait(for: "Connected to")
        try await lab.cutPeer()
        #expect(try await client.end() == 10, "\(client.text)\(client.errorText)")
        #expect(client.text.contains("ETIMEDOUT"))
        let counted = try lab.count("TCPKeepAlive") - before
        #expect(try await watch.end(by: SIGINT) == 0, "\(watch.errorText)")
        #expect(counted == 3)
        #expect(frames(watch.text, "keep_alive") == counted, "\(watch.text)")
        #expect(frames(watch.text, "keep_alive_ack") == 0)
        #expect(try analyze(lab, file, ["--format", "tsv"]) == watch.text)
    }

    @Test(
        "A live peer: probes and their answers pass on, and SIGINT loses nothing",
        .enabled(if: Lab.isPossible, Lab.needs))
    func livePeer() async throws {
        let lab = try await Lab()
        let file = lab.folder.appendingPathComponent("seen.pcapng").path
        let listener = try lab.start(lab.peer, ["listen", "10.9.0.2", "5001"])
        try await listener.wait(for: "5001")
        let watch = try lab.start(lab.prober, ["watch", "-i", "va", "-w", file, "tcp", "port", "5001"])
        try await watch.wait(for: "capturing on va")
        let before = try lab.count("TCPKeepAlive")
        let client = try lab.start(
            lab.prober, ["client", "--idle", "1", "--interval", "1", "--duration", "4.5", "10.9.0.2", "5001"])
        #expect(try await client.end() == 0, "\(client.errorText)")
        let counted = try lab.count("TCPKeepAlive") - before
        #expect(try await watch.end(by: SIGINT) == 0)
        #expect(counted == 4 || counted == 3)
        let probes = watch.text.components(separatedBy: "  keep-alive\n").count - 1
        #expect(probes == counted, "\(watch.text)")
        #expect(watch.errorText.contains("\(counted) keep-alive probes (TCPKeepAlive)"), "\(watch.errorText)")
        let captured = watch.errorText.split(separator: "\n").first { $0.contains("packets captured") }
        let numbers = captured?.split(separator: " ").compactMap { Int($0) } ?? []
        #expect(numbers.count == 3 && numbers[0] == numbers[1] && numbers[2] == 0, "\(watch.errorText)")
    }

    @Test(
        "An interface that goes down and comes back is told; one that is removed ends the capture with its summary",
        .enabled(if: Lab.isPossible, Lab.needs))
    func interfaceComesAndGoes() async throws {
        let lab = try await Lab()
        let watch = try lab.start(lab.prober, ["watch", "-i", "va"])
        try await watch.wait(for: "capturing on va")
        try await lab.inside(lab.prober, "ip", "link", "set", "va", "down")
        try await watch.wait(for: "va is down")
        try await lab.inside(lab.prober, "ip", "link", "set", "va", "up")
        try await watch.wait(for: "va is up again")
        try await lab.inside(lab.prober, "ip", "link", "del", "va")
        #expect(try await watch.end() == 2)
        #expect(watch.text.contains("Read va:") && watch.errorText.contains("packets captured"))
    }

    @Test(
        "SIGUSR1 prints how it stands, and the capture goes on",
        .enabled(if: Lab.isPossible, Lab.needs))
    func interimReport() async throws {
        let lab = try await Lab()
        let watch = try lab.start(lab.prober, ["watch", "-i", "va"])
        try await watch.wait(for: "capturing on va")
        kill(watch.process.processIdentifier, SIGUSR1)
        try await watch.wait(for: "packets captured")
        #expect(watch.process.isRunning)
        #expect(try await watch.end(by: SIGTERM) == 0)
        #expect(watch.errorText.components(separatedBy: "packets captured").count == 3)
    }

    @Test(
        "What cannot be captured is told with what would help",
        .enabled(if: Lab.isPossible, Lab.needs),
        arguments: [
            (["-i", "nothing0"], "there is no interface nothing0"), (["-i", "va", "porrt"], "does not compile"),
            (["-i", "va", "-w", "/nowhere/seen.pcapng"], "/nowhere/seen.pcapng"),
        ])
    func refused(arguments: [String], words: String) async throws {
        let lab = try await Lab()
        let watch = try lab.start(lab.prober, ["watch"] + arguments)
        #expect(try await watch.end() == 2)
        #expect(watch.errorText.contains(words) && watch.text.isEmpty, "\(watch.errorText)")
    }
}
