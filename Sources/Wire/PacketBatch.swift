/// Some hundreds of packets in one reused buffer, from a capture to the decoder.
///
/// A source fills it and a decoder reads it. No packet needs an allocation.
public struct PacketBatch: ~Copyable, Sendable {
    /// Bytes to read at a time; 0: the source decides.
    public let capacity: Int
    /// The bytes that the records point into.
    package var bytes: [UInt8] = []
    /// The offset in `bytes` that the offsets of records count from.
    package var start = 0
    /// The packets, in the order of the file.
    public var records: [PacketRecord] = []
    /// The frame number of the record whose `frame` is 0. Frame numbers count every record of a file, from 1.
    public var firstFrame: UInt64 = 1
    /// The number of the file that contains the packets, from 0.
    public var file: UInt32 = 0
    /// How many interfaces the file had described when the batch was read.
    package var interfaceCount = 1

    /// Creates an empty batch for `capacity` bytes at a time; with 0 the source decides.
    public init(capacity: Int = 0) {
        self.capacity = capacity
    }

    /// Removes the records. The offsets of new ones count from the start of `bytes`.
    public mutating func removeAll() {
        records.removeAll(keepingCapacity: true)
        start = 0
    }

    /// Appends a packet with the captured bytes `packet`, which begin with a header of `linkType`.
    ///
    /// `time` is when it was captured (ns since 1970), `originalLength` its length on the wire in bytes; nil: all of it was
    /// captured. Its frame number follows that of the packet before. A batch holds less than 4 GiB; what exceeds that is not
    /// appended.
    public mutating func append(
        _ packet: some Collection<UInt8>, time: Int64, linkType: LinkType = .ethernet, originalLength: Int? = nil
    ) {
        if records.isEmpty {
            bytes.removeAll(keepingCapacity: true)
            start = 0
        }
        guard let offset = UInt32(exactly: bytes.count - start), let length = UInt32(exactly: packet.count) else {
            return
        }
        records.append(
            PacketRecord(
                time: time, offset: offset, capturedLength: length,
                originalLength: UInt32(clamping: originalLength ?? packet.count),
                frame: UInt32(truncatingIfNeeded: records.count), linkType: linkType))
        bytes += packet
    }

    /// Calls `body` with the bytes that the records point into. The first byte has offset 0.
    @inline(__always)
    public func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
        let all = unsafe bytes.span.bytes
        return body(all.extracting(droppingFirst: start))
    }

    /// The frame number of `record` within its file, from 1.
    @inlinable
    public func frame(of record: PacketRecord) -> UInt64 {
        firstFrame &+ UInt64(record.frame)
    }
}

/// The position of one packet in its batch, and its metadata.
public struct PacketRecord: BitwiseCopyable, Sendable {
    /// Capture time (ns since 1970-01-01 00:00 UTC).
    public var time: Int64
    /// The offset of its first byte in the bytes of `PacketBatch.withBytes`.
    public var offset: UInt32
    /// Bytes captured.
    public var capturedLength: UInt32
    /// Bytes on the wire according to the record; may be less than `capturedLength` (wireshark-rules 2.1).
    public var originalLength: UInt32
    /// Frame number minus the `firstFrame` of the batch.
    public var frame: UInt32
    /// The number of the interface within its file, from 0.
    public var interface: UInt32
    /// The link-layer header type of the interface.
    public var linkType: LinkType
    /// Bytes of frame check sequence at the end of the packet, if the file declares them; otherwise 0.
    public var checkSequenceLength: UInt8

    /// Bytes on the wire: `originalLength`, but at least `capturedLength` (wireshark-rules 2.1).
    @inlinable @inline(__always)
    public var claimedLength: UInt32 { max(capturedLength, originalLength) }

    /// A packet of `capturedLength` bytes at `offset`.
    @inlinable
    public init(
        time: Int64, offset: UInt32, capturedLength: UInt32, originalLength: UInt32, frame: UInt32,
        interface: UInt32 = 0, linkType: LinkType, checkSequenceLength: UInt8 = 0
    ) {
        self.time = time
        self.offset = offset
        self.capturedLength = capturedLength
        self.originalLength = originalLength
        self.frame = frame
        self.interface = interface
        self.linkType = linkType
        self.checkSequenceLength = checkSequenceLength
    }
}
