import Wire

/// Builds the bytes of packets from the inside out: TCP, IP, and what encapsulates it.
enum Packets {
    static let a4: [UInt8] = [10, 0, 0, 1]
    static let b4: [UInt8] = [10, 0, 0, 2]
    static let a6: [UInt8] = [0xfd] + [UInt8](repeating: 0, count: 14) + [1]
    static let b6: [UInt8] = [0xfd] + [UInt8](repeating: 0, count: 14) + [2]

    static func big16(_ value: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
    }

    static func big32(_ value: Int) -> [UInt8] {
        big16(value >> 16) + big16(value)
    }

    /// The bytes of a hexadecimal string, which may contain spaces.
    static func hex(_ text: String) -> [UInt8] {
        let digits = text.filter { $0 != " " }.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }

    /// A TCP segment from port 40000 to 50000, seq 1000, ack 2000, window 500, ACK.
    static func tcp(
        payload: Int = 3, options: [UInt8] = [], flags: Int = 0x10, dataOffset: Int? = nil
    ) -> [UInt8] {
        let words = dataOffset ?? (20 + options.count) / 4
        return big16(40000) + big16(50000) + big32(1000) + big32(2000) + big16(words << 12 | flags) + big16(500)
            + big32(0) + options + [UInt8](repeating: 0x41, count: payload)
    }

    static func ipv4(
        _ payload: [UInt8], transport: UInt8 = 6, totalLength: Int? = nil, options: [UInt8] = [],
        fragment: Int = 0, identification: Int = 7, source: [UInt8] = a4, destination: [UInt8] = b4
    ) -> [UInt8] {
        [UInt8(0x45 + options.count / 4), 0] + big16(totalLength ?? 20 + options.count + payload.count)
            + big16(identification) + big16(fragment) + [64, transport, 0, 0] + source + destination + options + payload
    }

    static func ipv6(_ payload: [UInt8], next: UInt8 = 6, payloadLength: Int? = nil) -> [UInt8] {
        [0x60, 0, 0, 0] + big16(payloadLength ?? payload.count) + [next, 64] + a6 + b6 + payload
    }

    static func ethernet(_ payload: [UInt8], type: Int = 0x0800, tags: [UInt8] = []) -> [UInt8] {
        hex("00000c000002 00000c000001") + tags + big16(type) + payload
    }

    static func udp(_ payload: [UInt8], port: Int) -> [UInt8] {
        big16(49152) + big16(port) + big16(8 + payload.count) + [0, 0] + payload
    }

    /// Decodes packets in order with one decoder.
    static func decode(
        _ packets: [[UInt8]], link: UInt16 = 101, originalLengths: [Int]? = nil, version: WiresharkVersion = .newest
    ) -> (segments: [Segment], tally: DecodeTally) {
        var decoder = SegmentDecoder(version: version)
        var batch = PacketBatch()
        for (index, packet) in packets.enumerated() {
            batch.append(
                packet, time: Int64(index), linkType: LinkType(rawValue: link), originalLength: originalLengths?[index])
        }
        var segments = SegmentBatch()
        decoder.decode(batch, into: &segments)
        return (segments.segments, decoder.tally)
    }
}
