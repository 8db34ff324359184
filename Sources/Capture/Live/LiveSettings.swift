/// How to capture.
public struct LiveSettings: Sendable {
    /// Bytes of each packet that are kept, at least 1: headers are what matters.
    public var snaplen = 192
    /// Whether packets for other hosts are wanted too.
    public var isPromiscuous = false
    /// Bytes of the ring in which the kernel collects packets.
    public var bufferSize = 16 << 20
    /// Milliseconds that the kernel collects packets before it hands them over; never 0.
    public var timeout = 100
    /// Whether each packet is handed over at once.
    public var isImmediate = false
    /// A BPF filter (pcap-filter(7)), run in the kernel.
    public var filter: String?
    /// Whether the kernel keeps TCP segments with at most one byte of payload, or with SYN, FIN or RST, and ICMP errors,
    /// and nothing else.
    public var isLight = false

    /// The settings as they are without any wish.
    public init() {}
}
