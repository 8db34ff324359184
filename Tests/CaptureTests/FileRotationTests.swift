import Foundation
import Platform
import Testing
import Wire

@testable import Capture

/// The rules of tcpdump(1) for -C, -G and -W.
@Suite("Several files")
struct FileRotationTests {
    private static let second: Int64 = 1_000_000_000
    /// A full minute in every time zone.
    private static let start = 1_700_000_040 * second

    /// The paths of the files when a packet with each of `sizes` (bytes of the present file) and `seconds` comes; nil: the
    /// capture ends.
    private func paths(_ rotation: FileRotation, _ packets: [(size: UInt64, seconds: Int64)]) -> [String?] {
        var rotation = rotation
        var isOver = false
        return packets.map { packet in
            let time = Self.start + packet.seconds * Self.second
            if !isOver, rotation.isDue(bytes: packet.size, at: time) { isOver = !rotation.advance(to: time) }
            return isOver ? nil : rotation.path
        }
    }

    private func rotation(_ name: String, size: UInt64? = nil, period: Int64? = nil, count: Int? = nil) -> FileRotation
    {
        FileRotation(
            name: name, sizeLimit: size, period: period.map { $0 * Self.second }, count: count, start: Self.start)
    }

    @Test("By size: a file that is larger is followed by NAME1, NAME2 and so on")
    func size() {
        let sizes: [UInt64] = [0, 100, 101, 100, 200, 101]
        #expect(
            paths(rotation("f", size: 100), sizes.map { ($0, 0) }) == ["f", "f", "f1", "f1", "f2", "f3"])
    }

    @Test("By size with a count: numbers from 0 with zeros in front, and the oldest file is replaced")
    func ring() {
        let packets =
            [(size: UInt64(0), seconds: Int64(0))] + [(size: UInt64, seconds: Int64)](repeating: (101, 0), count: 11)
        #expect(
            paths(rotation("f", size: 100, count: 3), packets).prefix(5) == ["f0", "f1", "f2", "f0", "f1"])
        #expect(
            paths(rotation("f", size: 100, count: 11), packets)
                == (0..<11).map { $0 < 10 ? "f0\($0)" : "f10" } + ["f00"])
        #expect(paths(rotation("f", size: 100, count: 10), packets)[9] == "f9")
        #expect(paths(rotation("f", size: 100, count: 1), packets).allSatisfy { $0 == "f" })
    }

    @Test("By time: the name has the start of the period, and periods without a packet may have no file")
    func period() {
        let packets: [(UInt64, Int64)] = [(0, 0), (0, 9), (0, 10), (0, 19), (0, 45), (0, 44)]
        #expect(
            paths(rotation("f%S", period: 10), packets) == ["f00", "f00", "f10", "f10", "f40", "f40"])
    }

    @Test("By time with a count: the capture ends after that many files")
    func periods() {
        let packets: [(UInt64, Int64)] = [(0, 0), (0, 10), (0, 20), (0, 21), (0, 30)]
        #expect(paths(rotation("f%S", period: 10, count: 2), packets) == ["f00", "f10", nil, nil, nil])
    }

    @Test("By both: the number follows the time, starts again with each period, and the count concerns only zeros")
    func both() {
        let packets: [(UInt64, Int64)] = [
            (0, 0), (101, 1), (101, 2), (0, 10), (101, 11), (101, 20), (101, 30), (101, 31),
        ]
        #expect(
            paths(rotation("f%S.", size: 100, period: 10), packets)
                == ["f00.", "f00.1", "f00.2", "f10.", "f10.1", "f20.", "f30.", "f30.1"])
        #expect(
            paths(rotation("f%S.", size: 100, period: 10, count: 2), packets)
                == ["f00.0", "f00.1", "f00.2", "f10.0", "f10.1", "f20.0", "f30.0", "f30.1"])
    }

    @Test("A name without -G is no format")
    func percent() {
        #expect(rotation("f%S", size: 100).path == "f%S")
    }

    /// Writes `packets` of two interfaces in files by `rotation`, and returns the names and contents of the files.
    private func write(
        _ packets: [Packet], by rotation: (String) -> FileRotation, ending time: Int64
    ) throws -> [(name: String, contents: Contents)] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rotation-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var writer = try PcapngWriter(to: rotation(folder.appendingPathComponent("f").path))
        var batch = PacketBatch()
        for packet in packets { batch.append(packet.bytes, time: packet.time) }
        for index in batch.records.indices { batch.records[index].interface = UInt32(index % 2) }
        writer.describe(
            ["eth0", "eth1"].map {
                CaptureInterface(linkType: .ethernet, snaplen: 192, checkSequenceLength: 0, name: $0)
            }, of: 0)
        var comments = PacketComments()
        comments.append(Array("a comment".utf8), on: packets.count - 1)
        try writer.write(batch, comments: comments)
        _ = try writer.advance(to: time)
        try writer.flush()
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            ($0, try read(folder.appendingPathComponent($0).path))
        }
    }

    @Test("Each file is complete, with both interfaces, and together they have all packets")
    func files() throws {
        let packets = Packet.some(40).enumerated().map { index, packet in
            Packet(time: Self.start + Int64(index) * Self.second, bytes: packet.bytes)
        }
        let bySize = try write(packets, by: { rotation($0, size: 1000) }, ending: Self.start)
        #expect(bySize.count > 3 && bySize.map(\.name).prefix(3) == ["f", "f1", "f2"])
        let byTime = try write(packets, by: { rotation($0 + "%S", period: 10) }, ending: Self.start + 50 * Self.second)
        #expect(byTime.map(\.name) == ["f00", "f10", "f20", "f30", "f50"])
        #expect(byTime.map(\.contents.packets.count) == [10, 10, 10, 10, 0])
        for files in [bySize, byTime] {
            #expect(files.flatMap(\.contents.packets).map(\.bytes) == packets.map(\.bytes))
            #expect(files.flatMap(\.contents.packets).map(\.interface) == packets.indices.map { UInt32($0 % 2) })
            for file in files {
                #expect(file.contents.damage == nil && file.contents.interfaces.map(\.name) == ["eth0", "eth1"])
            }
        }
    }

    @Test("After the last file nothing is written, and a ring keeps the newest packets")
    func limits() throws {
        let packets = Packet.some(40).enumerated().map { index, packet in
            Packet(time: Self.start + Int64(index) * Self.second, bytes: packet.bytes)
        }
        let ended = try write(packets, by: { rotation($0 + "%S", period: 10, count: 2) }, ending: Self.start)
        #expect(ended.map(\.name) == ["f00", "f10"] && ended.map(\.contents.packets.count) == [10, 10])
        let ring = try write(packets, by: { rotation($0, size: 600, count: 2) }, ending: Self.start)
        #expect(ring.map(\.name) == ["f0", "f1"])
        let kept = ring.flatMap(\.contents.packets).sorted { $0.time < $1.time }
        #expect(kept.count < 30 && kept.map(\.bytes) == packets.suffix(kept.count).map(\.bytes))
    }

    @Test("A live capture names the interfaces if it has several, and on any those of the packets")
    func names() {
        var batch = PacketBatch()
        // Protocol, reserved, the number of the interface: that of lo is 1 on Linux.
        batch.append([8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6], time: 0, linkType: LinkType(rawValue: 276))
        batch.append([8, 0, 0, 0, 0x7F, 0, 0, 1, 0, 1, 0, 6], time: 0, linkType: LinkType(rawValue: 276))
        batch.append([1, 2, 3], time: 0)
        batch.records[2].interface = 1
        let described = ["any", "eth0"].map {
            CaptureInterface(linkType: .ethernet, snaplen: 0, checkSequenceLength: 0, name: $0)
        }
        var several = InterfaceNames(described)
        var one = InterfaceNames([described[1]])
        #if os(Linux)
            #expect(several.name(of: batch.records[0], in: batch) == "lo")
        #endif
        #expect(several.name(of: batch.records[1], in: batch) == "if\(0x7F00_0001)")
        #expect(several.name(of: batch.records[2], in: batch) == "eth0")
        #expect(one.name(of: batch.records[2], in: batch) == nil)
        batch.interfaceCount = 2
        #expect(described.name(of: batch.records[2], in: batch) == "eth0")
        batch.interfaceCount = 1
        #expect(described.name(of: batch.records[2], in: batch) == nil)
    }
}
