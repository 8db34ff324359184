import Analysis
import Capture
import Foundation
import KeepAlive
import Report
import Testing
import Wire

/// A capture file of connections that open, are probed and answer, and of unanswered SYNs.
private struct MadeCapture: ~Copyable {
    let path: String
    let packets: Int

    /// `probed` connections with 4 probes each, among `attempts` SYNs.
    init(probed: Int, attempts: Int) throws {
        path = NSTemporaryDirectory() + "tcpalive-\(UUID().uuidString).pcap"
        var bytes: [UInt8] = [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]
        var count = 0
        func add(_ second: Int, _ host: Int, fromServer: Bool, _ flags: UInt8, _ sequence: UInt32, _ ack: UInt32) {
            let client: [UInt8] = [10, UInt8(host >> 16 & 255), UInt8(host >> 8 & 255), UInt8(host & 255)]
            let server: [UInt8] = [192, 0, 2, 1]
            let (from, to) = fromServer ? (server, client) : (client, server)
            let ports: [UInt8] = fromServer ? [0x01, 0xBB, 0x9C, 0x40] : [0x9C, 0x40, 0x01, 0xBB]
            let frame: [UInt8] =
                [UInt8](repeating: 2, count: 12) + [8, 0, 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0] + from + to
                + ports + big(sequence) + big(ack) + [0x50, flags, 1, 0xF4, 0, 0, 0, 0]
            for field in [UInt32(second), UInt32(count % 1_000_000), 54, 54] { bytes += big(field).reversed() }
            bytes += frame
            count += 1
        }
        func big(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
        for host in 0..<probed {
            add(0, host, fromServer: false, 0x02, 999, 0)
            add(0, host, fromServer: true, 0x12, 4999, 1000)
            add(0, host, fromServer: false, 0x10, 1000, 5000)
        }
        for host in 0..<attempts { add(1, 1_000_000 + host, fromServer: false, 0x02, UInt32(host), 0) }
        for second in [60, 75, 90, 105] {
            for host in 0..<probed {
                add(second, host, fromServer: false, 0x10, 999, 5000)
                add(second, host, fromServer: true, 0x10, 5000, 1000)
            }
        }
        packets = count
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// Its packets, and when they were captured (ns since 1970).
    func frames() throws -> [(time: Int64, bytes: [UInt8])] {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        func number(at offset: Int) -> Int64 {
            bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | Int64($1) }
        }
        return stride(from: 24, to: bytes.count, by: 70).map { start in
            (number(at: start) * 1_000_000_000 + number(at: start + 4) * 1_000, Array(bytes[start + 16..<start + 70]))
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension SegmentEvent {
    /// What identifies it.
    fileprivate var summary: [UInt64] {
        [segment.frame.frame, UInt64(kind.rawValue), UInt64(marks.rawValue), connection, UInt64(unanswered)]
    }
}

@Suite("Packet pipeline")
struct PacketPipelineTests {
    @Test("Two threads count only the packets that they have tracked, and find the same as one thread")
    func twoThreads() throws {
        let capture = try MadeCapture(probed: 3_000, attempts: 0)
        var events: [[[UInt64]]] = []
        for usesTwoThreads in [false, true] {
            var settings = AnalysisSettings()
            settings.usesTwoThreads = usesTwoThreads
            var file = try CaptureFile(path: capture.path)
            var pipeline = PacketPipeline(settings)
            var (tracked, batches) = (0, 0)
            var found: [[UInt64]] = []
            while try pipeline.advance(&file) {
                tracked += pipeline.batch.records.count
                batches += 1
                #expect(pipeline.tally.packets == UInt64(tracked))
                #expect(pipeline.lastTime == pipeline.batch.records.last?.time)
                found += pipeline.events.map(\.summary)
            }
            #expect(tracked == capture.packets && batches > 1)
            events.append(found)
        }
        #expect(events[0] == events[1])
        #expect(events[0].count == 3_000 * 8)
    }

    @Test("Two threads evict the same connections as one")
    func evictions() throws {
        let capture = try MadeCapture(probed: 500, attempts: 30_000)
        var results: [(ConnectionTally, [[UInt64]])] = []
        for usesTwoThreads in [false, true] {
            var settings = AnalysisSettings()
            settings.usesTwoThreads = usesTwoThreads
            settings.memoryLimit = 4 << 20
            var file = try CaptureFile(path: capture.path)
            var pipeline = PacketPipeline(settings)
            var found: [[UInt64]] = []
            while try pipeline.advance(&file) { found += pipeline.events.map(\.summary) }
            results.append((pipeline.tracker.tally, found))
        }
        #expect(results[0].0 == results[1].0 && results[0].1 == results[1].1)
        #expect(results[0].0.evicted > 10_000 && results[0].1.count == 500 * 8)
    }
}

@Suite("Keep-alive analyzer")
struct KeepAliveAnalyzerTests {
    @Test("Packets, segments and files give the same events, each with its own frame")
    func sources() async throws {
        let capture = try MadeCapture(probed: 1, attempts: 0)
        var fromFile = KeepAliveAnalyzer()
        var events: [SegmentEvent] = []
        try fromFile.read(capture.path) { events.append($0) }
        #expect(events.map(\.segment.frame.frame) == Array(4...11))
        #expect(events.map(\.kind) == (0..<8).map { $0 % 2 == 0 ? .probe : .answer })

        var fromPackets = KeepAliveAnalyzer()
        var added: [SegmentEvent] = []
        for (time, frame) in try capture.frames() { added += fromPackets.add(frame, at: time) }
        #expect(added.map(\.summary) == events.map(\.summary))

        var streamed: [SegmentEvent] = []
        for try await event in try KeepAliveAnalyzer.events(inFile: capture.path) { streamed.append(event) }
        #expect(streamed.map(\.summary) == events.map(\.summary))

        var fromSegments = KeepAliveAnalyzer()
        #expect(fromSegments.add(events.map(\.segment)).count > 0)
        let verdicts = fromFile.findings.map(\.finding.verdict)
        #expect(verdicts == fromPackets.findings.map(\.finding.verdict) && verdicts.first == .healthy)
        #expect(fromFile.findings.first?.sentence.contains("4 of 4 probes") == true)
    }

    @Test("A cut TCP header limits the confidence of findings", arguments: [(54, Confidence.medium), (53, .low)])
    func cutHeader(captured: Int, confidence: Confidence) throws {
        let capture = try MadeCapture(probed: 1, attempts: 0)
        var analyzer = KeepAliveAnalyzer()
        for (index, frame) in try capture.frames().enumerated() {
            _ = analyzer.add(
                frame.bytes.prefix(index == 0 ? captured : 54), at: frame.time, originalLength: 54)
        }
        #expect(analyzer.findings.first?.finding.verdict == .healthy)
        #expect(analyzer.findings.first?.finding.confidence == confidence)
    }

    @Test("A packet that claims more than there is counts as damage of the packet, not of the program")
    func shortPacket() {
        var analyzer = KeepAliveAnalyzer()
        #expect(analyzer.add([1, 2, 3], at: 0, originalLength: 60).isEmpty)
        #expect(analyzer.add([], at: 0).isEmpty)
        #expect(analyzer.summary.tally.packets == 2)
    }

    @Test("A file or an interface that is not there throws")
    func missing() async {
        var analyzer = KeepAliveAnalyzer()
        #expect(throws: CaptureError.self) { try analyzer.read("/nonexistent.pcap") }
        await #expect(throws: CaptureError.self) {
            for try await _ in KeepAliveAnalyzer.events(on: ["tcpalive-missing"]) {}
        }
    }
}
