public import Wire

/// A saved capture: a pcap or pcapng file, a compressed one, or standard input.
public struct CaptureFile: ~Copyable {
    /// The path it was opened with; `-` is standard input.
    public let path: String

    /// What is wrong with the file, once `next` has come upon it: everything before it was delivered.
    public private(set) var damage: Damage?

    /// Damage in a capture file.
    public struct Damage: Sendable, Equatable {
        /// Where the damaged or cut record begins, in octets from the start of the (decompressed) file.
        public var offset: UInt64
        /// One sentence that says what is wrong, with the offset.
        public var sentence: String
    }

    /// Opens the capture at `path` (`-`: standard input) and keeps only packets that match the BPF filter, if any.
    ///
    /// Throws when it cannot be opened, is no capture, or the filter does not compile.
    public init(path: String, filter: String? = nil) throws(CaptureError) {
        self.path = path
    }

    /// Replaces the contents of `batch` by the next packets; false at the end of the file or at damage.
    public mutating func next(into batch: inout PacketBatch) throws(CaptureError) -> Bool {
        false
    }

    /// Octets of the file (compressed, where it is) read so far.
    public var octetsRead: UInt64 { 0 }

    /// Octets of the file as it lies on disk; nil where it has no size (a pipe).
    public var octetsTotal: UInt64? { nil }
}
