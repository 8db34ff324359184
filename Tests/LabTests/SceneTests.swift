import Foundation
import Testing

/// Our own client, listener and observer in real namespaces, with the kernel's counters as judge.
@Suite("Scenes", .enabled(if: Lab.isPossible, Lab.needs))
struct SceneTests {
    @Test("As many keep-alives are marked as the kernel counts, and the client says how it ended", arguments: Scene.all)
    func scene(_ scene: Scene) async throws {
        try await scene.play()
    }

    @Test(
        "The lab needs no root: a dead peer in a user namespace of nobody",
        .enabled(if: Lab.isPossibleUnprivileged, Lab.needsUnprivileged))
    func unprivileged() async throws {
        try await Scene.dead("A dead peer, and nobody is root").play(isUnprivileged: true)
    }
}
