import Foundation
import Testing

/// The observer of interfaces that come, go, or are not there.
///
/// CI sets TCPALIVE_LAB=1, and there a lab that cannot be made is a failure.
@Suite("Lab")
struct WatchTests {
    @Test("The lab can be made where it is wanted")
    func possible() {
        if ProcessInfo.processInfo.environment["TCPALIVE_LAB"] == "1" { #expect(Lab.isPossible) }
    }

    @Test(
        "An interface that goes down and comes back is told; one that is removed ends the capture with its summary",
        .enabled(if: Lab.isPossible, Lab.needs))
    func interfaceComesAndGoes() async throws {
        let lab = try await Lab()
        let watch = try lab.start(lab.prober, ["watch", "-i", "va"] + Lab.limit)
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
        let watch = try lab.start(lab.prober, ["watch", "-i", "va"] + Lab.limit)
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
