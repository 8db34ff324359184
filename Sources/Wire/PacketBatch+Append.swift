extension PacketBatch {
    /// Adds a packet with the captured bytes `packet`, which begin with a header of `linkType`.
    ///
    /// `time` is when it was captured (ns since 1970), `originalLength` its length on the wire in bytes; nil: all of it was
    /// captured. Bytes beyond 2^32 in one batch are not added.
    public mutating func append(
        _ packet: some Collection<UInt8>, time: Int64, linkType: LinkType = .ethernet, originalLength: Int? = nil
    ) {
        // The buffer of a source may hold more than its records use.
        let end = records.last.map { start + Int($0.offset) + Int($0.capturedLength) } ?? start
        bytes.removeLast(bytes.count - end)
        guard let offset = UInt32(exactly: end - start), let length = UInt32(exactly: packet.count),
            UInt32.max - offset >= length
        else { return }
        bytes += packet
        records.append(
            PacketRecord(
                time: time, offset: offset, capturedLength: length,
                originalLength: UInt32(clamping: originalLength ?? packet.count),
                frame: records.last.map { $0.frame &+ 1 } ?? 0, linkType: linkType))
    }
}
