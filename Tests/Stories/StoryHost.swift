import Wire

/// The TCP implementation of a host.
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
    /// One counter for all packets of a host, including those to other hosts.
    case perHost
    case random, zero
}

/// A host, with the properties that all its connections share.
struct StoryHost: Sendable {
    var stack: StoryStack
    /// The TTL of its kernel, and the TTL that the application sets for its sockets: the same, unless the application
    /// protects itself as BGP does.
    var timeToLive, socketTimeToLive: Int64
    var identification: StoryIdentification
    var offersTimestamps: Bool
    var timestampTick: Int64
    /// How often data is retransmitted before the host gives up.
    var retries: Int
    var answersEmptyProbes = true
    /// Whether it sends RST when it gives up retransmissions or probes.
    var resetsWhenGivingUp = true
    /// ECN bits of all its segments except SYN and RST (RFC 3168, RFC 9768).
    var congestionBits: TCPFlags = []
    var phase: Int64
    var counterStart: UInt16
}

/// The keep-alive settings of one end.
struct StoryKeepAlive: Sendable {
    var idle, interval: Int64
    var count: Int
    var userTimeout: Int64?
}

/// What applications do with a connection.
struct StoryApplication: Sendable {
    struct Request: Sendable {
        var time: Int64
        var side: Side
        /// Bytes of the request, and of the reply; 0: none.
        var size, reply: Int64
        var think: Int64
    }

    enum Close: Sendable { case finish, halfClose, abort, leaveUnread }

    enum ReactionToFinish: Sendable {
        case close(after: Int64)
        /// It never closes, and never sends again.
        case leak
        /// It continues as if nothing had happened.
        case ignore
    }

    var requests: [Request] = []
    var closes: [(time: Int64, side: Side, how: Close)] = []
    /// The time without anything but probes after which each side closes; nil: never.
    var idleTimeout: [Int64?] = [nil, nil]
    var idleClose: Close = .finish
    var reaction: [ReactionToFinish] = [.close(after: 200_000), .close(after: 200_000)]
    var stopsReading: (time: Int64, side: Side)?
    var readsAgain: Int64?
    /// The end that aborts `delay` after the unanswered probe with this number.
    var abortsProbing: (side: Side, probe: Int, delay: Int64)?
    /// How long an end waits for a reply before it closes.
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
