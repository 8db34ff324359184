/// Packets that come one after the other, such as those of one interface.
protocol PacketQueue {
    /// The time (ns since 1970) of the next packet; nil where none has come. Throws where no more will come.
    func peek() throws(CaptureError) -> Int64?
}

/// Which of several interfaces has the packet that passed first.
///
/// The kernel keeps packets back for a while, each interface for itself. So a packet is taken when every other interface
/// has a later one, or was found empty so much later that an earlier one would have come.
struct PacketOrder {
    /// How long the kernel keeps packets back (ns).
    let delay: Int64
    /// What is known of each interface.
    private var known: [Known]

    /// What is known of an interface.
    private struct Known {
        /// The time of its next packet; nil: none had come.
        var next: Int64?
        /// When it was last found empty; nil: not in this round.
        var emptyAt: Int64?
    }

    /// An order of the packets of `count` interfaces, of which the kernel keeps back each for up to `delay` ns.
    init(of count: Int, delay: Int64) {
        known = [Known](repeating: Known(), count: count)
        self.delay = delay
    }

    /// Begins a round: time has passed, and interfaces that were empty are to be looked at again.
    mutating func begin() {
        for place in known.indices { known[place].emptyAt = nil }
    }

    /// Whether the interface at `place` has a packet that was not taken yet.
    func hasPacket(_ place: Int) -> Bool { known[place].next != nil }

    /// The place of the interface whose packet is to be taken now; nil where none has come, or an earlier one may come.
    ///
    /// `now` tells the time (ns since 1970). Throws what a queue throws, with its place.
    mutating func next(of queues: [some PacketQueue], now: () -> Int64) throws(Failure) -> Int? {
        for place in queues.indices where known[place].next == nil && known[place].emptyAt == nil {
            try look(place, queues, now)
        }
        guard let first = earliest else { return nil }
        for place in queues.indices where isOpen(place, first.time) {
            try look(place, queues, now)
            // Where the clock was set back nobody knows how long that would be.
            if isOpen(place, first.time), now() >= first.time { return nil }
        }
        guard let first = earliest else { return nil }
        known[first.place].next = nil
        return first.place
    }

    /// How long the packet that is next has to wait (ns), 0 or more; nil where none has come.
    func wait(at now: Int64) -> Int64? {
        guard let first = earliest else { return nil }
        let isComplete = known.allSatisfy { $0.next != nil }
        return isComplete || now < first.time ? 0 : max(0, first.time &+ delay &- now)
    }

    /// The packet of the earliest time.
    private var earliest: (time: Int64, place: Int)? {
        var earliest: (time: Int64, place: Int)?
        for (place, one) in known.enumerated() {
            if let time = one.next, time < earliest?.time ?? .max { earliest = (time, place) }
        }
        return earliest
    }

    /// Whether a packet from before `time` may still come by the interface at `place`.
    private func isOpen(_ place: Int, _ time: Int64) -> Bool {
        known[place].next == nil && known[place].emptyAt ?? .min < time &+ delay
    }

    private mutating func look(_ place: Int, _ queues: [some PacketQueue], _ now: () -> Int64) throws(Failure) {
        // What comes while it is looked at may be missed.
        let before = now()
        do {
            known[place].next = try queues[place].peek()
        } catch {
            throw Failure(place: place, error: error)
        }
        // One whose packet was taken is not known to be empty before it is looked at again.
        known[place].emptyAt = known[place].next == nil ? before : nil
    }

    /// An interface of which no more will come.
    struct Failure: Error {
        /// Its place.
        let place: Int
        /// Why.
        let error: CaptureError
    }
}
