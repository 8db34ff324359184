import Foundation
import Testing

/// `watch` under a high packet rate.
@Suite("Flood", .enabled(if: Lab.isPossible, Lab.needs))
struct FloodTests {
    @Test("When SIGINT ends watch during a flood, all packets that the kernel received are captured")
    func flood() async throws {
        await Torture.run("all received packets are captured when SIGINT comes during a flood") {
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
