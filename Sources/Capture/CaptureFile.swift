public import Wire

/// A saved capture: a pcap or pcapng file, a compressed one, or standard input.
public struct CaptureFile: ~Copyable {
    /// The path it was opened with; `-` is standard input.
    public let path: String

    /// What is wrong with the file, once `next` has come upon it: everything before it was delivered.
    public private(set) var damage: Damage?

    /// Damage in a capture file.
    public struct Damage: Sendable, Equatable {
        /// Where the damaged or cut record begins, or what was lost, in octets from the start of the (decompressed) file.
        public var offset: UInt64
        /// One sentence that says what is wrong, with the offset.
        public var sentence: String
    }

    /// Octets of a batch of no certain capacity: they stay within a second-level cache.
    private static let batchCapacity = 128 << 10

    /// Octets of a mapped file that are looked through for a batch at most, unless a record is larger.
    private static let leastWindow = 2 << 20
    /// A batch takes as many packets of a mapped file as if each had so many octets: how many there are is of no matter.
    private static let octetsForRecord = 64

    private enum Reader {
        case pcap(PcapReader)
        case pcapng(PcapngReader)
    }

    private var source: OctetSource
    /// The file in memory, from which the packets come; nil where they are read.
    private var mapping: FileMapping?
    /// Where the last batch began in it.
    private var mappedStart = 0
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
        try self.init(path: path, filter: expression, isLight: isLight, mapping: .whereFaster)
    }

    /// The same, in memory or read.
    init(
        path: String, filter expression: String? = nil, isLight: Bool = false, mapping use: FileMapping.Use
    ) throws(CaptureError) {
        let name = Self.name(path)
        var source = try OctetSource(path: path, name: name)
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
        mapping = source.map(use)
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
        if try !takeMapped(into: &batch), try !read(into: &batch) { return true }
        let hasPackets = !batch.records.isEmpty
        filter?.apply(to: &batch)
        return hasPackets || !isAtEnd
    }

    /// Takes the next packets from the file in memory.
    ///
    /// False where it is to be read from here on: at its end, as it may have grown, and where octets are there no more.
    private mutating func takeMapped(into batch: inout PacketBatch) throws(CaptureError) -> Bool {
        guard var mapping else { return false }
        let start = Int(position)
        let sound = mapping.soundCount
        guard sound >= start else {
            end(at: UInt64(sound), "from byte \(sound) on it was cut or became unreadable while it was read")
            return true
        }
        // The batch before this one may still be looked at, by another thread.
        mapping.release(before: mappedStart)
        self.mapping = mapping
        mappedStart = start
        let octets = mapping.octets
        let readerBefore = reader
        let limit = max(1, Self.capacity(of: batch) / Self.octetsForRecord)
        var room = Self.leastWindow
        while true {
            let range = start..<min(start + room, mapping.count)
            let scan = scan(octets, range, limit: limit, into: &batch.records)
            // What was found where zeros stood in is not in the file.
            guard mapping.soundCount >= range.upperBound else { break }
            if scan.consumed > 0 || scan.fault != nil {
                batch.map(octets, from: start)
                note(scan)
                return true
            }
            guard range.upperBound < mapping.count else { break }
            room *= 2
        }
        batch.records.removeAll(keepingCapacity: true)
        reader = readerBefore
        self.mapping = nil
        try source.seek(to: position)
        return false
    }

    /// Reads the next packets; false where a signal came before there was one.
    private mutating func read(into batch: inout PacketBatch) throws(CaptureError) -> Bool {
        guard var (end, count) = try readOnce(into: &batch) else { return false }
        while true {
            // Out of the batch for as long as its octets are borrowed.
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

    /// Puts what is carried, and behind it the next octets, into `batch`, from its start on. Tells where they end and how
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

    /// Octets of the file (compressed, where it is) read so far. Of a compressed pipe, the decompressed ones.
    public var octetsRead: UInt64 { mapping == nil ? source.octetsRead : position }

    /// Octets of the file as it lies on disk; nil where it has no size (a pipe).
    public var octetsTotal: UInt64? { source.octetsTotal }

    private mutating func scan(
        _ mapped: MappedOctets, _ range: Range<Int>, limit: Int, into records: inout [PacketRecord]
    ) -> Scan {
        unsafe scan(mapped.octets.bytes.extracting(range), limit: limit, into: &records)
    }

    private mutating func scan(_ octets: RawSpan, limit: Int = .max, into records: inout [PacketRecord]) -> Scan {
        switch reader {
        case .pcap(let pcap):
            return pcap.scan(octets, limit: limit, into: &records)
        case .pcapng(var pcapng):
            let scan = pcapng.scan(octets, limit: limit, into: &records)
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

    /// The end of the file has been read, with `left` octets behind the last whole record.
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

    private static func grow(_ octets: inout [UInt8]) {
        octets += [UInt8](repeating: 0, count: max(octets.count, 64))
    }

    /// The format that the front of `source` tells. Throws when there is nothing at all.
    private static func format(
        of source: inout OctetSource, _ name: String, within compression: Compression? = nil
    ) throws(CaptureError) -> CaptureFormat {
        if try source.peek(6) == 0 {
            if let flaw = source.finish() { throw CaptureError("\(name) cannot be decompressed: \(flaw)") }
            throw CaptureError("\(name) is empty\(compression == nil ? "" : " once decompressed"): it holds no capture")
        }
        return CaptureFormat(of: source.peeked)
    }
}
