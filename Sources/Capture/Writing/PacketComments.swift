/// Comments on packets of one batch, in the order of its records. Reused.
public struct PacketComments: Sendable {
    /// What the comments say, one behind the other.
    private(set) var bytes: [UInt8] = []
    /// The place of each commented record in its batch, and where its comment lies in `bytes`.
    private(set) var entries: [(record: Int, range: Range<Int>)] = []

    /// No comments.
    public init() {}

    /// Forgets the comments and keeps the room.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
    }

    /// Adds `comment`, in UTF-8, on the packet at place `record`, which is that of the last comment or behind it.
    ///
    /// What does not fit into an option of pcapng, 65535 bytes, is left out.
    public mutating func append(_ comment: [UInt8], on record: Int) {
        let start = bytes.count
        bytes.append(contentsOf: comment.prefix(Int(UInt16.max)))
        entries.append((record, start..<bytes.count))
    }
}
