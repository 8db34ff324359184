import Foundation
import Testing

/// Our own client, listener and observer in real namespaces, with the kernel's counters as judge.
@Suite("Scenes", .enabled(if: Lab.isPossible, Lab.needs))
struct SceneTests {
    @Test("As many keep-alives are marked as the kernel counts, and the client says how it ended", arguments: Scene.all)
    func scene(_ scene: Scene) async throws {
        guard scene.showsProbes else {
            try await scene.play()
            return
        }
        await Torture.run("as many keep-alives marked as the kernel counts (TCPKeepAlive): \(scene.name)") {
            try await scene.play()
        }
    }

    @Test(
        "The lab needs no root: a dead peer in a user namespace of nobody",
        .enabled(if: Lab.isPossibleUnprivileged, Lab.needsUnprivileged))
    func unprivileged() async throws {
        try await Scene.dead("A dead peer, and nobody is root").play(isUnprivileged: true)
    }

    @Test("Probes of one byte, which no socket of Linux sends, are marked, and so are their answers by D-SACK")
    func oneByte() async throws {
        let recording = try await Recording()
        let lab = recording.lab
        let listener = try lab.start(lab.peer, ["listen"] + Lab.limit + ["10.9.0.2", "5001"])
        try await listener.wait(for: "Listening on")
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
