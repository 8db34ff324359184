public import Wire

/// The keep-alive probe of an end that can be expected next, and how the ones before it fared.
public struct ExpectedProbe: Sendable, Equatable {
    /// When it can be expected (ns since 1970); nil where nothing tells.
    public var time: Int64?
    /// Who will send it.
    public var prober: Endpoint
    /// How many of its last probes have waited for an answer for a second or longer.
    public var unanswered: UInt64

    /// A probe of `prober` at `time`, after `unanswered` ones without an answer.
    public init(time: Int64?, prober: Endpoint, unanswered: UInt64) {
        self.time = time
        self.prober = prober
        self.unanswered = unanswered
    }

    /// What `side`, that of `prober`, lets expect after `time`; nil: nothing, and nothing of it is unanswered.
    init?(of prober: Endpoint, _ side: ConnectionSide, after now: Int64) {
        guard side.reset == nil, let lastProbe = side.lastProbe else { return nil }
        time = side.nextProbe.flatMap { $0 > now ? $0 : nil }
        self.prober = prober
        // The answer to the last one may be on its way.
        let isFresh = now &- lastProbe < Idleness.patience
        unanswered = side.unanswered > 0 && isFresh ? side.unanswered - 1 : side.unanswered
        if time == nil, unanswered == 0 { return nil }
    }

    /// Whether it comes before `other`, if that is there at all; one without a time comes last.
    func isSooner(than other: ExpectedProbe?) -> Bool {
        guard let other else { return true }
        return time ?? .max < other.time ?? .max
    }
}
