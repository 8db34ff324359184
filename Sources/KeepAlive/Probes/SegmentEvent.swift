public import Wire

/// A segment that Wireshark marks or that concerns keep-alives. The tracker reports each one immediately.
public struct SegmentEvent: Sendable, BitwiseCopyable {
    /// The segment.
    public var segment: Segment
    /// The marks that Wireshark shows; empty: none.
    public var marks: Marks
    /// Its actual kind.
    public var kind: SegmentKind
    /// Its connection, numbered from 0 in order of appearance: Wireshark's `tcp.stream`.
    public var connection: UInt64
    /// Its number among the unanswered probes since the peer was last heard, from 1, which is what the kernel counts;
    /// 0: it is not a probe.
    public var trainNumber: UInt32 = 0
    /// Its number among all keep-alive probes of its sender, from 1; 0: it is not a keep-alive probe.
    public var ordinal: UInt64 = 0
    /// The number of unanswered probes before it: of the sender, or of the peer if it is the peer's RST.
    public var unanswered: UInt32 = 0
    /// How long a probe, or the RST of its sender, waited, and since what; nil: not captured.
    public var wait: Wait?
    /// How long after the probe this answer, or RST of the peer, came (ns); nil: it is neither.
    public var reply: Int64?
    /// Whether it is a duplicate of the last such segment, from a mirror port or another interface.
    public var isCopy = false
    /// Its sequence number from the initial one of its sender, as Wireshark shows it; nil: that one is not known, or an ICMP
    /// error quotes the segment.
    ///
    /// Without a captured SYN, the first segment of a direction has 1.
    public var relativeSequence: UInt32?
    /// Its acknowledgment number from the initial sequence number of the peer; nil: no ACK flag, or as above.
    public var relativeAcknowledgment: UInt32?

    /// The names of further facts about its kind or the sender's stack: `one_byte`, `d_sack`, `ttl`.
    public var evidence: [String] {
        var evidence: [String] = []
        if kind.isAsking, segment.payloadLength == 1 { evidence.append("one_byte") }
        if kind == .answer, segment.hasSelectiveAcknowledgment { evidence.append("d_sack") }
        if kind == .middleboxProbe || kind == .pathReset { evidence.append("ttl") }
        return evidence
    }

    /// The event of `segment` in `connection`, a `kind` with `marks`.
    public init(segment: Segment, marks: Marks, kind: SegmentKind, connection: UInt64) {
        self.segment = segment
        self.marks = marks
        self.kind = kind
        self.connection = connection
    }
}

/// How long a probe waited, and since what.
public struct Wait: Sendable, Equatable, BitwiseCopyable {
    /// What passed last.
    public var since: Since
    /// How long ago that was (ns), 0 or more.
    public var gap: Int64

    /// What passed last before a probe.
    public enum Since: UInt8, Sendable, BitwiseCopyable {
        /// A segment of the peer that answered no probe: the gap shows the idle time.
        case segment
        /// An unanswered probe: the gap shows the interval.
        case unansweredProbe
        /// An answered probe: the gap since that probe shows the greater of idle time and interval.
        case answeredProbe
    }

    /// A wait of `gap` nanoseconds since `since`.
    public init(since: Since, gap: Int64) {
        self.since = since
        self.gap = gap
    }
}
