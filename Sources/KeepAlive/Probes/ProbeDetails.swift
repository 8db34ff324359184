import Wire

/// State of an end from its second probe on, and of rarer events.
///
/// Apart from `ProbeHistory`, because many ends probe only once, or only send an answer with unexpected numbers.
struct ProbeDetails: BitwiseCopyable {
    /// Waits by the setting that they show; these and the following members as in `ConnectionSide`.
    var idleGaps = Gaps()
    var middleboxProbes: UInt32 = 0
    var intervalGaps = Gaps()
    var zeroWindowProbes: UInt32 = 0
    var periodGaps = Gaps()
    var retransmissions: UInt32 = 0
    @OptionalTime var reset: Int64?
    @OptionalTime var closedIdle: Int64?
    /// When the peer sent its first RST (ns since 1970).
    @OptionalTime var peerReset: Int64?
    var oddProbes: UInt32 = 0
    var byteProbes: UInt32 = 0
    var timestampedProbes: UInt32 = 0
    /// Identifies a duplicate of the last answer, with `answerTimestamp`.
    var answerIdentification: UInt16 = 0
    var answerTimeToLive: UInt8 = 0
    /// The TTL of the last answer from a host other than the peer.
    var foreignTimeToLive: UInt8 = 0
    var firstUnansweredFrame = FrameReference.none
    var lastProbeFrame = FrameReference.none
    var lastAnswerFrame = FrameReference.none
    var answerTimestamp: UInt32 = 0
    var foreignAnswers: UInt32 = 0
    var foreignReplies = Gaps()
    /// Times of the unanswered probes, the oldest first, without the last one (ns since 1970).
    var sent = InlineArray<3, Int64>(repeating: 0)

    /// The number of unanswered probes whose times are known.
    static let sentLimit = 4
}

/// The details of all histories that have any, by handle; 0: no details.
struct ProbeDetailsStore: ~Copyable {
    /// The details.
    var pool = Pool<ProbeDetails>()
    /// The connection whose segment is being tracked.
    var owner = Owner(0, isVersion6: false)

    /// The details of `handle`; blank for 0.
    subscript(handle: UInt32) -> ProbeDetails {
        handle == 0 ? ProbeDetails() : pool[handle]
    }

    @inline(__always)
    func prefetch(_ handle: UInt32) {
        pool.prefetch(handle)
    }

    /// Lets `body` change the details of `handle`. If that is 0, blank details are added first.
    mutating func change(_ handle: inout UInt32, _ body: (inout ProbeDetails) -> Void) {
        if handle == 0 { handle = pool.insert(ProbeDetails(), owner: owner) }
        body(&pool[handle])
    }

    /// Makes the details of `handle` available for reuse.
    mutating func release(_ handle: UInt32) {
        if handle != 0 { pool.release(handle) }
    }
}
