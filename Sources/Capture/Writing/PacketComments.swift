/// Comments on packets of one batch, in the order of its records. A value can be reused for the next batch.
public struct PacketComments: Sendable {
    /// The bytes of all comments.
    private(set) var bytes: [UInt8] = []
    /// For each comment, the index of its record in the batch and its range in `bytes`.
    private(set) var entries: [(record: Int, range: Range<Int>)] = []

    /// No comments.
    public init() {}

    /// Removes all comments and keeps the capacity.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
    }

    /// Adds `comment`, in UTF-8, to the packet with index `record`, which must not be lower than that of the last comment.
    ///
    /// A comment is cut at 65535 bytes, the most that an option of pcapng can hold.
    public mutating func append(_ comment: [UInt8], on record: Int) {
        let start = bytes.count
        bytes.append(contentsOf: comment.prefix(Int(UInt16.max)))
        entries.append((record, start..<bytes.count))
    }
}
