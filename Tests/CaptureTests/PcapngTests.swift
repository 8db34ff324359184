import Capture
import Testing
import Wire

@Suite("pcapng files")
struct PcapngTests {
    /// A file with every kind of block in two sections, and its packets.
    private static func sample(bigEndian: Bool) -> (blocks: [[UInt8]], packets: [Packet]) {
        let builder = PcapngBuilder(bigEndian: bigEndian)
        var packets = Packet.some(6, longest: 12)
        packets[2].linkType = 101
        packets[2].interface = 1
        packets[3] = Packet(time: 0, bytes: packets[3].bytes)
        packets[4].interface = 2
        packets[5].interface = 2
        let other = PcapngBuilder(bigEndian: !bigEndian)
        let blocks = [
            builder.section(length: 1000, minor: 2, options: [(2, Array("hardware".utf8)), (0, [])]),
            builder.interface(snaplen: 4096, options: [(2, Array("eth0".utf8)), (9, [6]), (0, [])]),
            builder.packet(packets[0], options: [(1, Array("comment".utf8)), (2, builder.number(UInt32(1))), (0, [])]),
            builder.block(4) {
                $0.append(UInt16(1))
                $0.append(UInt16(9))
                $0.appendPadded([10, 0, 0, 1] + Array("host\0".utf8))
                $0.append(UInt32(0))
            },
            builder.obsoletePacket(packets[1]),
            builder.interface(linkType: 101, options: [(9, [0x86])]),
            builder.packet(packets[2], interface: 1, units: UInt64(packets[2].time / 1_000_000_000) * 64),
            builder.block(0x1234) { $0.append(UInt64(1)) },
            builder.simplePacket(packets[3]),
            builder.block(5) { $0.append(zeros(12)) },
            other.section(),
            other.interface(),
            other.packet(packets[4]),
            other.packet(packets[5]),
        ]
        packets[2].time = packets[2].time / 1_000_000_000 * 1_000_000_000
        return (blocks, packets)
    }

    @Test("may have more than a megabyte of comments in the section header")
    func longSectionHeader() throws {
        let builder = PcapngBuilder()
        let comment = (UInt16(1), [UInt8](repeating: 65, count: 65_000))
        let packets = Packet.some(3)
        let file =
            builder.section(options: Array(repeating: comment, count: 17)) + builder.interface()
            + packets.flatMap { builder.packet($0) }
        #expect(try read(file).packets == packets)
    }

    @Test(
        "are read as written, in both byte orders and all sizes of batches", arguments: [false, true], [64, 1000, 0])
    func everyBlock(bigEndian: Bool, capacity: Int) throws {
        let (blocks, packets) = Self.sample(bigEndian: bigEndian)
        let contents = try read(blocks.flatMap { $0 }, capacity: capacity)
        #expect(contents.packets == packets)
        #expect(contents.frames == Array(1...6))
        #expect(contents.damage == nil)
        #expect(contents.format == "pcapng")
        #expect(contents.interfaces.map(\.linkType.rawValue) == [1, 101, 1])
        #expect(contents.interfaces.map(\.snaplen) == [4096, 0, 0])
    }

    @Test(
        "cut at any byte are read up to the last complete block, with the offset of the damage",
        arguments: [false, true])
    func cut(bigEndian: Bool) throws {
        let (blocks, packets) = Self.sample(bigEndian: bigEndian)
        let whole = blocks.flatMap { $0 }
        var ends = [0]
        for block in blocks { ends.append(ends[ends.count - 1] + block.count) }
        let packetBlocks: Set = [2, 4, 6, 8, 12, 13]
        let file = try TemporaryFile([])
        for length in 0..<whole.count {
            try file.write(Array(whole.prefix(length)))
            guard length >= ends[1] else {
                #expect(throws: CaptureError.self) { try read(file.path) }
                continue
            }
            let contents = try read(file.path, capacity: 512)
            let wholeBlocks = ends.count { $0 <= length } - 1
            let count = packetBlocks.count { $0 < wholeBlocks }
            #expect(contents.packets == Array(packets.prefix(count)), "\(length) bytes")
            let expected = ends.contains(length) ? nil : UInt64(ends[wholeBlocks])
            #expect(contents.damage?.offset == expected, "\(length) bytes")
        }
    }

    @Test("with any byte changed are read without a trap, to their end or to damage", arguments: [false, true])
    func changed(bigEndian: Bool) throws {
        let whole = Self.sample(bigEndian: bigEndian).blocks.flatMap { $0 }
        try readChanged(whole, flipping: 4) { contents in
            #expect(contents.packets.count <= 6)
            #expect(contents.damage.map { $0.offset < UInt64(whole.count) } ?? true)
        }
    }

    @Test(
        "may have any time resolution",
        arguments: [
            (UInt8(0), UInt64(7), Int64(7_000_000_000)),
            (3, 7001, 7_001_000_000),
            (6, 1_700_000_000_123_456, 1_700_000_000_123_456_000),
            (9, 1_700_000_000_123_456_789, 1_700_000_000_123_456_789),
            (12, 5_000_000_001_999, 5_000_000_001),
            (19, 10_000_000_000_000_000_000, 1_000_000_000),
            (0x80, 7, 7_000_000_000),
            (0x81, 7, 3_500_000_000),
            (0x94, 3 << 19, 1_500_000_000),
            (0xA0, 5 << 31, 2_500_000_000),
        ])
    func resolution(_ resolution: UInt8, units: UInt64, time: Int64) throws {
        let builder = PcapngBuilder()
        let file =
            builder.section() + builder.interface(options: [(9, [resolution])])
            + builder.packet(Packet(time: 0, bytes: [1]), units: units)
        #expect(try read(file).packets.map(\.time) == [time])
    }

    @Test("may have a time offset, also a negative one", arguments: [Int64(3600), -1])
    func offset(_ seconds: Int64) throws {
        let builder = PcapngBuilder(bigEndian: true)
        let file =
            builder.section() + builder.interface(options: [(14, builder.number(seconds))])
            + builder.packet(Packet(time: 5_000_000, bytes: []))
        #expect(try read(file).packets.map(\.time) == [5_000_000 + seconds * 1_000_000_000])
    }

    @Test("may have options of a wrong length, or twice: those are ignored")
    func oddOptions() throws {
        let builder = PcapngBuilder()
        let options: [(UInt16, [UInt8])] = [(9, [0, 0]), (14, [1]), (9, [9]), (9, [3]), (0, [1, 2, 3, 4])]
        let file =
            builder.section() + builder.interface(options: options)
            + builder.packet(Packet(time: 0, bytes: []), units: 12345)
        #expect(try read(file).packets.map(\.time) == [12345])
    }

    @Test("have the length of the check sequence in the interface or in the flags of a packet")
    func checkSequence() throws {
        let builder = PcapngBuilder()
        let packet = Packet(time: 0, bytes: zeros(60))
        let file =
            builder.section() + builder.interface(options: [(13, [32])]) + builder.interface(options: [(13, [4])])
            + builder.packet(packet) + builder.packet(packet, interface: 1)
            + builder.packet(packet, options: [(2, builder.number(UInt32(2 << 5)))])
        #expect(try read(file).checkSequenceLengths == [4, 4, 2])
    }

    @Test(
        "give the length of the check sequence of an interface in bits; below 8 in bytes",
        arguments: [(UInt8(0), UInt8(0)), (4, 4), (7, 7), (8, 1), (16, 2), (32, 4)])
    func checkSequenceUnit(option: UInt8, length: UInt8) throws {
        let builder = PcapngBuilder()
        let file =
            builder.section() + builder.interface(options: [(13, [option])])
            + builder.packet(Packet(time: 0, bytes: zeros(60)))
        #expect(try read(file).checkSequenceLengths == [length])
    }

    @Test("have simple packets that the snaplen of the interface cuts")
    func simplePacket() throws {
        let builder = PcapngBuilder()
        let block = builder.simplePacket(Packet(time: 0, bytes: zeros(5), original: 900))
        let contents = try read(builder.section() + builder.interface(snaplen: 5) + block)
        #expect(contents.packets == [Packet(time: 0, bytes: zeros(5), original: 900)])
    }

    @Test(
        "have blocks without packets that count as frames, as in tshark",
        arguments: [
            (UInt32(9), 24, true), (0xBAD, 8, true), (0x4000_0BAD, 8, true), (0x204, 24, true), (0x216, 28, true),
            (0x221, 28, true), (4, 4, false), (5, 12, false), (10, 8, false), (0x1234, 0, false), (0x208, 24, false),
        ])
    func framesWithoutPacket(_ type: UInt32, length: Int, counts: Bool) throws {
        let builder = PcapngBuilder()
        let packet = Packet(time: 0, bytes: [1])
        let body = type == 9 ? Array("__REALTIME_TIMESTAMP=12\n".utf8) : zeros(length)
        let file =
            builder.section() + builder.interface() + builder.packet(packet) + builder.block(type) { $0.append(body) }
            + builder.packet(packet)
        #expect(try read(file).frames == (counts ? [1, 3] : [1, 2]))
    }

    @Test("may have blocks without a body, also at the end", arguments: [0, 1, 3, 100])
    func emptyBlocks(_ packets: Int) throws {
        let builder = PcapngBuilder()
        let empty = builder.block(0x1234) { _ in }
        let file =
            builder.section() + empty + builder.interface()
            + Packet.some(packets).flatMap { empty + builder.packet($0, units: 0) } + empty
        for capacity in [1, 12, 64, 0] {
            let contents = try read(file, capacity: capacity)
            #expect(contents.packets.count == packets && contents.damage == nil, "\(capacity)")
        }
    }

    @Test("whose first block is too short are refused", arguments: [8, 12])
    func shortSection(_ total: Int) {
        let error = #expect(throws: CaptureError.self) {
            try read(PcapngBuilder().section().replacing(4, with: UInt8(total)))
        }
        #expect(error?.description.contains("is no sound pcapng file: its first block claims a length") == true)
    }

    @Test("are read up to a damaged block", arguments: damagedBlocks)
    func damaged(_ name: String, block: [UInt8]) throws {
        let builder = PcapngBuilder()
        let packet = Packet(time: 0, bytes: [1])
        let front = builder.section() + builder.interface() + builder.packet(packet)
        let contents = try read(front + block + builder.packet(packet))
        #expect(contents.packets == [packet])
        #expect(contents.damage?.offset == UInt64(front.count))
        #expect(contents.damage?.sentence.contains("byte \(front.count)") == true)
    }

    private static let damagedBlocks: [(String, [UInt8])] = {
        let builder = PcapngBuilder()
        let packet = Packet(time: 0, bytes: [1, 2, 3])
        return [
            ("unknown interface", builder.packet(packet, interface: 1)),
            ("lengths that differ", builder.block(0x99, trailer: 16) { _ in }),
            ("length zero", builder.block(0x99, total: 0) { _ in }),
            ("length beyond reason", builder.block(0x99, total: 1 << 30) { _ in }),
            (
                "no room for the packet",
                builder.block(6) { $0.append(zeros(12) + [9, 0, 0, 0, 9, 0, 0, 0, 1, 2, 3, 4]) }
            ),
            ("short packet block", builder.block(6) { $0.append(zeros(16)) }),
            ("option past the block", builder.packet(packet, options: [(1, [1])]).replacing(34, with: 9)),
            ("flags of two bytes", builder.packet(packet, options: [(2, [1, 2])])),
            ("journal entry without a time", builder.block(9) { $0.append(zeros(40)) }),
            ("secrets longer than the block", builder.block(10) { $0.append([0, 0, 0, 0, 9, 0, 0, 0]) }),
            ("section of a strange version", builder.section(major: 2)),
            ("section without its magic number", builder.section().replacing(8, with: 0)),
        ]
    }()

    @Test("may have total lengths without the padding")
    func unpaddedLength() throws {
        let builder = PcapngBuilder()
        let packet = Packet(time: 0, bytes: [1, 2, 3])
        var block = builder.packet(packet)
        block[4] -= 1
        block[block.count - 4] -= 1
        let file = builder.section() + builder.interface() + block + builder.packet(packet)
        #expect(try read(file).packets == [packet, packet])
    }

    @Test("have at most 2^18 interfaces: one more is damage, and takes time in proportion")
    func interfaces() throws {
        let builder = PcapngBuilder()
        let packet = Packet(time: 0, bytes: [1])
        let interfaces = Array(repeatElement(builder.interface(), count: 1 << 18).joined())
        let last = builder.packet(packet, interface: 1 << 18 - 1)
        let most = try read(builder.section() + interfaces + last)
        #expect(most.interfaces.count == 1 << 18 && most.packets.count == 1 && most.damage == nil)
        let more = try read(builder.section() + interfaces + last + builder.interface() + last)
        #expect(more.packets.count == 1)
        #expect(more.damage?.sentence.contains("describes one more interface than 262144") == true)
    }

    @Test("have interfaces whose names are kept up to 255 bytes each, 4 MiB in all")
    func interfaceNames() throws {
        let builder = PcapngBuilder()
        let name = [UInt8](repeating: UInt8(ascii: "n"), count: 300)
        let named = builder.interface(options: [(2, name)])
        let contents = try read(builder.section() + Array(repeatElement(named, count: 17_000).joined()))
        #expect(contents.interfaces.count == 17_000 && contents.damage == nil)
        #expect(contents.interfaces[0].name.utf8.count == 255)
        #expect(contents.interfaces.map { $0.name.utf8.count }.reduce(0, +) <= 4 << 20)
        #expect(contents.interfaces[16_999].name.isEmpty)
    }

    @Test("have interfaces that belong to one section only")
    func sectionWithoutInterfaces() throws {
        let builder = PcapngBuilder()
        let packet = Packet(time: 0, bytes: [1])
        let contents = try read(builder.file([packet]) + builder.section() + builder.packet(packet))
        #expect(contents.packets == [packet])
        #expect(contents.damage != nil)
    }

    @Test("that are larger than a batch are read through batches of every size")
    func batches() throws {
        let packets = Packet.some(20_000, longest: 300)
        let file = try TemporaryFile(PcapngBuilder().file(packets))
        for capacity in [1, 1000, 65_536, 10_000_000] {
            #expect(try read(file.path, capacity: capacity).packets == packets)
        }
    }
}

extension [UInt8] {
    /// A copy with `value` at `index`.
    func replacing(_ index: Int, with value: UInt8) -> [UInt8] {
        var copy = self
        copy[index] = value
        return copy
    }
}
