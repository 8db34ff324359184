/// Some hundreds of packets in one reused buffer: what crosses from the capture to the decoder.
///
/// A source fills it, a decoder reads it, and nothing is allocated for a packet.
public struct PacketBatch: ~Copyable, Sendable {
    /// Bytes that it is to hold when they are read; 0: as many as the source sees fit.
    public let capacity: Int
    /// The bytes that the records point into.
    package var bytes: [UInt8] = []
    /// The offset in `bytes` that the offsets of records count from.
    package var start = 0
    /// The packets, in the order of the file.
    public var records: [PacketRecord] = []
    /// The frame number of the record whose `frame` is 0; frames count every record of a file, the first is 1.
    public var firstFrame: UInt64 = 1
    /// The number of the file that the packets are from, 0 first.
    public var file: UInt32 = 0

    /// An empty batch that is to hold `capacity` bytes, or as many as the source sees fit.
    public init(capacity: Int = 0) {
        self.capacity = capacity
    }

    /// Forgets the records, and has those to come point into `bytes`.
    public mutating func removeAll() {
        records.removeAll(keepingCapacity: true)
        start = 0
    }

    /// Calls `body` with the bytes that the records point into, the first of which has offset 0.
    @inline(__always)
    public func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
        let all = unsafe bytes.span.bytes
        return body(all.extracting(droppingFirst: start))
    }

    /// The frame number of `record` within its file, 1 first.
    @inlinable
    public func frame(of record: PacketRecord) -> UInt64 {
        firstFrame &+ UInt64(record.frame)
    }

    /// Where the packet of `record` is.
    @inlinable @inline(__always)
    public func reference(to record: PacketRecord) -> FrameReference {
        FrameReference(file: file, frame: frame(of: record))
    }
}

/// Where one packet lies in its batch, and what its capture says of it.
public struct PacketRecord: BitwiseCopyable, Sendable {
    /// When it was captured, in nanoseconds since 1970-01-01 00:00 UTC.
    public var time: Int64
    /// Where its bytes begin in those that `PacketBatch.withBytes` gives.
    public var offset: UInt32
    /// Bytes captured.
    public var capturedLength: UInt32
    /// Bytes on the wire as the record claims; may be smaller than what was captured (wireshark-rules 2.1).
    public var originalLength: UInt32
    /// Frame number less the `firstFrame` of the batch.
    public var frame: UInt32
    /// The interface within its file, 0 first.
    public var interface: UInt32
    /// The link-layer header type of the interface.
    public var linkType: LinkType
    /// Bytes of frame check sequence at the end of each packet, when the file declares it; otherwise 0.
    public var checkSequenceLength: UInt8

    /// Bytes on the wire: a record that claims less than was captured is taken at what was captured (wireshark-rules 2.1).
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
