public import Wire

/// One conclusion about a connection: the verdict, its confidence, the end concerned, and the packets that show it.
public struct Finding: Sendable, Equatable {
    /// Its name.
    public var verdict: Verdict
    /// How much it matters.
    public var severity: Severity
    /// How sure it is.
    public var confidence: Confidence
    /// The end that it is about; nil: neither or both.
    public var end: Connection.End?
    /// The packets that show it, in capture order: the trigger, what followed, the end.
    public var frames = FrameList()
    /// The numbers in its sentence.
    public var details = Details()

    /// A finding of `verdict` about `end`. nil as `severity`: the usual severity of the verdict.
    public init(
        _ verdict: Verdict, _ confidence: Confidence, _ end: Connection.End? = nil, severity: Severity? = nil
    ) {
        self.verdict = verdict
        self.severity = severity ?? verdict.severity
        self.confidence = confidence
        self.end = end
    }

    /// Lowers the confidence to at most `limit`. `alternative`, if given, is the reason, unless there is one already.
    mutating func limit(to limit: Confidence, because alternative: Alternative? = nil) {
        confidence = min(confidence, limit)
        details.alternative = details.alternative ?? alternative
    }

    /// The numbers that a sentence needs beside those of the connection. Durations are in ns; nil means unknown.
    public struct Details: Sendable, Equatable {
        /// How long the connection or the path had been idle before the event.
        public var idle: Int64?
        /// The time from the trigger to the event, or how long the event lasted.
        public var duration: Int64?
        /// The number of probes, retransmissions, answers or errors behind the finding.
        public var count: UInt64?
        /// The hop distances of segments that an end did not send and of those that it did.
        public var distances: Distances?
        /// The explanation that the capture does not exclude; nil: none.
        public var alternative: Alternative?

        /// No numbers.
        public init() {}
    }

    /// Two hop distances that differ.
    public struct Distances: Sendable, Equatable {
        /// TTL or hop limit of the segment in question.
        public var foreign: UInt8
        /// TTL or hop limit of the end's own recent segments.
        public var own: UInt8
    }

    /// Another explanation for what the capture shows.
    public enum Alternative: Sendable, Equatable {
        /// Only one direction was captured: the answers may exist.
        case oneDirection
        /// Packets are missing from the capture.
        case incompleteCapture
        /// The peer or its host died.
        case peerDied
        /// The peer restarted.
        case peerRestarted
        /// A middlebox dropped its state.
        case pathForgot
        /// The route changed, and the hop distance with it.
        case routeChange
        /// The application ended the connection itself.
        case applicationAbort
        /// TCP_KEEPCNT is 1.
        case countOfOne
        /// The path failed for a reason other than an idle timeout.
        case otherFailure
        /// A device on the path sent it with the address of the end.
        case pathDevice
        /// A slow or one-way protocol, such as long polling.
        case slowProtocol
        /// A TIME_WAIT socket, or a SYN that arrived late.
        case timeWait
        /// One address for several hosts, such as a load balancer or NAT.
        case sharedAddress
        /// The connection existed before the capture began.
        case beganMidway
        /// The connection is the rest of one that was evicted to limit memory.
        case evicted
        /// Packets were dropped, or their headers were cut.
        case missingPackets
    }
}

/// Up to six packets in capture order, stored inline.
public struct FrameList: Sendable, Equatable {
    private var frames = InlineArray<6, FrameReference>(repeating: .none)
    /// The number of packets, up to 6.
    public private(set) var count = 0

    /// No packets.
    public init() {}

    /// These packets; `.none` and repetitions are skipped, as in `append`.
    init(_ first: FrameReference, _ second: FrameReference = .none, _ third: FrameReference = .none) {
        append(first)
        append(second)
        append(third)
    }

    /// Adds `frame` unless it is `.none`, equals the last one, or the list is full.
    public mutating func append(_ frame: FrameReference) {
        guard frame != .none, count < frames.count, count == 0 || frames[count - 1] != frame else { return }
        frames[count] = frame
        count += 1
    }

    /// The packet at `index`, which must be below `count`.
    public subscript(index: Int) -> FrameReference { frames[index] }

    /// All packets.
    public var all: [FrameReference] { (0..<count).map { frames[$0] } }

    /// Whether both hold the same packets.
    public static func == (left: FrameList, right: FrameList) -> Bool { left.all == right.all }
}
