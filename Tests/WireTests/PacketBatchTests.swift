import Testing
import Wire

@Suite("Packet batches")
struct PacketBatchTests {
    private static let frame = Packets.ethernet(Packets.ipv4(Packets.tcp()))

    /// The segments of `batch`, decoded by a new decoder.
    private func decode(_ batch: borrowing PacketBatch) -> [Segment] {
        var decoder = SegmentDecoder()
        var segments = SegmentBatch()
        decoder.decode(batch, into: &segments)
        return segments.segments
    }

    @Test("Appended packets are decoded with their times and consecutive frame numbers")
    func append() {
        var batch = PacketBatch()
        batch.append([1, 2, 3], time: 1)
        batch.append(Self.frame, time: 2)
        batch.append(Packets.ipv4(Packets.tcp()), time: 3, linkType: .raw)
        batch.append(
            Packets.ipv4(Packets.tcp(payload: 0), totalLength: 1040), time: 4, linkType: .raw, originalLength: 1040)
        let segments = decode(batch)
        #expect(segments.map(\.time) == [2, 3, 4])
        #expect(segments.map(\.frame.frame) == [2, 3, 4])
        #expect(segments.map(\.record) == [1, 2, 3])
        #expect(segments.map(\.payloadLength) == [3, 3, 1000])
    }

    @Test("After removeAll, new packets replace the old ones")
    func reuse() {
        var batch = PacketBatch()
        batch.append([UInt8](repeating: 0xFF, count: 100), time: 1)
        batch.removeAll()
        batch.append(Self.frame, time: 2)
        #expect(batch.withBytes { $0.byteCount } == Self.frame.count)
        #expect(decode(batch).map(\.time) == [2])
    }

    @Test("A record that exceeds its batch is cut", arguments: [(0, 70, 1), (40, 30, 0), (1000, 20, 0), (57, 0, 0)])
    func outside(offset: UInt32, length: UInt32, count: Int) {
        var batch = PacketBatch()
        batch.append(Self.frame, time: 1)
        batch.records[0].offset = offset
        batch.records[0].capturedLength = length
        #expect(decode(batch).count == count)
    }
}
