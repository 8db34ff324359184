/// Events by time; equal times in the order in which they were added.
struct StoryQueue<Event: BitwiseCopyable> {
    private struct Item: BitwiseCopyable {
        var time: Int64
        var order: Int32
        var slot: Int32

        func isBefore(_ other: Item) -> Bool { time != other.time ? time < other.time : order < other.order }
    }

    private var heap: [Item] = []
    private var events: [Event] = []
    private var free: [Int32] = []
    private var count: Int32 = 0

    mutating func add(_ event: Event, at time: Int64) {
        let slot: Int32
        if let last = free.popLast() {
            slot = last
            events[Int(slot)] = event
        } else {
            slot = Int32(events.count)
            events.append(event)
        }
        let item = Item(time: time, order: count, slot: slot)
        count += 1
        heap.append(item)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard item.isBefore(heap[parent]) else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = item
    }

    mutating func next() -> (Int64, Event)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        free.append(first.slot)
        guard !heap.isEmpty else { return (first.time, events[Int(first.slot)]) }
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(last) else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = last
        return (first.time, events[Int(first.slot)])
    }
}
