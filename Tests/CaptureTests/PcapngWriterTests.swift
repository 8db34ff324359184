import Capture
import Platform
import Foundation
import Testing
import Wire

@Suite("Writing pcapng")
struct PcapngWriterTests {
    /// A folder that is removed in `deinit`.
    private final class Folder {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("writer-\(UUID().uuidString)")

        init() throws {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }

        deinit {
            try? FileManager.default.removeItem(at: url)
        }

        func path(_ name: String) -> String { url.appendingPathComponent(name).path }
        var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [] }
    }

    /// Reads the captures `sources` one after the other, writes their packets to one file at `path`, and reads that.
    private func rewrite(
        _ sources: [[UInt8]], to path: String, snaplen: Int? = nil, choosing: (Int) -> Bool = { _ in true },
        comments: [(record: Int, text: String)] = []
    ) throws -> Contents {
        var writer = PcapngWriter(to: try OutputFile(path: path), snaplen: snaplen)
        for (number, bytes) in sources.enumerated() {
            let source = try TemporaryFile(bytes)
            var file = try CaptureFile(path: source.path)
            var batch = PacketBatch()
            var notes = PacketComments()
            for comment in comments { notes.append(Array(comment.text.utf8), on: comment.record) }
            while try file.next(into: &batch) {
                writer.describe(file.interfaces, of: number)
                try writer.write(batch, chosen: batch.records.indices.filter(choosing), comments: notes)
            }
        }
        try writer.finish()
        return try read(path)
    }

    @Test("Several captures become one, with their interfaces, nanoseconds and lengths")
    func roundTrip() throws {
        let builder = PcapngBuilder(bigEndian: true)
        var packets = Packet.some(40)
        for index in packets.indices { packets[index].interface = UInt32(index % 2) }
        for index in packets.indices where index % 2 == 1 { packets[index].linkType = 101 }
        let first =
            builder.section() + builder.interface(snaplen: 4096, options: [(2, Array("eth0".utf8)), (13, [32])])
            + builder.interface(linkType: 101, options: [(9, [9])])
            + packets.flatMap {
                builder.packet(
                    $0, interface: $0.interface, units: UInt64($0.interface == 0 ? $0.time / 1000 : $0.time + 7))
            }
        let other = Packet(time: 1_700_000_000_123_456_789, bytes: [1, 2, 3], original: 1500, linkType: 113)
        let second = PcapBuilder(magic: 0xA1B2_3C4D, network: 113, unit: 1).file([other])
        let folder = try Folder()
        let contents = try rewrite([first, second], to: folder.path("out.pcapng"))
        let expected = packets.map { packet in
            var packet = packet
            packet.time += packet.interface == 0 ? 0 : 7
            return packet
        }
        var last = other
        last.interface = 2
        #expect(contents.packets == expected + [last])
        #expect(contents.checkSequenceLengths == packets.map { $0.interface == 0 ? 4 : 0 } + [0])
        #expect(contents.interfaces.map(\.name) == ["eth0", "", ""])
        #expect(contents.interfaces.map(\.snaplen) == [4096, 0, 262_144])
        #expect(contents.interfaces.map(\.linkType.rawValue) == [1, 101, 113])
        #expect(contents.damage == nil)
        #expect(folder.names == ["out.pcapng"])
    }

    @Test("A check sequence that only the packet declares is declared again")
    func checkSequence() throws {
        let builder = PcapngBuilder()
        let packet = Packet(time: 0, bytes: zeros(60))
        let file =
            builder.section() + builder.interface()
            + builder.packet(packet, options: [(2, builder.number(UInt32(4 << 5)))]) + builder.packet(packet)
        let folder = try Folder()
        let contents = try rewrite([file], to: folder.path("out"), comments: [(0, "four"), (1, "none")])
        #expect(contents.checkSequenceLengths == [4, 0])
        #expect(contents.packets == [packet, packet])
    }

    @Test("Packets are cut at the snap length, and keep their length on the wire", arguments: [1, 3, 60, 89, 100_000])
    func snaplen(_ snaplen: Int) throws {
        var packets = Packet.some(40)
        // If the original length is below the captured one, a cut packet gets the captured length.
        packets.append(Packet(time: 0, bytes: zeros(80), original: 70))
        let folder = try Folder()
        let contents = try rewrite([PcapngBuilder().file(packets)], to: folder.path("out"), snaplen: snaplen)
        #expect(contents.packets.map(\.bytes) == packets.map { Array($0.bytes.prefix(snaplen)) })
        #expect(contents.packets.dropLast().map(\.original) == packets.dropLast().map(\.original))
        #expect(contents.packets.last?.original == (snaplen < 80 ? 80 : 70))
        #expect(contents.interfaces.map(\.snaplen) == [UInt32(snaplen)])
    }

    @Test("Only the chosen packets are written, each with its comments")
    func comments() throws {
        let packets = Packet.some(10)
        let folder = try Folder()
        let long = String(repeating: "x", count: 70_000)
        let notes = [(1, "left out"), (2, "one"), (2, "two äöü"), (5, "left out"), (8, long)]
        let contents = try rewrite(
            [PcapngBuilder().file(packets)], to: folder.path("out"), choosing: { $0 % 2 == 0 }, comments: notes)
        #expect(contents.packets == stride(from: 0, to: 10, by: 2).map { packets[$0] })
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder.path("out"))))
        let builder = PcapngBuilder()
        func block(_ index: Int, _ texts: [String]) -> [UInt8] {
            builder.packet(
                packets[index], units: UInt64(packets[index].time),
                options: texts.map { (1, Array($0.utf8.prefix(65_535))) } + (texts.isEmpty ? [] : [(0, [])]))
        }
        let expected = block(0, []) + block(2, ["one", "two äöü"]) + block(4, []) + block(6, []) + block(8, [long])
        #expect(bytes.suffix(expected.count) == expected[...])
    }

    @Test("A file that is not finished is removed, and an existing one stays")
    func unfinished() throws {
        let folder = try Folder()
        try Data([1]).write(to: URL(fileURLWithPath: folder.path("out")))
        for isFinished in [false, true] {
            do {
                var writer = PcapngWriter(to: try OutputFile(path: folder.path("out")))
                #expect(folder.names.count == 2)
                if isFinished { try writer.finish() }
            }
            #expect(folder.names == ["out"])
            #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("out"))).count == (isFinished ? 28 : 1))
        }
    }

    @Test("A growing file exists immediately")
    func growing() throws {
        let folder = try Folder()
        var writer = PcapngWriter(to: try OutputFile(growing: folder.path("out")))
        try writer.flush()
        #expect(folder.names == ["out"])
        #expect(try read(folder.path("out")).packets.isEmpty)
    }

    @Test("A growing file is written after 64 KiB at the latest and always ends with a complete block")
    func growingInPieces() throws {
        let packets = Packet.some(400).map { Packet(time: $0.time, bytes: zeros(1400)) }
        let source = try TemporaryFile(PcapngBuilder().file(packets))
        let folder = try Folder()
        var writer = PcapngWriter(to: try OutputFile(growing: folder.path("out")))
        var file = try CaptureFile(path: source.path)
        var batch = PacketBatch()
        var (given, seen) = (0, 0)
        try writer.flush()
        while try file.next(into: &batch) {
            writer.describe(file.interfaces, of: 0)
            for index in batch.records.indices {
                try writer.write(batch, chosen: [index], comments: PacketComments())
                given += 1
                if given % 10 != 0 { continue }
                let contents = try read(folder.path("out"))
                #expect(contents.damage == nil)
                seen = contents.packets.count
                #expect((given - seen) * 1400 < 64 << 10)
            }
        }
        #expect(given == 400 && seen > 300)
        try writer.flush()
        #expect(try read(folder.path("out")).packets.map(\.bytes) == packets.map(\.bytes))
    }

    @Test(
        "A file that cannot be written is an error in one sentence",
        arguments: [
            ("/nowhere/out", "cannot write /nowhere/out: No such file or directory"),
            ("/", "cannot write /: Is a directory"),
            ("/dev/full", "/dev/full: cannot write: No space left on device"),
        ])
    func unwritable(path: String, sentence: String) throws {
        #expect(throws: OutputError.failed(sentence)) {
            var writer = PcapngWriter(to: try OutputFile(path: path))
            try writer.finish()
        }
    }
}
