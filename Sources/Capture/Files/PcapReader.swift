internal import Wire

/// Reads the header and the records of a pcap file (pcap-savefile(5)).
///
/// If tshark and libpcap differ, as for the variants below, it does what tshark does.
struct PcapReader {
    /// Bytes of a pcap file header.
    static let headerLength = 24

    /// The formats that share a magic number and differ in the length of their record headers.
    enum Variant: Int {
        case standard = 16
        /// Written by some Nokia devices.
        case nokia = 20
        /// Kuznetsov's patch: the version of 1999-04-17 has the standard magic number (Red Hat 6.1), later ones have their own.
        case modified = 24
        /// Kuznetsov's patch of 1999-09-15 (SuSE 6.3).
        case modifiedWithProcessor = 28
    }

    /// Which of the two lengths of a record comes first.
    private enum LengthOrder {
        case capturedFirst
        /// Versions of the format before 2.3, and version 543 of DG/UX.
        case originalFirst
        /// Version 2.3, which was written both ways.
        case smallerIsCaptured
    }

    let interface: CaptureInterface
    /// The format in words: `CaptureFile.format`.
    private(set) var format: String
    /// Offset of the first record in the file.
    let firstRecord: Int

    private let bigEndian: Bool
    /// 1 if the fraction of the time is in nanoseconds, 1000 if it is in microseconds.
    private let nanosecondsPerUnit: UInt32
    private let lengthOrder: LengthOrder
    /// Bytes between a record header and its packet; the length of the record includes them.
    private let padding: UInt32
    private var variant = Variant.standard

    /// Whether `magic`, read big-endian, begins a pcap file.
    static func recognises(_ magic: UInt32) -> Bool {
        Magic(magic) != nil
    }

    /// Reads the file header, and the first records if only they show the variant.
    ///
    /// Throws if the header is cut off or has a version that does not exist.
    init(_ source: inout ByteSource) throws(CaptureError) {
        let available = try source.peek(Self.headerLength)
        guard available >= Self.headerLength else {
            throw source.error(
                .damaged,
                "is cut off inside its pcap file header, which has \(Self.headerLength) bytes, "
                    + "after \(available): it holds no packets")
        }
        let front = source.peeked
        let header = unsafe front.span.bytes
        guard let magic = Magic(header.load32(0, bigEndian: true)) else {
            throw source.error(.notACapture, "is not a pcap file")
        }
        let bigEndian = magic.bigEndian
        let major = header.load16(4, bigEndian: bigEndian)
        let minor = header.load16(6, bigEndian: bigEndian)
        guard major >= 2 else {
            throw source.error(
                .damaged, "says that it is a pcap file of version \(major).\(minor), older than any known one")
        }
        var network = header.load32(20, bigEndian: bigEndian)
        // AIX writes version 2.2, nanoseconds, and RFC 1573 interface types for link types.
        let isAIX = magic.kind == .microseconds && major == 2 && minor == 2 && Self.linkTypesOfAIX[network] != nil
        if isAIX, let linkType = Self.linkTypesOfAIX[network] { network = linkType }
        guard network & 0x03FF_0000 == 0 else {
            throw source.error(
                .damaged,
                "has a link type of \(network), in whose reserved bits nothing may be set: its header is damaged"
            )
        }
        let linkType = LinkType(rawValue: UInt16(truncatingIfNeeded: network))
        let declaresCheckSequence = network & 0x0400_0000 != 0 && linkType == .ethernet
        interface = CaptureInterface(
            linkType: linkType, snaplen: header.load32(16, bigEndian: bigEndian),
            checkSequenceLength: declaresCheckSequence ? UInt8(truncatingIfNeeded: network >> 28 &* 2) : 0)
        self.bigEndian = bigEndian
        let nanoseconds = isAIX || magic.kind == .nanoseconds
        nanosecondsPerUnit = nanoseconds ? 1 : 1000
        lengthOrder =
            switch (major, minor) {
            case (2, ..<3), (543, _): .originalFirst
            case (2, 3): .smallerIsCaptured
            default: .capturedFirst
            }
        // AIX writes three bytes before an FDDI frame.
        padding = isAIX && linkType.rawValue == 10 ? 3 : 0
        // Ixia writes the length of all records after the header.
        firstRecord = magic.kind == .ixia ? Self.headerLength + 4 : Self.headerLength
        format = "pcap, \(nanoseconds ? "nanoseconds" : "microseconds")"
        switch magic.kind {
        case _ where isAIX: format += ", AIX"
        case .ixia:
            format += ", Ixia"
            guard try source.peek(firstRecord) >= firstRecord else {
                throw source.error(.damaged, "is cut off inside its pcap file header: it holds no packets")
            }
        case .microseconds: try chooseVariant(of: [.standard, .modified, .nokia], &source)
        case .modified: try chooseVariant(of: [.modified, .modifiedWithProcessor], &source)
        case .nanoseconds: break
        }
    }

    /// Finds the complete records in `bytes` and adds their packets to `records`.
    func scan(_ bytes: RawSpan, into records: inout [PacketRecord]) -> Scan {
        // A loop for each byte order, and one for what nearly every file is, so that no packet pays for the questions.
        if lengthOrder == .capturedFirst, variant == .standard, padding == 0 {
            return bigEndian
                ? scan(bytes, bigEndian: true, isPlain: true, into: &records)
                : scan(bytes, bigEndian: false, isPlain: true, into: &records)
        }
        return bigEndian
            ? scan(bytes, bigEndian: true, isPlain: false, into: &records)
            : scan(bytes, bigEndian: false, isPlain: false, into: &records)
    }

    @inline(__always)
    private func scan(
        _ bytes: RawSpan, bigEndian: Bool, isPlain: Bool, into records: inout [PacketRecord]
    ) -> Scan {
        let end = bytes.byteCount
        let headerLength = isPlain ? Variant.standard.rawValue : variant.rawValue
        let maximum = interface.linkType.maximumLength
        let linkType = interface.linkType
        let checkSequenceLength = interface.checkSequenceLength
        let (lengthOrder, nanosecondsPerUnit, padding) = (lengthOrder, nanosecondsPerUnit, isPlain ? 0 : padding)
        var position = 0
        var frame: UInt32 = 0
        var fault: String?
        records.append(addingCapacity: end / headerLength) { packets in
            while end &- position >= headerLength, !packets.isFull {
                var captured = bytes.load32(position &+ 8, bigEndian: bigEndian)
                var original = bytes.load32(position &+ 12, bigEndian: bigEndian)
                if !isPlain, lengthOrder != .capturedFirst, lengthOrder == .originalFirst || captured > original {
                    swap(&captured, &original)
                }
                // A length below the padding wraps and is too long.
                guard captured &- padding <= maximum &- padding else {
                    fault = "claims \(captured) captured bytes, where a packet has at most \(maximum)"
                    break
                }
                let next = position &+ headerLength &+ Int(captured)
                guard next <= end else { break }
                let seconds = bytes.load32(position, bigEndian: bigEndian)
                let fraction = bytes.load32(position &+ 4, bigEndian: bigEndian) &* nanosecondsPerUnit
                packets.append(
                    PacketRecord(
                        time: Int64(seconds) &* 1_000_000_000 &+ Int64(Int32(truncatingIfNeeded: fraction)),
                        offset: UInt32(truncatingIfNeeded: position &+ headerLength) &+ padding,
                        capturedLength: captured &- padding, originalLength: original &- padding,
                        frame: frame, linkType: linkType, checkSequenceLength: checkSequenceLength))
                frame &+= 1
                // 64 bytes: the headers of Ethernet, IPv4, and TCP with timestamps.
                bytes.prefetch(position..<next, headersEnd: headerLength &+ 64)
                position = next
            }
        }
        return Scan(consumed: position, frames: frame, fault: fault)
    }
}

// MARK: - Variants

extension PcapReader {
    /// The meaning of the first four bytes of a pcap file.
    private struct Magic {
        enum Kind {
            case microseconds
            case nanoseconds
            case modified
            case ixia
        }

        let kind: Kind
        let bigEndian: Bool

        /// The meaning of `magic`, read big-endian; nil if it has none.
        init?(_ magic: UInt32) {
            for (number, kind) in [magic, magic.byteSwapped].lazy.map({ ($0, Self.kinds[$0]) }) {
                guard let kind else { continue }
                (self.kind, bigEndian) = (kind, number == magic)
                return
            }
            return nil
        }

        private static let kinds: [UInt32: Kind] = [
            0xA1B2_C3D4: .microseconds, 0xA1B2_3C4D: .nanoseconds, 0xA1B2_CD34: .modified,
            0x1C00_01AC: .ixia, 0x1C00_01AB: .ixia,
        ]
    }

    /// Link types by RFC 1573 interface type: Ethernet, Token Ring, FDDI, loopback.
    private static let linkTypesOfAIX: [UInt32: UInt32] = [6: 1, 9: 6, 15: 10, 24: 0]

    /// Bytes of a file that are searched for the variant.
    private static let probeLimit = 1 << 20

    /// Chooses the one of `variants` with which the first three records look best, the first of equals.
    ///
    /// For a pipe it takes the first, because the records may not have been written yet.
    private mutating func chooseVariant(of variants: [Variant], _ source: inout ByteSource) throws(CaptureError) {
        var least = Int.max
        for candidate in variants where source.isRegular || least == .max {
            let flaws = source.isRegular ? try flaws(under: candidate, &source) : 0
            if flaws < least { (least, variant) = (flaws, candidate) }
            if flaws == 0 { break }
        }
        switch variant {
        case .standard: break
        case .nokia: format += ", Nokia"
        case .modified: format += ", Kuznetsov's patch"
        case .modifiedWithProcessor: format += ", Kuznetsov's patch of 1999-09-15"
        }
    }

    /// The number of flaws in the first record that has any, among the first three, if they are read as `variant`.
    private func flaws(under variant: Variant, _ source: inout ByteSource) throws(CaptureError) -> Int {
        var position = firstRecord
        for _ in 0..<3 where position < Self.probeLimit {
            let body = position + variant.rawValue
            let available = try source.peek(body)
            if available == position { return 0 }
            guard available >= body else { return 1 }
            let front = source.peeked
            let bytes = unsafe front.span.bytes
            var captured = bytes.load32(position + 8, bigEndian: bigEndian)
            var original = bytes.load32(position + 12, bigEndian: bigEndian)
            if lengthOrder != .capturedFirst, lengthOrder == .originalFirst || captured > original {
                swap(&captured, &original)
            }
            let flaws = [
                bytes.load32(position + 4, bigEndian: bigEndian) >= 1_000_000,
                captured > interface.linkType.maximumLength,
                original > 128 << 20,
                captured > interface.snaplen,
                captured > original,
            ]
            let count = flaws.count { $0 }
            guard count == 0 else { return count }
            position = body + Int(captured)
            let reached = position > Self.probeLimit ? position : try source.peek(position)
            guard reached >= position else { return 1 }
        }
        return 0
    }
}
