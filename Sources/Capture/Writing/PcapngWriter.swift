public import Platform
public import Wire

/// Writes packets to a pcapng file (draft-ietf-opsawg-pcapng): one section, nanoseconds, little-endian.
///
/// The packets of several sources, one after the other, may go to one file.
public struct PcapngWriter: ~Copyable {
    private var file: OutputFile
    private var pending: [UInt8] = []
    /// The most bytes that are kept of a packet; 0: all.
    private let snaplen: UInt32
    /// The number of the present source.
    private var source = 0
    /// Its interfaces, as far as they are known.
    private var interfaces: [CaptureInterface] = []
    /// The number, within the file, of the first interface of the present source.
    private var firstInterface: UInt32 = 0
    /// How many pending bytes are written without waiting for `flush`.
    private let fullCount: Int

    /// Begins a capture in `file`, which keeps at most `snaplen` bytes of each packet; nil: all that there is.
    ///
    /// A file that others may read as it grows is written in smaller pieces, so that little is lost when the process is
    /// killed. Each write ends with a whole block.
    public init(to file: consuming OutputFile, snaplen: Int? = nil) {
        fullCount = file.isGrowing ? 64 << 10 : 256 << 10
        self.file = file
        self.snaplen = snaplen.map { UInt32(clamping: $0) } ?? 0
        beginSection()
    }

    /// Tells of all interfaces `known` so far of `source`, whose packets come now; those that are new go to the file.
    ///
    /// Sources come one after the other, each under a number of its own, and packets bear the number of an interface
    /// within their source.
    public mutating func describe(_ known: [CaptureInterface], of source: Int) {
        if source != self.source {
            self.source = source
            firstInterface &+= UInt32(truncatingIfNeeded: interfaces.count)
            interfaces.removeAll()
        }
        for interface in known.dropFirst(interfaces.count) {
            interfaces.append(interface)
            append(interface)
        }
    }

    /// Adds the packets of `batch` with their `comments`: those at the places `chosen`, in ascending order; nil: all.
    ///
    /// Their interfaces must have been described. Throws when the file takes no more.
    public mutating func write(
        _ batch: borrowing PacketBatch, chosen: [Int]? = nil, comments: PacketComments
    ) throws(OutputError) {
        var next = 0
        for index in 0..<(chosen?.count ?? batch.records.count) {
            let place = chosen?[index] ?? index
            while next < comments.entries.count, comments.entries[next].record < place { next += 1 }
            let first = next
            while next < comments.entries.count, comments.entries[next].record == place { next += 1 }
            append(batch.records[place], of: batch, comments, first..<next)
            if pending.count >= fullCount { try flush() }
        }
    }

    /// Writes all blocks that are pending, with one write(2) if the system takes them all. Throws when the file takes no
    /// more.
    public mutating func flush() throws(OutputError) {
        if pending.isEmpty { return }
        try file.write(pending)
        pending.removeAll(keepingCapacity: true)
    }

    /// Writes out what is left and gives the file its name. Throws when that cannot be done.
    public mutating func finish() throws(OutputError) {
        try flush()
        try file.finish()
    }

    // MARK: - Blocks

    // A section header block (4.1): byte-order magic, version 1.0, length not told.
    private mutating func beginSection() {
        for word: UInt32 in [0x0A0D_0D0A, 28, 0x1A2B_3C4D, 1, .max, .max, 28] { append(word) }
    }

    // An interface description block (4.2): link type, snap length, options.
    private mutating func append(_ interface: CaptureInterface) {
        let start = beginBlock(1)
        append(UInt32(interface.linkType.rawValue))
        // 0 is no limit.
        append(min(interface.snaplen &- 1, snaplen &- 1) &+ 1)
        if !interface.name.isEmpty { append(option: 2, Array(interface.name.utf8.prefix(255))) }  // if_name
        append(option: 9, [9])  // if_tsresol: 10^-9 s
        if interface.checkSequenceLength > 0 {
            append(option: 13, [interface.checkSequenceLength &* 8])  // if_fcslen, in bits
        }
        append(0)
        endBlock(start)
    }

    // An enhanced packet block (4.3): interface, time, captured length, original length, packet, options.
    private mutating func append(
        _ record: PacketRecord, of batch: borrowing PacketBatch, _ comments: PacketComments, _ entries: Range<Int>
    ) {
        let offset = Int(record.offset)
        let count = snaplen == 0 ? record.capturedLength : min(record.capturedLength, snaplen)
        let start = beginBlock(6)
        append(record.interface &+ firstInterface)
        append(UInt32(truncatingIfNeeded: record.time >> 32))
        append(UInt32(truncatingIfNeeded: record.time))
        append(count)
        // A record that claims less than was captured is taken at what was captured, also when that is cut here.
        append(
            count < record.capturedLength ? max(record.originalLength, record.capturedLength) : record.originalLength)
        batch.withBytes { bytes in
            unsafe bytes.extracting(offset..<offset + Int(count)).withUnsafeBytes { unsafe appendPadded($0) }
        }
        let declared = interfaces[Int(record.interface)].checkSequenceLength
        let flags = record.checkSequenceLength == declared ? nil : UInt32(record.checkSequenceLength) << 5
        for entry in comments.entries[entries] {
            append(option: 1, comments.bytes[entry.range])  // opt_comment
        }
        if let flags {
            append(2 | 4 << 16)  // epb_flags
            append(flags)
        }
        if flags != nil || !entries.isEmpty { append(0) }
        endBlock(start)
    }

    /// Begins a block of `type`, and returns where.
    private mutating func beginBlock(_ type: UInt32) -> Int {
        let start = pending.count
        append(type)
        append(0)
        return start
    }

    /// Ends the block that begins at `start`: its length stands at both of its ends.
    private mutating func endBlock(_ start: Int) {
        let total = UInt32(truncatingIfNeeded: pending.count - start + 4)
        append(total)
        for place in 0..<4 {
            pending[start + 4 + place] = UInt8(truncatingIfNeeded: total >> (8 * UInt32(place)))
        }
    }

    /// Appends an option (3.5): its code, its length, its value up to 65535 bytes.
    private mutating func append(option code: UInt32, _ value: some Collection<UInt8>) {
        append(code | UInt32(truncatingIfNeeded: value.count) << 16)
        appendPadded(value)
    }

    private mutating func appendPadded(_ bytes: some Collection<UInt8>) {
        pending.append(contentsOf: bytes)
        for _ in 0..<(4 - bytes.count % 4) % 4 { pending.append(0) }
    }

    private mutating func append(_ word: UInt32) {
        for place in 0..<4 { pending.append(UInt8(truncatingIfNeeded: word >> (8 * UInt32(place)))) }
    }
}
