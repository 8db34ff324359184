package import KeepAlive
import Wire

/// Bytes of an event and a tick, with their parts of what each connection takes.
let bytesPerEntry = 240

/// The first and last events of each connection, for drawings and timelines.
///
/// Memory is bounded: if many connections have events, fewer are kept of each.
package struct RetainedEvents: Sendable {
    /// The part of an event that drawings and timelines show.
    struct Event: Sendable, BitwiseCopyable {
        /// The time (ns since 1970).
        var time: Int64
        /// What a probe waited for; nil: not known, or not a probe.
        var wait: Wait?
        /// The time since the probe (ns); nil: not an answer.
        var reply: Int64?
        /// The frame in its file.
        var frame: UInt64
        /// The index of the file.
        var file: UInt32
        /// The number of unanswered probes before it.
        var unanswered: UInt32
        var kind: SegmentKind
        /// Whether its sender is the sender of the first event of the connection.
        var isFromFirst: Bool
        /// The ICMP error; nil: not an ICMP error.
        var error: ICMPError?
    }

    /// The events of one connection.
    struct History: Shrinkable {
        /// The sender of the first event.
        let first: Endpoint
        /// The first events, in order.
        private(set) var early: [Event] = []
        /// The number of all events.
        private(set) var count: UInt64 = 0
        /// The last events after `early`: a ring whose oldest event has the index `oldest`.
        private var ring: [Event] = []
        private var oldest = 0

        init(first: Endpoint) {
            self.first = first
        }

        /// The last events, in order, without those in `early`.
        var late: [Event] { Array(ring[oldest...] + ring[..<oldest]) }
        /// The number of kept events.
        var kept: Int { early.count + ring.count }
        /// The number of events between `early` and `late`, which are not kept.
        var leftOut: UInt64 { count - UInt64(kept) }

        /// Adds `event`, and keeps at most `limit` at either end.
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

        /// Keeps at most `limit` at either end.
        mutating func shrink(to limit: Int) {
            let rest = early.dropFirst(limit) + late
            early = Array(early.prefix(limit))
            ring = Array(rest.suffix(limit))
            oldest = 0
        }
    }

    /// The files of the events, in order.
    private(set) var files: [String] = []
    private var store: BoundedStore<History>

    /// No events. At most `limit` are kept at either end of each connection, and `bound` in total.
    package init(limit: Int = 200, bound: Int = 400_000) {
        store = BoundedStore(limit: limit, bound: bound)
    }

    /// No events, and room for those that fit into `memory` bytes together with `DataTicks(memory:)`.
    package init(memory: Int) {
        self.init(bound: memory / bytesPerEntry)
    }

    /// The maximum number of events at either end of each connection.
    var limit: Int { store.limit }

    /// Whether there are connections without events for lack of memory.
    var isFull: Bool { store.isFull }

    /// The events that follow are from the file at `path`.
    package mutating func begin(file path: String) {
        files.append(path)
    }

    /// Adds `event` of frame `frame`. Duplicates are ignored.
    package mutating func add(_ event: SegmentEvent, frame: UInt64) {
        if event.isCopy { return }
        let (source, file) = (event.segment.source, UInt32(clamping: files.count - 1))
        store.change(event.connection, initial: History(first: source)) { history, limit in
            history.add(
                Event(
                    time: event.segment.time, wait: event.wait, reply: event.reply, frame: frame, file: file,
                    unanswered: event.unanswered, kind: event.kind, isFromFirst: source == history.first,
                    error: event.segment.error),
                limit: limit)
        }
    }

    /// The events of connection `number`; nil: none are kept.
    func history(of number: UInt64) -> History? { store[number] }
}
