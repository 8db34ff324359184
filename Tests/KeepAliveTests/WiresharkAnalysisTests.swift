import KeepAlive
import Testing
import Wire

/// One entry of `vectorScripts`.
struct Vector: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var lines: [String]
    /// The marks of Wireshark 4.0, 4.4 and 4.6.
    var expected: [String]

    static let all = vectorScripts.split(separator: "\n\n").map { Vector(String($0)) }

    init(_ text: String) {
        let lines = text.split(separator: "\n").map(String.init)
        testDescription = lines[0]
        let halves = lines[1].dropFirst("after ".count).split(separator: ": ", maxSplits: 1)
        let columns = halves[1].components(separatedBy: " | ")
        expected = columns.count == 3 ? columns : [columns[0], columns[0], columns[0]]
        let opening =
            switch halves[0] {
            case "opened": SegmentScript.opened
            case "handshake": SegmentScript.handshake
            default: []
            } as [String]
        self.lines = opening + lines.dropFirst(2).map { String($0.drop { $0 == " " }) }
    }
}

extension Substring {
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator).map(String.init)
    }
}

@Suite("Wireshark's marks")
struct WiresharkAnalysisTests {
    @Test("Every vector is marked as each version of Wireshark marks it", arguments: Vector.all)
    func vector(_ vector: Vector) {
        let script = SegmentScript(vector.lines)
        #expect(script.segments.count == vector.lines.count)
        #expect(WiresharkVersion.allCases.map { script.marks($0) } == vector.expected)
    }

    @Test("The table of vectors is complete")
    func vectorsArePresent() {
        #expect(Vector.all.count == 78)
        #expect(Vector.all.contains { $0.expected[0] != $0.expected[1] })
    }

    @Test(
        "With 10,000 unacknowledged ranges a FIN counts no byte; an acknowledgment clears the list",
        arguments: [
            // The number of ranges, whether the peer acknowledges them, the bytes that the FIN counts.
            (9_999, false, UInt32(1)), (10_000, false, 0), (10_000, true, 1),
        ])
    func fullList(ranges: Int, acknowledged: Bool, finBytes: UInt32) {
        var script = SegmentScript([])
        for index in 0..<ranges { script.append("AB AP \(1000 + 2 * index) 5000 len=2") }
        let end = UInt32(1000 + 2 * ranges)
        if acknowledged { script.append("BA A 5000 \(end)") }
        script.append("AB AF \(end) 5000")
        script.append("AB A \(end + finBytes - 1) 5000")
        for version in WiresharkVersion.allCases {
            #expect(script.marks(version) == "\(script.segments.count):K")
        }
    }

    @Test(
        "Segments that are not analysed still begin and advance streams",
        arguments: [
            // A quoted SYN with another ISN starts a stream (D15), one with the same ISN does not.
            (["AB S 70000 0 quoted", "AB A 1200 5000", "AB A 1199 5000"], "8:K | 8:K | 8:K"),
            (["AB A 1099 5000 quoted", "AB A 1099 5000", "BA A 5000 1100"], "7:K 8:a | 7:K 8:a | 7:K 8:a"),
            (["AB S 70000 0 fragment", "AB A 1200 5000", "AB A 1199 5000"], "8:K | 8:K | 8:K"),
            (["AB S 70000 0 short", "AB A 1200 5000", "AB A 1199 5000"], "8:K | 8:K | 8:K"),
            // Only 4.6 sees a SYN of fourteen bytes (E32).
            (["AB S 70000 0 cut", "AB A 1099 5000"], "7:K | 7:K | -"),
            // A segment that is not shown is analysed nevertheless (E06).
            (["AB A 1099 5000 hidden", "BA A 5000 1100"], "7:a | 7:a | 7:a"),
        ])
    func roles(lines: [String], expected: String) {
        let script = SegmentScript(SegmentScript.opened + lines)
        #expect(WiresharkVersion.allCases.map { script.marks($0) }.joined(separator: " | ") == expected)
    }

    @Test("A fragment or a short segment records base numbers from 4.4 on, a quoted one never")
    func baseOfUnanalysedSegments() {
        // A SYN with another number than the recorded base starts a stream; without a base it cannot.
        let analysed = ["AB A 1000 0", "AB AP 1000 0 len=500", "AB S 999 0", "AB A 1499 0"]
        for (word, expected) in [
            ("fragment", "5:K | - | -"), ("short", "5:K | - | -"), ("quoted", "5:K | 5:K | 5:K"),
        ] {
            let script = SegmentScript(["AB A 500 0 \(word)"] + analysed)
            #expect(WiresharkVersion.allCases.map { script.marks($0) }.joined(separator: " | ") == expected)
        }
    }

    @Test("A zero-window probe has its own mark, which replaces that of a keep-alive")
    func zeroWindowProbe() {
        let script = SegmentScript(
            SegmentScript.opened + ["BA A 5000 1100 win=0", "AB A 1100 5000 len=1", "AB A 1100 5000 len=1"])
        #expect(script.marks(.v4_6, showingZeroWindowProbes: true) == "7:Z 8:Z")
    }

    @Test(
        "Flags do not matter for a zero-window probe",
        arguments: ["R", "AR", "F", "AF", "AU", "P"], [SegmentScript.opened, ["AB R 1100 5000"]])
    func zeroWindowProbeWithFlags(flags: String, before: [String]) {
        let script = SegmentScript(before + ["BA A 5000 1100 win=0", "AB \(flags) 1100 5000 len=1"])
        for version in WiresharkVersion.allCases {
            #expect(script.marks(version, showingZeroWindowProbes: true) == "\(before.count + 2):Z")
        }
    }

    @Test(
        "Sequence numbers wrap",
        arguments: [
            UInt32(0), 1, 2, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, 0xFFFF_FFFE, 0xFFFF_FFFF,
        ])
    func wrap(next: UInt32) {
        // 100 bytes end at `next`; the probe is one below. To Wireshark, next == 0 means that it is not set.
        let script = SegmentScript([
            "AB AP \(next &- 100) 5000 len=100", "BA A 5000 \(next)", "AB A \(next &- 1) 5000", "BA A 5000 \(next)",
            "AB A \(next &- 1) 5000",
        ])
        #expect(script.marks(.v4_6) == (next == 0 ? "3:K 4:a" : "3:K 4:a 5:K"))
    }

    @Test("Results do not depend on the seed, nor on how segments are batched", arguments: [UInt64(0), 7, .max])
    func seedAndBatches(seed: UInt64) {
        let lines = Vector.all.flatMap(\.lines)
        let segments = SegmentScript(lines).segments
        #expect(Self.marks(segments, seed: seed, batch: 1) == Self.marks(segments, seed: 42, batch: 1000))
    }

    private static func marks(_ segments: [Segment], seed: UInt64, batch size: Int) -> [String] {
        var tracker = ConnectionTracker(seed: seed)
        var events: [SegmentEvent] = []
        var batch = SegmentBatch()
        for (index, segment) in segments.enumerated() {
            batch.append(segment)
            if (index + 1) % size == 0 || index == segments.count - 1 {
                tracker.track(batch, events: &events)
                batch.removeAll()
            }
        }
        return events.map { "\($0.segment.record) \($0.marks.rawValue) \($0.connection)" }
    }
}
