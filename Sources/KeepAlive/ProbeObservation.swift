public import Wire

/// The keep-alive probes of one end of one connection, as they truly are (keepalive-facts 1): no marks of Wireshark's.
///
/// Segments come in the order of the capture; those of other connections are passed over.
public struct ProbeObservation: Sendable {
    /// What had been heard when a probe was sent.
    public enum Waited: Sendable, Equatable {
        /// The peer had been silent since a segment that answered no probe: the gap tells the idle time.
        case sinceSegment
        /// The last thing that passed was an unanswered probe: the gap tells the interval.
        case sinceUnansweredProbe
        /// The last probe had been answered: the gap, from that probe, tells the greater of idle time and interval.
        case sinceAnsweredProbe
    }

    /// One probe.
    public struct Probe: Sendable, Equatable {
        /// When it was captured (ns since 1970).
        public var time: Int64
        /// What it waited for before it was sent.
        public var waited: Waited
        /// How long it waited (ns).
        public var gap: Int64
        /// Octets of garbage that it carries, 0 or 1.
        public var octets: UInt32
        /// How long the answer took (ns); nil: none came.
        public var reply: Int64?
    }

    /// The end whose probes these are.
    public let prober: Endpoint
    /// The other end.
    public let peer: Endpoint
    /// The probes, in order.
    public private(set) var probes: [Probe] = []
    /// When the peer was last heard (ns since 1970); nil: never.
    public private(set) var lastHeard: Int64?
    /// When the prober sent a RST (ns since 1970); nil: not.
    public private(set) var proberReset: Int64?
    /// When the peer sent a RST (ns since 1970); nil: not.
    public private(set) var peerReset: Int64?

    private var acknowledged: SequenceNumber?
    private var peerWindow: UInt16 = 0
    private var proberAcknowledgment: SequenceNumber?

    /// The probes of `prober` to `peer`; none so far.
    public init(prober: Endpoint, peer: Endpoint) {
        self.prober = prober
        self.peer = peer
    }

    /// Whether the last probe still waits for an answer.
    public var endsUnanswered: Bool { probes.last.map { $0.reply == nil } ?? false }

    /// The probes at the end that nobody answered.
    public var unansweredAtEnd: Int {
        probes.reversed().prefix { $0.reply == nil }.count
    }

    /// Takes the next segment of the capture.
    public mutating func observe(_ segment: Segment) {
        guard segment.role == .whole else { return }
        if segment.source == prober, segment.destination == peer {
            observeProber(segment)
        } else if segment.source == peer, segment.destination == prober {
            observePeer(segment)
        }
    }

    private mutating func observeProber(_ segment: Segment) {
        if segment.flags.contains(.rst) {
            if proberReset == nil { proberReset = segment.time }
            return
        }
        if isProbe(segment, next: acknowledged), peerWindow != 0, let heard = lastHeard {
            let (waited, start): (Waited, Int64) =
                switch probes.last {
                case let last? where last.reply == nil && last.time >= heard: (.sinceUnansweredProbe, last.time)
                case let last? where last.reply.map({ last.time &+ $0 == heard }) ?? false:
                    (.sinceAnsweredProbe, last.time)
                default: (.sinceSegment, heard)
                }
            probes.append(
                Probe(time: segment.time, waited: waited, gap: segment.time &- start, octets: segment.payloadLength))
        }
        if segment.flags.contains(.ack) { proberAcknowledgment = segment.acknowledgment }
    }

    private mutating func observePeer(_ segment: Segment) {
        if segment.flags.contains(.rst) {
            if peerReset == nil { peerReset = segment.time }
            return
        }
        // The peer's own probe is out of window here, and does not restart the idle clock.
        if isProbe(segment, next: proberAcknowledgment) { return }
        lastHeard = segment.time
        guard segment.flags.contains(.ack) else { return }
        if let last = probes.last, last.reply == nil, segment.payloadLength == 0,
            segment.acknowledgment == acknowledged
        {
            probes[probes.count - 1].reply = segment.time &- last.time
        }
        if acknowledged.map({ segment.acknowledgment.isNewer(than: $0) }) ?? true {
            acknowledged = segment.acknowledgment
        }
        peerWindow = segment.window
    }

    /// 0 or 1 octets, ACK alone, one before the `next` that the other end expects (RFC 9293 3.8.4).
    private func isProbe(_ segment: Segment, next: SequenceNumber?) -> Bool {
        guard let next else { return false }
        return segment.payloadLength <= 1 && segment.flags == .ack && segment.sequence + 1 == next
    }
}
