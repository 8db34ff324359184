import Dispatch
import KeepAlive
import Synchronization
import Wire

/// A tracker on a thread of its own, or several that share the connections by a hash of their ends (`Shard`), with the
/// results of one: events in the same order, connections with the same numbers.
///
/// A round goes like this: `start` takes what is to be followed, and lets the trackers follow it while the caller reads the
/// next batch; `finish` waits for them and puts their events in order. One tracker alone takes glances, and the batch that
/// they were taken at; several take segments, which `give` shares out among them.
struct ParallelTracker {
    /// What one tracker does, and what it needs for that.
    private final class Worker: Sendable {
        private struct State: ~Copyable {
            var tracker: ConnectionTracker
            /// What is to be followed, and the packets that it was taken at.
            var glances = GlanceBatch()
            var packets = PacketBatch()
            /// What is to be followed where several share it; each `record` is the place of the segment in its batch.
            var segments: [Segment] = []
            var events: [SegmentEvent] = []

            mutating func track() {
                events.removeAll(keepingCapacity: true)
                if !segments.isEmpty { glances.exchangeListed(&segments) }
                tracker.track(glances, at: packets, events: &events)
            }
        }

        private let state: Mutex<State>

        init(_ tracker: consuming sending ConnectionTracker) {
            state = Mutex(State(tracker: tracker))
        }

        /// Takes `segments` to be followed, and gives those back that were.
        func exchange(_ segments: inout [Segment]) {
            state.withLock { state in
                swap(&state.segments, &segments)
                state.glances.removeAll()
            }
        }

        /// Takes `glances` at `packets` to be followed, or gives them back.
        func exchange(_ glances: inout GlanceBatch, _ packets: inout PacketBatch) {
            state.withLock {
                swap(&$0.glances, &glances)
                swap(&$0.packets, &packets)
            }
        }

        func track() {
            state.withLock { $0.track() }
        }

        /// What the last `track` found: events, and the places of the segments that began connections.
        func results() -> (events: [SegmentEvent], openings: [UInt32]) {
            state.withLock { ($0.events, $0.tracker.takeOpenings()) }
        }

        func with<Result: Sendable>(_ body: (borrowing ConnectionTracker) -> Result) -> Result {
            state.withLock { body($0.tracker) }
        }
    }

    private let workers: [Worker]
    private let group = DispatchGroup()
    /// The segments of the next round, by worker.
    private var outboxes: [[Segment]]
    /// The record of each segment of the next round, and of the present one.
    private var nextRecords: [UInt32] = []
    private var records: [UInt32] = []
    /// The number of each connection, by worker and by the worker's own number.
    private var numbers: [[UInt64]]

    /// Connections numbered so far.
    private var connectionCount: UInt64 = 0

    /// Trackers for `jobs` threads, from 2, of which the caller's is one, that mark as Wireshark `version` does; the memory
    /// limit is that of all together.
    init(jobs: Int, version: WiresharkVersion, keepsAll: Bool, shard: Shard?, isLight: Bool) {
        var random = SystemRandomNumberGenerator()
        workers = (0..<jobs - 1).map { _ in
            var tracker = ConnectionTracker(
                version: version, seed: random.next(), keepsAll: keepsAll, shard: shard,
                memoryLimit: ConnectionTracker.defaultMemoryLimit / (jobs - 1), isLight: isLight)
            if jobs > 2 { tracker.noteOpenings() }
            return Worker(tracker)
        }
        outboxes = Array(repeating: [], count: jobs - 1)
        numbers = Array(repeating: [], count: jobs - 1)
    }

    /// Whether one tracker has all connections: then there is nothing to be shared, put in order or numbered.
    var isAlone: Bool { workers.count == 1 }

    /// Takes `segments` for the next round of several trackers.
    mutating func give(_ segments: borrowing SegmentBatch) {
        for place in outboxes.indices { outboxes[place].removeAll(keepingCapacity: true) }
        nextRecords.removeAll(keepingCapacity: true)
        let all = segments.segments.span
        for place in all.indices {
            var segment = all[place]
            nextRecords.append(segment.record)
            segment.record = UInt32(truncatingIfNeeded: place)
            let worker = Shard.index(segment.source, segment.destination, among: outboxes.count)
            outboxes[worker].append(segment)
        }
    }

    /// Begins a round: one tracker alone takes `glances` at `packets`, until it is finished, several what was given.
    mutating func start(_ glances: inout GlanceBatch, of packets: inout PacketBatch) {
        swap(&records, &nextRecords)
        for (place, worker) in workers.enumerated() {
            if isAlone { worker.exchange(&glances, &packets) } else { worker.exchange(&outboxes[place]) }
            DispatchQueue.global().async(group: group) { worker.track() }
        }
    }

    /// Ends the round, gives `glances` and `packets` back, and appends what was found to `events`, in the order of the
    /// capture.
    mutating func finish(
        _ glances: inout GlanceBatch, of packets: inout PacketBatch, _ events: inout [SegmentEvent]
    ) {
        group.wait()
        let results = workers.map { $0.results() }
        if isAlone {
            workers[0].exchange(&glances, &packets)
            return events.append(contentsOf: results[0].events)
        }
        number(results.map(\.openings))
        var next = Array(repeating: 0, count: results.count)
        while true {
            // Few workers: the first of their first ones is looked for in turn.
            var first: (worker: Int, place: UInt32)?
            for (worker, result) in results.enumerated() where next[worker] < result.events.count {
                let place = result.events[next[worker]].segment.record
                if place < first?.place ?? .max { first = (worker, place) }
            }
            guard let worker = first?.worker else { break }
            var event = results[worker].events[next[worker]]
            next[worker] += 1
            event.connection = numbers[worker][Int(event.connection)]
            event.segment.record = records[Int(event.segment.record)]
            events.append(event)
        }
    }

    /// Numbers connections in the order of appearance, whichever tracker has them.
    private mutating func number(_ openings: [[UInt32]]) {
        var next = Array(repeating: 0, count: openings.count)
        while true {
            var first: (worker: Int, place: UInt32)?
            for (worker, places) in openings.enumerated() where next[worker] < places.count {
                if places[next[worker]] < first?.place ?? .max { first = (worker, places[next[worker]]) }
            }
            guard let worker = first?.worker else { break }
            next[worker] += 1
            numbers[worker].append(connectionCount)
            connectionCount += 1
        }
    }

    // MARK: The report

    /// What all have counted.
    var tally: ConnectionTally {
        workers.map { $0.with { $0.tally } }.reduce(ConnectionTally(), +)
    }

    /// What verdicts go by: on all connections, or on those of which there is something to be said.
    ///
    /// `until` is when the capture ends (ns since 1970).
    func conclude(all: Bool, until: Int64?) -> (listings: [ConnectionListing], activity: HostActivity) {
        let listings = workers.map { $0.with { $0.listing(all: all, until: until) } }
        var hosts = HostActivity()
        for (worker, listing) in zip(workers, listings) {
            hosts.watchHosts(of: worker.with { $0.awaitedHosts(in: listing) })
        }
        for worker in workers {
            let before = hosts
            hosts = worker.with { tracker in
                var hosts = before
                tracker.noteActivity(&hosts)
                return hosts
            }
        }
        return (listings, hosts)
    }

    /// Those of `pauses` that several connections span.
    func holes(among pauses: [CapturePauses.Pause]) -> [CapturePauses.Pause] {
        pauses.filter { pause in
            workers.reduce(0) { sum, worker in sum + worker.with { $0.spanCount(pause) } }
                >= ConnectionTracker.spansOfHole
        }
    }

    /// Calls `body` with the verdict on each connection in order of appearance, or on each that had a long silence.
    func forEachDiagnosis<Failure: Error>(
        _ conclusion: Conclusion, silentOnly: Bool, _ body: (Diagnosis) throws(Failure) -> Void
    ) throws(Failure) {
        var rows = zip(workers, conclusion.listings).map { Row(of: $0, $1, silentOnly: silentOnly) }
        while true {
            // Few workers: the first of their first ones is looked for in turn.
            var first: (worker: Int, number: UInt64)?
            for (worker, row) in rows.enumerated() {
                guard let place = row.place else { continue }
                let number = isAlone ? place.number : numbers[worker][Int(place.number)]
                if number < first?.number ?? .max { first = (worker, number) }
            }
            guard let (worker, number) = first, let place = rows[worker].place else { return }
            var diagnosis = workers[worker].with { $0.diagnosis(at: place, in: conclusion.context) }
            diagnosis.connection.number = number
            rows[worker].advance(workers[worker])
            try body(diagnosis)
        }
    }

    /// The connections of one worker that are judged, one after the other.
    private struct Row {
        private var listing: ConnectionListing
        private let silentOnly: Bool
        /// The next one; nil: there is none.
        private(set) var place: ConnectionListing.Place?

        init(of worker: Worker, _ listing: ConnectionListing, silentOnly: Bool) {
            self.listing = listing
            self.silentOnly = silentOnly
            advance(worker)
        }

        mutating func advance(_ worker: Worker) {
            let (before, silentOnly) = (listing, silentOnly)
            (listing, place) = worker.with { tracker in
                var listing = before
                var place = tracker.next(in: &listing)
                while silentOnly, let passed = place, !tracker.wasIdle(at: passed) {
                    place = tracker.next(in: &listing)
                }
                return (listing, place)
            }
        }
    }
}
