import Foundation
import Testing

/// A lab in which `watch` records the packets at the prober, and the kernel counts probes.
final class Recording {
    let lab: Lab
    let watch: Running
    private let file: String
    private let before: [Count: Int]

    /// A counter of the kernel in one of the namespaces.
    enum Count: CaseIterable {
        case probes, probesOfPeer, windowProbes, ignoredErrors

        fileprivate func value(in lab: Lab) throws -> Int {
            switch self {
            case .probes: try lab.prober.count("TCPKeepAlive")
            case .probesOfPeer: try lab.peer.count("TCPKeepAlive")
            case .windowProbes: try lab.prober.count("TCPWinProbe")
            case .ignoredErrors: try lab.prober.count("OutOfWindowIcmps")
            }
        }
    }

    /// The result of a recording.
    struct Result {
        /// The increase of each counter.
        var counts: [Count: Int]
        /// The events that watch reported, with and without marks.
        var events: [Event]
        /// The connections that watch reported.
        var connections: [Connection]
        /// Packets captured, and packets that the kernel received for the filter.
        var captured: Int
        var received: Int

        /// The events with the mark `mark`.
        func events(_ mark: String) -> [Event] { events.filter { $0.marks.contains(mark) } }

        /// The events of the kind `kind`.
        func kind(_ kind: String) -> [Event] { events.filter { $0.kind == kind } }
    }

    /// A connection record of --format jsonl.
    struct Connection: Decodable {
        var verdict: String
        private var originator_idle_min_s: Int?
        private var originator_idle_max_s: Int?
        private var originator_interval_min_s: Int?
        private var originator_interval_max_s: Int?
        private var originator_count_min: Int?
        private var originator_count_max: Int?

        /// The inferred idle, interval and count; nil: unknown.
        var ranges: [ClosedRange<Int>?] {
            [
                (originator_idle_min_s, originator_idle_max_s), (originator_interval_min_s, originator_interval_max_s),
                (originator_count_min, originator_count_max),
            ].map { low, high in if let low, let high { low...high } else { nil } }
        }
    }

    /// An event record of --format jsonl.
    struct Event: Decodable {
        /// ns since 1970.
        var time: Int64
        /// Bytes of payload; nil if an ICMP error quotes the segment.
        var length: Int?
        var marks: [String]
        var kind: String

        enum CodingKeys: String, CodingKey {
            case marks, kind
            case time = "ts_ns"
            case length = "len"
        }
    }

    init(isUnprivileged: Bool = false) async throws {
        lab = try await Lab(isUnprivileged: isUnprivileged)
        file = lab.folder.appendingPathComponent("seen.pcapng").path
        watch = try await lab.watch(["--no-processes", "--format", "jsonl", "-w", file])
        var before: [Count: Int] = [:]
        for count in Count.allCases { before[count] = try count.value(in: lab) }
        self.before = before
    }

    /// The increase of `count` so far.
    func count(_ count: Count) throws -> Int { try count.value(in: lab) - before[count, default: 0] }

    /// Ends watch with SIGINT. Checks that no packet was lost and that `analyze` reports the same from the file.
    func end() async throws -> Result {
        var counts: [Count: Int] = [:]
        for count in Count.allCases { counts[count] = try self.count(count) }
        #expect(try await watch.end(by: SIGINT) == 0, "\(watch.errorText)")
        let analyzed = try await lab.analyze(["--format", "jsonl", file])
        #expect(
            Running.stableLines(analyzed.replacing("\"\(file)\"", with: "\"va\"")) == Running.stableLines(watch.text))
        let words = watch.errorText.split(separator: "\n").first { $0.contains(" captured, ") } ?? ""
        let numbers = words.split(separator: " ").compactMap { Int($0) }
        try #require(numbers.count == 3, "\(watch.errorText)")
        #expect(numbers[0] == numbers[1] && numbers[2] == 0, "\(watch.errorText)")
        let events = try watch.text.split(separator: "\n").filter { $0.contains("tcpalive.event/2") }
            .map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
        let connections = try watch.text.split(separator: "\n").filter { $0.contains("tcpalive.connection/2") }
            .map { try JSONDecoder().decode(Connection.self, from: Data($0.utf8)) }
        return Result(
            counts: counts, events: events, connections: connections, captured: numbers[0], received: numbers[1])
    }
}
