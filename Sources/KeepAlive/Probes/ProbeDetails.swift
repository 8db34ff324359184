import Wire

/// What an end has from its second probe on, waits between them, and other things that few ends have.
///
/// Apart from `ProbeHistory`, as many ends ask once, or answer out of place, and never more.
struct ProbeDetails: BitwiseCopyable {
    /// Waits by what they tell, as in `ConnectionSide`; likewise below.
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
    /// Probes whose identification does not continue that of their end's own segments.
    var oddProbes: UInt32 = 0
    /// Probes with a byte, and those with the timestamp option.
    var byteProbes: UInt32 = 0
    var timestampedProbes: UInt32 = 0
    /// What identifies a copy of the last answer, with `answerTimestamp`.
    var answerIdentification: UInt16 = 0
    /// The TTL of the last answer.
    var answerTimeToLive: UInt8 = 0
    /// The TTL of the last answer from another host than the peer.
    var foreignTimeToLive: UInt8 = 0
    /// The packets of the first unanswered probe, of the last probe, and of the last answer.
    var firstUnansweredFrame = FrameReference.none
    var lastProbeFrame = FrameReference.none
    var lastAnswerFrame = FrameReference.none
    var answerTimestamp: UInt32 = 0
    /// Answers with the TTL of another host than the peer, and how long they took.
    var foreignAnswers: UInt32 = 0
    var foreignReplies = Gaps()
    /// When the probes without an answer were sent, the oldest first, without the last one (ns since 1970).
    var sent = InlineArray<3, Int64>(repeating: 0)

    /// Probes without an answer that are told apart.
    static let sentLimit = 4
}

/// The details of all histories that have any, by handle; 0 is none.
struct ProbeDetailsStore: ~Copyable {
    private var arena = Arena<ProbeDetails>()
    private var free: [UInt32] = []

    /// The details of `handle`, which may be none.
    subscript(handle: UInt32) -> ProbeDetails {
        handle == 0 ? ProbeDetails() : arena[Int(handle) - 1]
    }

    /// Asks for the cache lines of the details of `handle`, if there are any.
    @inline(__always)
    func prefetch(_ handle: UInt32) {
        arena.prefetch(Int(handle) - 1)
    }

    /// Lets `body` change the details of `handle`, which are made where there are none.
    mutating func change(_ handle: inout UInt32, _ body: (inout ProbeDetails) -> Void) {
        if handle == 0 {
            if let made = free.popLast() {
                arena[Int(made) - 1] = ProbeDetails()
                handle = made
            } else {
                arena.append(ProbeDetails())
                handle = UInt32(truncatingIfNeeded: arena.count)
            }
        }
        body(&arena[Int(handle) - 1])
    }

    /// Gives the details of `handle` back, if there are any.
    mutating func release(_ handle: UInt32) {
        if handle != 0 { free.append(handle) }
    }
}
