import Wire

/// An end of a simulated connection.
enum Side: Int, Sendable, BitwiseCopyable {
    case client = 0
    case server = 1

    var other: Side { self == .client ? .server : .client }
    var letter: String { self == .client ? "C" : "S" }
}

/// One packet of a simulated connection, with facts that no capture shows: its real sender, its purpose, its fate.
struct StoryPacket {
    var connection: Int
    /// The end whose address it has as its source.
    var side: Side
    /// Whether a middlebox made it.
    var isForged = false
    var purpose: Purpose
    /// The packet that it was sent in reaction to; -1: none.
    var trigger: Int = -1
    var flags: TCPFlags
    var sequence: UInt32
    var acknowledgment: UInt32
    var length: Int64 = 0
    var window: UInt16 = 0
    var hasTimestamps = false
    var timestampValue: UInt32 = 0
    var timestampEcho: UInt32 = 0
    var hasSelectiveAcknowledgment = false
    var firstByte: UInt8 = 0
    var identification: UInt16 = 0
    /// Its TTL at its present position.
    var timeToLive: Int64 = 64

    var sentAt: Int64 = 0
    /// When it passed the capture point; nil: it never did.
    var passedAt: Int64?
    var timeToLiveAtPass: UInt8 = 0
    /// When it arrived at the other end's host; nil: it was lost or dropped.
    var deliveredAt: Int64?
    /// Whether the other end accepted it, if it is a RST.
    var wasAccepted = false

    enum Purpose: String {
        case syn, synAck, ack, data, retransmission, fin, finRetransmission
        case probe, windowProbe, dataWindowProbe
        /// An acknowledgment of a segment outside the window, such as a probe.
        case answer
        case challenge
        case windowUpdate
        /// RST of a kernel that gave up.
        case giveUpReset
        /// RST that an application caused: SO_LINGER 0, unread data.
        case abortReset
        /// RST without a socket: a restarted host, a closed port, a socket that is gone.
        case stateless
        /// RST of a middlebox: its timer ran out.
        case idleReset
        /// RST of a middlebox without state for the connection.
        case pathReset
        /// RST of a middlebox for another reason.
        case injectedReset
        /// RST of a middlebox with a sequence number that no end accepts.
        case refusedReset
    }

    /// Whether it shows that the application uses the connection.
    var isApplication: Bool {
        switch purpose {
        case .probe, .answer, .refusedReset, .challenge: false
        default: true
        }
    }
}
