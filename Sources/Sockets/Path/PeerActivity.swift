/// What the other end sends on a connection that should be idle.
public struct PeerActivity: Sendable, Equatable {
    /// The kinds of segments.
    public enum Kind: String, Sendable {
        /// Segments without data, which the kernel answers: TCP keep-alives.
        case keepAlives = "keep_alives"
        /// Data.
        case data
    }

    /// What it sends.
    public let kind: Kind
    /// The mean time between two.
    public let interval: Duration

    /// Segments of `kind`, about every `interval`.
    public init(_ kind: Kind, every interval: Duration) {
        self.kind = kind
        self.interval = interval
    }
}
