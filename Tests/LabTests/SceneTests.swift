import Foundation
import Testing

/// Client, listener and watch in real namespaces, compared with the kernel's counters.
@Suite("Scenes", .enabled(if: Lab.isPossible, Lab.needs))
struct SceneTests {
    @Test(
        "The number of marked keep-alives is the kernel's count, and the client explains the end", arguments: Scene.all)
    func scene(_ scene: Scene) async throws {
        guard scene.showsProbes else {
            try await scene.run()
            return
        }
        await Torture.run("the number of marked keep-alives is TCPKeepAlive: \(scene.name)") {
            try await scene.run()
        }
    }

    @Test(
        "The lab works without root: a dead peer in a user namespace of the user nobody",
        .enabled(if: Lab.isPossibleUnprivileged, Lab.needsUnprivileged))
    func unprivileged() async throws {
        try await Scene.dead("A dead peer, without root").run(isUnprivileged: true)
    }

    @Test("Probes of one byte, which Linux never sends, are marked, and their D-SACK answers too")
    func oneByte() async throws {
        let recording = try await Recording()
        let lab = recording.lab
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let prober = try lab.start(
            lab.prober, script: "one-byte-probes.py", ["probe", "va", "10.9.0.2", "5001", "5"])
        #expect(try await prober.end() == 0, "\(prober.errorText)")
        #expect(prober.text.contains("5 probes, each answered by a D-SACK"))
        let result = try await recording.end()
        #expect(result.counts[.probes] == 0)
        #expect(result.events("keep_alive").map(\.length) == [1, 1, 1, 1, 1])
        // The first answer's window is not that of the SYN, see `Scene.isAnswered`.
        #expect(result.events("keep_alive_ack").count == 4, "\(result.events)")
    }
}
