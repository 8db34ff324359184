import KeepAlive
import Testing
import Wire

/// The actual kinds of segments next to their marks: scripts of A and B, one second between two segments.
@Suite("Kinds of segments")
struct SegmentKindTests {
    private static func events(_ lines: [String], _ change: (inout Segment) -> Void = { _ in }) -> [SegmentEvent] {
        var tracker = ConnectionTracker(seed: 9)
        var events: [SegmentEvent] = []
        var batch = SegmentBatch()
        for segment in SegmentScript(lines).segments {
            var segment = segment
            change(&segment)
            batch.append(segment)
        }
        tracker.track(batch, events: &events)
        return events
    }

    /// One word for each event: its kind, after `-` if it has no mark, with `#` and its number in its train, and `'` for a
    /// copy.
    private static func words(_ events: [SegmentEvent]) -> String {
        events.map { event in
            (event.marks.isEmpty ? "-" : "") + event.kind.name + (event.trainNumber > 0 ? "#\(event.trainNumber)" : "")
                + (event.isCopy ? "'" : "")
        }.joined(separator: " ")
    }

    private static let probe = "AB A 1099 5000"
    private static let answer = "BA A 5000 1100"

    @Test(
        "The other end's acknowledgments, its window and the flags decide the kind",
        arguments: [
            ([probe, answer], "probe#1 answer"),
            ([probe + " len=1", answer], "probe#1 answer"),
            // A byte that is pushed, or that the peer has not acknowledged, is data.
            (["AB AP 1100 5000 len=1", "AB AP 1100 5000 len=1"], "retransmission"),
            (["AB A 1100 5000 len=1", "AB A 1100 5000 len=1"], "retransmission"),
            ([probe, answer + " win=999"], "probe#1 -answer"),
            ([answer + " win=0", probe, answer + " win=0"], "zero_window_probe#1 -zero_window_answer"),
            (
                [answer + " win=0", "AB A 1100 5000 len=1", answer + " win=0"],
                "zero_window_probe#1 -zero_window_answer"
            ),
            (["AB A 1100 5000 len=1", "AB A 1100 5000"], "acknowledgment"),
            ([probe, "AB AR 1100 5000"], "probe#1 -abort_reset"),
            ([probe, "BA R 5000 0"], "probe#1 -peer_reset"),
            // A RST without a probe is no event.
            (["AB AR 1100 5000"], ""),
            // An end that hears its peer resets the connection itself.
            ([probe, answer, "AB AR 1100 5000"], "probe#1 answer -own_reset"),
            (["BA A 4999 1100", "AB A 1100 5000"], "probe#1 answer"),
        ])
    func kinds(lines: [String], expected: String) {
        #expect(Self.words(Self.events(SegmentScript.opened + lines)) == expected)
    }

    @Test("One byte, a D-SACK and the TTL are evidence")
    func evidence() {
        let lines = SegmentScript.opened + [Self.probe + " len=1", Self.answer, Self.probe, "BA R 5000 0"]
        let events = Self.events(lines) { segment in
            segment.hasSelectiveAcknowledgment = segment.record == 6
            segment.timeToLive = segment.record == 8 ? 250 : 64
        }
        #expect(events.map(\.evidence) == [["one_byte"], ["d_sack"], [], ["ttl"]])
        #expect(events.last?.kind == .pathReset)
    }

    @Test("A capture that begins midway shows probes that Wireshark cannot mark")
    func midway() {
        let lines = ["BA A 5000 1100", "AB A 1099 5000", "BA A 5000 1100", "AB A 1099 5000", "BA A 5000 1100"]
        #expect(Self.words(Self.events(lines)) == "-probe#1 -answer -probe#1 -answer")
    }

    @Test("A probe's number counts the unanswered probes since the peer was last heard")
    func trains() {
        let lines =
            SegmentScript.opened + [
                Self.probe, Self.answer, Self.probe, Self.probe, Self.answer, "BA AP 5000 1100 len=10",
                "AB A 1100 5010",
                "AB A 1099 5010", "AB A 1099 5010", "AB AR 1100 5010",
            ]
        let events = Self.events(lines)
        #expect(
            Self.words(events) == "probe#1 answer probe#1 probe#2 answer probe#1 probe#2 -abort_reset")
        #expect(events.filter { $0.kind == .probe }.map(\.ordinal) == [1, 2, 3, 4, 5])
        let second: Int64 = 1_000_000_000
        #expect(
            events.map(\.wait) == [
                Wait(since: .segment, gap: second), nil, Wait(since: .answeredProbe, gap: 2 * second),
                Wait(since: .unansweredProbe, gap: second), nil, Wait(since: .segment, gap: 2 * second),
                Wait(since: .unansweredProbe, gap: second), Wait(since: .unansweredProbe, gap: second),
            ])
        #expect(events.map(\.unanswered) == [0, 0, 0, 1, 0, 0, 1, 2])
        #expect(events.map(\.reply) == [nil, second, nil, nil, second, nil, nil, nil])
    }

    @Test("Copies of a probe and of its answer are not counted, and do not halve the interval")
    func copies() {
        let lines = SegmentScript.opened + [Self.probe, Self.probe, Self.answer, Self.answer, Self.probe]
        let events = Self.events(lines) { segment in
            // The copies come 10 µs after the originals, with the same identification.
            if segment.record == 6 || segment.record == 8 { segment.time = (segment.time - 1_000_000_000) + 10_000 }
            segment.identification = UInt16(segment.record == 6 ? 5 : segment.record)
        }
        #expect(Self.words(events) == "probe#1 probe#1' answer answer' probe#1")
        #expect(events.last?.wait == Wait(since: .answeredProbe, gap: 4_000_000_000))
    }

    @Test("A clock that is set back makes no negative gap and no trap")
    func clock() {
        let lines = SegmentScript.opened + [Self.probe, Self.probe, Self.answer, "AB AR 1100 5000"]
        let events = Self.events(lines) { $0.time = $0.record < 5 ? .max : .min + Int64($0.record) * 200_000_000 }
        #expect(events.count == 4)
        #expect(events.allSatisfy { ($0.wait?.gap ?? 0) >= 0 && ($0.reply ?? 0) >= 0 })
    }

    @Test("The previous gaps show when the next probe is due; none is due after the end")
    func nextProbe() {
        func next(_ lines: [String]) -> Int64? {
            var tracker = ConnectionTracker(seed: 9)
            var events: [SegmentEvent] = []
            var batch = SegmentBatch()
            for segment in SegmentScript(SegmentScript.opened + lines).segments { batch.append(segment) }
            tracker.track(batch, events: &events)
            return tracker.nextProbe(after: 0)?.time.map { $0 / 1_000_000_000 }
        }
        #expect(next([]) == nil)
        #expect(next([Self.probe]) == nil)
        #expect(next([Self.probe, Self.answer]) == 6)
        #expect(next([Self.probe, Self.answer, Self.probe, Self.answer]) == 9)
        #expect(next([Self.probe, Self.probe]) == 7)
        #expect(next([Self.probe, Self.probe, "AB AR 1100 5000"]) == nil)
    }
}
