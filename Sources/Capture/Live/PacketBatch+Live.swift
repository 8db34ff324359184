import Wire

extension PacketBatch {
    /// The most bytes that are kept of a packet of a live capture.
    static let longestLivePacket = 262_144
    /// The most packets of a batch of a live capture.
    private static let livePackets = 2048

    /// Whether it has room for one more packet of a live capture, behind `filled` bytes.
    func hasRoomForLivePacket(behind filled: Int) -> Bool {
        bytes.count - filled >= Self.longestLivePacket && records.count < Self.livePackets
    }
}
