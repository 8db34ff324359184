import Foundation
import Testing

/// A connection between a client and a listener, recorded by `watch`, with the expected result.
struct Scene: Sendable, CustomTestStringConvertible {
    /// What happens, as a sentence.
    var name: String
    var address = "10.9.0.2"
    /// The options of the listener.
    var listener: [String] = []
    /// Idle, interval and count of the client.
    var triple: [Int]
    /// Other options of the client.
    var more: [String] = []
    /// Prepares the lab before the client connects.
    var prepare: @Sendable (Lab) async throws -> Void = { _ in }
    /// Acts after the client has connected.
    var act: @Sendable (Stage) async throws -> Void = { _ in }
    /// The exit status of the client.
    var status: Int32 = 10
    /// Texts that the client prints.
    var prints: [String] = []
    /// Texts that watch prints.
    var watchPrints: [String] = []
    /// The number of probes that the prober's kernel may count.
    var probes: ClosedRange<Int>
    /// The kernel's counters whose sum is the number of marks.
    var seen: [Recording.Count] = [.probes]
    /// Whether each probe is answered.
    ///
    /// Wireshark does not mark an answer whose window differs from that of the segment before. The window of a SYN is
    /// not scaled, so the first answer of a peer that has sent nothing since its SYN has no mark.
    var isAnswered = false
    /// The number of ICMP errors that the kernel ignores, because the segment that they quote is not in flight.
    var ignoredErrors = 0
    /// The verdict; nil: nothing about the connection is captured.
    var verdict: String?
    /// Whether a user timeout replaces the count.
    var hasUserTimeout: Bool { more.contains("--user-timeout") }
    /// The minimum time between two probes of the client in seconds; 0: any.
    var shortestGap = 0.0

    var testDescription: String { name }

    /// The programs of a running scene.
    struct Stage {
        var lab: Lab
        var listener: Running
        var client: Running
    }

    /// Runs the scene; returns whether the number of marked keep-alives is the kernel's count.
    ///
    /// On a busy machine the first probe may be sent before `act` has finished. Then the scene runs again.
    @discardableResult
    func run(isUnprivileged: Bool = false) async throws -> Bool {
        for _ in 1...3 {
            if let isEqual = try await attempt(isUnprivileged) { return isEqual }
        }
        throw Lab.Failure(sentence: "three times, the first probe was sent before the scene was ready: \(name)")
    }

    /// Runs the scene once; nil if a probe was sent too early.
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
        for words in prints { #expect(client.text.contains(words)) }
        let result = try await recording.end()
        let probes = result.counts[.probes, default: 0]
        for words in watchPrints + ["\(probes) keep-alive probe\(probes == 1 ? "" : "s") (TCPKeepAlive"] {
            #expect(recording.watch.errorText.contains(words))
        }
        return check(result)
    }

    /// Checks the result; returns whether the number of marked keep-alives is the kernel's count.
    private func check(_ result: Recording.Result) -> Bool {
        #expect(probes.contains(result.counts[.probes, default: 0]), "\(result.counts)")
        let marked = result.events("keep_alive").count
        let counted = seen.reduce(0) { $0 + result.counts[$1, default: 0] }
        #expect(marked == counted && seen.isEmpty == (marked == 0), "\(result.counts) \(result.events)")
        #expect(result.events("keep_alive_ack").count == (isAnswered ? marked - 1 : 0), "\(result.events)")
        #expect(result.counts[.ignoredErrors] == ignoredErrors)
        #expect(result.events("zero_window_probe").isEmpty)
        checkKinds(result)
        checkVerdict(result)
        let times = result.events("keep_alive").map(\.time)
        for (earlier, later) in zip(times, times.dropFirst()) {
            #expect(Double(later - earlier) >= shortestGap * 1e9, "\(times)")
        }
        return marked == counted
    }

    /// Checks that the events, by kind, are as many as the kernel counts, whatever their marks are.
    private func checkKinds(_ result: Recording.Result) {
        let kept = seen.filter { $0 != .windowProbes }.reduce(0) { $0 + result.counts[$1, default: 0] }
        #expect(result.kind("probe").count == kept, "\(result.events)")
        #expect(
            result.kind("zero_window_probe").count
                == (seen.contains(.windowProbes) ? result.counts[.windowProbes] : 0))
        #expect(result.kind("answer").count == (isAnswered ? kept : 0), "\(result.events)")
        #expect(result.kind("abort_reset").count == (status == 10 && showsProbes ? 1 : 0), "\(result.events)")
        // A peer that answers probes resets the connection by itself; one without state answers a probe with a RST.
        #expect(result.kind("peer_reset").count == (status == 11 && !isAnswered ? 1 : 0), "\(result.events)")
        #expect(result.kind("own_reset").count == (status == 11 && isAnswered ? 1 : 0), "\(result.events)")
    }

    /// Checks the verdict, and that the settings of the client are within the inferred ranges.
    private func checkVerdict(_ result: Recording.Result) {
        #expect(result.connections.map(\.verdict) == (verdict.map { [$0] } ?? []), "\(result.connections)")
        for connection in result.connections {
            for (index, (range, setting)) in zip(connection.ranges, triple).enumerated() {
                guard let range, !(index == 2 && hasUserTimeout) else { continue }
                #expect(range.contains(setting), "\(connection)")
            }
        }
    }

    /// Whether keep-alives of the prober are on the wire.
    var showsProbes: Bool { seen.contains(.probes) }
}
