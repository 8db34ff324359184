public import Wire

/// One conclusion about a connection: what, how sure, about which end, and the packets that show it.
public struct Finding: Sendable, Equatable {
    /// Its name.
    public var verdict: Verdict
    /// How much it matters.
    public var severity: Severity
    /// How sure it is.
    public var confidence: Confidence
    /// The end that it speaks of; nil: neither, or both.
    public var end: Connection.End?
    /// The packets that show it, in the order of the capture: the trigger, what followed, the end.
    public var frames = FrameList()
    /// The numbers of its sentence.
    public var details = Details()

    /// A finding of `verdict` about `end`, with the usual severity unless another is given.
    public init(
        _ verdict: Verdict, _ confidence: Confidence, _ end: Connection.End? = nil, severity: Severity? = nil
    ) {
        self.verdict = verdict
        self.severity = severity ?? verdict.severity
        self.confidence = confidence
        self.end = end
    }

    /// The numbers that a sentence needs beside those of the connection. A time or duration is in ns; nil is unknown.
    public struct Details: Sendable, Equatable {
        /// How long the connection, or the path, had been idle before what happened.
        public var idle: Int64?
        /// How long after its trigger it happened, or how long it went on.
        public var duration: Int64?
        /// How many probes, retransmissions, answers or errors it rests on.
        public var count: UInt64?
        /// The hop distance of the segments that an end did not send, and of those that it did.
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

    /// What else may explain what the capture shows.
    public enum Alternative: Sendable, Equatable {
        /// Only one direction was captured, so that the answers may exist.
        case oneDirection
        /// Packets are missing from the capture.
        case incompleteCapture
        /// The peer, or its host, died.
        case peerDied
        /// The peer restarted.
        case peerRestarted
        /// A middlebox dropped its state.
        case pathForgot
        /// The route changed, so that the hop distance did too.
        case routeChange
        /// The application ended the connection itself.
        case applicationAbort
        /// TCP_KEEPCNT is 1.
        case countOfOne
        /// The path failed for another reason than an idle timeout.
        case otherFailure
        /// A device on the path sent it in the name of the end.
        case pathDevice
        /// A slow or one-way protocol, such as long polling.
        case slowProtocol
        /// A TIME_WAIT socket, or a SYN that arrived late.
        case timeWait
        /// An address that stands for several hosts, such as a load balancer or NAT.
        case sharedAddress
        /// The capture began when the connection already existed.
        case beganMidway
        /// Packets were dropped, or their headers were cut.
        case missingPackets
    }
}

/// A few packets, in the order of the capture. Nothing is allocated for it.
public struct FrameList: Sendable, Equatable {
    private var frames = InlineArray<6, FrameReference>(repeating: .none)
    /// How many there are, up to 6.
    public private(set) var count = 0

    /// No packets.
    public init() {}

    /// Adds `frame` unless it is none, the last one again, or there is no room.
    public mutating func append(_ frame: FrameReference) {
        guard frame != .none, count < frames.count, count == 0 || frames[count - 1] != frame else { return }
        frames[count] = frame
        count += 1
    }

    /// The packet at `index`, which must be below `count`.
    public subscript(index: Int) -> FrameReference { frames[index] }

    /// All of them.
    public var all: [FrameReference] { (0..<count).map { frames[$0] } }

    /// Whether both hold the same packets.
    public static func == (left: FrameList, right: FrameList) -> Bool { left.all == right.all }
}
