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
            bytes.unchecked32(start &+ 12) & 0xFFFF_FF00 == 0x0800_4500,
            bytes.unchecked32(start &+ 20) & 0x3FFF_00FF == 6
        else { return nil }
        self.init(
            bytes, record, transport: start &+ 34,
            end: start &+ Self.ethernetLength &+ Int(bytes.unchecked16(start &+ 16)))
    }

    /// The packet of `record` in `bytes`; nil unless it is one of these over IPv6.
    @inline(__always)
    init?(ipv6 bytes: RawSpan, _ record: PacketRecord) {
        let start = Int(record.offset)
        guard Self.isReadable(bytes, record, count: 74),
            bytes.unchecked32(start &+ 12) & 0xFFFF_F000 == 0x86DD_6000, bytes.uncheckedByte(start &+ 20) == 6,
            // Length 0: a jumbogram, or an empty packet.
            bytes.unchecked16(start &+ 18) != 0
        else { return nil }
        let transport = start &+ 54
        self.init(
            bytes, record, transport: transport, end: transport &+ Int(bytes.unchecked16(start &+ 18)))
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
        let headerLength = Int(bytes.uncheckedByte(transport &+ 12) >> 4) &* 4
        payload = transport &+ headerLength
        // A packet that is captured whole is claimed whole.
        guard payload <= end,
            end <= capturedEnd || (payload <= capturedEnd && end &- start <= Int(record.claimedLength)),
            headerLength == 20
                || (headerLength == 32 && bytes.unchecked32(transport &+ 20) == Self.timestampFront)
        else { return nil }
    }

    /// Its segment, if it came over IPv4; `index` is that of `record` in its batch.
    @inline(__always)
    func segmentIPv4(_ bytes: RawSpan, _ record: PacketRecord, _ index: Int, _ frame: FrameReference) -> Segment {
        segment(
            bytes, record, index, frame,
            from: IPAddress(v4: bytes.unchecked32(start &+ 26)), to: IPAddress(v4: bytes.unchecked32(start &+ 30)),
            identification: bytes.unchecked16(start &+ 18), timeToLive: bytes.uncheckedByte(start &+ 22))
    }

    /// Its segment, if it came over IPv6; `index` is that of `record` in its batch.
    @inline(__always)
    func segmentIPv6(_ bytes: RawSpan, _ record: PacketRecord, _ index: Int, _ frame: FrameReference) -> Segment {
        segment(
            bytes, record, index, frame,
            from: IPAddress(v6: bytes.unchecked64(start &+ 22), bytes.unchecked64(start &+ 30)),
            to: IPAddress(v6: bytes.unchecked64(start &+ 38), bytes.unchecked64(start &+ 46)),
            identification: 0, timeToLive: bytes.uncheckedByte(start &+ 21))
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
            source: Endpoint(source, bytes.unchecked16(transport)),
            destination: Endpoint(destination, bytes.unchecked16(transport &+ 2)),
            sequence: bytes.unchecked32(transport &+ 4), acknowledgment: bytes.unchecked32(transport &+ 8),
            payloadLength: end &- payload, record: index, frame: frame, window: bytes.unchecked16(transport &+ 14),
            flags: bytes.unchecked16(transport &+ 12) & 0x0FFF,
            timestampValue: hasTimestamps ? bytes.unchecked32(transport &+ 24) : 0,
            timestampEcho: hasTimestamps ? bytes.unchecked32(transport &+ 28) : 0,
            identification: identification, timeToLive: timeToLive, headerLength: headerLength,
            firstPayloadByte: end &- payload == 1 && end <= capturedEnd ? bytes.uncheckedByte(payload) : 0,
            hasTimestamps: hasTimestamps)
    }
}
