import Foundation
import Synchronization
import Testing

/// Repeats tests, to find failures that are rare: `make torture-lab`.
enum Torture {
    /// The number of runs: TCPALIVE_LAB_RUNS, by default 1.
    static let runs = max(1, ProcessInfo.processInfo.environment["TCPALIVE_LAB_RUNS"].flatMap(Int.init) ?? 1)

    private static let sums = Mutex((held: 0, runs: 0))

    /// Runs `run`, which returns whether `promise` held, `runs` times, as many at once as there may be labs.
    static func run(_ promise: String, _ run: @escaping @Sendable () async throws -> Bool) async {
        let held = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<runs {
                group.addTask {
                    do {
                        return try await run()
                    } catch {
                        Issue.record(error)
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(held == runs, "\(promise)")
        guard runs > 1 else { return }
        let sum = sums.withLock { sums in
            sums = (sums.held + held, sums.runs + runs)
            return sums
        }
        let line = "\(held) of \(runs) (in all \(sum.held) of \(sum.runs)): \(promise)\n"
        // Unbuffered, also if the output is a file.
        try? FileHandle.standardOutput.write(contentsOf: Data(line.utf8))
    }
}
