import Wire

/// The TCP implementation of a host, as far as a capture shows it.
enum StoryStack: Equatable, Sendable {
    /// Linux with this tick rate (Hz).
    case linux(Int64)
    case macOS, freeBSD, windows, illumos

    var isLinux: Bool { if case .linux = self { true } else { false } }

    /// When a timer of `delay` that is set at `now` fires: `phase` is the age of the host's clock.
    ///
    /// The wheel of Linux (kernel/time/timer.c): the end of the bucket after the one that the delay ends in.
    func expiry(of delay: Int64, at now: Int64, phase: Int64) -> Int64 {
        guard case .linux(let rate) = self else { return now + delay }
        let tick = Nanoseconds.second / rate
        let ticks = (delay + tick - 1) / tick
        var shift: Int64 = 0
        while shift < 24, ticks >= 63 << shift { shift += 3 }
        let end = (now + phase) / tick + ticks
        return (((end >> shift) + 1) << shift) * tick - phase
    }
}

/// How a host fills the identification of IPv4.
enum StoryIdentification: Sendable {
    /// Each socket counts from a random start, and a RST without a socket has 0, as in Linux.
    case perSocket
    /// All packets of a host are counted, those to others too.
    case perHost
    case random, zero
}

/// A host: what all its connections have in common.
struct StoryHost: Sendable {
    var stack: StoryStack
    var timeToLive: Int64
    /// What the application set for its sockets; the same, unless it protects itself as BGP does.
    var socketTimeToLive: Int64
    var identification: StoryIdentification
    var offersTimestamps: Bool
    var timestampTick: Int64
    /// How often data is retransmitted before the connection is given up.
    var retries: Int
    var answersEmptyProbes = true
    /// Whether it sends RST when it gives up retransmissions or probes.
    var resetsWhenGivingUp = true
    /// ECN bits that all its segments carry (RFC 3168, RFC 9768), but for SYN and RST.
    var congestionBits: TCPFlags = []
    var phase: Int64
    var counterStart: UInt16
}

/// The keep-alive settings of one end; nil where it has none.
struct StoryKeepAlive: Sendable {
    var idle: Int64
    var interval: Int64
    var count: Int
    var userTimeout: Int64?
}

/// What applications do with a connection.
struct StoryApplication: Sendable {
    struct Request: Sendable {
        var time: Int64
        var side: Side
        var size: Int64
        /// Bytes of the reply; 0: none.
        var reply: Int64
        var think: Int64
    }

    enum Close: Sendable { case finish, halfClose, abort, leaveUnread }

    enum ReactionToFinish: Sendable {
        case close(after: Int64)
        /// It never closes, and never sends again.
        case leak
        /// It goes on as if nothing had happened.
        case ignore
    }

    var requests: [Request] = []
    var closes: [(time: Int64, side: Side, how: Close)] = []
    /// Closes when nothing but probes passed for so long, by side.
    var idleTimeout: [Int64?] = [nil, nil]
    var idleClose: Close = .finish
    var reaction: [ReactionToFinish] = [.close(after: 200_000), .close(after: 200_000)]
    var stopsReading: (time: Int64, side: Side)?
    var readsAgain: Int64?
    /// Aborts so long after the probe with this number that had no answer.
    var abortsProbing: (side: Side, probe: Int, delay: Int64)?
    /// The end closes when a reply is so late.
    var patience: Int64?
}

/// One connection of a story.
struct StoryConnection: Sendable {
    var clientPort: UInt16
    var start: Int64
    var keepAlive: [StoryKeepAlive?]
    var application: StoryApplication
    var refuses = false
    var receiveBuffer: [Int64] = [64_000, 64_000]
}
