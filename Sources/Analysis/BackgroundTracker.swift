import KeepAlive
import Platform
import Synchronization
import Wire

/// Tracks the segments of one batch on another thread, while the caller reads and decodes the next batch.
///
/// More threads than these two gain little, because one thread must read and decode: on 16 cores, four threads that shared
/// the connections took 0.95 of the time of two on the mixed capture. And they would evict other connections than one.
final class BackgroundTracker: Sendable {
    private struct State: ~Copyable {
        var tracker: ConnectionTracker
        var segments = SegmentBatch()
        var events: [SegmentEvent] = []
    }

    private let state: Lock<State>
    private let thread = Lock<SystemThread?>(nil)

    /// A background tracker; `spare` is what its user holds during tracking.
    init(spare: consuming sending ConnectionTracker) {
        state = Lock(State(tracker: spare))
    }

    /// Exchanges `tracker` and `segments` for spare ones, and starts tracking. If there is no thread left, it tracks
    /// before it returns.
    func start(_ tracker: inout ConnectionTracker, _ segments: inout SegmentBatch) {
        exchange(&tracker, &segments)
        thread.withLock { $0 = try? SystemThread { [self] in track() } }
        if thread.withLock({ $0 == nil }) { track() }
    }

    private func track() {
        state.withLock { state in
            state.events.removeAll(keepingCapacity: true)
            state.tracker.track(state.segments, events: &state.events)
        }
    }

    /// Waits for the end of tracking, gives `tracker` and `segments` back, and appends the events to `events`.
    func finish(
        _ tracker: inout ConnectionTracker, _ segments: inout SegmentBatch, _ events: inout [SegmentEvent]
    ) {
        thread.withLock {
            $0?.join()
            $0 = nil
        }
        exchange(&tracker, &segments)
        state.withLock { events.append(contentsOf: $0.events) }
    }

    private func exchange(_ tracker: inout ConnectionTracker, _ segments: inout SegmentBatch) {
        state.withLock { state in
            swap(&state.tracker, &tracker)
            swap(&state.segments, &segments)
        }
    }
}
