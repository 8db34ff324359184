/// What a connection is to the memory limit: connections of a lower class are evicted first.
public enum EvictionClass: UInt8, CaseIterable, Sendable, Comparable {
    /// Not answered, or not established: SYNs, refused SYNs, and acknowledgments whose receiver was never heard.
    case attempt
    /// Closed by both ends or reset, without probes.
    case closed
    /// Nothing was heard for 8,400 s; or probes of an end whose peer was never heard.
    case silent
    /// Established and never idle.
    case active
    /// Idle now, or with idle periods, losses or other evidence.
    case idle
    /// With probes.
    case probed

    /// How long an idle connection is kept before others (ns): 8,400 s.
    ///
    /// A host with the defaults of Linux first probes after 7,200 s. The rest is two intervals of most other stacks.
    static let patience: Int64 = 8_400_000_000_000

    /// Whether `left` is evicted before `right`.
    public static func < (left: EvictionClass, right: EvictionClass) -> Bool { left.rawValue < right.rawValue }

    /// The class, at `now` (ns since 1970), of the connection with the ends `sides` and `record`.
    init(_ sides: (EndState, EndState), _ record: ConnectionRecord, at now: Int64) {
        let facts = (record.facts.0, record.facts.1)
        let isAnswered = sides.0.isHeard(facts.0) && sides.1.isHeard(facts.1)
        if !isAnswered || !sides.0.activity.union(sides.1.activity).contains(.established) {
            self = record.hasEvents ? .silent : .attempt
        } else if record.hasEvents {
            self = .probed
        } else if facts.0.union(facts.1).contains(.sentRST) || facts.0.intersection(facts.1).contains(.sentFIN) {
            self = .closed
        } else {
            let spoke = max(sides.0.spokeTime, sides.1.spokeTime)
            let quiet = spoke == .min ? 0 : now &- spoke
            self =
                quiet >= Self.patience
                ? .silent
                : quiet >= Idleness.threshold || record.evidence != nil ? .idle : .active
        }
    }
}

extension EndState {
    /// Whether anything of this end, which `facts` are about, was captured.
    fileprivate func isHeard(_ facts: EndFacts) -> Bool {
        spokeTime != .min || activity.contains(.established)
            || !facts.isDisjoint(with: [.sentSYN, .sentSYNACK, .sentRST])
    }
}
