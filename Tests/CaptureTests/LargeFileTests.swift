import Foundation
import Testing
import Wire

@testable import Capture

/// A file that is larger than a batch and may change while it is read.
@Suite("A large file")
struct LargeFileTests {
    /// Some megabytes, with packets of 0 to 5,000 bytes.
    private static let packets = some(2000)

    private static func some(_ count: Int) -> [Packet] {
        (0..<count).map {
            Packet(time: Int64($0) * 1000, bytes: [UInt8](repeating: UInt8($0 % 255) + 1, count: $0 * 7 % 5000))
        }
    }

    /// Where a file is cut, in bytes: beyond the first batch and in the middle of a record.
    private static let middle = 3_000_001

    /// A function of its own, so that a failure does not print megabytes.
    private static func areEqual(_ packets: [Packet], _ others: [Packet]) -> Bool { packets == others }

    private static func contents(of format: String, _ packets: [Packet]) -> [UInt8] {
        format == "pcap" ? PcapBuilder().file(packets) : PcapngBuilder().file(packets)
    }

    @Test("has the same packets in batches of any size", arguments: ["pcap", "pcapng"])
    func same(_ format: String) throws {
        for capacity in [0, 1, 100_000, 10_000_000] {
            let packets = try read(Self.contents(of: format, Self.packets), capacity: capacity).packets
            #expect(Self.areEqual(packets, Self.packets))
        }
    }

    @Test("may have a record that is larger than a batch")
    func largeRecord() throws {
        let packets = [0, 5_000_000, 3].map { Packet(time: 0, bytes: zeros($0), linkType: 249) }
        #expect(Self.areEqual(try read(PcapBuilder(network: 249).file(packets)).packets, packets))
    }

    @Test("is read to the end if it grows meanwhile", arguments: ["pcap", "pcapng"])
    func growing(_ format: String) throws {
        let whole = Self.contents(of: format, Self.packets)
        // In the middle of a record.
        let file = try TemporaryFile(Array(whole.prefix(Self.middle)))
        var capture = try CaptureFile(path: file.path)
        var batch = PacketBatch()
        var contents = Contents()
        #expect(try capture.next(into: &batch))
        contents.take(batch)
        try file.append(Array(whole.dropFirst(Self.middle)))
        while try capture.next(into: &batch) { contents.take(batch) }
        #expect(Self.areEqual(contents.packets, Self.packets))
        #expect(capture.damage == nil)
        #expect(capture.bytesRead == UInt64(whole.count))
    }

    @Test("that is cut meanwhile is read up to the cut, which is damage", arguments: ["pcap", "pcapng"])
    func cut(_ format: String) throws {
        let whole = Self.contents(of: format, Self.packets)
        let left = try read(Array(whole.prefix(Self.middle)))
        let file = try TemporaryFile(whole)
        var capture = try CaptureFile(path: file.path)
        var batch = PacketBatch()
        var contents = Contents()
        #expect(try capture.next(into: &batch))
        contents.take(batch)
        try file.cut(to: UInt64(Self.middle))
        while try capture.next(into: &batch) { contents.take(batch) }
        #expect(Self.areEqual(contents.packets, left.packets))
        #expect(capture.damage?.offset == left.damage?.offset)
        #expect(capture.damage?.sentence.contains("is cut short: the file ends") == true)
    }

    @Test("may be closed before its batch is used")
    func batch() throws {
        var batch = PacketBatch()
        func first() throws {
            let file = try TemporaryFile(Self.contents(of: "pcap", Self.packets))
            var capture = try CaptureFile(path: file.path)
            #expect(try capture.next(into: &batch))
        }
        try first()
        var contents = Contents()
        contents.take(batch)
        #expect(!contents.packets.isEmpty)
        #expect(Self.areEqual(contents.packets, Array(Self.packets.prefix(contents.packets.count))))
    }
}
