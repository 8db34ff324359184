public import Wire

/// A saved capture: a pcap or pcapng file, a compressed one, or standard input.
public struct CaptureFile: ~Copyable {
    /// The path it was opened with; `-` is standard input.
    public let path: String

    /// Damage that `next` has reached; everything before it was delivered. Nil: none so far.
    public private(set) var damage: Damage?

    /// Damage in a capture file.
    public struct Damage: Sendable, Equatable {
        /// Offset in the (decompressed) file of the first record that is damaged, cut or lost.
        public var offset: UInt64
        /// One sentence: the file, the damage and its offset.
        public var sentence: String
    }

    /// Bytes of a batch that has no capacity of its own. Measured: smaller batches need more calls, larger ones leave the
    /// cache.
    private static let batchCapacity = 1 << 20

    private var source: ByteSource
    /// The reader of the format; the other one is nil. Two variables, because a reader in an enumeration is copied, with
    /// its interfaces, for each batch.
    private var pcap: PcapReader?
    private var pcapng: PcapngReader?
    private let compression: Compression?
    private let filter: SharedFilter?
    /// The first bytes of a record whose end has not been read.
    private var carried: [UInt8] = []
    /// Offset in the (decompressed) file of `carried` or, if that is empty, of the next byte.
    private var position: UInt64
    private var nextFrame: UInt64 = 1
    private var isAtEnd = false

    /// Opens the capture at `path` (`-` is standard input) and keeps only packets that match the BPF filter `expression`.
    ///
    /// Throws if it cannot be opened, is not a capture, or the filter does not compile. In pcapng each interface has a
    /// link type of its own; packets of a link type for which the filter does not compile do not match. With `isLight`,
    /// it keeps only what a light capture has (`LiveSettings.isLight`).
    public init(path: String, filter expression: String? = nil, isLight: Bool = false) throws(CaptureError) {
        let filter = SharedFilter(expression, isLight: isLight)
        try self.init(ByteSource(path: path), filter: filter)
    }

    /// Reads the capture in `source`, which nobody has read from, and keeps only packets that match `filter`.
    init(_ source: consuming ByteSource, filter: SharedFilter?) throws(CaptureError) {
        let path = source.path
        var compression: Compression?
        var format = try Self.format(of: &source)
        if case .compressed(let outer) = format {
            try source.decompress(outer)
            compression = outer
            format = try Self.format(of: &source, within: outer)
        }
        switch format {
        case .pcap:
            let pcap = try PcapReader(&source)
            try filter?.filter.compile(for: pcap.interface.linkType)
            source.skip(pcap.firstRecord)
            position = UInt64(pcap.firstRecord)
            self.pcap = pcap
        case .pcapng:
            pcapng = try PcapngReader(&source)
            try filter?.filter.checkForAnyLink()
            position = 0
        case .compressed(let inner):
            throw source.error(
                .notACapture, "is compressed twice, with \(inner) inside: decompress it once and try again")
        case .foreign(let kind?, let advice):
            throw source.error(.notACapture, "is \(kind), not a pcap or pcapng file: \(advice)")
        case .foreign(nil, let advice):
            let front = source.peeked.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            throw source.error(
                .notACapture, "is not a pcap or pcapng file (it begins with \(front.joined(separator: " "))): \(advice)"
            )
        }
        self.path = path
        self.source = source
        self.compression = compression
        self.filter = filter
    }

    /// The file format in words: `pcap, nanoseconds` or `pcapng, zstd`.
    public var format: String {
        let written = pcap?.format ?? "pcapng"
        return compression.map { "\(written), \($0)" } ?? written
    }

    /// The interfaces that the file has described so far; `PacketRecord.interface` is an index into them.
    public var interfaces: [CaptureInterface] {
        if let pcap { [pcap.interface] } else { pcapng?.interfaces ?? [] }
    }

    /// Replaces the contents of `batch` by the next packets; false at the end of the file or at damage.
    ///
    /// The batch may be empty: if no packet matches the filter, or if a signal interrupted the wait for a pipe. Then the
    /// caller may continue or stop. The batch grows if a record is larger than its capacity, and decompressed bytes come in
    /// buffers of other sizes. Throws if reading fails.
    public mutating func next(into batch: inout PacketBatch) throws(CaptureError) -> Bool {
        batch.removeAll()
        batch.firstFrame = nextFrame
        guard !isAtEnd else { return false }
        if try !read(into: &batch) { return true }
        batch.interfaceCount = pcapng?.interfaces.count ?? 1
        let hasPackets = !batch.records.isEmpty
        filter?.filter.apply(to: &batch)
        return hasPackets || !isAtEnd
    }

    /// Reads the next packets; false if a signal interrupted the wait for the first.
    private mutating func read(into batch: inout PacketBatch) throws(CaptureError) -> Bool {
        guard var (end, count) = try readOnce(into: &batch) else { return false }
        while true {
            // Moved out of the batch while its bytes are borrowed.
            var records: [PacketRecord] = []
            swap(&records, &batch.records)
            let scan = unsafe scan(batch.bytes.span.bytes.extracting(batch.start..<end), into: &records)
            swap(&records, &batch.records)
            if scan.fault == nil, count > 0, scan.consumed == 0 {
                // Not one whole record: read more of it.
                if end == batch.bytes.count { Self.grow(&batch.bytes) }
                guard let more = try source.read(into: &batch.bytes, at: end) else {
                    carried.append(contentsOf: batch.bytes[batch.start..<end])
                    return false
                }
                (end, count) = (end + more, more)
                continue
            }
            advance(past: scan)
            let left = batch.start + scan.consumed..<end
            if count > 0 {
                carried.append(contentsOf: batch.bytes[left])
            } else if !isAtEnd {
                endOfFile(left: left.count)
            }
            return true
        }
    }

    /// Puts `carried` and the next bytes into `batch`. Returns the index behind them, and how many of them are new: 0 at the
    /// end of the file. Nil if a signal interrupted the wait.
    private mutating func readOnce(into batch: inout PacketBatch) throws(CaptureError) -> (end: Int, count: Int)? {
        if source.canExchange(behind: carried.count) {
            guard let range = try source.exchange(&batch.bytes) else { return nil }
            if !range.isEmpty {
                batch.start = range.lowerBound - carried.count
                batch.bytes.replaceSubrange(batch.start..<range.lowerBound, with: carried)
                carried.removeAll(keepingCapacity: true)
                return (range.upperBound, range.count)
            }
        }
        if batch.bytes.isEmpty { batch.bytes = [UInt8](repeating: 0, count: Self.capacity(of: batch)) }
        let start = carried.count
        while batch.bytes.count <= start { Self.grow(&batch.bytes) }
        guard let count = try source.read(into: &batch.bytes, at: start) else { return nil }
        batch.bytes.replaceSubrange(..<start, with: carried)
        carried.removeAll(keepingCapacity: true)
        return (start + count, count)
    }

    /// Whether it is a regular file. A pipe may belong to a running capture and not end.
    public var isFinite: Bool { source.isRegular }

    /// Bytes read so far: of the file on disk, or of a pipe after decompression.
    public var bytesRead: UInt64 { source.bytesRead }

    /// Bytes of the file on disk; nil for a pipe.
    public var bytesTotal: UInt64? { source.bytesTotal }

    private mutating func scan(_ bytes: RawSpan, into records: inout [PacketRecord]) -> Scan {
        if let pcap { return pcap.scan(bytes, into: &records) }
        return pcapng?.scan(bytes, into: &records) ?? Scan()
    }

    private mutating func advance(past scan: Scan) {
        nextFrame &+= UInt64(scan.frames)
        position &+= UInt64(scan.consumed)
        if let fault = scan.fault { end(at: position, "the record at byte \(position) \(fault)") }
    }

    /// Ends the reading at the end of the file, with `left` bytes behind the last whole record.
    private mutating func endOfFile(left: Int) {
        if let flaw = source.finish() {
            end(
                at: position,
                left > 0
                    ? "\(flaw), and with it the record at byte \(position) of what is in it"
                    : "\(flaw), after \(position) bytes of what is in it")
        } else if left > 0 {
            end(at: position, "the record at byte \(position) is cut short: the file ends \(left) bytes into it")
        }
        isAtEnd = true
    }

    private mutating func end(at offset: UInt64, _ words: String) {
        damage = Damage(offset: offset, sentence: "\(source.name) is damaged: \(words)")
        isAtEnd = true
    }

    private static func capacity(of batch: borrowing PacketBatch) -> Int {
        batch.capacity > 0 ? batch.capacity : batchCapacity
    }

    private static func grow(_ bytes: inout [UInt8]) {
        bytes += [UInt8](repeating: 0, count: max(bytes.count, 64))
    }

    /// The format of `source` by its first bytes. Throws if it is empty.
    private static func format(
        of source: inout ByteSource, within compression: Compression? = nil
    ) throws(CaptureError) -> CaptureFormat {
        if try source.peek(6) == 0 {
            if let flaw = source.finish() { throw source.error(.notDecompressed, "cannot be decompressed: \(flaw)") }
            throw source.error(
                .notACapture, "is empty\(compression == nil ? "" : " once decompressed"): it holds no capture")
        }
        return CaptureFormat(of: source.peeked)
    }
}
