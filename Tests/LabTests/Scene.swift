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
    /// What is made ready before there is a connection.
    var prepare: @Sendable (Lab) async throws -> Void = { _ in }
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
    /// Whether each of them is answered.
    ///
    /// Wireshark marks no answer whose window differs from that of the segment before, and a SYN's is not scaled: so it
    /// leaves out the first answer of a peer from which nothing came since its SYN.
    var isAnswered = false
    /// How many reports of ICMP the kernel ignores, as they quote what is not in flight.
    var ignoredErrors = 0
    /// The verdict on it; nil: there is nothing on the wire to be told of.
    var verdict: String?
    /// Whether a user timeout takes the place of the count.
    var hasUserTimeout: Bool { more.contains("--user-timeout") }
    /// The shortest time between two probes of the client (s), where that is to be judged.
    var shortestGap = 0.0

    var testDescription: String { name }

    /// The ends of the connection while a scene is played.
    struct Stage {
        var lab: Lab
        var listener: Running
        var client: Running
    }

    /// Plays it once: whether as many keep-alives are marked as the kernel counts.
    ///
    /// On a busy machine the first probe may come before the scene is set: then it is played again.
    @discardableResult
    func play(isUnprivileged: Bool = false) async throws -> Bool {
        for _ in 1...3 {
            if let isKept = try await attempt(isUnprivileged) { return isKept }
        }
        throw Lab.Failure(sentence: "the first probe came before the scene was set, three times: \(name)")
    }

    /// Plays it; nil where a probe came too early.
    private func attempt(_ isUnprivileged: Bool) async throws -> Bool? {
        let recording = try await Recording(isUnprivileged: isUnprivileged)
        let lab = recording.lab
        try await prepare(lab)
        let listener = try lab.start(lab.peer, ["listen"] + Lab.limit + self.listener + [address, "5001"])
        try await listener.wait(for: "Listening on")
        let options = zip(["--idle", "--interval", "--count"], triple).flatMap { [$0, String($1)] }
        let client = try lab.start(lab.prober, ["client", "--tick", "1"] + options + more + [address, "5001"])
        try await client.wait(for: "A silent peer is given up")
        try await listener.wait(for: "#1 from")
        try await act(Stage(lab: lab, listener: listener, client: client))
        if try recording.count(.probes) > 0 { return nil }
        #expect(try await client.end() == status, "\(client.text)\(client.errorText)")
        for words in says { #expect(client.text.contains(words)) }
        let result = try await recording.end()
        let probes = result.counts[.probes, default: 0]
        for words in watchSays + ["\(probes) keep-alive probe\(probes == 1 ? "" : "s") (TCPKeepAlive"] {
            #expect(recording.watch.errorText.contains(words))
        }
        return judge(result)
    }

    /// Whether as many keep-alives are marked as the kernel counts.
    private func judge(_ result: Recording.Result) -> Bool {
        #expect(probes.contains(result.counts[.probes, default: 0]), "\(result.counts)")
        let marked = result.events("keep_alive").count
        let counted = seen.reduce(0) { $0 + result.counts[$1, default: 0] }
        #expect(marked == counted && seen.isEmpty == (marked == 0), "\(result.counts) \(result.events)")
        #expect(result.events("keep_alive_ack").count == (isAnswered ? marked - 1 : 0), "\(result.events)")
        #expect(result.counts[.ignoredErrors] == ignoredErrors)
        #expect(result.events("zero_window_probe").isEmpty)
        judgeKinds(result)
        judgeVerdict(result)
        let times = result.events("keep_alive").map(\.time)
        for (earlier, later) in zip(times, times.dropFirst()) {
            #expect(Double(later - earlier) >= shortestGap * 1e9, "\(times)")
        }
        return marked == counted
    }

    /// Whatever the marks are: the kinds are what the kernel counts.
    private func judgeKinds(_ result: Recording.Result) {
        let kept = seen.filter { $0 != .windowProbes }.reduce(0) { $0 + result.counts[$1, default: 0] }
        #expect(result.kind("probe").count == kept, "\(result.events)")
        #expect(
            result.kind("zero_window_probe").count
                == (seen.contains(.windowProbes) ? result.counts[.windowProbes] : 0))
        #expect(result.kind("answer").count == (isAnswered ? kept : 0), "\(result.events)")
        #expect(result.kind("abort_reset").count == (status == 10 && showsProbes ? 1 : 0), "\(result.events)")
        // A peer that answers resets the connection by itself; one that forgot it answers a probe with a RST.
        #expect(result.kind("peer_reset").count == (status == 11 && !isAnswered ? 1 : 0), "\(result.events)")
        #expect(result.kind("own_reset").count == (status == 11 && isAnswered ? 1 : 0), "\(result.events)")
    }

    /// The verdict, and the settings of the client within the ranges that were inferred from the wire.
    private func judgeVerdict(_ result: Recording.Result) {
        #expect(result.connections.map(\.verdict) == (verdict.map { [$0] } ?? []), "\(result.connections)")
        for connection in result.connections {
            for (place, (range, setting)) in zip(connection.ranges, triple).enumerated() {
                guard let range, !(place == 2 && hasUserTimeout) else { continue }
                #expect(range.contains(setting), "\(connection)")
            }
        }
    }

    /// Whether it shows keep-alives of the kernel.
    var showsProbes: Bool { seen.contains(.probes) }
}
