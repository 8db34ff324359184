/// Settings of a live capture.
public struct LiveSettings: Sendable {
    /// Bytes to keep of each packet, at least 1; the default is enough for the headers.
    public var snaplen = 192
    /// Whether to capture packets for other hosts too.
    public var isPromiscuous = false
    /// Bytes of the ring in which the kernel collects packets.
    public var bufferSize = 16 << 20
    /// Milliseconds that the kernel may collect packets before it delivers them, at least 1.
    public var timeout = 100
    /// Whether the kernel delivers each packet immediately.
    public var isImmediate = false
    /// A BPF filter (pcap-filter(7)), run in the kernel.
    public var filter: String?
    /// Whether to capture only TCP segments with at most one byte of payload, or with SYN, FIN or RST, and ICMP errors.
    public var isLight = false

    /// The default settings.
    public init() {}
}
