/// Collects the bytes of a file in one byte order.
struct Bytes {
    let bigEndian: Bool
    var bytes: [UInt8] = []

    init(bigEndian: Bool = false) {
        self.bigEndian = bigEndian
    }

    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        for index in 0..<number.bitWidth / 8 {
            let shift = bigEndian ? number.bitWidth - 8 - index * 8 : index * 8
            bytes.append(UInt8(truncatingIfNeeded: number >> Number(shift)))
        }
    }

    mutating func append(_ more: [UInt8]) {
        bytes += more
    }

    /// Appends `more` and zeros up to a multiple of four bytes.
    mutating func appendPadded(_ more: [UInt8]) {
        bytes += more + [UInt8](repeating: 0, count: (4 - more.count % 4) % 4)
    }
}

/// A packet that a test writes and expects to read.
struct Packet: Equatable {
    var time: Int64
    var bytes: [UInt8]
    var original: UInt32
    var interface: UInt32 = 0
    var linkType: UInt16 = 1

    init(time: Int64, bytes: [UInt8], original: Int? = nil, interface: UInt32 = 0, linkType: UInt16 = 1) {
        self.time = time
        self.bytes = bytes
        self.original = UInt32(original ?? bytes.count)
        self.interface = interface
        self.linkType = linkType
    }

    /// `count` packets of different lengths, contents and times, all in whole microseconds.
    static func some(_ count: Int, longest: Int = 90) -> [Packet] {
        (0..<count).map { index in
            let length = index * 7 % longest
            return Packet(
                time: 1_700_000_000_000_000_000 + Int64(index) * 1_234_567_000,
                bytes: (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 3 &+ index) }, original: length + index % 3)
        }
    }
}

/// Writes all variants of pcap files.
struct PcapBuilder {
    var magic: UInt32 = 0xA1B2_C3D4
    var bigEndian = false
    var major: UInt16 = 2, minor: UInt16 = 4
    var snaplen: UInt32 = 262_144, network: UInt32 = 1
    /// Nanoseconds per unit of the fraction.
    var unit: Int64 = 1000
    /// Bytes after the 16 standard bytes of a record header.
    var recordTail: [UInt8] = []
    var originalFirst = false
    /// Bytes after the 24 standard bytes of the file header.
    var headerTail: [UInt8] = []
    /// Bytes between record header and packet; the lengths include them.
    var padding: [UInt8] = []

    func record(_ packet: Packet) -> [UInt8] {
        var bytes = Bytes(bigEndian: bigEndian)
        bytes.append(UInt32(packet.time / 1_000_000_000))
        bytes.append(UInt32(packet.time % 1_000_000_000 / unit))
        let captured = UInt32(packet.bytes.count + padding.count)
        let original = packet.original + UInt32(padding.count)
        bytes.append(originalFirst ? original : captured)
        bytes.append(originalFirst ? captured : original)
        return bytes.bytes + recordTail + padding + packet.bytes
    }

    var header: [UInt8] {
        var bytes = Bytes(bigEndian: bigEndian)
        bytes.append(magic)
        bytes.append(major)
        bytes.append(minor)
        bytes.append(UInt64(0))
        bytes.append(snaplen)
        bytes.append(network)
        return bytes.bytes + headerTail
    }

    func file(_ packets: [Packet]) -> [UInt8] {
        header + packets.flatMap(record)
    }
}

/// Writes all kinds of pcapng blocks.
struct PcapngBuilder {
    var bigEndian = false

    func block(_ type: UInt32, total: Int? = nil, trailer: Int? = nil, _ body: (inout Bytes) -> Void) -> [UInt8] {
        var contents = Bytes(bigEndian: bigEndian)
        body(&contents)
        let length = contents.bytes.count + 12
        var bytes = Bytes(bigEndian: bigEndian)
        bytes.append(type)
        bytes.append(UInt32(total ?? length))
        bytes.append(contents.bytes)
        bytes.append(UInt32(trailer ?? total ?? length))
        return bytes.bytes
    }

    func options(_ options: [(UInt16, [UInt8])]) -> [UInt8] {
        var bytes = Bytes(bigEndian: bigEndian)
        for (code, value) in options {
            bytes.append(code)
            bytes.append(UInt16(value.count))
            bytes.appendPadded(value)
        }
        return bytes.bytes
    }

    func number<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        var bytes = Bytes(bigEndian: bigEndian)
        bytes.append(number)
        return bytes.bytes
    }

    func section(length: Int64 = -1, major: UInt16 = 1, minor: UInt16 = 0, options list: [(UInt16, [UInt8])] = [])
        -> [UInt8]
    {
        block(0x0A0D_0D0A) {
            $0.append(UInt32(0x1A2B_3C4D))
            $0.append(major)
            $0.append(minor)
            $0.append(length)
            $0.append(options(list))
        }
    }

    func interface(linkType: UInt16 = 1, snaplen: UInt32 = 0, options list: [(UInt16, [UInt8])] = []) -> [UInt8] {
        block(1) {
            $0.append(linkType)
            $0.append(UInt16(0))
            $0.append(snaplen)
            $0.append(options(list))
        }
    }

    func packet(
        _ packet: Packet, interface: UInt32 = 0, units: UInt64? = nil, options list: [(UInt16, [UInt8])] = []
    ) -> [UInt8] {
        let units = units ?? UInt64(packet.time / 1000)
        return block(6) {
            $0.append(interface)
            $0.append(UInt32(units >> 32))
            $0.append(UInt32(truncatingIfNeeded: units))
            $0.append(UInt32(packet.bytes.count))
            $0.append(packet.original)
            $0.appendPadded(packet.bytes)
            $0.append(options(list))
        }
    }

    func simplePacket(_ packet: Packet) -> [UInt8] {
        block(3) {
            $0.append(packet.original)
            $0.appendPadded(packet.bytes)
        }
    }

    func obsoletePacket(_ packet: Packet, interface: UInt16 = 0) -> [UInt8] {
        let units = UInt64(packet.time / 1000)
        return block(2) {
            $0.append(interface)
            $0.append(UInt16(3))
            $0.append(UInt32(units >> 32))
            $0.append(UInt32(truncatingIfNeeded: units))
            $0.append(UInt32(packet.bytes.count))
            $0.append(packet.original)
            $0.appendPadded(packet.bytes)
        }
    }

    func file(_ packets: [Packet]) -> [UInt8] {
        section() + interface() + packets.flatMap { packet($0) }
    }
}
