/// All that is decided before a story runs.
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

/// The way between the hosts, in two parts: from the client to the capture point, and from there to the server.
struct StoryPath {
    /// One-way delay by part (ns).
    var delay: [Int64]
    var hops: [Int64]
    var loss: [Double] = [0, 0]
    var jitter: Int64 = 0
    var device: StoryDevice?
}

/// A middlebox on one part of the way.
struct StoryDevice {
    enum Expiry { case silent, rejects, resetsClient, resetsServer, resetsBoth }

    /// The part of the way.
    var part: Side
    var hopsToCapture: Int64
    var timeToLive: Int64
    var hasIdentification: Bool
    /// When it forgets an idle connection; nil: never.
    var idleTimeout: Int64?
    /// The same for one that an end has closed.
    var halfClosedTimeout: Int64?
    var expiry: Expiry = .silent
    /// From when on it drops all of the first connection.
    var blocksFrom: Int64?
    /// Whether it drops only one direction: what this end sends.
    var blockedSender: Side?
    /// Answers the probes of the end on the other part, from then on.
    var answersFrom: Int64?
    /// Probes the end on the other part, in the name of its peer, when idle for so long, and so often.
    var probeIdle: Int64?
    var probeInterval: Int64 = 15_000_000_000
    /// Whether it answers the handshake for the server.
    var answersHandshake = false
}

/// What happens to hosts and path, and when.
enum StoryIncident {
    case hostDies(Side, Int64)
    /// The host loses all its connections at once, and answers RST from the second time on.
    case hostRestarts(Side, Int64, back: Int64)
    case outage(Side, from: Int64, to: Int64)
    case routeChange(Side, Int64, hops: Int64, delay: Int64)
    /// A RST with the right number is injected toward both ends, or one.
    case injectedReset(Int64, toward: Side)
    case refusedReset(Int64, toward: Side)
    /// The client loses its host, and its successor opens the same ports again.
    case reconnect(Int64)
}
