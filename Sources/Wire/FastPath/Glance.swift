/// What one look at a packet tells of its segment: all that most segments need.
///
/// The whole `Segment` has more than twice the bytes, and is made of those alone that need more. The ends are told as
/// connections are: the smaller one first, by address and, where the addresses are equal, by port (wireshark-rules 3.1).
public struct Glance: BitwiseCopyable, Sendable {
    /// When the segment was captured (ns since 1970).
    public var time: Int64
    /// Both addresses of a segment over IPv4, that of the first end in the upper half; 0 for IPv6.
    public var addresses: UInt64
    /// Both ports, that of the first end in the upper half.
    public var ports: UInt32
    /// SEG.SEQ.
    public var sequence: SequenceNumber
    /// SEG.ACK, also where the ACK flag is clear.
    public var acknowledgment: SequenceNumber
    /// Bytes of payload, as in `Segment`; at most 65535, as whatever has more is unusual.
    public var payloadLength: UInt16
    /// TTL or hop limit of the innermost IP header.
    public var timeToLive: UInt8
    /// The place of its packet in the batch; where it `isListed`, that of the segment among those listed.
    public var place: UInt32
    /// Control bits and window as in the header; `Form` stands in place of the data offset before them.
    @usableFromInline var control: UInt32

    /// What the top bits of `control` tell.
    @usableFromInline
    enum Form {
        /// Its segment was made already, and is in a list.
        @usableFromInline static var listed: UInt32 { 1 << 31 }
        /// It came over IPv6; such are listed.
        @usableFromInline static var version6: UInt32 { 1 << 30 }
        /// It is not an ordinary one.
        @usableFromInline static var unusual: UInt32 { 1 << 29 }
        /// The second end sent it.
        @usableFromInline static var fromSecond: UInt32 { 1 << 28 }
    }

    /// A glance at a plain packet over IPv4, `place` in its batch; `addresses`, `ports` and `control` are as in its headers.
    @inline(__always)
    init(
        time: Int64, addresses: UInt64, ports: UInt32, sequence: UInt32, acknowledgment: UInt32, payloadLength: Int,
        timeToLive: UInt8, place: Int, control: UInt32
    ) {
        // An address and its port in one number, and no branch: directions come in random order.
        let source = (addresses >> 32) << 16 | UInt64(ports >> 16)
        let destination = (addresses & 0xFFFF_FFFF) << 16 | UInt64(ports & 0xFFFF)
        let isFromSecond = source > destination
        self.time = time
        self.addresses = isFromSecond ? addresses << 32 | addresses >> 32 : addresses
        self.ports = isFromSecond ? ports << 16 | ports >> 16 : ports
        self.sequence = SequenceNumber(sequence)
        self.acknowledgment = SequenceNumber(acknowledgment)
        self.payloadLength = UInt16(truncatingIfNeeded: payloadLength)
        self.timeToLive = timeToLive
        self.place = UInt32(truncatingIfNeeded: place)
        self.control =
            control & 0x0FFF_FFFF | (isFromSecond ? Form.fromSecond : 0) | (payloadLength == 1 ? Form.unusual : 0)
    }

    /// A glance at `segment` alone.
    @inlinable
    public init(at segment: Segment) {
        self.init(at: segment, place: 0)
    }

    /// A glance at `segment`, `place` among those listed.
    @usableFromInline
    init(at segment: Segment, place: Int) {
        let (source, destination) = (segment.source, segment.destination)
        let isVersion4 = source.address.version == .v4
        let isFromSecond =
            source.address == destination.address
            ? source.port > destination.port : source.address.isGreater(than: destination.address)
        let (first, second) = isFromSecond ? (destination, source) : (source, destination)
        time = segment.time
        addresses = isVersion4 ? first.address.low << 32 | second.address.low : 0
        ports = UInt32(first.port) << 16 | UInt32(second.port)
        sequence = segment.sequence
        acknowledgment = segment.acknowledgment
        payloadLength = UInt16(clamping: segment.payloadLength)
        timeToLive = segment.timeToLive
        self.place = UInt32(truncatingIfNeeded: place)
        control = Form.listed | UInt32(segment.flags.rawValue & 0x0FFF) << 16 | UInt32(segment.window)
        if !isVersion4 { control |= Form.version6 }
        if isFromSecond { control |= Form.fromSecond }
        if segment.role != .whole || payloadLength == 1 || segment.payloadLength > 0xFFFF { control |= Form.unusual }
    }

    /// As much of its segment as it has: for a batch that is not the one it was taken from.
    var segment: Segment {
        let ends = [
            Endpoint(IPAddress(v4: UInt32(addresses >> 32)), UInt16(ports >> 16)),
            Endpoint(IPAddress(v4: UInt32(truncatingIfNeeded: addresses)), UInt16(truncatingIfNeeded: ports)),
        ]
        var segment = Segment(time: time, source: ends[side], destination: ends[1 - side])
        segment.sequence = sequence
        segment.acknowledgment = acknowledgment
        segment.payloadLength = UInt32(payloadLength)
        segment.timeToLive = timeToLive
        segment.record = place
        segment.flags = TCPFlags(rawValue: UInt16(truncatingIfNeeded: control >> 16) & 0x0FFF)
        segment.window = window
        return segment
    }

    /// The end that sent it: 0 is the first, 1 the second.
    @inlinable @inline(__always)
    public var side: Int { Int(control >> 28 & 1) }

    /// SEG.WND as it stands in the header, not scaled.
    @inlinable @inline(__always)
    public var window: UInt16 { UInt16(truncatingIfNeeded: control) }

    /// Whether `place` is that of a segment in a list.
    @inlinable @inline(__always)
    public var isListed: Bool { control & Form.listed != 0 }

    /// Whether it came over IPv6.
    @inlinable @inline(__always)
    public var isVersion6: Bool { control & Form.version6 != 0 }

    /// Whether it is whole, without SYN, FIN and RST, and has no payload, or more than one byte and no more than IP can
    /// carry in one packet.
    @inlinable @inline(__always)
    public var isOrdinary: Bool {
        control & (Form.unusual | UInt32(TCPFlags.syn.rawValue | TCPFlags.fin.rawValue | TCPFlags.rst.rawValue) << 16)
            == 0
    }
}
