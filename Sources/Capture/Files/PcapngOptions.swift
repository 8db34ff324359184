/// Iterates over the options at the end of a block (draft-ietf-opsawg-pcapng 3.5).
struct PcapngOptions {
    /// The code of an option and the range of its value in the block.
    struct Option {
        let code: UInt16
        let value: Range<Int>
    }

    private let bigEndian: Bool
    private var position: Int

    /// The options that begin at `start` and end with the span, or with an end-of-options option.
    init(at start: Int, bigEndian: Bool) {
        position = start
        self.bigEndian = bigEndian
    }

    /// The next option in `bytes`; nil at the end. Throws if tshark would stop reading the file.
    @inline(__always)
    mutating func next(in bytes: RawSpan) throws(PcapngFlaw) -> Option? {
        let left = bytes.byteCount &- position
        guard left > 0 else { return nil }
        guard left >= 4 else { throw PcapngFlaw(words: "has \(left) bytes too many behind its options") }
        let code = bytes.load16(position, bigEndian: bigEndian)
        let length = Int(bytes.load16(position &+ 2, bigEndian: bigEndian))
        guard (length &+ 3) & ~3 <= left &- 4 else {
            throw PcapngFlaw(words: "has an option of \(length) bytes where \(left - 4) are left")
        }
        if code == 0 { return nil }
        // A custom option begins with a Private Enterprise Number.
        if code & 0x7FFF == 2988 || code & 0x7FFF == 2989, code & 0x4000 == 0, length < 4 {
            throw PcapngFlaw(words: "has a custom option without an owner")
        }
        let start = position &+ 4
        position = start &+ ((length &+ 3) & ~3)
        return Option(code: code, value: start..<start &+ length)
    }

    /// Checks the options of a block whose values do not matter.
    static func check(_ bytes: RawSpan, from start: Int, bigEndian: Bool) throws(PcapngFlaw) {
        var options = PcapngOptions(at: start, bigEndian: bigEndian)
        while try options.next(in: bytes) != nil {}
    }

    /// The length in bytes of the check sequence that the options of a packet declare (4.3.1), if they do.
    static func checkSequenceLength(
        ofPacket bytes: RawSpan, from start: Int, bigEndian: Bool
    ) throws(PcapngFlaw) -> UInt8? {
        var options = PcapngOptions(at: start, bigEndian: bigEndian)
        var flags: UInt32?
        while let option = try options.next(in: bytes) {
            let length = option.value.count
            switch option.code {
            case 2 where length == 4:  // epb_flags; the first counts
                flags = flags ?? bytes.load32(option.value.lowerBound, bigEndian: bigEndian)
            case 2 where length != 4, 4 where length != 8, 5 where length != 8, 6 where length != 4,
                7 where length == 0:
                throw PcapngFlaw(words: "has an option \(option.code) of the wrong length, \(length) bytes")
            case 7 where 1...2 ~= bytes.load8(option.value.lowerBound) && length != 9:  // epb_verdict of eBPF
                throw PcapngFlaw(words: "has a verdict option of \(length) bytes instead of 9")
            default: break
            }
        }
        let length = UInt8(truncatingIfNeeded: (flags ?? 0) >> 5 & 0xF)
        return length == 0 ? nil : length
    }

    /// Checks the records and options of a name resolution block (4.5).
    static func checkNameResolution(_ bytes: RawSpan, bigEndian: Bool) throws(PcapngFlaw) {
        guard bytes.byteCount >= 4 else { throw PcapngFlaw(words: "is too short for a name resolution block") }
        var position = 0
        while position < bytes.byteCount {
            guard bytes.byteCount - position >= 4 else {
                throw PcapngFlaw(words: "has a cut name record at its end")
            }
            let type = bytes.load16(position, bigEndian: bigEndian)
            let length = Int(bytes.load16(position + 2, bigEndian: bigEndian))
            position += 4
            guard (length + 3) & ~3 <= bytes.byteCount - position else {
                throw PcapngFlaw(words: "has a name record of \(length) bytes, longer than the block")
            }
            guard type != 0 else { break }
            let address = type == 1 ? 4 : type == 2 ? 16 : 0
            guard length >= address else {
                throw PcapngFlaw(words: "has a name record too short for its address")
            }
            position += (length + 3) & ~3
        }
        try check(bytes, from: position, bigEndian: bigEndian)
    }
}
