internal import Wire

/// Reads the blocks of a pcapng file: sections, interfaces and packets.
///
/// The format is draft-ietf-opsawg-pcapng. As in tshark: which flaws end the file, and which blocks other than packets count
/// as frames.
struct PcapngReader {
    /// The type of a section header block, the same in both byte orders: the first bytes of every file.
    static let magic: [UInt8] = [0x0A, 0x0D, 0x0D, 0x0A]

    /// The most bytes of a block: the longest packet, with room for options.
    static let maximumBlock: UInt32 = 128 << 20 + 131_072 + 32

    /// The most interfaces of a file: more than any program has written, and few enough to keep.
    static let maximumInterfaces = 1 << 18

    /// The most bytes of the names of all interfaces; the names beyond are left out.
    private static let maximumNames = 4 << 20

    private var nameBytes = 0

    /// The interfaces of all sections.
    private(set) var interfaces: [CaptureInterface] = []

    private var bigEndian = false
    /// The interfaces of the current section.
    private var section: [PcapngInterface] = []

    /// Types of blocks, with the section of the draft.
    private enum Block {
        static let sectionHeader: UInt32 = 0x0A0D_0D0A  // 4.1
        static let interfaceDescription: UInt32 = 1  // 4.2
        static let packet: UInt32 = 2  // Appendix A, obsolete
        static let simplePacket: UInt32 = 3  // 4.4
        static let nameResolution: UInt32 = 4  // 4.5
        static let interfaceStatistics: UInt32 = 5  // 4.6
        static let enhancedPacket: UInt32 = 6  // 4.3
        static let journalExport: UInt32 = 9  // 4.7
        static let decryptionSecrets: UInt32 = 10  // 4.8
        static let custom: UInt32 = 0xBAD  // 4.9
        static let customNotCopied: UInt32 = 0x4000_0BAD  // 4.9
        static let sysdigEvent: UInt32 = 0x204
        static let sysdigEvent2: UInt32 = 0x216
        static let sysdigEvent2Large: UInt32 = 0x221
    }

    /// Checks the section header block at the start of `source`. Throws if it is missing or damaged.
    init(_ source: inout ByteSource) throws(CaptureError) {
        var available = try source.peek(12)
        if available >= 12 {
            // All of the section header is checked, so that a file of another format is refused.
            let front = source.peeked
            let header = unsafe front.span.bytes
            let bigEndian = header.load32(8, bigEndian: true) == 0x1A2B_3C4D
            let total = Int(min((header.load32(4, bigEndian: bigEndian) &+ 3) & ~3, Self.maximumBlock))
            available = try source.peek(total)
            var trial = PcapngReader()
            var none: [PacketRecord] = []
            let scan = unsafe trial.scan(source.peeked.span.bytes.extracting(first: max(total, 12)), into: &none)
            if let fault = scan.fault {
                throw source.error(.damaged, "is no sound pcapng file: its first block \(fault)")
            }
            guard scan.consumed == 0 else { return }
        }
        throw source.error(.damaged, "is cut off inside its first pcapng block: it holds no packets")
    }

    private init() {}

    /// Finds the complete blocks in `bytes` and adds their packets to `records`.
    ///
    /// Most blocks of most files are packets without options: a loop for each byte order reads those without the checks
    /// that other blocks need. Without `usesFastPath`, all blocks are read with all checks; the result is the same.
    mutating func scan(
        _ bytes: RawSpan, usesFastPath: Bool = true, into records: inout [PacketRecord]
    ) -> Scan {
        var result = Scan()
        // Room for one more than there can be.
        records.append(addingCapacity: bytes.byteCount / Self.leastPacket + 1) { packets in
            repeat {
                guard usesFastPath else { continue }
                if bigEndian {
                    scanFastPath(bytes, bigEndian: true, &result, &packets)
                } else {
                    scanFastPath(bytes, bigEndian: false, &result, &packets)
                }
            } while scanBlock(bytes, &result, &packets)
        }
        return result
    }

    /// Bytes of the smallest block with a packet: a simple packet block of an empty packet.
    private static let leastPacket = 16

    /// Reads enhanced packet blocks as long as each is complete and valid, has no options, and is of an interface whose
    /// unit of time is a whole number of nanoseconds.
    @inline(__always)
    private func scanFastPath(
        _ bytes: RawSpan, bigEndian: Bool, _ result: inout Scan, _ packets: inout OutputSpan<PacketRecord>
    ) {
        let interfaces = section.span
        var before = -1
        // One interface at a time, until no more can be read.
        while bytes.byteCount &- result.consumed >= 32, result.consumed != before {
            let number = bytes.load32(result.consumed &+ 8, bigEndian: bigEndian)
            guard number < interfaces.count else { return }
            before = result.consumed
            scanFastPath(bytes, bigEndian: bigEndian, of: interfaces[Int(number)], number, &result, &packets)
        }
    }

    /// The same for packets of one `interface`, which has index `number` in its section.
    @inline(__always)
    private func scanFastPath(
        _ bytes: RawSpan, bigEndian: Bool, of interface: PcapngInterface, _ number: UInt32, _ result: inout Scan,
        _ packets: inout OutputSpan<PacketRecord>
    ) {
        guard let clock = interface.plainClock else { return }
        let (linkType, maximum) = (interface.linkType, interface.maximumLength)
        let (fileNumber, checkSequenceLength) = (interface.number, interface.checkSequenceLength)
        let end = bytes.byteCount
        var (position, frame) = (result.consumed, result.frames)
        // 0 type | 4 total length | 8 interface | 12 time, high | 16 time, low | 20 captured | 24 original length
        // | 28 packet, padded | total length
        while end &- position >= 32, !packets.isFull,
            bytes.load32(position, bigEndian: bigEndian) == Block.enhancedPacket,
            bytes.load32(position &+ 8, bigEndian: bigEndian) == number
        {
            let captured = bytes.load32(position &+ 20, bigEndian: bigEndian)
            guard captured <= maximum else { break }
            let total = (captured &+ 35) & ~3
            let next = position &+ Int(total)
            guard bytes.load32(position &+ 4, bigEndian: bigEndian) == total, next <= end,
                bytes.load32(next &- 4, bigEndian: bigEndian) == total
            else { break }
            let units =
                UInt64(bytes.load32(position &+ 12, bigEndian: bigEndian)) << 32
                | UInt64(bytes.load32(position &+ 16, bigEndian: bigEndian))
            packets.append(
                PacketRecord(
                    time: Int64(bitPattern: units &* clock.nanosecondsPerUnit) &+ clock.offset,
                    offset: UInt32(truncatingIfNeeded: position &+ 28), capturedLength: captured,
                    originalLength: bytes.load32(position &+ 24, bigEndian: bigEndian), frame: frame,
                    interface: fileNumber, linkType: linkType, checkSequenceLength: checkSequenceLength))
            frame &+= 1
            bytes.prefetch(position..<next, headersEnd: 28 + 64)
            position = next
        }
        (result.consumed, result.frames) = (position, frame)
    }

    /// Reads the next block of any type; false if it is incomplete or invalid.
    private mutating func scanBlock(
        _ bytes: RawSpan, _ result: inout Scan, _ packets: inout OutputSpan<PacketRecord>
    ) -> Bool {
        let end = bytes.byteCount
        let start = result.consumed
        guard end &- start >= 12, !packets.isFull else { return false }
        let type = bytes.load32(start, bigEndian: bigEndian)
        if type == Block.sectionHeader {
            let byteOrder = bytes.load32(start &+ 8, bigEndian: true)
            guard byteOrder == 0x1A2B_3C4D || byteOrder == 0x4D3C_2B1A else {
                result.fault = "begins a section without its byte-order magic number"
                return false
            }
            bigEndian = byteOrder == 0x1A2B_3C4D
        }
        // tshark rounds up total lengths that leave out the padding, and so do we.
        let claimed = bytes.load32(start &+ 4, bigEndian: bigEndian)
        let total = (claimed &+ 3) & ~3
        guard total >= 12, claimed <= Self.maximumBlock else {
            result.fault = "claims a length of \(claimed) bytes, which no block has"
            return false
        }
        let next = start &+ Int(total)
        guard next <= end else { return false }
        let trailer = bytes.load32(next &- 4, bigEndian: bigEndian)
        guard (trailer &+ 3) & ~3 == total else {
            result.fault = "claims a length of \(claimed) bytes at its start and \(trailer) at its end"
            return false
        }
        let body = bytes.extracting(start &+ 8..<next &- 4)
        do throws(Flaw) {
            if type == Block.enhancedPacket {
                packets.append(try enhancedPacket(body, at: start &+ 8, frame: result.frames))
                result.frames &+= 1
            } else {
                try rareBlock(type, body, at: start &+ 8, &result.frames, &packets)
            }
        } catch {
            result.fault = error.words
            return false
        }
        result.consumed = next
        return true
    }

    typealias Flaw = PcapngFlaw

    // An enhanced packet block (4.3) without its type and lengths:
    //
    //  0  interface | 4  time, high | 8  time, low | 12 captured length | 16 original length | 20 packet, options
    @inline(__always)
    private func enhancedPacket(_ body: RawSpan, at position: Int, frame: UInt32) throws(Flaw) -> PacketRecord {
        guard body.byteCount >= 20 else { throw Flaw(words: "is too short for an enhanced packet block") }
        return try packet(
            body, headerLength: 20, interface: body.load32(0, bigEndian: bigEndian), time: 4, at: position, frame: frame
        )
    }

    /// The packet of a block whose high time word is at `time`, with low word, captured and original length behind it.
    @inline(__always)
    private func packet(
        _ body: RawSpan, headerLength: Int, interface number: UInt32, time: Int, at position: Int, frame: UInt32
    ) throws(Flaw) -> PacketRecord {
        let captured = body.load32(time &+ 8, bigEndian: bigEndian)
        let room = body.byteCount &- headerLength
        let padded = (Int(captured) &+ 3) & ~3
        guard padded <= room else {
            throw Flaw(words: "claims \(captured) captured bytes and has room for \(room)")
        }
        guard number < section.count else {
            throw Flaw(words: "names interface \(number), of \(section.count) in its section")
        }
        let interface = section[Int(number)]
        guard captured <= interface.maximumLength else {
            throw Flaw(
                words: "claims \(captured) captured bytes, where a packet has at most \(interface.maximumLength)")
        }
        var checkSequenceLength = interface.checkSequenceLength
        if padded < room {
            let length = try PcapngOptions.checkSequenceLength(
                ofPacket: body, from: headerLength &+ padded, bigEndian: bigEndian)
            if let length, interface.linkType == .ethernet { checkSequenceLength = length }
        }
        let units =
            UInt64(body.load32(time, bigEndian: bigEndian)) << 32
            | UInt64(body.load32(time &+ 4, bigEndian: bigEndian))
        return PacketRecord(
            time: interface.nanoseconds(units), offset: UInt32(truncatingIfNeeded: position &+ headerLength),
            capturedLength: captured, originalLength: body.load32(time &+ 12, bigEndian: bigEndian),
            frame: frame, interface: interface.number, linkType: interface.linkType,
            checkSequenceLength: checkSequenceLength)
    }

    /// Reads any block but an enhanced packet.
    @inline(never)
    private mutating func rareBlock(
        _ type: UInt32, _ body: RawSpan, at position: Int, _ frames: inout UInt32,
        _ packets: inout OutputSpan<PacketRecord>
    ) throws(Flaw) {
        switch type {
        case Block.sectionHeader:
            try beginSection(body)
        case Block.interfaceDescription:
            guard interfaces.count < Self.maximumInterfaces else {
                throw Flaw(words: "describes one more interface than \(Self.maximumInterfaces), the most that are read")
            }
            var name = ""
            let interface = try PcapngInterface(
                body, bigEndian: bigEndian, number: UInt32(interfaces.count), name: &name)
            section.append(interface)
            nameBytes += name.utf8.count
            if nameBytes > Self.maximumNames { name = "" }
            interfaces.append(
                CaptureInterface(
                    linkType: interface.linkType, snaplen: interface.snaplen,
                    checkSequenceLength: interface.checkSequenceLength, name: name))
        case Block.packet:
            // As the enhanced one, with an interface of 16 bits and a count of drops beside it.
            guard body.byteCount >= 20 else { throw Flaw(words: "is too short for a packet block") }
            let interface = UInt32(body.load16(0, bigEndian: bigEndian))
            packets.append(
                try packet(body, headerLength: 20, interface: interface, time: 4, at: position, frame: frames))
            frames &+= 1
        case Block.simplePacket:
            packets.append(try simplePacket(body, at: position, frame: frames))
            frames &+= 1
        case Block.nameResolution:
            try PcapngOptions.checkNameResolution(body, bigEndian: bigEndian)
        case Block.interfaceStatistics:
            guard body.byteCount >= 12 else { throw Flaw(words: "is too short for an interface statistics block") }
            try PcapngOptions.check(body, from: 12, bigEndian: bigEndian)
        case Block.decryptionSecrets:
            guard body.byteCount >= 8, Int(body.load32(4, bigEndian: bigEndian)) <= body.byteCount - 8 else {
                throw Flaw(words: "is too short for the secrets it claims to hold")
            }
        default:
            if try isFrameWithoutPacket(type, body) { frames &+= 1 }
        }
    }

    /// Whether a block without a packet counts as a frame. Throws if tshark would stop at it.
    private func isFrameWithoutPacket(_ type: UInt32, _ body: RawSpan) throws(Flaw) -> Bool {
        let minimum: Int
        switch type {
        // An entry cannot be shorter than `__REALTIME_TIMESTAMP=` with one digit and a newline.
        case Block.journalExport:
            minimum = 23
            var length = body.byteCount
            while length > 0, body.load8(length - 1) == 0 { length -= 1 }
            guard length >= minimum else { throw Flaw(words: "is too short for a journal entry") }
        case Block.custom, Block.customNotCopied: minimum = 4
        case Block.sysdigEvent: minimum = 22
        case Block.sysdigEvent2, Block.sysdigEvent2Large: minimum = 26
        default: return false
        }
        guard body.byteCount >= minimum else { throw Flaw(words: "is too short for a block of its type") }
        return true
    }

    // A section header block (4.1): 0 byte-order magic | 4 major | 6 minor version | 8 section length | 16 options
    private mutating func beginSection(_ body: RawSpan) throws(Flaw) {
        guard body.byteCount >= 16 else { throw Flaw(words: "is too short for a section header block") }
        let (major, minor) = (body.load16(4, bigEndian: bigEndian), body.load16(6, bigEndian: bigEndian))
        guard major == 1, minor == 0 || minor == 2 else {
            throw Flaw(words: "begins a section of version \(major).\(minor), of which 1.0 and 1.2 are known")
        }
        try PcapngOptions.check(body, from: 16, bigEndian: bigEndian)
        section.removeAll(keepingCapacity: true)
    }

    // A simple packet block (4.4): 0 original length | 4 packet. It is of the first interface, and has no time.
    private func simplePacket(_ body: RawSpan, at position: Int, frame: UInt32) throws(Flaw) -> PacketRecord {
        guard body.byteCount >= 4 else { throw Flaw(words: "is too short for a simple packet block") }
        guard let interface = section.first else {
            throw Flaw(words: "is a simple packet block before any interface of its section")
        }
        let original = body.load32(0, bigEndian: bigEndian)
        let captured = interface.snaplen == 0 ? original : min(original, interface.snaplen)
        guard (Int(captured) &+ 3) & ~3 <= body.byteCount &- 4 else {
            throw Flaw(words: "claims \(captured) captured bytes and has room for \(body.byteCount - 4)")
        }
        guard captured <= interface.maximumLength else {
            throw Flaw(
                words: "claims \(captured) captured bytes, where a packet has at most \(interface.maximumLength)")
        }
        return PacketRecord(
            time: 0, offset: UInt32(truncatingIfNeeded: position &+ 4), capturedLength: captured,
            originalLength: original, frame: frame, interface: interface.number, linkType: interface.linkType,
            checkSequenceLength: interface.checkSequenceLength)
    }
}
