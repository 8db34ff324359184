import Foundation
import Testing

/// The recorded scenes, compared with what the prober's kernel reported (captures/README.md): kinds, settings, verdicts.
@Suite("Truth")
struct TruthTests {
    /// The compared fields of a connection in --format jsonl.
    private struct Record: Decodable {
        var verdict: String
        var originator_probes, originator_zero_window_probes, originator_retransmissions: Int
        var originator_idle_min_s, originator_idle_max_s: Int?
        var originator_interval_min_s, originator_interval_max_s: Int?
        var originator_count_max: Int?

        /// Whether the settings lie in the inferred ranges; a setting without a range does.
        func holds(idle: Int, interval: Int, count: Int?) -> Bool {
            let idleHolds = (originator_idle_min_s ?? idle) <= idle && idle <= (originator_idle_max_s ?? idle)
            let intervalHolds =
                (originator_interval_min_s ?? interval) <= interval
                && interval <= (originator_interval_max_s ?? interval)
            return idleHolds && intervalHolds && (count == nil || originator_count_max ?? count == count)
        }
    }

    /// Expects the settings that must be inferred: the idle time if there is a probe, the interval if two in a row have no
    /// answer, and the count if the prober gave up.
    private static func checkInference(_ record: Record) {
        let hasTrain = ["unresponsive", "peer_dead"].contains(record.verdict) && record.originator_probes > 1
        if record.originator_probes > 0 { #expect(record.originator_idle_min_s != nil, "\(record)") }
        if hasTrain { #expect(record.originator_interval_min_s != nil, "\(record)") }
        if record.verdict == "peer_dead" { #expect(record.originator_count_max != nil, "\(record)") }
    }

    private static func records(_ name: String) throws -> [Record] {
        try Tool.run(["analyze", "--format", "jsonl", "--connections", "all", name], in: SceneTests.directory).output
            .split(separator: "\n").filter { $0.contains("tcpalive.connection/2") }
            .map { try JSONDecoder().decode(Record.self, from: Data($0.utf8)) }
    }

    @Test(
        "Probes, settings and the end are those of the kernel",
        arguments: [
            // name, idle, interval, count (nil: unknown, or a user timeout ended the connection), probes, verdict. Settings
            // that the notes of a recording do not name are estimated from its gaps.
            ("dead-peer-60-15-4", 60, 15, Int?(4), 4, "unresponsive"), ("dead-peer-5-3-4", 5, 3, 4, 4, "peer_dead"),
            ("icmp-unreachable", 5, 3, 4, 4, "peer_unreachable"), ("user-timeout-20s", 5, 3, nil, 5, "peer_dead"),
            ("user-timeout-7s", 5, 3, nil, 1, "user_timeout"), ("data-in-flight", 5, 3, 4, 0, "data_in_flight"),
            ("peer-forgot-rst", 4, 1, 3, 1, "peer_lost_state"), ("zero-window", 3, 2, 3, 0, "receiver_stalled"),
            ("one-byte-retransmits", 1, 1, nil, 0, "data_in_flight"), ("ipv6-answered", 2, 1, nil, 3, "healthy"),
            ("mptcp-answered", 3, 1, nil, 2, "healthy"), ("output-dropped", 5, 3, 4, 0, "unknown"),
            ("own-interface-down", 5, 3, 4, 0, "unknown"), ("next-hop-lost", 5, 3, 4, 0, "peer_unreachable"),
        ] as [(String, Int, Int, Int?, Int, String)]
    )
    func scene(name: String, idle: Int, interval: Int, count: Int?, probes: Int, verdict: String) throws {
        let records = try Self.records("scenes/\(name).pcap")
        let record = try #require(records.first)
        #expect(records.count == 1)
        #expect(record.originator_probes == probes && record.verdict == verdict, "\(record)")
        #expect(record.holds(idle: idle, interval: interval, count: count), "\(record)")
        Self.checkInference(record)
        #expect(record.originator_zero_window_probes == (name == "zero-window" ? 10 : 0))
        #expect(record.originator_retransmissions == (name == "one-byte-retransmits" ? 6 : 0))
    }

    @Test("Five cadences: 3/8, 10/2, 5 with 7 at the other end, 6/2 with data, and a changed setting")
    func cadences() throws {
        let records = try Self.records("scenes/five-cadences.pcap")
        #expect(records.map(\.originator_probes) == [9, 7, 14, 3, 3])
        #expect(records[0].verdict == "interval_exceeds_idle")
        for (record, (idle, interval)) in zip(records, [(3, 8), (10, 2), (5, 5), (6, 2), (20, 20)]) {
            #expect(record.holds(idle: idle, interval: interval, count: nil), "\(record)")
            Self.checkInference(record)
        }
    }
}
