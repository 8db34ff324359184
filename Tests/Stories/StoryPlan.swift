/// Everything that is decided before a story runs.
struct StoryPlan {
    var seed: UInt64
    var name: String
    var isVersion6: Bool
    var hosts: [StoryHost]
    var path: StoryPath
    var connections: [StoryConnection]
    var incidents: [StoryIncident] = []
    /// When the story ends.
    var end: Int64
}

/// The path between the hosts, in two parts: from the client to the capture point, and from there to the server.
struct StoryPath {
    /// One-way delay by part (ns).
    var delay: [Int64]
    var hops: [Int64]
    var loss: [Double] = [0, 0]
    var jitter: Int64 = 0
    var device: StoryDevice?
}

/// A middlebox on one part of the path.
struct StoryDevice {
    enum Expiry { case silent, rejects, resetsClient, resetsServer, resetsBoth }

    /// The part of the path.
    var part: Side
    var hopsToCapture: Int64
    var timeToLive: Int64
    var hasIdentification: Bool
    /// When it forgets an idle connection; nil: never.
    var idleTimeout: Int64?
    /// The same for a connection that one end has closed.
    var halfClosedTimeout: Int64?
    var expiry: Expiry = .silent
    /// The time from which it drops every packet of the first connection.
    var blocksFrom: Int64?
    /// The only end whose packets it drops; nil: both.
    var blockedSender: Side?
    /// The time from which it answers the probes of the end on the other part.
    var answersFrom: Int64?
    /// The idle time after which it probes the end on the other part with the address of its peer, and the interval.
    var probeIdle: Int64?
    var probeInterval: Int64 = 15_000_000_000
    /// Whether it answers the handshake instead of the server.
    var answersHandshake = false
}

/// What happens to the hosts and the path, and when.
enum StoryIncident {
    case hostDies(Side, Int64)
    /// The host loses all its connections, and answers RST from `back` on.
    case hostRestarts(Side, Int64, back: Int64)
    case outage(Side, from: Int64, to: Int64)
    case routeChange(Side, Int64, hops: Int64, delay: Int64)
    /// A RST with the expected sequence number is injected toward one end.
    case injectedReset(Int64, toward: Side)
    case refusedReset(Int64, toward: Side)
    /// The client's host has died, and its successor opens a connection with the same ports.
    case reconnect(Int64)
}
