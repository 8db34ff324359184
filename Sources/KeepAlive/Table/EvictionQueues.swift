/// The order in which the connections of a table are evicted: one queue for each class, and one of vacant indices.
///
/// A new connection is an attempt. It moves to the queue of its class when it is its turn to be evicted, so that a table
/// within its limit does no work for this, and one at its limit moves each connection a few times at most.
struct EvictionQueues: ~Copyable {
    /// The neighbours in the queue of a connection; `none`: there is none.
    private struct Link: BitwiseCopyable {
        var previous = none
        var next = none
        var queue: UInt8 = 0
    }

    private static var none: UInt32 { .max }
    private static var vacant: Int { EvictionClass.allCases.count }

    /// Bytes of one connection.
    static var bytesPerConnection: Int { MemoryLayout<Link>.stride }

    private var links = Arena<Link>()
    /// The first and the last connection of each queue.
    private var firsts = InlineArray<7, UInt32>(repeating: none)
    private var lasts = InlineArray<7, UInt32>(repeating: none)

    /// The class in whose queue the connection at `index` is; nil: `index` is vacant.
    func queue(of index: Int) -> EvictionClass? { EvictionClass(rawValue: links[index].queue) }

    /// The first connection in the queue of `queue`; nil: it is empty.
    func first(of queue: EvictionClass) -> Int? {
        let index = firsts[Int(queue.rawValue)]
        return index == Self.none ? nil : Int(index)
    }

    /// Adds the attempt at `index`, which follows all indices so far.
    mutating func add(_ index: Int) {
        links.append(Link())
        append(index, Int(EvictionClass.attempt.rawValue))
    }

    /// Moves the connection at `index` to the end of the queue of `queue`.
    mutating func move(_ index: Int, to queue: EvictionClass) {
        remove(index)
        append(index, Int(queue.rawValue))
    }

    /// Makes `index` vacant.
    mutating func vacate(_ index: Int) {
        remove(index)
        append(index, Self.vacant)
    }

    /// Makes a vacant index the one of an attempt, and returns it; nil: there is none.
    mutating func takeVacant() -> Int? {
        let index = firsts[Self.vacant]
        guard index != Self.none else { return nil }
        move(Int(index), to: .attempt)
        return Int(index)
    }

    private mutating func append(_ index: Int, _ queue: Int) {
        let number = UInt32(truncatingIfNeeded: index)
        let last = lasts[queue]
        links[index] = Link(previous: last, next: Self.none, queue: UInt8(truncatingIfNeeded: queue))
        if last == Self.none { firsts[queue] = number } else { links[Int(last)].next = number }
        lasts[queue] = number
    }

    private mutating func remove(_ index: Int) {
        let link = links[index]
        let queue = Int(link.queue)
        if link.previous == Self.none { firsts[queue] = link.next } else { links[Int(link.previous)].next = link.next }
        if link.next == Self.none {
            lasts[queue] = link.previous
        } else {
            links[Int(link.next)].previous = link.previous
        }
    }
}
