public import Platform
public import Wire

/// Writes packets to a pcapng file (draft-ietf-opsawg-pcapng): one section, nanoseconds, little-endian.
///
/// It can write the packets of several sources, one after the other.
public struct PcapngWriter: ~Copyable {
    private var file: OutputFile
    private var pending: [UInt8] = []
    /// The most bytes to write of a packet; 0: all.
    private let snaplen: UInt32
    /// The number of the current source.
    private var source = 0
    /// The interfaces of the current source that were described so far.
    private var interfaces: [CaptureInterface] = []
    /// The number within the file of the first interface of the current source.
    private var firstInterface: UInt32 = 0
    /// The number of pending bytes at which they are written.
    private let fullCount: Int
    /// The bytes of the file that were written.
    private var written: UInt64 = 0
    /// When another file follows; nil: never.
    private var rotation: FileRotation?
    /// Whether the last of several files is complete, so that nothing more is written.
    private var isComplete = false

    /// Begins a capture in `file` with at most `snaplen` bytes of each packet; nil: all bytes.
    ///
    /// A file that others may read while it grows is written in smaller pieces, so that little is lost if the process is
    /// killed. Each write ends with a complete block.
    public init(to file: consuming OutputFile, snaplen: Int? = nil) {
        fullCount = file.isGrowing ? 64 << 10 : 256 << 10
        self.file = file
        self.snaplen = snaplen.map { UInt32(clamping: $0) } ?? 0
        beginSection()
    }

    /// Begins the first of several files, which others may read while they grow. Throws if it cannot be created.
    package init(to rotation: FileRotation) throws(OutputError) {
        try OutputFile.allowMore(beginningWith: rotation.literalPrefix)
        self.init(to: try OutputFile(growing: rotation.path))
        self.rotation = rotation
    }

    /// Goes on in another file if that is due at `time` (ns since 1970); false: all files are complete.
    ///
    /// Throws if a file cannot be written.
    package mutating func advance(to time: Int64) throws(OutputError) -> Bool {
        if !isComplete, let rotation, rotation.isPeriodOver(at: time) { try rotate(at: time) }
        return !isComplete
    }

    /// Ends the file and begins the next one, if there is one.
    private mutating func rotate(at time: Int64) throws(OutputError) {
        try finish()
        guard var rotation, rotation.advance(to: time) else {
            isComplete = true
            return
        }
        file = try OutputFile(growing: rotation.path)
        self.rotation = rotation
        written = 0
        beginSection()
        let known = interfaces
        interfaces.removeAll()
        firstInterface = 0
        describe(known, of: source)
        // If the process is killed before the next write, the file is still a capture.
        try flush()
    }

    /// Describes the interfaces of the source with number `source`, whose packets are written next.
    ///
    /// `known` has all interfaces that are known so far; the new ones are written. The packets of a source must not be
    /// mixed with those of others, and `PacketRecord.interface` is an index within the source.
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

    /// Adds the packets of `batch` with the indices `chosen`, in ascending order (nil: all), and their `comments`.
    ///
    /// Their interfaces must have been described. Throws if the file cannot be written.
    public mutating func write(
        _ batch: borrowing PacketBatch, chosen: [Int]? = nil, comments: PacketComments
    ) throws(OutputError) {
        var next = 0
        for index in 0..<(chosen?.count ?? batch.records.count) {
            let record = chosen?[index] ?? index
            let time = batch.records[record].time
            if rotation?.isDue(bytes: written + UInt64(pending.count), at: time) == true {
                if !isComplete { try rotate(at: time) }
                if isComplete { return }
            }
            while next < comments.entries.count, comments.entries[next].record < record { next += 1 }
            let first = next
            while next < comments.entries.count, comments.entries[next].record == record { next += 1 }
            append(batch.records[record], of: batch, comments, first..<next)
            if pending.count >= fullCount { try flush() }
        }
    }

    /// Writes all pending blocks, with one write(2) if the system takes them all. Throws if the file cannot be written.
    public mutating func flush() throws(OutputError) {
        if pending.isEmpty { return }
        try file.write(pending)
        written += UInt64(pending.count)
        pending.removeAll(keepingCapacity: true)
    }

    /// Writes the pending blocks and gives the file its name. Throws if that fails.
    public mutating func finish() throws(OutputError) {
        try flush()
        try file.finish()
    }

    // MARK: - Blocks

    // A section header block (4.1): byte-order magic, version 1.0, unknown length.
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
        // If the original length is below the captured one, the captured one is used, so that a cut is visible.
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

    /// Begins a block of `type` and returns its index in `pending`.
    private mutating func beginBlock(_ type: UInt32) -> Int {
        let start = pending.count
        append(type)
        append(0)
        return start
    }

    /// Ends the block that begins at index `start`: writes its length at both of its ends.
    private mutating func endBlock(_ start: Int) {
        let total = UInt32(truncatingIfNeeded: pending.count - start + 4)
        append(total)
        for byte in 0..<4 { pending[start + 4 + byte] = UInt8(truncatingIfNeeded: total >> (8 * UInt32(byte))) }
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
        for byte in 0..<4 { pending.append(UInt8(truncatingIfNeeded: word >> (8 * UInt32(byte)))) }
    }
}
