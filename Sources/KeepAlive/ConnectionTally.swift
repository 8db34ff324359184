/// What a tracker has counted.
public struct ConnectionTally: Sendable, Equatable {
    /// Connections.
    public var connections: UInt64 = 0
    /// Of those, the ones that never came to be and made room for others.
    public var evicted: UInt64 = 0
    /// Segments by mark, in the order of `Marks.named`.
    public var marks = [UInt64](repeating: 0, count: Marks.named.count)
    /// Segments by what they truly are, copies left out, in the order of `SegmentKind.allCases`.
    public var kinds = [UInt64](repeating: 0, count: SegmentKind.allCases.count)
    /// Of the kinds, the ones that Wireshark does not mark.
    public var unmarked = [UInt64](repeating: 0, count: SegmentKind.allCases.count)
    /// Of the kinds, the ones whose mark says something else.
    public var misnamed = [UInt64](repeating: 0, count: SegmentKind.allCases.count)
    /// Copies of such segments, of mirror ports and other interfaces.
    public var copies: UInt64 = 0

    /// A tally of nothing.
    public init() {}

    /// Counts `event`.
    mutating func count(_ event: SegmentEvent) {
        for (place, named) in Marks.named.enumerated() where event.marks.contains(named.mark) {
            marks[place] &+= 1
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

    /// The tally of what `left` and `right` have counted.
    public static func + (left: ConnectionTally, right: ConnectionTally) -> ConnectionTally {
        var sum = left
        sum.connections &+= right.connections
        sum.evicted &+= right.evicted
        sum.copies &+= right.copies
        func add(_ counts: WritableKeyPath<ConnectionTally, [UInt64]>) {
            for (place, count) in right[keyPath: counts].enumerated() { sum[keyPath: counts][place] &+= count }
        }
        add(\.marks)
        add(\.kinds)
        add(\.unmarked)
        add(\.misnamed)
        return sum
    }
}
