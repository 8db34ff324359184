public import Wire

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Writes packets to a pcapng file (draft-ietf-opsawg-pcapng): one section, nanoseconds, little-endian.
public struct PcapngWriter: ~Copyable {
    /// The path of the file.
    public let path: String
    private let descriptor: Int32
    private let output: OutputDescriptor
    private var pending: [UInt8] = []

    /// Octets that are worth a system call.
    private static let fullCount = 256 << 10

    /// Creates the file at `path`, in place of one that is there, for packets of `interfaces`.
    ///
    /// Throws when it cannot be created.
    public init(path: String, interfaces: [(name: String, interface: CaptureInterface)]) throws(CaptureError) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw CaptureError("cannot write \(path): \(systemError())") }
        output = OutputDescriptor(number: descriptor, name: path)
        self.path = path
        beginSection()
        for item in interfaces { describe(item.name, item.interface) }
    }

    deinit {
        systemClose(descriptor)
    }

    /// Adds the packets of `batch`. Throws when the file takes no more.
    public mutating func write(_ batch: borrowing PacketBatch) throws(OutputError) {
        for record in batch.records {
            let start = Int(record.offset)
            let count = Int(record.capturedLength)
            let padding = (4 - count % 4) % 4
            // An enhanced packet block (4.3).
            let total = UInt32(truncatingIfNeeded: 32 + count + padding)
            append(6)
            append(total)
            append(record.interface)
            append(UInt32(truncatingIfNeeded: record.time >> 32))
            append(UInt32(truncatingIfNeeded: record.time))
            append(record.capturedLength)
            append(record.originalLength)
            pending.append(contentsOf: batch.bytes[start..<start + count])
            pending.append(contentsOf: repeatElement(0, count: padding))
            append(total)
            if pending.count >= Self.fullCount { try flush() }
        }
    }

    /// Writes out what there is. Throws when the file takes no more.
    public mutating func flush() throws(OutputError) {
        try output.write(pending)
        pending.removeAll(keepingCapacity: true)
    }

    // A section header block (4.1): byte-order magic, version 1.0, length not told.
    private mutating func beginSection() {
        for word: UInt32 in [0x0A0D_0D0A, 28, 0x1A2B_3C4D, 1, .max, .max, 28] { append(word) }
    }

    // An interface description block (4.2): link type, snap length, if_name (2), if_tsresol (9): 10^-9 s.
    private mutating func describe(_ name: String, _ interface: CaptureInterface) {
        let octets = Array(name.utf8.prefix(255))
        let padding = (4 - octets.count % 4) % 4
        let total = UInt32(truncatingIfNeeded: 36 + octets.count + padding)
        append(1)
        append(total)
        append(UInt32(interface.linkType.rawValue))
        append(interface.snaplen)
        append(2 | UInt32(octets.count) << 16)
        pending.append(contentsOf: octets)
        pending.append(contentsOf: repeatElement(0, count: padding))
        append(9 | 1 << 16)
        append(9)
        append(0)
        append(total)
    }

    private mutating func append(_ word: UInt32) {
        for shift in [UInt32(0), 8, 16, 24] { pending.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
}
