import Foundation
import Testing

/// A way for a connection to be idle, recorded by `watch`, and what must come of it.
struct Scene: Sendable, CustomTestStringConvertible {
    /// What is in it, as a sentence.
    var name: String
    var address = "10.9.0.2"
    /// The options of the listener.
    var listener: [String] = []
    /// Idle, interval and count of the client.
    var triple: [Int]
    /// Its other options.
    var more: [String] = []
    /// What happens once the connection is there.
    var act: @Sendable (Stage) async throws -> Void = { _ in }
    /// The exit status of the client.
    var status: Int32 = 10
    /// What it says.
    var says: [String] = []
    /// What watch says.
    var watchSays: [String] = []
    /// How many probes the kernel may count at the prober.
    var probes: ClosedRange<Int>
    /// The kernel's counts that the marks on the wire add up to.
    var seen: [Recording.Count] = [.probes]
    var answers = Answers.none
    /// The shortest time between two probes of the client (s), where that is to be judged.
    var shortestGap: Double?

    var testDescription: String { name }

    /// Which of the probes are answered, and the answer marked.
    enum Answers {
        case none, all
        /// Wireshark marks no answer whose window differs from that of the segment before, and a SYN's is not scaled:
        /// so it leaves out the first answer of a peer from which nothing came since its SYN.
        case allButFirst
    }

    /// The ends of the connection while a scene is played.
    struct Stage {
        var lab: Lab
        var listener: Running
        var client: Running
        var watch: Running
    }

    /// Plays it once.
    @discardableResult
    func play(isUnprivileged: Bool = false) async throws -> Recording.Result {
        let recording = try await Recording(isUnprivileged: isUnprivileged)
        let lab = recording.lab
        let listener = try lab.start(lab.peer, ["listen"] + self.listener + [address, "5001"])
        try await listener.wait(for: "Listening on")
        let options = zip(["--idle", "--interval", "--count"], triple).flatMap { [$0, String($1)] }
        let client = try lab.start(lab.prober, ["client", "--tick", "1"] + options + more + [address, "5001"])
        try await client.wait(for: "A silent peer is given up")
        try await listener.wait(for: "#1 from")
        try await act(Stage(lab: lab, listener: listener, client: client, watch: recording.watch))
        #expect(try await client.end() == status, "\(client.text)\(client.errorText)")
        for words in says { #expect(client.text.contains(words)) }
        let result = try await recording.end()
        for words in watchSays { #expect(recording.watch.errorText.contains(words)) }
        judge(result)
        return result
    }

    private func judge(_ result: Recording.Result) {
        #expect(probes.contains(result.counts[.probes, default: 0]), "\(result.counts)")
        let marked = result.events("keep_alive").count
        #expect(marked == counted(result), "\(result.counts) \(result.events)")
        let answered =
            switch answers {
            case .none: 0
            case .all: marked
            case .allButFirst: marked - 1
            }
        #expect(result.events("keep_alive_ack").count == answered, "\(result.events)")
        #expect(result.events("zero_window_probe").isEmpty)
        guard let shortestGap else { return }
        let times = result.events("keep_alive").map(\.time)
        for (earlier, later) in zip(times, times.dropFirst()) {
            #expect(Double(later - earlier) >= shortestGap * 1e9, "\(times)")
        }
    }

    /// The marks that the kernel's counts promise.
    func counted(_ result: Recording.Result) -> Int { seen.reduce(0) { $0 + result.counts[$1, default: 0] } }
}
