import Wire

/// Generated frames: Ethernet, IP and TCP with the timestamp option; ACKs, and one keep-alive probe in 64.
enum Frames {
    /// `packets` frames, a microsecond apart, of `connections` in turn, in both directions.
    static func batch(packets: Int, connections: Int, _ version: IPVersion) -> PacketBatch {
        var batch = PacketBatch()
        for packet in 0..<packets {
            let connection = packet % connections
            let fromServer = packet / connections % 2 == 1
            let bytes = frame(connection, fromServer, isProbe: packet % 64 == 63, version)
            batch.records.append(
                PacketRecord(
                    time: Int64(packet) * 1000, offset: UInt32(batch.bytes.count), capturedLength: UInt32(bytes.count),
                    originalLength: UInt32(bytes.count), frame: UInt32(packet), linkType: .ethernet))
            batch.bytes += bytes
        }
        return batch
    }

    /// The decoded segments of such frames.
    static func segments(packets: Int, connections: Int, _ version: IPVersion) -> SegmentBatch {
        var decoder = SegmentDecoder()
        var segments = SegmentBatch()
        decoder.decode(batch(packets: packets, connections: connections, version), into: &segments)
        return segments
    }

    private static func frame(_ connection: Int, _ fromServer: Bool, isProbe: Bool, _ version: IPVersion) -> [UInt8] {
        let client = big(10 << 24 + connection, 4)
        let server = big(172 << 24 + 1, 4)
        let ports = (client: big(1024 + connection, 2), server: big(443, 2))
        let prefix: [UInt8] = [0xFD] + [UInt8](repeating: 0, count: 11)
        let internet: [UInt8] =
            switch version {
            case .v4:
                [8, 0, 0x45, 0, 0, 52, 0, 0, 0, 0, 64, 6, 0, 0] + (fromServer ? server + client : client + server)
            case .v6:
                [0x86, 0xDD, 0x60, 0, 0, 0, 0, 32, 6, 64]
                    + (fromServer ? prefix + server + prefix + client : prefix + client + prefix + server)
            }
        let tcp =
            (fromServer ? ports.server + ports.client : ports.client + ports.server)
            + big(isProbe ? 999 : 1000, 4) + big(1000, 4) + [0x80, 0x10, 1, 0, 0, 0, 0, 0]
            + [1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0]
        return [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2] + internet + tcp
    }

    /// `value` in network byte order.
    private static func big(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
