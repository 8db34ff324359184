package import KeepAlive
package import Wire

/// When the ends of each connection sent data, SYN and FIN, for the drawings of the page.
///
/// Memory is bounded. Each end has a few dozen ticks: if there are more, ticks near each other are merged, at a resolution
/// that doubles until they fit. If many connections send data, each has fewer.
package struct DataTicks: Sendable {
    /// One or more segments with data, near each other.
    struct Tick: Sendable, Equatable, BitwiseCopyable {
        /// The time of the earliest segment (ns since 1970).
        var first: Int64
        /// The time of the latest segment (ns since 1970).
        var last: Int64
        /// The number of segments.
        var count: UInt64
    }

    /// The segments of one end.
    struct Row: Sendable {
        /// The segments with data, in no order.
        private(set) var ticks: [Tick] = []
        /// The number of segments in `ticks`.
        private(set) var count: UInt64 = 0
        /// The time of the first SYN (ns since 1970); nil: none.
        fileprivate(set) var opened: Int64?
        /// The time of the first FIN (ns since 1970); nil: none.
        fileprivate(set) var closed: Int64?
        /// The resolution: times that are equal after a shift by this many bits are one tick. 20 bits are about 1 ms.
        private var shift: UInt8 = 20

        /// Adds a segment at `time`, and keeps at most `limit` ticks, which is 4 or more.
        mutating func add(_ time: Int64, limit: Int) {
            count &+= 1
            let tick = Tick(first: time, last: time, count: 1)
            if let last = ticks.indices.last, isNear(ticks[last], tick) { return ticks[last].merge(tick) }
            if ticks.count >= limit { merge(to: limit / 2) }
            ticks.append(tick)
        }

        /// Merges ticks near each other, and halves the resolution until at most `limit` are left. `limit` is 2 or more:
        /// times before and after 1970 are never merged.
        mutating func merge(to limit: Int) {
            ticks.sort { $0.first < $1.first }
            mergeNear()
            while ticks.count > limit, shift < 63 {
                shift += 1
                mergeNear()
            }
        }

        private mutating func mergeNear() {
            var merged: [Tick] = []
            for tick in ticks {
                if let last = merged.indices.last, isNear(merged[last], tick) {
                    merged[last].merge(tick)
                } else {
                    merged.append(tick)
                }
            }
            ticks = merged
        }

        private func isNear(_ first: Tick, _ second: Tick) -> Bool {
            first.first >> Int64(shift) == second.first >> Int64(shift)
        }
    }

    /// The segments of both ends of a connection.
    struct Ends: Shrinkable {
        /// The smaller endpoint, the sender of the first row.
        let first: Endpoint
        fileprivate(set) var rows = (Row(), Row())

        fileprivate init(first: Endpoint) {
            self.first = first
        }

        /// The segments of `endpoint`.
        func row(of endpoint: Endpoint) -> Row {
            endpoint == first ? rows.0 : rows.1
        }

        /// The number of ticks.
        var kept: Int { rows.0.ticks.count + rows.1.ticks.count }

        /// Keeps at most `limit` ticks of each end.
        mutating func shrink(to limit: Int) {
            rows.0.merge(to: limit)
            rows.1.merge(to: limit)
        }
    }

    private var store: BoundedStore<Ends>

    /// No ticks. At most `limit` are kept of each end, and `bound` in total.
    package init(limit: Int = 48, bound: Int = 400_000) {
        store = BoundedStore(limit: limit, bound: bound)
    }

    /// No ticks, and room for those that fit into `memory` bytes together with `RetainedEvents(memory:)`.
    package init(memory: Int) {
        self.init(bound: memory / bytesPerEntry)
    }

    /// The maximum number of ticks of each end.
    var limit: Int { store.limit }

    /// Whether there are connections without ticks for lack of memory.
    var isFull: Bool { store.isFull }

    /// Adds `segments`, whose connections and sides are `origins`, except those of `events`, which are drawn as events.
    package mutating func take(
        _ segments: borrowing SegmentBatch, _ origins: [SegmentOrigin?], _ events: [SegmentEvent]
    ) {
        var events = events[...]
        for (segment, origin) in zip(segments.segments, origins) {
            events = events.drop { $0.segment.record < segment.record }
            guard let origin, segment.role == .whole else { continue }
            let isTurn = !segment.flags.isDisjoint(with: [.syn, .fin])
            guard segment.payloadLength > 0 || isTurn else { continue }
            // A packet may have several segments.
            if let event = events.first, event.segment.record == segment.record, event.connection == origin.connection {
                continue
            }
            add(segment, from: origin)
        }
    }

    /// The segments of connection `number`; nil: none are kept.
    func ends(of number: UInt64) -> Ends? { store[number] }

    private mutating func add(_ segment: Segment, from origin: SegmentOrigin) {
        let first = origin.side == 0 ? segment.source : segment.destination
        store.change(origin.connection, initial: Ends(first: first)) { ends, limit in
            if origin.side == 0 {
                ends.rows.0.add(segment, limit: limit)
            } else {
                ends.rows.1.add(segment, limit: limit)
            }
        }
    }
}

extension DataTicks.Tick {
    /// Merges `other` into this tick.
    fileprivate mutating func merge(_ other: DataTicks.Tick) {
        first = min(first, other.first)
        last = max(last, other.last)
        count &+= other.count
    }
}

extension DataTicks.Row {
    fileprivate mutating func add(_ segment: Segment, limit: Int) {
        if segment.flags.contains(.syn), opened == nil { opened = segment.time }
        if segment.flags.contains(.fin), closed == nil { closed = segment.time }
        if segment.payloadLength > 0 { add(segment.time, limit: limit) }
    }
}
