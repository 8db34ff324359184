/// The header fields of one TCP segment, without its bytes.
///
/// A field that the header lacks is 0. `role` and `isShown` say how much of the segment is known.
public struct Segment: BitwiseCopyable, Sendable {
    /// Capture time (ns since 1970-01-01 00:00 UTC).
    public var time: Int64
    /// The sender: the innermost IP source, or its replacement from an extension header.
    public var source: Endpoint
    /// The receiver: the innermost IP destination, or the final one of a source route.
    public var destination: Endpoint
    /// SEG.SEQ.
    public var sequence: SequenceNumber
    /// SEG.ACK, also where the ACK flag is clear.
    public var acknowledgment: SequenceNumber
    /// Payload length in bytes, from header lengths and not from what was captured; 0 unless `role` is `.whole`.
    public var payloadLength: UInt32
    /// The index of its record in the batch.
    public var record: UInt32
    /// SEG.WND as in the header, not scaled.
    public var window: UInt16
    /// The control bits.
    public var flags: TCPFlags
    /// TSval of the timestamp option (RFC 7323), if `hasTimestamps`.
    public var timestampValue: UInt32
    /// TSecr of the timestamp option (RFC 7323), if `hasTimestamps`.
    public var timestampEcho: UInt32
    /// Identification of the innermost IPv4 header; 0 for IPv6.
    public var identification: UInt16
    /// TTL or hop limit of the innermost IP header.
    public var timeToLive: UInt8
    /// TCP header length in bytes: data offset times 4, 0 to 60.
    public var headerLength: UInt8
    /// The payload byte if there is exactly one and it was captured; otherwise 0.
    public var firstPayloadByte: UInt8
    /// What may be concluded from the segment.
    public var role: Role
    /// Whether Wireshark shows its verdict: header complete, options valid (wireshark-rules 2.7, step 4).
    public var isShown: Bool
    /// Whether a well-formed timestamp option was captured.
    public var hasTimestamps: Bool
    /// Whether the header has a SACK option (RFC 2018), which D-SACK answers use.
    public var hasSelectiveAcknowledgment: Bool

    /// The file and frame of its packet.
    public var frame: FrameReference
    /// The ICMP error that quotes it; nil unless `role` is `.quoted` or `.quotedShort`.
    public var error: ICMPError?

    /// What may be concluded from a segment (wireshark-rules 2.5 to 2.7).
    public enum Role: UInt8, Sendable, BitwiseCopyable {
        /// All lengths are known: analysed.
        case whole
        /// Shorter than its own header length: looked up, not analysed.
        case short
        /// In a first IP fragment that cannot be reassembled: looked up, not analysed.
        case fragment
        /// Quoted in an ICMP error, or a sample of a packet: looked up, not analysed.
        case quoted
        /// Quoted in an ICMP error with fewer than 16 bytes: evidence, but too short for Wireshark to look up.
        case quotedShort
        /// Only the first 14 or 15 bytes, up to the flags: looked up by Wireshark 4.6 only.
        case headerCut
    }

    /// A whole, shown segment; the other fields are 0.
    @inlinable @inline(__always)
    public init(time: Int64, source: Endpoint, destination: Endpoint) {
        self.time = time
        self.source = source
        self.destination = destination
        sequence = SequenceNumber(0)
        acknowledgment = SequenceNumber(0)
        payloadLength = 0
        record = 0
        window = 0
        flags = []
        timestampValue = 0
        timestampEcho = 0
        identification = 0
        timeToLive = 0
        headerLength = 20
        firstPayloadByte = 0
        role = .whole
        isShown = true
        hasTimestamps = false
        hasSelectiveAcknowledgment = false
        frame = .none
        error = nil
    }

    /// The whole, shown segment of a packet on the fast path. Sets all fields at once: the compiler then writes them
    /// directly to their destination.
    @inline(__always)
    init(
        time: Int64, source: Endpoint, destination: Endpoint, sequence: UInt32, acknowledgment: UInt32,
        payloadLength: Int, record: Int, frame: FrameReference, window: UInt16, flags: UInt16, timestampValue: UInt32,
        timestampEcho: UInt32,
        identification: UInt16, timeToLive: UInt8, headerLength: Int, firstPayloadByte: UInt8, hasTimestamps: Bool
    ) {
        self.time = time
        self.source = source
        self.destination = destination
        self.sequence = SequenceNumber(sequence)
        self.acknowledgment = SequenceNumber(acknowledgment)
        self.payloadLength = UInt32(truncatingIfNeeded: payloadLength)
        self.record = UInt32(truncatingIfNeeded: record)
        self.window = window
        self.flags = TCPFlags(rawValue: flags)
        self.timestampValue = timestampValue
        self.timestampEcho = timestampEcho
        self.identification = identification
        self.timeToLive = timeToLive
        self.headerLength = UInt8(truncatingIfNeeded: headerLength)
        self.firstPayloadByte = firstPayloadByte
        role = .whole
        isShown = true
        self.hasTimestamps = hasTimestamps
        hasSelectiveAcknowledgment = false
        self.frame = frame
        error = nil
    }
}

extension Segment {
    /// A whole segment that is made by hand: `time` in nanoseconds since 1970, `payloadLength` in bytes, `window` as in the
    /// header.
    public init(
        time: Int64, from source: Endpoint, to destination: Endpoint, _ flags: TCPFlags, sequence: UInt32,
        acknowledgment: UInt32, payloadLength: UInt32 = 0, window: UInt16 = 65_535
    ) {
        self.init(time: time, source: source, destination: destination)
        self.flags = flags
        self.sequence = SequenceNumber(sequence)
        self.acknowledgment = SequenceNumber(acknowledgment)
        self.payloadLength = payloadLength
        self.window = window
        timeToLive = 64
    }
}
