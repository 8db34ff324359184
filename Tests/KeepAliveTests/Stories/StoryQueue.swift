/// Events by time; of equals, the one that was added first.
struct StoryQueue<Event> {
    private var heap: [(time: Int64, order: Int, event: Event)] = []
    private var count = 0

    mutating func add(_ event: Event, at time: Int64) {
        heap.append((time, count, event))
        count += 1
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(child, parent) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> (Int64, Event)? {
        guard let last = heap.popLast() else { return nil }
        guard let first = heap.first else { return (last.time, last.event) }
        heap[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, isBefore(child + 1, child) { child += 1 }
            guard isBefore(child, parent) else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return (first.time, first.event)
    }

    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        let (left, right) = (heap[one], heap[other])
        return left.time != right.time ? left.time < right.time : left.order < right.order
    }
}
