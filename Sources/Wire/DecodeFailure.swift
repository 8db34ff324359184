/// Why a packet that claimed to hold a layer could not be decoded.
public struct DecodeFailure: Error, Hashable, Sendable, BitwiseCopyable {
    /// The layer whose header could not be read.
    public var layer: Layer
    /// Where that layer begins, in bytes from the start of the packet.
    public var offset: Int
    /// Bytes that the layer needed.
    public var required: Int
    /// Bytes that there were, captured and claimed.
    public var available: Int

    /// Layer `layer` at `offset` needed `required` bytes and had `available`.
    public init(layer: Layer, offset: Int, required: Int, available: Int) {
        self.layer = layer
        self.offset = offset
        self.required = required
        self.available = available
    }
}

/// A protocol layer that the decoder knows, for counting what failed where.
public enum Layer: UInt8, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    /// The link layer, whichever it is.
    case link
    /// A tag or label between link and network: VLAN, MPLS, PPPoE, PBB and their like.
    case tag
    /// IPv4.
    case ipv4
    /// IPv6 and its extension headers.
    case ipv6
    /// A tunnel header: GRE, VXLAN, Geneve, GTP-U, L2TP, Teredo and their like.
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

/// What became of the packets that a decoder was given.
public struct DecodeTally: Sendable, Equatable {
    /// Packets given.
    public var packets: UInt64 = 0
    /// Bytes on the wire of those packets.
    public var bytes: UInt64 = 0
    /// Packets that were captured earlier than the one before them: a clock was set back, or records are out of order.
    public var outOfOrder: UInt64 = 0
    /// TCP segments found, those cut short included.
    public var segments: UInt64 = 0
    /// ICMP errors that quote a TCP segment.
    public var icmpErrors: UInt64 = 0
    /// Segments whose TCP header, options included, was not captured whole.
    public var cutHeaders: UInt64 = 0
    /// The longest capture length (bytes) that one of those would have needed.
    public var cutHeadersNeed: Int = 0
    /// What the times of the packets say about the capture.
    public var pauses = CapturePauses()
    /// Packets without a TCP segment, and with nothing wrong.
    public var withoutSegment: UInt64 = 0
    /// Packets on a link type that the decoder does not know.
    public var unknownLinkType: UInt64 = 0
    /// The first of those link types.
    public var firstUnknownLinkType: LinkType?
    /// Datagrams in fragments that were given up, as others needed the room.
    public var evictedDatagrams: UInt64 = 0
    /// Packets that claimed a layer that could not be read, by `Layer.rawValue`.
    public var failures: [UInt64]
    /// The first failure of each layer, by `Layer.rawValue`.
    public var firstFailures: [DecodeFailure?]

    /// A tally of nothing.
    public init() {
        failures = [UInt64](repeating: 0, count: Layer.allCases.count)
        firstFailures = [DecodeFailure?](repeating: nil, count: Layer.allCases.count)
    }

    /// Packets that claimed `layer` and could not be decoded.
    public func failures(at layer: Layer) -> UInt64 {
        failures[Int(layer.rawValue)]
    }

    /// Counts `failure` at its layer, and keeps the first of each layer.
    mutating func count(_ failure: DecodeFailure) {
        let index = Int(failure.layer.rawValue)
        failures[index] &+= 1
        if firstFailures[index] == nil { firstFailures[index] = failure }
    }
}
