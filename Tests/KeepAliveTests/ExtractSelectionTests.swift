import KeepAlive
import Testing
import Wire

@Suite("ExtractSelection")
struct ExtractSelectionTests {
    /// The packets of `lines` that are chosen, from 0; they come in batches of `size`.
    private func chosen(_ lines: [String], inBatchesOf size: Int) -> [Int] {
        let segments = SegmentScript(lines).segments
        var selection = ExtractSelection()
        var result: [Int] = []
        for isSurvey in [true, false] {
            var tracker = ConnectionTracker(seed: 1)
            for start in stride(from: 0, to: segments.count, by: size) {
                let count = min(size, segments.count - start)
                var batch = SegmentBatch()
                for place in 0..<count {
                    var segment = segments[start + place]
                    segment.record = UInt32(place)
                    batch.append(segment)
                }
                var events: [SegmentEvent] = []
                var origins: [SegmentOrigin?] = []
                tracker.track(batch, events: &events, origins: &origins)
                if isSurvey {
                    selection.survey(batch, origins, events, packets: count)
                } else {
                    var records: [Int] = []
                    selection.choose(batch, origins, events, packets: count, into: &records)
                    result += records.map { start + $0 }
                }
            }
            if isSurvey { selection.rewind() }
        }
        return result
    }

    @Test(
        "holds the events, what they rest on, and how their connections opened and closed",
        arguments: [
            // Data that is followed by other data of the same end is left out.
            (
                SegmentScript.opened + ["AB AP 1100 5000 len=9", "BA A 5000 1109", "AB A 1108 5000", "BA A 5000 1109"],
                [0, 1, 2, 5, 6, 7, 8]
            ),
            // Between probes that nothing but answers part, there is nothing to rest on.
            (SegmentScript.opened + ["AB A 1099 5000", "AB A 1099 5000", "AB A 1099 5000"], [0, 1, 2, 3, 4, 5, 6, 7]),
            // What reached furthest was not sent last.
            (
                SegmentScript.opened + [
                    "AB AP 1100 5000 len=10", "AB AP 1000 5000 len=100", "BA A 5000 1110", "AB A 1109 5000",
                ], [0, 1, 2, 5, 6, 7, 8]
            ),
            // FINs and the acknowledgments of both; what comes behind is left out.
            (
                SegmentScript.opened + [
                    "AB A 1099 5000", "BA A 5000 1100", "AB AP 1100 5000 len=10", "BA A 5000 1110",
                    "AB AF 1110 5000", "BA AF 5000 1111", "AB A 1111 5001", "AB A 1111 5001",
                ], [0, 1, 2, 3, 4, 5, 6, 9, 10, 11]
            ),
            // A RST, and the SYN of the next connection, which has no events.
            (
                SegmentScript.opened + ["AB A 1099 5000", "BA R 5000 0", "AB S 7777 0", "BA AS 8888 7778"],
                [0, 1, 2, 3, 4, 5, 6]
            ),
            // A connection without events beside one that has them.
            (
                [
                    "CB S 1 0", "BC AS 1 2", "CB A 2 2", "AB S 999 0", "BA AS 4999 1000", "AB A 1000 5000",
                    "CB AP 2 2 len=5", "AB A 999 5000", "CB AF 7 2",
                ], [3, 4, 5, 7]
            ),
            (SegmentScript.opened, []),
        ], [1, 3, 100])
    func selection(_ scene: ([String], [Int]), size: Int) {
        #expect(chosen(scene.0, inBatchesOf: size) == scene.1)
    }

    @Test("A segment knows its connection and its end, also where the ports are used again within a batch")
    func origins() {
        let lines = ["AB S 999 0", "BA AS 4999 1000", "CB S 1 0", "AB S 7777 0", "BA R 1 1", "AB A 1 1 cut"]
        var batch = SegmentBatch()
        for segment in SegmentScript(lines).segments { batch.append(segment) }
        var tracker = ConnectionTracker(version: .v4_0, seed: 1)
        var (events, origins): ([SegmentEvent], [SegmentOrigin?]) = ([], [])
        tracker.track(batch, events: &events, origins: &origins)
        let expected = [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1)].map { SegmentOrigin(connection: $0.0, side: $0.1) }
        #expect(origins.prefix(5).compactMap(\.self) == expected)
        #expect(tracker.tally.connections == 3)
    }
}
