import Foundation
import Testing

/// The observer amid more than it has time for.
@Suite("Flood", .enabled(if: Lab.isPossible, Lab.needs))
struct FloodTests {
    @Test("A watch that SIGINT ends amid a flood has captured whatever the kernel received for it")
    func flood() async throws {
        await Torture.run("all captured that was received when SIGINT came amid a flood") {
            let recording = try await Recording()
            let lab = recording.lab
            let sink = try lab.start(lab.peer, script: "flood.py", ["sink", "10.9.0.2", "5002"])
            let listener = try lab.start(lab.peer, ["listen"] + Lab.limit + ["10.9.0.2", "5001"])
            try await sink.wait(for: "ready")
            try await listener.wait(for: "Listening on")
            let source = try lab.start(lab.prober, script: "flood.py", ["source", "10.9.0.2", "5002"])
            try await source.wait(for: "flooding")
            for idle in ["1", "2", "3"] {
                let client = try lab.start(
                    lab.prober, ["client", "--idle", idle, "--interval", "1", "10.9.0.2", "5001"])
                try await client.wait(for: "A silent peer is given up")
            }
            try await recording.watch.wait(for: "keep_alive")
            let result = try await recording.end()
            #expect(source.process.isRunning && result.captured > 100)
            return result.captured == result.received
        }
    }
}
