internal import Wire

/// The contents of an interface description block (draft-ietf-opsawg-pcapng 4.2).
///
/// Without the name, because a value is loaded for each packet.
struct PcapngInterface: BitwiseCopyable {
    let linkType: LinkType
    let snaplen: UInt32
    /// The index of the interface within the file; blocks use the index within the section.
    let number: UInt32
    let maximumLength: UInt32
    private(set) var checkSequenceLength: UInt8 = 0

    private var unitsPerSecond: UInt64 = 1_000_000
    /// 0 if a unit of time is not a whole number of nanoseconds.
    private var nanosecondsPerUnit: UInt64 = 1000
    private var offset: Int64 = 0

    /// The most bytes of a name that are kept. No system has interfaces with longer names.
    private static let longestName = 255

    /// Reads the `body` of the block and sets `name` to the name of the interface, or to an empty string.
    // 0 link type | 2 reserved | 4 snaplen | 8 options
    init(_ body: RawSpan, bigEndian: Bool, number: UInt32, name: inout String) throws(PcapngFlaw) {
        guard body.byteCount >= 8 else {
            throw PcapngFlaw(words: "is too short for an interface description block")
        }
        linkType = LinkType(rawValue: body.load16(0, bigEndian: bigEndian))
        maximumLength = linkType.maximumLength
        snaplen = body.load32(4, bigEndian: bigEndian)
        self.number = number
        // If an option is given twice, the first counts. An option of the wrong length is ignored.
        var (resolution, checkSequence, seconds, firstName): (UInt8?, UInt8?, Int64?, String?)
        var options = PcapngOptions(at: 8, bigEndian: bigEndian)
        while let option = try options.next(in: body) {
            let start = option.value.lowerBound
            switch (option.code, option.value.count) {
            case (2, _):  // if_name
                let bytes = option.value.prefix(Self.longestName).map { body.load8($0) }.prefix { $0 != 0 }
                firstName = firstName ?? String(decoding: bytes, as: UTF8.self)
            case (9, 1): resolution = resolution ?? body.load8(start)  // if_tsresol
            case (13, 1): checkSequence = checkSequence ?? body.load8(start)  // if_fcslen
            case (14, 8):  // if_tsoffset
                seconds = seconds ?? Int64(bitPattern: body.load64(start, bigEndian: bigEndian))
            case (11, 0): throw PcapngFlaw(words: "has an empty filter option")  // if_filter
            default: break
            }
        }
        name = firstName ?? ""
        if let resolution { setResolution(resolution) }
        offset = (seconds ?? 0) &* 1_000_000_000
        // The length is in bits, but some files have bytes; no check sequence has fewer than eight bits.
        if let checkSequence, linkType == .ethernet {
            checkSequenceLength = checkSequence < 8 ? checkSequence : checkSequence / 8
        }
    }

    /// The time `units` of this interface in nanoseconds since 1970; values out of range wrap.
    @inline(__always)
    func nanoseconds(_ units: UInt64) -> Int64 {
        guard nanosecondsPerUnit == 0 else { return Int64(bitPattern: units &* nanosecondsPerUnit) &+ offset }
        let (seconds, rest) = units.quotientAndRemainder(dividingBy: unitsPerSecond)
        // As in tshark, the product has 64 bits and the quotient 32, so with units below 2^-34 s both wrap.
        let fraction = Int32(truncatingIfNeeded: rest &* 1_000_000_000 / unitsPerSecond)
        return Int64(bitPattern: seconds) &* 1_000_000_000 &+ Int64(fraction) &+ offset
    }

    /// Factor and offset that convert a time to nanoseconds since 1970; nil if a unit is not a whole number of nanoseconds.
    var plainClock: (nanosecondsPerUnit: UInt64, offset: Int64)? {
        nanosecondsPerUnit == 0 ? nil : (nanosecondsPerUnit, offset)
    }

    /// Sets the unit of time from an if_tsresol: a negative power of 10, or of 2 if the highest bit is set.
    private mutating func setResolution(_ resolution: UInt8) {
        let exponent = Int(resolution & 0x7F)
        unitsPerSecond =
            switch resolution & 0x80 != 0 {
            case true where exponent < 64: 1 << UInt64(exponent)
            case false where exponent < 20: (0..<exponent).reduce(1) { units, _ in units &* 10 }
            default: .max
            }
        nanosecondsPerUnit = 1_000_000_000 % unitsPerSecond == 0 ? 1_000_000_000 / unitsPerSecond : 0
    }
}
