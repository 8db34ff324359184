/// One TCP segment, decoded: what the wire said, and nothing of its bytes.
///
/// A plain value. A field that the header did not carry is 0; `role` and `isShown` say how far to trust it.
public struct Segment: BitwiseCopyable, Sendable {
    /// When it was captured, in nanoseconds since 1970-01-01 00:00 UTC.
    public var time: Int64
    /// The sender: the innermost IP source, or what an extension header puts in its place.
    public var source: Endpoint
    /// The receiver: the innermost IP destination, or the final one of a source route.
    public var destination: Endpoint
    /// SEG.SEQ.
    public var sequence: SequenceNumber
    /// SEG.ACK, also where the ACK flag is clear.
    public var acknowledgment: SequenceNumber
    /// Bytes of payload from the claimed lengths, never from what was captured; 0 unless `role` is `.whole`.
    public var payloadLength: UInt32
    /// The place of its record in the batch, 0 first.
    public var record: UInt32
    /// SEG.WND as it stands in the header, not scaled.
    public var window: UInt16
    /// The control bits.
    public var flags: TCPFlags
    /// TSval of the timestamp option (RFC 7323), when `hasTimestamps`.
    public var timestampValue: UInt32
    /// TSecr of the timestamp option (RFC 7323), when `hasTimestamps`.
    public var timestampEcho: UInt32
    /// Identification of the innermost IPv4 header; 0 for IPv6.
    public var identification: UInt16
    /// TTL or hop limit of the innermost IP header.
    public var timeToLive: UInt8
    /// Bytes of TCP header: data offset times 4, 0 to 60.
    public var headerLength: UInt8
    /// The payload byte when there is exactly one and it was captured; otherwise 0.
    public var firstPayloadByte: UInt8
    /// What may be concluded from the segment.
    public var role: Role
    /// Whether Wireshark would show its verdict: a whole header whose options can be walked (wireshark-rules 2.7, step 4).
    public var isShown: Bool
    /// Whether a well-formed timestamp option was captured.
    public var hasTimestamps: Bool
    /// Whether the header carries a SACK option (RFC 2018), as D-SACK answers do.
    public var hasSelectiveAcknowledgment: Bool

    /// Where its packet is.
    public var frame: FrameReference
    /// The ICMP error that quotes it; nil unless `role` is `.quoted` or `.quotedShort`.
    public var error: ICMPError?

    /// What may be concluded from a segment (wireshark-rules 2.5 to 2.7).
    public enum Role: UInt8, Sendable, BitwiseCopyable {
        /// A segment with all lengths known: it is analysed.
        case whole
        /// Fewer bytes claimed than the header says it has: looked up, not analysed.
        case short
        /// A first IP fragment that cannot be reassembled: looked up, not analysed.
        case fragment
        /// Quoted in an ICMP error, or a sample of a packet: looked up, not analysed.
        case quoted
        /// Quoted in an ICMP error by less than 16 bytes: evidence, but too short to be looked up by Wireshark.
        case quotedShort
        /// Only the first 14 or 15 bytes, up to the flags: looked up by Wireshark 4.6 alone.
        case headerCut
    }

    /// A whole, shown segment with all else zero.
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

    /// The whole, shown segment of a plain packet: all at once, so that it is written where it shall lie.
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
