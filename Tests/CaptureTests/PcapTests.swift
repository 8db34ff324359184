import Capture
import Testing

@Suite("pcap files")
struct PcapTests {
    struct Kind: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var builder: PcapBuilder
        var format: String
    }

    static let kinds: [Kind] = [false, true].flatMap { bigEndian in
        [
            ("microseconds", PcapBuilder(bigEndian: bigEndian), "pcap, microseconds"),
            ("nanoseconds", PcapBuilder(magic: 0xA1B2_3C4D, bigEndian: bigEndian, unit: 1), "pcap, nanoseconds"),
            (
                "Kuznetsov's patch", PcapBuilder(magic: 0xA1B2_CD34, bigEndian: bigEndian, recordTail: zeros(8)),
                "pcap, microseconds, Kuznetsov's patch"
            ),
            (
                "Kuznetsov's patch, standard magic number", PcapBuilder(bigEndian: bigEndian, recordTail: zeros(8)),
                "pcap, microseconds, Kuznetsov's patch"
            ),
            (
                "Kuznetsov's patch of 1999-09-15",
                PcapBuilder(magic: 0xA1B2_CD34, bigEndian: bigEndian, recordTail: zeros(12)),
                "pcap, microseconds, Kuznetsov's patch of 1999-09-15"
            ),
            (
                "Nokia", PcapBuilder(bigEndian: bigEndian, recordTail: [0xFF, 0xFF, 0xFF, 0xFF]),
                "pcap, microseconds, Nokia"
            ),
            ("version 2.2", PcapBuilder(bigEndian: bigEndian, minor: 2, originalFirst: true), "pcap, microseconds"),
            (
                "version 2.3, swapped", PcapBuilder(bigEndian: bigEndian, minor: 3, originalFirst: true),
                "pcap, microseconds"
            ),
            ("version 2.3", PcapBuilder(bigEndian: bigEndian, minor: 3), "pcap, microseconds"),
            (
                "DG/UX", PcapBuilder(bigEndian: bigEndian, major: 543, minor: 0, originalFirst: true),
                "pcap, microseconds"
            ),
            (
                "AIX", PcapBuilder(bigEndian: bigEndian, minor: 2, network: 6, unit: 1, originalFirst: true),
                "pcap, nanoseconds, AIX"
            ),
            (
                "Ixia", PcapBuilder(magic: 0x1C00_01AC, bigEndian: bigEndian, headerTail: zeros(4)),
                "pcap, microseconds, Ixia"
            ),
        ].map { Kind(testDescription: "\($0)\(bigEndian ? ", big-endian" : "")", builder: $1, format: $2) }
    }

    @Test(
        "are read as written, in all variants and sizes of batches", arguments: kinds, [64, 4096, 0])
    func everyKind(_ kind: Kind, capacity: Int) throws {
        let packets = Packet.some(40)
        let contents = try read(kind.builder.file(packets), capacity: capacity)
        #expect(contents.packets == packets)
        #expect(contents.frames == Array(1...40))
        #expect(contents.damage == nil)
        #expect(contents.format == kind.format)
    }

    @Test("cut at any byte are read up to the last complete record, with the offset of the damage", arguments: kinds)
    func cut(_ kind: Kind) throws {
        let packets = Packet.some(4, longest: 12)
        let whole = kind.builder.file(packets)
        var ends = [kind.builder.header.count]
        for packet in packets { ends.append(ends[ends.count - 1] + kind.builder.record(packet).count) }
        let file = try TemporaryFile([])
        var compared = 0
        for length in ends[0]..<whole.count {
            // With fewer than three records, a variant may look like the standard format.
            let contents = try {
                try file.write(Array(whole.prefix(length)))
                return try read(file.path, capacity: 512)
            }()
            guard contents.format == kind.format else { continue }
            compared += 1
            let count = ends.count { $0 <= length } - 1
            #expect(contents.packets == Array(packets.prefix(count)), "\(length) bytes")
            #expect(contents.damage?.offset == (ends.contains(length) ? nil : UInt64(ends[count])), "\(length) bytes")
            #expect(contents.damage?.sentence.contains("\(ends[count])") ?? true)
        }
        #expect(compared >= whole.count - ends[3])
        for length in 0..<ends[0] {
            try file.write(Array(whole.prefix(length)))
            #expect(throws: CaptureError.self) { try read(file.path) }
        }
    }

    @Test("with any byte changed are read without a trap, to their end or to damage", arguments: kinds)
    func changed(_ kind: Kind) throws {
        let whole = kind.builder.file(Packet.some(4, longest: 12))
        try readChanged(whole, flipping: 1) { contents in
            #expect(contents.packets.reduce(0) { $0 + $1.bytes.count } <= whole.count)
            #expect(contents.damage.map { $0.offset <= UInt64(whole.count) } ?? true)
        }
    }

    @Test("may have records longer than the snaplen of the header")
    func snaplen() throws {
        let packets = Packet.some(20)
        #expect(try read(PcapBuilder(snaplen: 4).file(packets)).packets == packets)
    }

    @Test("may have records of up to 262144 bytes; longer ones are damage", arguments: [262_144, 262_145])
    func longest(_ length: Int) throws {
        let packets = [Packet(time: 0, bytes: [1]), Packet(time: 0, bytes: zeros(length)), Packet(time: 0, bytes: [2])]
        // Nanoseconds, because in a microsecond file a record that is too long looks like another variant.
        let contents = try read(PcapBuilder(magic: 0xA1B2_3C4D, unit: 1).file(packets))
        #expect(contents.packets.count == (length > 262_144 ? 1 : 3))
        #expect((contents.damage?.offset) == (length > 262_144 ? 41 : nil))
    }

    @Test("may have longer records in USB captures")
    func longUSB() throws {
        let packets = [
            Packet(time: 0, bytes: zeros(500_000), linkType: 249), Packet(time: 5000, bytes: [2], linkType: 249),
        ]
        #expect(try read(PcapBuilder(network: 249).file(packets)).packets == packets)
    }

    @Test(
        "have the link type and the length of the check sequence in one field",
        arguments: [(UInt32(0x2400_0001), UInt8(4)), (0x1400_0001, 2), (0x2000_0001, 0), (1, 0), (0x2400_0069, 0)])
    func checkSequence(_ network: UInt32, length: UInt8) throws {
        let contents = try read(PcapBuilder(network: network).file(Packet.some(2)))
        #expect(contents.checkSequenceLengths == [length, length])
        #expect(contents.packets.map(\.linkType) == [UInt16(network & 0xFF), UInt16(network & 0xFF)])
        #expect(contents.interfaces.map(\.checkSequenceLength) == [length])
    }

    @Test("of AIX have bytes before FDDI frames that are not read")
    func fddi() throws {
        let builder = PcapBuilder(minor: 2, network: 15, unit: 1, originalFirst: true, padding: [9, 9, 9])
        let packets = Packet.some(20).map { packet in
            var packet = packet
            packet.linkType = 10
            return packet
        }
        #expect(try read(builder.file(packets)).packets == packets)
    }

    @Test("of a version or link type that does not exist are refused")
    func refused() throws {
        #expect(throws: CaptureError.self) { try read(PcapBuilder(major: 1).file([])) }
        #expect(throws: CaptureError.self) { try read(PcapBuilder(network: 0x10001).file([])) }
    }

    @Test("may have no packets")
    func noPackets() throws {
        let contents = try read(PcapBuilder().file([]))
        #expect(contents.packets.isEmpty)
        #expect(contents.damage == nil)
    }

    @Test("that are larger than a batch are read through batches of every size")
    func batches() throws {
        let packets = Packet.some(30_000, longest: 400)
        let file = try TemporaryFile(PcapBuilder().file(packets))
        for capacity in [1, 1000, 65_536, 10_000_000] {
            let contents = try read(file.path, capacity: capacity)
            #expect(contents.packets == packets)
            #expect(contents.frames == Array(1...30_000))
        }
    }
}

func zeros(_ count: Int) -> [UInt8] {
    [UInt8](repeating: 0, count: count)
}
