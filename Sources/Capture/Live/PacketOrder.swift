/// A queue of packets, such as those of one interface.
protocol PacketQueue {
    /// The time (ns since 1970) of the next packet; nil if none has arrived. Throws if no more will arrive.
    func peek() throws(CaptureError) -> Int64?
}

/// Merges the packets of several interfaces in the order of time.
///
/// The kernel delays the packets of each interface on its own. So a packet is taken when every other interface has a later
/// one, or was found empty so much later that an earlier one would have arrived.
struct PacketOrder {
    /// How long the kernel may delay packets (ns).
    let delay: Int64
    private var states: [State]

    /// The state of an interface.
    private struct State {
        /// The time of its next packet; nil: none had arrived.
        var next: Int64?
        /// When it was last found empty; nil: not in this round.
        var emptyAt: Int64?
    }

    /// Merges the packets of `count` interfaces, which the kernel delays by up to `delay` ns.
    init(of count: Int, delay: Int64) {
        states = [State](repeating: State(), count: count)
        self.delay = delay
    }

    /// Begins a round: empty interfaces are checked again.
    mutating func begin() {
        for index in states.indices { states[index].emptyAt = nil }
    }

    /// Whether interface `index` has a packet that was not taken yet.
    func hasPacket(_ index: Int) -> Bool { states[index].next != nil }

    /// The index of the interface whose packet must be taken now; nil if none has arrived, or an earlier one may arrive.
    ///
    /// `now` returns the time (ns since 1970). Throws the error of a queue, with its index.
    mutating func next(of queues: [some PacketQueue], now: () -> Int64) throws(Failure) -> Int? {
        for index in queues.indices where states[index].next == nil && states[index].emptyAt == nil {
            try check(index, queues, now)
        }
        guard let first = earliest else { return nil }
        for index in queues.indices where mayDeliver(index, before: first.time) {
            try check(index, queues, now)
            // If the clock was set back, the packet lies in the future and does not wait.
            if mayDeliver(index, before: first.time), now() >= first.time { return nil }
        }
        guard let first = earliest else { return nil }
        states[first.index].next = nil
        return first.index
    }

    /// How long the next packet has to wait (ns), 0 or more; nil if none has arrived.
    func wait(at now: Int64) -> Int64? {
        guard let first = earliest else { return nil }
        let isComplete = states.allSatisfy { $0.next != nil }
        return isComplete || now < first.time ? 0 : max(0, first.time &+ delay &- now)
    }

    /// The earliest packet.
    private var earliest: (time: Int64, index: Int)? {
        var earliest: (time: Int64, index: Int)?
        for (index, state) in states.enumerated() {
            if let time = state.next, time < earliest?.time ?? .max { earliest = (time, index) }
        }
        return earliest
    }

    /// Whether interface `index` may still deliver a packet from before `time`.
    private func mayDeliver(_ index: Int, before time: Int64) -> Bool {
        states[index].next == nil && states[index].emptyAt ?? .min < time &+ delay
    }

    private mutating func check(_ index: Int, _ queues: [some PacketQueue], _ now: () -> Int64) throws(Failure) {
        // Taken before the check, which may miss a packet that arrives meanwhile.
        let before = now()
        do {
            states[index].next = try queues[index].peek()
        } catch {
            throw Failure(index: index, error: error)
        }
        // After its packet is taken, an interface counts as empty only when it is checked again.
        states[index].emptyAt = states[index].next == nil ? before : nil
    }

    /// The error of an interface from which no more packets will arrive.
    struct Failure: Error {
        /// The index of the interface.
        let index: Int
        let error: CaptureError
    }
}
