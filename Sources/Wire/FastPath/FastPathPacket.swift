/// A packet of one of the two usual shapes: Ethernet, then IPv4 without options or IPv6 without extension headers, then a whole
/// TCP header without options or with only the timestamp option.
///
/// The initializers check all lengths once; later reads lie within them. All other packets take the general path, which
/// gives the same segments for these.
struct FastPathPacket: BitwiseCopyable {
    /// The offset of the Ethernet frame.
    private let start: Int
    /// The offset of the TCP header.
    private let transport: Int
    /// The offset of the payload.
    private let payload: Int
    /// The offset after the last byte of the IP packet.
    private let end: Int
    /// The offset after the last captured byte.
    private let capturedEnd: Int

    /// NOP, NOP, timestamps: the start of the options of most segments (RFC 7323 appendix A).
    static let timestampFront: UInt32 = 0x0101_080A

    private static let ethernetLength = 14

    /// The packet of `record` in `bytes`; nil unless it is one of these over IPv4.
    @inline(__always)
    init?(ipv4 bytes: RawSpan, _ record: PacketRecord) {
        let start = Int(record.offset)
        // EtherType, version and header length; then the fragment field, where only DF may be set, and the protocol.
        guard Self.isReadable(bytes, record, count: 54),
            bytes.unchecked(start &+ 12, UInt32.self) & 0xFFFF_FF00 == 0x0800_4500,
            bytes.unchecked(start &+ 20, UInt32.self) & 0x3FFF_00FF == 6
        else { return nil }
        self.init(
            bytes, record, transport: start &+ 34,
            end: start &+ Self.ethernetLength &+ Int(bytes.unchecked(start &+ 16, UInt16.self)))
    }

    /// The packet of `record` in `bytes`; nil unless it is one of these over IPv6.
    @inline(__always)
    init?(ipv6 bytes: RawSpan, _ record: PacketRecord) {
        let start = Int(record.offset)
        guard Self.isReadable(bytes, record, count: 74),
            bytes.unchecked(start &+ 12, UInt32.self) & 0xFFFF_F000 == 0x86DD_6000,
            bytes.unchecked(start &+ 20, UInt8.self) == 6,
            // Length 0: a jumbogram, or an empty packet.
            bytes.unchecked(start &+ 18, UInt16.self) != 0
        else { return nil }
        let transport = start &+ 54
        self.init(
            bytes, record, transport: transport, end: transport &+ Int(bytes.unchecked(start &+ 18, UInt16.self)))
    }

    /// Whether `record` is an Ethernet frame without check sequence, with at least `count` bytes in `bytes`.
    @inline(__always)
    private static func isReadable(_ bytes: RawSpan, _ record: PacketRecord, count: Int) -> Bool {
        let captured = Int(record.capturedLength)
        return captured >= count && Int(record.offset) &+ captured <= bytes.byteCount
            && record.linkType == .ethernet && record.checkSequenceLength == 0
    }

    /// Checks the TCP header and all lengths.
    @inline(__always)
    private init?(_ bytes: RawSpan, _ record: PacketRecord, transport: Int, end: Int) {
        start = Int(record.offset)
        let captured = Int(record.capturedLength)
        capturedEnd = start &+ captured
        self.transport = transport
        self.end = end
        let headerLength = Int(bytes.unchecked(transport &+ 12, UInt8.self) >> 4) &* 4
        payload = transport &+ headerLength
        // A packet that is captured whole is claimed whole.
        guard payload <= end,
            end <= capturedEnd || (payload <= capturedEnd && end &- start <= Int(record.claimedLength)),
            headerLength == 20
                || (headerLength == 32 && bytes.unchecked(transport &+ 20, UInt32.self) == Self.timestampFront)
        else { return nil }
    }

    /// Its segment, if it came over IPv4; `index` is that of `record` in its batch.
    @inline(__always)
    func segmentIPv4(_ bytes: RawSpan, _ record: PacketRecord, _ index: Int, _ frame: FrameReference) -> Segment {
        segment(
            bytes, record, index, frame,
            from: IPAddress(v4: bytes.unchecked(start &+ 26, UInt32.self)),
            to: IPAddress(v4: bytes.unchecked(start &+ 30, UInt32.self)),
            identification: bytes.unchecked(start &+ 18, UInt16.self),
            timeToLive: bytes.unchecked(start &+ 22, UInt8.self))
    }

    /// Its segment, if it came over IPv6; `index` is that of `record` in its batch.
    @inline(__always)
    func segmentIPv6(_ bytes: RawSpan, _ record: PacketRecord, _ index: Int, _ frame: FrameReference) -> Segment {
        segment(
            bytes, record, index, frame,
            from: IPAddress(v6: bytes.unchecked(start &+ 22, UInt64.self), bytes.unchecked(start &+ 30, UInt64.self)),
            to: IPAddress(v6: bytes.unchecked(start &+ 38, UInt64.self), bytes.unchecked(start &+ 46, UInt64.self)),
            identification: 0, timeToLive: bytes.unchecked(start &+ 21, UInt8.self))
    }

    @inline(__always)
    private func segment(
        _ bytes: RawSpan, _ record: PacketRecord, _ index: Int, _ frame: FrameReference, from source: IPAddress,
        to destination: IPAddress,
        identification: UInt16, timeToLive: UInt8
    ) -> Segment {
        let headerLength = payload &- transport
        let hasTimestamps = headerLength == 32
        return Segment(
            time: record.time,
            source: Endpoint(source, bytes.unchecked(transport, UInt16.self)),
            destination: Endpoint(destination, bytes.unchecked(transport &+ 2, UInt16.self)),
            sequence: bytes.unchecked(transport &+ 4, UInt32.self),
            acknowledgment: bytes.unchecked(transport &+ 8, UInt32.self),
            payloadLength: end &- payload, record: index, frame: frame,
            window: bytes.unchecked(transport &+ 14, UInt16.self),
            flags: bytes.unchecked(transport &+ 12, UInt16.self) & 0x0FFF,
            timestampValue: hasTimestamps ? bytes.unchecked(transport &+ 24, UInt32.self) : 0,
            timestampEcho: hasTimestamps ? bytes.unchecked(transport &+ 28, UInt32.self) : 0,
            identification: identification, timeToLive: timeToLive, headerLength: headerLength,
            firstPayloadByte: end &- payload == 1 && end <= capturedEnd ? bytes.unchecked(payload, UInt8.self) : 0,
            hasTimestamps: hasTimestamps)
    }
}
