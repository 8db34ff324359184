package import Wire

/// The next keep-alive probe of an end, and how many of its previous ones are unanswered.
package struct ExpectedProbe: Sendable, Equatable {
    /// When it is due (ns since 1970); nil: not known.
    package var time: Int64?
    /// The end that will send it.
    package var prober: Endpoint
    /// How many of its last probes have waited for an answer for at least a second.
    package var unanswered: UInt64

    /// A probe of `prober` at `time`, after `unanswered` probes without an answer.
    package init(time: Int64?, prober: Endpoint, unanswered: UInt64) {
        self.time = time
        self.prober = prober
        self.unanswered = unanswered
    }

    /// The next probe of `prober`, which sent `side`, after `now` (ns since 1970); nil: none is due, and none of its
    /// probes is unanswered.
    init?(of prober: Endpoint, _ side: ConnectionSide, after now: Int64) {
        guard side.reset == nil, let lastProbe = side.lastProbe else { return nil }
        time = side.nextProbe.flatMap { $0 > now ? $0 : nil }
        self.prober = prober
        // The answer to the last one may be on its way.
        let isRecent = now &- lastProbe < Idleness.patience
        unanswered = side.unanswered > 0 && isRecent ? side.unanswered - 1 : side.unanswered
        if time == nil, unanswered == 0 { return nil }
    }

    /// Whether it is due before `other`, or `other` is nil. A probe without a time is the last.
    func isSooner(than other: ExpectedProbe?) -> Bool {
        guard let other else { return true }
        return time ?? .max < other.time ?? .max
    }
}
