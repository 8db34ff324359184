/// The counts of a tracker.
public struct ConnectionTally: Sendable, Equatable {
    /// Connections.
    public var connections: UInt64 = 0
    /// Connections that were evicted to limit memory.
    public var evicted: UInt64 = 0
    /// The part of `evicted` of each class, in the order of `EvictionClass.allCases`.
    public var evictedByClass = [UInt64](repeating: 0, count: EvictionClass.allCases.count)
    /// Segments by mark, in the order of `Marks.named`.
    public var marks = [UInt64](repeating: 0, count: Marks.named.count)
    /// Segments by actual kind without duplicates, in the order of `SegmentKind.allCases`.
    public var kinds = [UInt64](repeating: 0, count: SegmentKind.allCases.count)
    /// The part of `kinds` that Wireshark does not mark.
    public var unmarked = [UInt64](repeating: 0, count: SegmentKind.allCases.count)
    /// The part of `kinds` with a mark of another kind.
    public var misnamed = [UInt64](repeating: 0, count: SegmentKind.allCases.count)
    /// Duplicates of such segments, from mirror ports and other interfaces.
    public var copies: UInt64 = 0

    /// The part of `evicted` that may have had findings: all but attempts to connect.
    public var evictedWithFindings: UInt64 { evictedByClass.dropFirst().reduce(0, &+) }

    /// A tally of nothing.
    public init() {}

    mutating func count(_ event: SegmentEvent) {
        for (index, named) in Marks.named.enumerated() where event.marks.contains(named.mark) {
            marks[index] &+= 1
        }
        if event.isCopy {
            copies &+= 1
            return
        }
        let kind = Int(event.kind.rawValue)
        kinds[kind] &+= 1
        if event.marks.isEmpty {
            unmarked[kind] &+= 1
        } else if event.marks != event.kind.mark {
            misnamed[kind] &+= 1
        }
    }

    /// The sum of two tallies.
    public static func + (left: ConnectionTally, right: ConnectionTally) -> ConnectionTally {
        var sum = left
        sum.connections &+= right.connections
        sum.evicted &+= right.evicted
        sum.copies &+= right.copies
        func add(_ counts: WritableKeyPath<ConnectionTally, [UInt64]>) {
            for (index, count) in right[keyPath: counts].enumerated() { sum[keyPath: counts][index] &+= count }
        }
        add(\.evictedByClass)
        add(\.marks)
        add(\.kinds)
        add(\.unmarked)
        add(\.misnamed)
        return sum
    }
}
