public import KeepAlive
public import Wire

/// When the ends of each connection sent data, and when they opened and closed it: what a page draws beside the events.
///
/// What is kept is bounded. Of an end a few dozen ticks are kept: where there are more, those that are near each other
/// become one, by a resolution that doubles until they fit. Where many connections send data, fewer are kept of each.
public struct DataTicks: Sendable {
    /// Segments with data that are near each other.
    struct Tick: Sendable, Equatable, BitwiseCopyable {
        /// The earliest and the latest of them (ns since 1970).
        var first: Int64
        var last: Int64
        /// How many.
        var count: UInt64
    }

    /// What one end sent.
    struct Row: Sendable {
        /// Its data, in no order.
        private(set) var ticks: [Tick] = []
        /// Segments with data, all of which are in `ticks`.
        private(set) var count: UInt64 = 0
        /// When it sent its first SYN and its first FIN (ns since 1970); nil: never.
        fileprivate(set) var opened: Int64?
        fileprivate(set) var closed: Int64?
        /// Times that differ in no higher bit are one tick: at first those within about a millisecond.
        private var shift: UInt8 = 20

        /// Adds a segment of `time`, with no more than `limit` ticks kept, 4 or more.
        mutating func add(_ time: Int64, limit: Int) {
            count &+= 1
            let tick = Tick(first: time, last: time, count: 1)
            if let last = ticks.indices.last, isNear(ticks[last], tick) { return ticks[last].take(tick) }
            if ticks.count >= limit { merge(to: limit / 2) }
            ticks.append(tick)
        }

        /// Makes one of those that are near each other, and doubles the resolution until there are no more than `limit`, 2
        /// or more: times before and after 1970 never become one.
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
                    merged[last].take(tick)
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

    /// What both ends of a connection sent.
    struct Ends: Sendable {
        /// The smaller endpoint, which sent the first row.
        let first: Endpoint
        fileprivate(set) var rows = (Row(), Row())

        fileprivate init(first: Endpoint) {
            self.first = first
        }

        /// What `endpoint` sent.
        func row(of endpoint: Endpoint) -> Row {
            endpoint == first ? rows.0 : rows.1
        }

        fileprivate var kept: Int { rows.0.ticks.count + rows.1.ticks.count }
    }

    /// How many ticks are kept of each end.
    private(set) var limit: Int
    /// Whether there were connections of which none could be kept.
    private(set) var isFull = false

    private var ends: [UInt64: Ends] = [:]
    private var total = 0
    private let bound: Int

    /// Fewer of an end than this tell nothing.
    private static let fewest = 4

    /// Nothing yet. Of each end `limit` ticks are kept, and no more than `bound` of all.
    public init(limit: Int = 48, bound: Int = 400_000) {
        self.limit = max(limit, Self.fewest)
        self.bound = bound
    }

    /// Takes note of `segments`, which belong to `places`. Those of `events` have marks of their own and become no ticks.
    public mutating func take(
        _ segments: borrowing SegmentBatch, _ places: [SegmentOrigin?], _ events: [SegmentEvent]
    ) {
        var events = events[...]
        for (segment, place) in zip(segments.segments, places) {
            events = events.drop { $0.segment.record < segment.record }
            guard let place, segment.role == .whole else { continue }
            let isTurn = !segment.flags.isDisjoint(with: [.syn, .fin])
            guard segment.payloadLength > 0 || isTurn else { continue }
            // A packet may hold several segments.
            if let event = events.first, event.segment.record == segment.record, event.connection == place.connection {
                continue
            }
            note(segment, at: place)
        }
    }

    /// What the ends of connection `number` sent; nil: nothing of that kind, or it is not kept.
    func ends(of number: UInt64) -> Ends? { ends[number] }

    private mutating func note(_ segment: Segment, at place: SegmentOrigin) {
        if ends[place.connection] == nil {
            guard ends.count < bound / (2 * Self.fewest) else {
                isFull = true
                return
            }
            ends[place.connection] = Ends(first: place.side == 0 ? segment.source : segment.destination)
        }
        total += ends[place.connection]?.take(segment, side: place.side, limit: limit) ?? 0
        while total > bound, limit > Self.fewest { shrink() }
    }

    private mutating func shrink() {
        limit = max(Self.fewest, limit / 2)
        total = 0
        for index in ends.indices {
            ends.values[index].rows.0.merge(to: limit)
            ends.values[index].rows.1.merge(to: limit)
            total += ends.values[index].kept
        }
    }
}

extension DataTicks.Tick {
    /// Makes `other` part of this one.
    fileprivate mutating func take(_ other: DataTicks.Tick) {
        first = min(first, other.first)
        last = max(last, other.last)
        count &+= other.count
    }
}

extension DataTicks.Ends {
    /// Adds what the end at `side` sent, and returns how many more ticks are kept now.
    fileprivate mutating func take(_ segment: Segment, side: Int, limit: Int) -> Int {
        let before = kept
        if side == 0 { rows.0.take(segment, limit: limit) } else { rows.1.take(segment, limit: limit) }
        return kept - before
    }
}

extension DataTicks.Row {
    fileprivate mutating func take(_ segment: Segment, limit: Int) {
        if segment.flags.contains(.syn), opened == nil { opened = segment.time }
        if segment.flags.contains(.fin), closed == nil { closed = segment.time }
        if segment.payloadLength > 0 { add(segment.time, limit: limit) }
    }
}
