/// Why a layer of a packet could not be decoded.
public struct DecodeFailure: Error, Hashable, Sendable, BitwiseCopyable {
    /// The layer whose header could not be read.
    public var layer: Layer
    /// Where that layer begins, in bytes from the start of the packet.
    public var offset: Int
    /// Bytes that the layer needed.
    public var required: Int
    /// Bytes that were available: captured and claimed.
    public var available: Int

    /// Creates a failure of `layer`, which begins at `offset`, needs `required` bytes and has `available`.
    public init(layer: Layer, offset: Int, required: Int, available: Int) {
        self.layer = layer
        self.offset = offset
        self.required = required
        self.available = available
    }
}

/// The protocol layers by which failures are counted.
public enum Layer: UInt8, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    /// The link layer.
    case link
    /// A tag or label between link and network layer, such as VLAN, MPLS, PPPoE or PBB.
    case tag
    /// IPv4.
    case ipv4
    /// IPv6 and its extension headers.
    case ipv6
    /// A tunnel header, such as GRE, VXLAN, Geneve, GTP-U, L2TP or Teredo.
    case tunnel
    /// TCP.
    case tcp

    /// The name that reports print.
    public var name: String {
        switch self {
        case .link: "link"
        case .tag: "tag"
        case .ipv4: "ipv4"
        case .ipv6: "ipv6"
        case .tunnel: "tunnel"
        case .tcp: "tcp"
        }
    }
}

/// Counts of the packets given to a decoder and of what it found.
public struct DecodeTally: Sendable, Equatable {
    /// Packets given.
    public var packets: UInt64 = 0
    /// Bytes on the wire of those packets.
    public var bytes: UInt64 = 0
    /// Packets with a time before that of the preceding packet: the clock was set back, or records are out of order.
    public var outOfOrder: UInt64 = 0
    /// TCP segments found, including those cut short.
    public var segments: UInt64 = 0
    /// ICMP errors that quote a TCP segment.
    public var icmpErrors: UInt64 = 0
    /// Segments whose TCP header, including options, was not captured completely.
    public var cutHeaders: UInt64 = 0
    /// The capture length (bytes) that would have been enough for all of those.
    public var cutHeadersNeed: Int = 0
    /// What packet times reveal about the capture.
    public var pauses = CapturePauses()
    /// Packets without a TCP segment and without a failure.
    public var withoutSegment: UInt64 = 0
    /// Packets with an unknown link type.
    public var unknownLinkType: UInt64 = 0
    /// The first unknown link type.
    public var firstUnknownLinkType: LinkType?
    /// Incomplete datagrams evicted because of the memory limit.
    public var evictedDatagrams: UInt64 = 0
    /// Packets with a layer that could not be decoded, by `Layer.rawValue`.
    public var failures: [UInt64]
    /// The first failure of each layer, by `Layer.rawValue`.
    public var firstFailures: [DecodeFailure?]

    /// Creates a tally with all counts 0.
    public init() {
        failures = [UInt64](repeating: 0, count: Layer.allCases.count)
        firstFailures = [DecodeFailure?](repeating: nil, count: Layer.allCases.count)
    }

    /// Packets whose layer `layer` could not be decoded.
    public func failures(at layer: Layer) -> UInt64 {
        failures[Int(layer.rawValue)]
    }

    /// Counts `failure` and keeps the first of each layer.
    mutating func count(_ failure: DecodeFailure) {
        let index = Int(failure.layer.rawValue)
        failures[index] &+= 1
        if firstFailures[index] == nil { firstFailures[index] = failure }
    }
}
