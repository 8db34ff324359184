public import Wire

/// A saved capture: a pcap or pcapng file, a compressed one, or standard input.
public struct CaptureFile: ~Copyable {
    /// The path it was opened with; `-` is standard input.
    public let path: String

    /// What is wrong with the file, once `next` has come upon it: everything before it was delivered.
    public private(set) var damage: Damage?

    /// Damage in a capture file.
    public struct Damage: Sendable, Equatable {
        /// Where the damaged or cut record begins, or what was lost, in bytes from the start of the (decompressed) file.
        public var offset: UInt64
        /// One sentence that says what is wrong, with the offset.
        public var sentence: String
    }

    /// Bytes of a batch without a capacity of its own. Measured: smaller ones cost more calls, larger ones leave the cache.
    private static let batchCapacity = 1 << 20

    private enum Reader {
        case pcap(PcapReader)
        case pcapng(PcapngReader)
    }

    private var source: ByteSource
    private var reader: Reader
    private let compression: Compression?
    private var filter: PacketFilter?
    /// The beginning of a record whose end has not been read.
    private var carried: [UInt8] = []
    /// Where `carried`, or what is read next, begins in the (decompressed) file.
    private var position: UInt64
    private var nextFrame: UInt64 = 1
    private var isAtEnd = false

    /// Opens the capture at `path` (`-`: standard input) and keeps only packets that match the BPF filter, if any.
    ///
    /// Throws when it cannot be opened, is no capture, or the filter does not compile. In pcapng, where each interface
    /// has its own link type, packets on which the filter cannot be asked do not match. With `isLight`, only what a light
    /// capture would show is kept (`LiveCapture.Settings.isLight`).
    public init(path: String, filter expression: String? = nil, isLight: Bool = false) throws(CaptureError) {
        let name = Self.name(path)
        var source = try ByteSource(path: path, name: name)
        var compression: Compression?
        var format = try Self.format(of: &source, name)
        if case .compressed(let outer) = format {
            try source.decompress(outer)
            compression = outer
            format = try Self.format(of: &source, name, within: outer)
        }
        var filter: PacketFilter?
        if expression != nil || isLight { filter = PacketFilter(expression, isLight: isLight) }
        let reader: Reader
        switch format {
        case .pcap:
            let pcap = try PcapReader(&source, name)
            try filter?.compile(for: pcap.interface.linkType)
            source.skip(pcap.firstRecord)
            position = UInt64(pcap.firstRecord)
            reader = .pcap(pcap)
        case .pcapng:
            reader = .pcapng(try PcapngReader(&source, name))
            try filter?.checkForAnyLink()
            position = 0
        case .compressed(let inner):
            throw CaptureError("\(name) is compressed twice, with \(inner) inside: decompress it once and try again")
        case .foreign(let kind?, let advice):
            throw CaptureError("\(name) is \(kind), not a pcap or pcapng file: \(advice)")
        case .foreign(nil, let advice):
            let front = source.peeked.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            throw CaptureError(
                "\(name) is not a pcap or pcapng file (it begins with \(front.joined(separator: " "))): \(advice)")
        }
        self.path = path
        self.source = source
        self.reader = reader
        self.compression = compression
        self.filter = filter
    }

    /// How the file is written, as words for a report: `pcap, nanoseconds`, or `pcapng, zstd`.
    public var format: String {
        let written =
            switch reader {
            case .pcap(let pcap): pcap.format
            case .pcapng: "pcapng"
            }
        return compression.map { "\(written), \($0)" } ?? written
    }

    /// The interfaces that the file has described so far, in the order of the numbers that records bear.
    public var interfaces: [CaptureInterface] {
        switch reader {
        case .pcap(let pcap): [pcap.interface]
        case .pcapng(let pcapng): pcapng.interfaces
        }
    }

    /// Replaces the contents of `batch` by the next packets; false at the end of the file or at damage.
    ///
    /// The batch may be empty, where no packet matches the filter, and where a signal interrupted the wait for a pipe:
    /// the caller may go on or stop. It grows to the size of a record that is larger than its capacity, and what is
    /// decompressed comes in buffers of other sizes. Throws when reading fails.
    public mutating func next(into batch: inout PacketBatch) throws(CaptureError) -> Bool {
        batch.removeAll()
        batch.firstFrame = nextFrame
        guard !isAtEnd else { return false }
        if try !read(into: &batch) { return true }
        let hasPackets = !batch.records.isEmpty
        filter?.apply(to: &batch)
        return hasPackets || !isAtEnd
    }

    /// Reads the next packets; false where a signal came before there was one.
    private mutating func read(into batch: inout PacketBatch) throws(CaptureError) -> Bool {
        guard var (end, count) = try readOnce(into: &batch) else { return false }
        while true {
            // Out of the batch for as long as its bytes are borrowed.
            var records: [PacketRecord] = []
            swap(&records, &batch.records)
            let scan = unsafe scan(batch.bytes.span.bytes.extracting(batch.start..<end), into: &records)
            swap(&records, &batch.records)
            if scan.fault == nil, count > 0, scan.consumed == 0 {
                // Not one whole record: more of it is needed, and room for that.
                if end == batch.bytes.count { Self.grow(&batch.bytes) }
                guard let more = try source.read(into: &batch.bytes, at: end) else {
                    carried.append(contentsOf: batch.bytes[batch.start..<end])
                    return false
                }
                (end, count) = (end + more, more)
                continue
            }
            note(scan)
            let left = batch.start + scan.consumed..<end
            if count > 0 {
                carried.append(contentsOf: batch.bytes[left])
            } else if !isAtEnd {
                endOfFile(left: left.count)
            }
            return true
        }
    }

    /// Puts what is carried, and behind it the next bytes, into `batch`, from its start on. Tells where they end and how
    /// many of them are new: 0 at the end of the file. Nil where a signal came before.
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

    /// Whether the file comes to an end by itself: a pipe may belong to a running capture.
    public var isFinite: Bool { source.isRegular }

    /// Bytes of the file (compressed, where it is) read so far. Of a compressed pipe, the decompressed ones.
    public var bytesRead: UInt64 { source.bytesRead }

    /// Bytes of the file as it lies on disk; nil where it has no size (a pipe).
    public var bytesTotal: UInt64? { source.bytesTotal }

    private mutating func scan(_ bytes: RawSpan, into records: inout [PacketRecord]) -> Scan {
        switch reader {
        case .pcap(let pcap):
            return pcap.scan(bytes, into: &records)
        case .pcapng(var pcapng):
            let scan = pcapng.scan(bytes, into: &records)
            reader = .pcapng(pcapng)
            return scan
        }
    }

    /// Goes on behind what `scan` took.
    private mutating func note(_ scan: Scan) {
        nextFrame &+= UInt64(scan.frames)
        position &+= UInt64(scan.consumed)
        if let fault = scan.fault { end(at: position, "the record at byte \(position) \(fault)") }
    }

    /// The end of the file has been read, with `left` bytes behind the last whole record.
    private mutating func endOfFile(left: Int) {
        if let flaw = source.finish() {
            end(at: position, "\(flaw), and with it the record at byte \(position) of what is in it")
        } else if left > 0 {
            end(at: position, "the record at byte \(position) is cut short: the file ends \(left) bytes into it")
        }
        isAtEnd = true
    }

    private mutating func end(at offset: UInt64, _ words: String) {
        damage = Damage(offset: offset, sentence: "\(Self.name(path)) is damaged: \(words)")
        isAtEnd = true
    }

    /// What `path` is called in a sentence.
    private static func name(_ path: String) -> String {
        path == "-" ? "standard input" : path
    }

    private static func capacity(of batch: borrowing PacketBatch) -> Int {
        batch.capacity > 0 ? batch.capacity : batchCapacity
    }

    private static func grow(_ bytes: inout [UInt8]) {
        bytes += [UInt8](repeating: 0, count: max(bytes.count, 64))
    }

    /// The format that the front of `source` tells. Throws when there is nothing at all.
    private static func format(
        of source: inout ByteSource, _ name: String, within compression: Compression? = nil
    ) throws(CaptureError) -> CaptureFormat {
        if try source.peek(6) == 0 {
            if let flaw = source.finish() { throw CaptureError("\(name) cannot be decompressed: \(flaw)") }
            throw CaptureError("\(name) is empty\(compression == nil ? "" : " once decompressed"): it holds no capture")
        }
        return CaptureFormat(of: source.peeked)
    }
}
