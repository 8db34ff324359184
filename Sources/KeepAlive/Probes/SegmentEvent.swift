public import Wire

/// A segment that carries a mark or concerns keep-alives without one: what the tracker reports as it happens.
public struct SegmentEvent: Sendable, BitwiseCopyable {
    /// The segment.
    public var segment: Segment
    /// The marks that Wireshark would show; empty where it shows none.
    public var marks: Marks
    /// What it truly is.
    public var kind: SegmentKind
    /// Its connection, numbered from 0 in order of appearance: Wireshark's `tcp.stream`.
    public var connection: UInt64
    /// Its place among the probes that are unanswered since the peer was last heard, from 1, which is what the kernel
    /// counts; 0 where it is no probe.
    public var trainNumber: UInt32 = 0
    /// Its place among all keep-alive probes of its sender, from 1; 0 where it is none.
    public var ordinal: UInt64 = 0
    /// Probes of the sender, or of the peer where this is its RST, that nobody had answered before this segment.
    public var unanswered: UInt32 = 0
    /// What a probe or the RST of its sender waited for, and how long; nil where that was not captured.
    public var wait: Wait?
    /// How long after the probe this answer or RST of the peer came (ns); nil where it is none.
    public var reply: Int64?
    /// Whether it is one more copy of the last such segment: from a mirror port, or from another interface.
    public var isCopy = false

    /// What beside numbers, window and flags tells its kind or its sender's stack, by names.
    public var evidence: [String] {
        var evidence: [String] = []
        if kind.isAsking, segment.payloadLength == 1 { evidence.append("one_byte") }
        if kind == .answer, segment.hasSelectiveAcknowledgment { evidence.append("d_sack") }
        if kind == .middleboxProbe || kind == .pathReset { evidence.append("ttl") }
        return evidence
    }

    /// `segment` of `connection`, a `kind` that carries `marks`.
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
        /// A segment of the peer that answered no probe: the gap tells the idle time.
        case segment
        /// An unanswered probe: the gap tells the interval.
        case unansweredProbe
        /// A probe that was answered: the gap, from that probe, tells the greater of idle time and interval.
        case answeredProbe
    }

    /// A wait of `gap` nanoseconds since `since`.
    public init(since: Since, gap: Int64) {
        self.since = since
        self.gap = gap
    }
}
