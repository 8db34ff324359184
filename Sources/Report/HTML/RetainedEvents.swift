public import KeepAlive
import Wire

/// The events that a page draws: of each connection the first and the last ones, however many there are.
///
/// What is kept is bounded: where many connections have events, fewer are kept of each.
public struct RetainedEvents: Sendable {
    /// An event, less what no drawing shows.
    struct Event: Sendable, BitwiseCopyable {
        /// When (ns since 1970).
        var time: Int64
        /// What it waited for; nil where that is not known, or it asks nothing.
        var wait: Wait?
        /// How long after the probe it came (ns); nil where it is no answer.
        var reply: Int64?
        /// Its frame, in the file with this number.
        var frame: UInt64
        var file: UInt32
        var unanswered: UInt32
        var kind: SegmentKind
        /// Whether the sender of the first event of its connection sent it.
        var isFromFirst: Bool
        /// What a router or host reported; nil: nothing.
        var error: ICMPError?
    }

    /// The events of one connection.
    struct History: Sendable {
        /// Who sent the first one.
        let first: Endpoint
        /// The first ones, in order.
        private(set) var early: [Event] = []
        /// How many there were.
        private(set) var count: UInt64 = 0
        /// The last ones after those, a ring whose oldest stands at `oldest`.
        private var ring: [Event] = []
        private var oldest = 0

        init(first: Endpoint) {
            self.first = first
        }

        /// The last ones, in order, without those in `early`.
        var late: [Event] { Array(ring[oldest...] + ring[..<oldest]) }
        /// How many are kept.
        var kept: Int { early.count + ring.count }
        /// How many there were between `early` and `late`.
        var leftOut: UInt64 { count - UInt64(kept) }

        /// Adds `event`, with no more than `limit` kept at either end.
        mutating func add(_ event: Event, limit: Int) {
            count += 1
            if ring.isEmpty, early.count < limit {
                early.append(event)
            } else if ring.count < limit {
                ring.append(event)
            } else {
                ring[oldest] = event
                oldest = (oldest + 1) % ring.count
            }
        }

        /// Keeps no more than `limit` at either end.
        mutating func shrink(to limit: Int) {
            let rest = early.dropFirst(limit) + late
            early = Array(early.prefix(limit))
            ring = Array(rest.suffix(limit))
            oldest = 0
        }
    }

    /// The files that the events come from, in order.
    private(set) var files: [String] = []
    /// How many events are kept of each connection at either end.
    private(set) var limit: Int
    /// Whether there were connections of which none could be kept.
    private(set) var isFull = false

    private var histories: [UInt64: History] = [:]
    private var total = 0
    private let bound: Int

    /// Fewer at either end than this tell nothing.
    private static let fewest = 4

    /// Nothing yet. Of each connection `limit` events are kept at either end, and no more than `bound` of all.
    public init(limit: Int = 200, bound: Int = 400_000) {
        self.limit = max(limit, Self.fewest)
        self.bound = bound
    }

    /// What follows comes from the file at `path`.
    public mutating func begin(file path: String) {
        files.append(path)
    }

    /// Keeps `event` of frame `frame`, as far as there is room. Copies tell nothing new.
    public mutating func add(_ event: SegmentEvent, frame: UInt64) {
        if event.isCopy { return }
        let source = event.segment.source
        if histories[event.connection] == nil {
            guard histories.count < bound / (2 * Self.fewest) else {
                isFull = true
                return
            }
            histories[event.connection] = History(first: source)
        }
        total += histories[event.connection]?.keep(event, source, frame, file: files.count - 1, limit: limit) ?? 0
        while total > bound, limit > Self.fewest { shrink() }
    }

    /// The events of connection `number`; nil: it had none, or they are not kept.
    func history(of number: UInt64) -> History? { histories[number] }

    private mutating func shrink() {
        limit = max(Self.fewest, limit / 2)
        total = 0
        for index in histories.indices {
            histories.values[index].shrink(to: limit)
            total += histories.values[index].kept
        }
    }
}

extension RetainedEvents.History {
    /// Adds what a drawing shows of `event`, and returns how many more are kept now.
    fileprivate mutating func keep(
        _ event: SegmentEvent, _ source: Endpoint, _ frame: UInt64, file: Int, limit: Int
    ) -> Int {
        let before = kept
        add(
            RetainedEvents.Event(
                time: event.segment.time, wait: event.wait, reply: event.reply, frame: frame,
                file: UInt32(clamping: file), unanswered: event.unanswered, kind: event.kind,
                isFromFirst: source == first, error: event.segment.error),
            limit: limit)
        return kept - before
    }
}
